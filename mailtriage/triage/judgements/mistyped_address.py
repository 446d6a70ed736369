"""A user mistypes an address: a domain one letter off a big one, or a local part one letter off one that gets mail."""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import ask_senders, ask_sent, null_senders, party_id, sent, to_ourselves
from mailtriage.triage.desk import Desk
from mailtriage.triage.likeness import near
from mailtriage.triage.organisation import domain_of
from mailtriage.triage.outgoing import outgoing

ORDER = 340
CAUSES = ("user_unknown", "dns_failure", "network", "mailbox_disabled")
FEW = 5


def questions(desk: Desk) -> Iterable[Question]:
    """Who there gets our mail?"""
    found = _cases(desk)
    yield from ask_senders(desk, found)
    yield from ask_sent(desk, found)


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding an address that was meant to be another."""
    big = {name for operator in desk.book.operators.values() if operator.kind == "mailbox" for name in operator.domains}
    for case in _cases(desk):
        known = {
            recipient.lower() for fact in sent(desk, answers, case) for recipient in fact.recipients.members()
        }  # fmt: skip
        wrong = case.group.recipients.members()
        meant = {address: guess for address in wrong if (guess := _meant(address.lower(), known, big, case.key.cause))}
        if not meant or len(meant) < len(wrong):
            continue
        desk.claim([case])
        address, guess = min(meant.items())
        yield outgoing(
            desk, answers, [case], "mistyped_address", Party("own_user", address, address), words="mistyped_address",
            level="low", fault="our_user", act="our_user", values={"address": address, "guess": guess},
            user_text=desk.texts.say("finding.mistyped_address.user", address=address, guess=guess),
        )  # fmt: skip


def _meant(address: str, known: set[str], big: set[str], cause: str) -> str | None:
    local, _, domain = address.rpartition("@")
    if domain not in big and (name := near(domain, big)):
        return f"{local}@{name}"
    if cause in ("user_unknown", "mailbox_disabled"):
        return near(address, {one for one in known if domain_of(one) == domain} - {address})
    return None


def _cases(desk: Desk) -> list[Case]:
    return [
        case
        for case in desk.open("outbound")
        if case.key.cause in CAUSES
        and len(case.group.recipients) <= FEW
        and party_id(case)
        and not null_senders(case)
        and not to_ourselves(desk, case)
    ]
