"""Mail waits in our own active queue: it is sent in the end, hours or days late, and no line fails."""

from collections import Counter
from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server, stands
from mailtriage.triage.organisation import domain_of

ORDER = 45
FEW = 20  # mails; less is an ordinary bad minute
DAY = 86400.0
ONE = 60  # of a hundred mails: it is one destination that holds the others up


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


MANY, LONG = 100, 300.0  # mails, seconds in the active queue on the average


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """delays=a/b/c/d: b is the time in the active queue, which depends on our own settings and load alone."""
    waited = take(desk, lambda key, group: key.direction == "queue" and key.outcome == "waited")
    parts = [seen for (_, part), seen in desk.survey.tally.waits.items() if part == "b"]
    mails, seconds, longest = (
        sum(p[0] for p in parts),
        sum(p[1] for p in parts),
        max((p[2] for p in parts), default=0),
    )
    if not waited or mails < FEW:
        return
    old = sum(1 for _, mail in desk.survey.tally.late.items() if (mail.delay or 0) >= DAY)
    severity = "high" if mails >= MANY and seconds / mails >= LONG else "medium"
    yield of_server(
        desk, waited, "queue_stuck", "queue", severity, state=stands(desk, waited),
        values={
            "minutes": round(seconds / mails / 60), "longest": round(longest / 60), "old": old,
            "most": _most(desk, waited),
        },
    )  # fmt: skip


def _most(desk: Desk, waited: list[Case]) -> str:
    """Where most of it went, if it is one place."""
    where = Counter(
        domain_of(mail.recipient) for case in waited for _, mail in case.group.mails.items() if mail.recipient
    )
    (place, count), *_ = where.most_common(1) or [("", 0)]
    share = round(100 * count / where.total()) if count else 0
    return desk.texts.say("finding.queue_stuck.most", where=place, share=share) if share >= ONE else ""
