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
FEW = 20  # addresses of a party; more are a list
MOST = 20  # addresses that are asked about
LONG = 3  # letters of half a local part, below which half the world looks alike


def questions(desk: Desk) -> Iterable[Question]:
    """Who there gets our mail?"""
    found = _cases(desk)
    yield from ask_senders(desk, found)
    yield from ask_sent(desk, found)
    for address in sorted({address for case in found for address in _doubtful(case)})[:MOST]:
        where = (("recipient", "ends", domain_of(address)),)
        for half, literal in enumerate(_halves(address)):
            yield Question(f"like:{half}:{address}", (literal,), frozenset({"sent"}), where)


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding an address that was meant to be another."""
    for case in _cases(desk):
        meant = guesses(desk, answers, case)
        if not meant or len(meant) < len(case.group.recipients):
            continue
        desk.claim([case])
        address, guess = min(meant.items())
        yield outgoing(
            desk, answers, [case], "mistyped_address", Party("own_user", address, address), words="mistyped_address",
            level="low", fault="our_user", act="our_user", values={"address": address, "guess": guess},
            user_text=desk.texts.say("finding.mistyped_address.user", address=address, guess=guess),
        )  # fmt: skip


def guesses(desk: Desk, answers: Answers, case: Case) -> dict[str, str]:
    """The addresses of a case that look mistyped, with what was meant."""
    if case.key.cause not in CAUSES:
        return {}
    big = {name for operator in desk.book.operators.values() if operator.kind == "mailbox" for name in operator.domains}
    wrong = case.group.recipients.members()
    known = {one.lower() for fact in sent(desk, answers, case) for one in fact.recipients.members()}
    for address in wrong:
        for half in (0, 1):
            if alike := answers.one(f"like:{half}:{address.lower()}"):
                known |= {one.lower() for one in alike.recipients.members()}
    known -= set(wrong)
    return {address: guess for address in wrong if (guess := _meant(address.lower(), known, big, case.key.cause))}


def _doubtful(case: Case) -> list[str]:
    """Addresses whose like may get our mail."""
    if case.key.cause not in ("user_unknown", "mailbox_disabled"):
        return []
    return [address for one in case.group.recipients.members() if len(_halves(address := one.lower())) == 2]


def _halves(address: str) -> tuple[str, ...]:
    """What stands in a recipient that is one slip away: one slip leaves the first or the second half as it is."""
    local, at, domain = address.rpartition("@")
    cut = len(local) // 2
    return (f"to=<{local[:cut]}", f"{local[cut:]}@{domain}>") if at and cut >= LONG else ()


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
