"""A machine or container of our own network may not send: no stranger comes from a private address.

But strangers seem to, behind a gateway that hides them: what guesses passwords, comes in many names or is that
network's first address is left alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.inbound import private
from mailtriage.triage.of_server import of_server, stands

ORDER = 155  # after those who know the sender
_CAUSES = ("relay_denied", "recipient_policy", "sender_rejected", "policy")
SENDERS = 3  # more names than one program writes in


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a machine."""
    guessing = {
        client for case in desk.cases if case.key.cause == "auth_failed" for client in case.group.clients.members()
    }
    by_client: dict[str, list[Case]] = {}
    for case in desk.open("inbound"):
        clients = case.group.clients.members()
        if case.key.cause in _CAUSES and len(clients) == 1 and private(clients[0]):
            by_client.setdefault(clients[0], []).append(case)
    for client, found in sorted(by_client.items()):
        senders = {sender for case in found for sender in case.group.senders.members() if sender}
        if client in guessing or client.endswith(".1") or not 0 < len(senders) <= SENDERS:
            continue
        desk.claim(found)
        cause, to = found[0].key.cause, listed(r for case in found for r in case.group.recipients.members())
        finding = of_server(
            desk, found, "own_neighbour_shut_out", client, "medium", state=stands(desk, found), cause=cause,
            direction="inbound",
            values={"client": client, "reason": desk.texts.say(f"cause.{cause}"), "who": listed(senders), "to": to},
        )  # fmt: skip
        yield replace(finding, kind="own_programs_refused", request_text=None, user_text=None)
