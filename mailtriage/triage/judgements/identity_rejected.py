"""Several receivers complain of the same thing about us: SPF, DKIM, DMARC, the reverse name, HELO, TLS."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import ask_sent, forwarded, party_of
from mailtriage.triage.desk import Desk
from mailtriage.triage.outgoing import outgoing

ORDER = 310
CAUSES = (
    "auth_spf",
    "auth_dkim",
    "auth_dmarc",
    "reverse_dns",
    "helo_invalid",
    "domain_reputation",
    "sender_unverifiable",
)
SEVERAL = 2


def questions(desk: Desk) -> Iterable[Question]:
    """When did mail to these receivers get through?"""
    return ask_sent(desk, _cases(desk))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a complaint, where at least two receivers have it."""
    by_cause: dict[str, list[Case]] = defaultdict(list)
    for case in _cases(desk):
        by_cause[case.key.cause].append(case)
    for cause, found in sorted(by_cause.items()):
        names = sorted({party_of(desk, case).name for case in found})
        if len(names) < SEVERAL or all(forwarded(desk, case) for case in found):
            continue
        desk.claim(found)
        subject = desk.own.ip if cause in ("reverse_dns", "helo_invalid") else None
        subject = subject or (desk.own.domains[0].value if desk.own.domains else "")
        party = Party("own_server", f"{cause} {subject}".strip(), subject or cause)
        yield outgoing(
            desk, answers, found, "identity_rejected", party, cause=cause,
            words="identity_rejected", values={"operators": ", ".join(names[:5]), "count": len(names)},
        )  # fmt: skip


def _cases(desk: Desk) -> list[Case]:
    return [case for case in desk.open("outbound") if case.key.cause in CAUSES]
