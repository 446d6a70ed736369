"""What judgements of outgoing mail share: whom a case is about, when mail to it got through, and whose mail it was."""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Party
from mailtriage.scan.ask import Answers, Fact, Question
from mailtriage.scan.tally import Mail
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.organisation import organisation

MOST = 100  # parties that are asked about


def party_id(case: Case) -> str:
    """The operator, the organisation of the answering host, or the recipient's domain."""
    if case.key.trust == "relay":
        names = case.group.relays.members()
        return organisation(names[0]) if names else case.key.party
    return case.key.party


def party_of(desk: Desk, case: Case) -> Party:
    """Who answered, or could not be reached."""
    if case.key.trust == "operator":
        operator = desk.book.operators[case.key.party]
        return Party("operator", operator.id, operator.name)
    who = party_id(case)
    return Party("host", who, who or desk.texts.say("party.unnamed"))


def ask_sent(desk: Desk, cases: Iterable[Case]) -> Iterator[Question]:
    """The question when mail to each of these parties got through. The same party is asked about once."""
    for case in list(cases)[:MOST]:
        if literals := _literals(desk, case):
            yield Question(f"sent:{case.key.trust}:{party_id(case)}", literals, frozenset({"sent"}))


def sent(desk: Desk, answers: Answers, case: Case) -> list[Fact]:
    """The answer to ``ask_sent``."""
    return [fact for _, fact in answers.of(f"sent:{case.key.trust}:{party_id(case)}")]


def _literals(desk: Desk, case: Case) -> tuple[str, ...]:
    """What stands in the lines of deliveries to this party that worked."""
    if case.key.trust == "operator":
        operator = desk.book.operators.get(case.key.party)
        return tuple(f"{end}[" for end in operator.mx) if operator else ()
    who = party_id(case)
    if not who:
        return ()
    return (f"{who}[",) if case.key.trust == "relay" else (f"@{who}>",)


def lost_mails(case: Case) -> list[Mail]:
    """The mails of a case that were given up."""
    return [
        mail
        for key, group in case.groups
        if key.outcome in ("bounced", "expired", "force-expired", "undeliverable")
        for _, mail in group.mails.items()
    ]


def own_senders(desk: Desk, cases: Iterable[Case]) -> set[str]:
    """Those of our users whose mail it was."""
    return {sender for case in cases for sender in case.group.senders.members() if desk.own.has(sender)}


def forwarded(desk: Desk, case: Case) -> bool:
    """Whether it was other people's mail that we passed on: senders that are not ours, and not bounces."""
    senders = [sender for sender in case.group.senders.members() if sender]
    return bool(senders) and bool(desk.own.domains) and not any(desk.own.has(sender) for sender in senders)


def null_senders(case: Case) -> bool:
    """Whether all of it were bounces of our own."""
    return case.group.senders.members() == [""]
