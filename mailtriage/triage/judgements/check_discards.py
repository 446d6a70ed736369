"""A check of ours throws mail away that looks like people's: the sender is told that it arrived, and nobody gets it.

Sources: access(5) and header_checks(5) DISCARD, a milter's discard.
"""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.judgements import refused_senders
from mailtriage.triage.judgements.mail_discarded import listed
from mailtriage.triage.legitimacy import LIKELY
from mailtriage.triage.of_server import of_server, stands

ORDER = 780
MANY = 3  # mails


def questions(desk: Desk) -> Iterable[Question]:
    """What refused_senders asks of the same cases."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding over all checks; what looks like spam stays what it was meant for."""
    found = [case for case in desk.open() if case.outcomes["discard"] and _people(desk, case, answers)]
    if not found:
        return
    desk.claim(found)
    ours = any(case.key.direction == "submission" for case in found)
    mails = sum(len(case.group.messages) for case in found)
    yield of_server(
        desk, found, "mail_discarded", "check", "high" if ours else "medium" if mails >= MANY else "low",
        cause="policy", direction="inbound", state=stands(desk, found), words="mail_discarded_by_check",
        values={
            "messages": mails,
            "who": listed(s for case in found for s in case.group.senders.members() if s),
            "to": listed(r for case in found for r in case.group.recipients.members()),
        },
    )  # fmt: skip


def _people(desk: Desk, case: Case, answers: Answers) -> bool:
    if case.key.direction == "submission":
        return True
    return case.key.direction == "inbound" and refused_senders.weighed(desk, case, answers)[0] >= LIKELY
