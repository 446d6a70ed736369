"""A machine of ours, or a service that sends in our name, is refused at our own door.

A web form that writes as www-data, a secondary MX, a filter, this host's own scripts; or a newsletter service with our
address as its sender. Told from a person by what the sender is called, and from forgery by where it comes from.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import case_organisation, hosted, own_words, private
from mailtriage.triage.legitimacy import dynamic
from mailtriage.triage.machines import is_inside, is_machine, sends_for_others
from mailtriage.triage.organisation import domain_of, organisation

ORDER = 110
_NEVER = ("auth_failed", "relay_denied", "greylist", "protocol_error", "dnsbl", "content_spam", "content_virus")
ENOUGH = 2  # attempts
_WORDS = {
    "own": "own_machine_refused",
    "inside": "own_machine_not_allowed",
    "service": "own_service_refused",
    "hosted": "own_hosted_refused",
}


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a machine (or service) and cause."""
    own = {organisation(name) for name in desk.own.domain_names}
    by_machine: dict[tuple[str, str, str], list[Case]] = defaultdict(list)
    elsewhere = hosted(desk)
    for case in [*desk.open("inbound"), *desk.open("submission")]:
        if case.key.cause not in _NEVER and (found := _machine(desk, case, own, elsewhere)):
            by_machine[(*found, case.key.cause)].append(case)
        elif case.key.cause == "relay_denied" and (name := _not_allowed(desk, case, own)):
            by_machine["inside", name, case.key.cause].append(case)
    for (what, who, cause), cases in sorted(by_machine.items()):
        count = sum(case.count for case in cases)
        if count < ENOUGH and what != "own":
            continue
        desk.claim(cases)
        severity = "low" if count < ENOUGH else "medium"
        party = Party("host" if what in ("service", "hosted") else "own_server", who, who)
        clients = sorted({client for case in cases for client in case.group.clients})
        finding = draft(
            desk, cases, "own_machine_refused", party, severity, cause=cause, direction=cases[0].key.direction,
            fault="ours", act="our_admin", words=_WORDS[what],
            values={
                "machine": who, "addresses": " ".join(clients[:5]),
                "who": listed(sender for case in cases for sender in case.group.senders.members() if sender),
            },
        )  # fmt: skip
        yield own_words(finding)


def _not_allowed(desk: Desk, case: Case, own: set[str]) -> str | None:
    """The verified name of a machine of ours whose programs may not send through us: mynetworks does not hold it."""
    names = case.group.names.members()
    senders = [sender for sender in case.group.senders.members() if sender]
    if case.key.trust != "client" or not names or case_organisation(case) not in own:
        return None
    if not senders or not all(map(is_machine, senders)) or any(map(desk.own.has, senders)):
        return None  # a sender of ours is told about by name (device_without_login)
    return sorted(names)[0]


def _inside(sender: str) -> bool:
    """Whether a program writes under a name that exists in a private network only."""
    return is_machine(sender) and is_inside(domain_of(sender))


def _machine(desk: Desk, case: Case, own: set[str], elsewhere: set[str]) -> tuple[str, str] | None:
    """What it is (own: a host of ours; service) and how it is called."""
    names, clients = case.group.names.members(), case.group.clients.members()
    senders = [sender for sender in case.group.senders.members() if sender]
    ours = bool(senders) and all(desk.own.has(s) or organisation(domain_of(s)) in own for s in senders)
    if case.key.trust in ("client", "ptr") and case_organisation(case) in own:
        return ("own", sorted(names)[0])
    if senders and clients and all(map(private, clients)) and all(map(_inside, senders)):
        return ("own", sorted(names)[0] if names and case.key.trust == "client" else clients[0])
    if not ours or not all(is_machine(sender) for sender in senders):
        named = ours and bool(names) and case.key.trust == "client"
        if named and case_organisation(case) in elsewhere:
            return ("hosted", case_organisation(case))
        if named and sends_for_others(desk, names[0]):
            return ("service", case_organisation(case))
        return None
    if clients and all(map(private, clients)):
        return ("own", clients[0])
    if names and case.key.trust in ("client", "ptr") and not dynamic(names[0]) and case.count >= 2:
        return ("service", case_organisation(case))
    return None
