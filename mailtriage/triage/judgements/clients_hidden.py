"""All clients seem to come from one private address: a container's or NAT gateway hides who they are.

Then every check of the client (its name, blocklists, SPF, greylisting) judges the gateway, limits hit everybody at
once, and where that network is in ``mynetworks`` the server is an open relay. The network is at fault, not the senders.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.party import network
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import private, sender_organisations

ORDER = 55
ATTEMPTS = 8
SHARE = 0.8  # of all refused attempts from outside
UNRELATED = 4  # organisations, or login names, that cannot all sit behind a gateway of ours
FOREIGN = 3  # attempts in the name of a great provider: its servers have no private addresses


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding."""
    cases = desk.open("inbound")
    hidden = [case for case in cases if (seen := case.group.clients.members()) and all(map(private, seen))]
    nets = {network(client) for case in hidden for client in case.group.clients.members()}
    attempts = sum(case.count for case in hidden)
    provider = sum(
        case.count
        for case in hidden
        if case.key.trust == "helo" and desk.book.operator_of_pool(next(iter(case.group.names.members()), None))
    )
    if (
        (attempts < ATTEMPTS and provider < FOREIGN)
        or len(nets) != 1
        or attempts < SHARE * sum(case.count for case in cases)
    ):
        return
    senders = sender_organisations(s for case in hidden for s in case.group.senders.members()) - desk.own.domain_names
    users = {u for case in hidden if case.key.cause == "auth_failed" for u in case.group.senders.members()}
    if max(len(senders), len(users)) < UNRELATED and provider < FOREIGN:
        return
    clients = sorted({client for case in hidden for client in case.group.clients.members()})
    desk.claim(hidden)
    finding = draft(
        desk, hidden, "clients_hidden", Party("own_server", nets.pop(), clients[0]), "high", cause="config_error",
        direction="inbound", fault="ours", act="our_admin", words="clients_hidden", values={"client": clients[0]},
    )  # fmt: skip
    yield replace(finding, user_text=None, request_text=None, links=())
