"""Inbound: who was refused that looks like people, and by which of our restrictions. The deserved ones become one line.

Pools of one organisation come together where the cause is the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Fact, Question
from mailtriage.scan.party import network, pool_pattern
from mailtriage.triage.case import Case, together
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.legitimacy import LIKELY, dynamic, weigh
from mailtriage.triage.organisation import domain_of, organisation

ORDER = 800
MOST = 150  # parties that are asked about
SENDERS = 6  # senders of each that are asked about
_NEVER = {"auth_failed", "greylist"}  # by design, or guessing


def questions(desk: Desk) -> Iterable[Question]:
    """Was this pool ever accepted? Did its senders get through?"""
    for case in _candidates(desk)[:MOST]:
        org = _organisation(case)
        if org:
            yield Question(f"pool:{org}", (f"{org}[",), frozenset({"client"}), (("client_name", "ends", org),))
        for sender in _senders(case):
            yield Question(
                f"sender:{sender}", (f"from=<{sender}>",), frozenset({"qmgr"}), (("sender", "is", sender.lower()),)
            )


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """Findings for those that look like people."""
    by_party: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in _candidates(desk):
        by_party[_organisation(case) or case.key.party, case.key.cause].append(case)
    for (party, cause), found in sorted(by_party.items()):
        whole = found[0] if len(found) == 1 else together(found)
        accepted = _facts(answers, f"pool:{party}")
        known = [fact for sender in _senders(whole) for fact in _facts(answers, f"sender:{sender}")]
        trust = _trust(whole, accepted)
        points, legitimacy = weigh(desk, whole, accepted, known, trust)
        if points < LIKELY:
            continue
        desk.claim(found)
        names = sorted(whole.group.names.members())
        who = Party(
            "sender_pool" if whole.key.trust != "net" else "network",
            whole.key.party,
            _name(desk, whole, party),
            pool_pattern(names),
        )
        came_later = bool(known) and all(
            fact.last is not None and whole.group.last is not None and fact.last > whole.group.last for fact in known
        )
        permanent = any(code.startswith("5") for code, _ in whole.group.codes)
        severity = "low" if came_later and not permanent else "medium"
        yield draft(
            desk, [whole], "refusal", who, severity,
            direction="inbound", successes=accepted, legitimacy=legitimacy,
            words="sender_pool" if cause == "unresolvable_client_hostname" else None,
            values={"names": len(names), "trust": desk.texts.say(f"trust.{whole.key.trust}")},
            fault=None if cause != "unresolvable_client_hostname" else "sender",
        )  # fmt: skip


def _candidates(desk: Desk) -> list[Case]:
    """Open inbound cases that might be people's, the likely ones first."""
    found = [
        case
        for case in desk.open("inbound")
        if case.key.cause not in _NEVER and "reject_warning" not in case.outcomes
        # A client without any name is worth a look only where it comes again with the same mail.
        if case.key.trust != "net" or case.count >= 2 * max(len(case.group.messages), 1)
    ]
    return sorted(found, key=lambda case: (_first_look(desk, case), -case.count, case.key))


def _first_look(desk: Desk, case: Case) -> int:
    """A cheap guess for the order of asking: 0 is likely, 3 is not."""
    names = case.group.names.members()
    if names and desk.book.operator_of_pool(names[0]):
        return 0
    if case.key.cause == "dnsbl" or (names and dynamic(names[0])):
        return 3
    return 1 if case.key.trust in ("client", "ptr") else 2


def _organisation(case: Case) -> str:
    """The organisation of a pool's names; "" where the client has no name."""
    names = case.group.names.members()
    return organisation(names[0]) if names and case.key.trust != "net" else ""


def _trust(case: Case, accepted: list[Fact]) -> str:
    """How a party's name is known. A HELO name counts as good where neighbours of the client proved to have it:

    postscreen refuses before anybody looks the client's name up, but the same pool's other addresses get through.
    """
    if case.key.trust != "helo":
        return case.key.trust
    proved = {network(client) for fact in accepted for client in fact.clients}
    return "neighbour" if proved & {network(client) for client in case.group.clients} else "helo"


def _senders(case: Case) -> list[str]:
    return sorted(a for a in case.group.senders.members() if domain_of(a) and len(a) < 120)[:SENDERS]


def _facts(answers: Answers, question: str) -> list[Fact]:
    return [fact for _, fact in answers.of(question)]


def _name(desk: Desk, case: Case, party: str) -> str:
    names = case.group.names.members()
    operator = desk.book.operator_of_pool(names[0]) if names and case.key.trust != "net" else None
    return operator.name if operator else party
