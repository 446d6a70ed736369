"""What judgements of mail on its way out share: whom a case is about, when mail got through, whose it was."""

from collections.abc import Iterable, Iterator, Sequence

from mailtriage.model.finding import Party
from mailtriage.scan.ask import Answers, Fact, Question
from mailtriage.scan.tally import Group, Mail
from mailtriage.triage.address import unwrap
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.episodes import Hour
from mailtriage.triage.inbound import private
from mailtriage.triage.machines import is_inside
from mailtriage.triage.organisation import domain_of, organisation

MOST = 100  # parties, and queue IDs, that are asked about
GIVEN_UP = ("bounced", "expired", "force-expired", "undeliverable")
_BY_QUEUE = "sender-of"


def party_id(case: Case) -> str:
    """The operator, the organisation of the answering host, or the recipient's domain."""
    if case.key.trust == "relay":
        names = case.group.relays.members()
        return organisation(names[0]) if names else case.key.party
    return case.key.party


def party_of(desk: Desk, case: Case) -> Party:
    """Who answered, or could not be reached."""
    operator = desk.book.operators.get(case.key.party) if case.key.trust == "operator" else None
    if operator is not None:
        return Party("operator", operator.id, operator.name)
    who = party_id(case) or next(iter(sorted(domains(case))), "")
    return Party("host", who, who or desk.texts.say("party.unnamed"))


def domains(case: Case) -> set[str]:
    """The domains that the mail was for."""
    return {domain_of(address) for address in case.group.recipients} - {""}


def ask_sent(desk: Desk, cases: Iterable[Case]) -> Iterator[Question]:
    """The question when mail to each of these parties got through. The same party is asked about once."""
    for case in list(cases)[:MOST]:
        if literals := _literals(desk, case):
            lead = "" if literals[0].startswith("@") else "relay="
            yield Question(f"sent:{case.key.trust}:{party_id(case)}", literals, frozenset({"sent"}), lead=lead)


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


def ask_senders(desk: Desk, cases: Iterable[Case]) -> Iterator[Question]:
    """The question who sent the mails that were lost, where the queue manager's line stands far before the failure."""
    unknown = {mail.queue_id for case in cases for mail in _given_up(desk, case) if mail.sender is None}
    if literals := tuple(f": {queue_id}: from=<" for queue_id in sorted(unknown - {None})[:MOST]):  # type: ignore[type-var]
        yield Question(_BY_QUEUE, literals, frozenset({"qmgr"}), by=("queue_id",))


def lost_mails(desk: Desk, answers: Answers, cases: Iterable[Case]) -> list[Mail]:
    """The mails that were given up, once a queue ID and recipient, with senders where the log names them."""
    asked = {values[0]: fact for values, fact in answers.of(_BY_QUEUE)}
    found: dict[tuple[str | None, str | None], Mail] = {}
    for case in cases:
        for mail in _given_up(desk, case):
            sender = mail.sender
            if sender is None and (fact := asked.get((mail.queue_id or "").lower())):
                sender = next((seen.sender for _, seen in fact.mails.items()), None)
            key = mail.queue_id, mail.recipient
            found[key] = max(found.get(key, mail), mail)._replace(sender=sender)
    return sorted(found.values(), key=lambda mail: (mail.place[:2], mail.recipient or ""))


def _given_up(desk: Desk, case: Case) -> Iterator[Mail]:
    for key, group in case.groups:
        for mail in _mails(group):
            if key.outcome in GIVEN_UP:
                yield mail
            elif key.outcome == "deferred" and (end := desk.given_up.get(mail.queue_id or "")):
                yield mail._replace(sender=mail.sender if mail.sender is not None else end.sender)


def _mails(group: Group) -> list[Mail]:
    return [mail for _, mail in group.mails.items()]


def waiting(desk: Desk, cases: Iterable[Case]) -> set[str]:
    """Queue IDs of deferred mails that neither arrived nor were given up."""
    ids = {m.queue_id for c in cases for key, g in c.groups if key.outcome == "deferred" for _, m in g.mails.items()}
    return {one for one in ids if one and one not in desk.given_up and one not in desk.arrived}


def successes(
    desk: Desk, facts: Sequence[Fact], recipients: set[str] | None = None, over: str = ""
) -> list[Hour]:  # fmt: skip
    """When mail got through: each mail by itself where all are known, else by hours.

    ``recipients``: mail to them alone; ``over``: what the address of the host that took it must hold.
    """
    hours: list[Hour] = []
    for fact in facts:
        mails = [mail for _, mail in fact.mails.items()]
        if over and not any(over in address for address in fact.clients):
            continue
        if recipients is None and len(mails) < fact.count:
            hours += desk.hours(fact.hours)
            continue
        for mail in mails:
            when = desk.when(mail.place)
            if when is not None and (recipients is None or (mail.recipient or "").lower() in recipients):
                hours.append(Hour(when, when, 1))
    return hours


def own_senders(desk: Desk, cases: Iterable[Case]) -> set[str]:
    """Those of our users whose mail it was."""
    return {sender for case in cases for sender in case.group.senders.members() if desk.own.has(sender)}


def forwarded(desk: Desk, case: Case) -> bool:
    """Whether it was other people's mail that we passed on: senders that are not ours, and not bounces."""
    senders = [sender for sender in case.group.senders.members() if sender]
    # What a private network's names write is this network's own.
    return bool(senders) and bool(desk.own.domains) and not any(_own_sender(desk, sender) for sender in senders)


def _own_sender(desk: Desk, sender: str) -> bool:
    """Whether somebody or something of ours wrote as this; an SRS address of ours is a stranger's mail passed on."""
    domain = domain_of(sender)
    if unwrap(sender).how.startswith("srs"):
        return False
    return desk.own.has(sender) or organisation(domain) in desk.own.domain_names or is_inside(domain)


def null_senders(case: Case) -> bool:
    """Whether all of it were bounces of our own."""
    return case.group.senders.members() == [""]


def to_ourselves(desk: Desk, case: Case) -> bool:
    """Whether it was mail that we took for domains of ours, or that we relay for, and pass on to the server behind."""
    found = domains(case)
    if found and all(name in desk.own.domain_names or name in desk.relayed for name in found):
        return True
    # Nobody's MX has a private address; what our own users send there may go to a relay of this network.
    hosts = case.group.clients.members()
    return bool(found) and bool(hosts) and all(map(private, hosts)) and forwarded(desk, case)


def names_of(found: Iterable[str], most: int = 5) -> str:
    """A few names, and whether there are more."""
    everything = sorted(set(found))
    return ", ".join(everything[:most]) + (" …" if len(everything) > most else "")


def listed(found: Iterable[str]) -> str:
    """The first three of them."""
    return names_of(found, 3)
