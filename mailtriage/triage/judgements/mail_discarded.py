"""Mail that vanished with good status: discard(8) took it, or /dev/null, or a command that does nothing."""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server, stands

ORDER = 40


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """Loud where our own users wrote it; what goes to /dev/null is mostly meant to."""
    gone = take(desk, lambda key, group: key.direction == "queue" and key.outcome == "discarded")
    if gone:
        ours = any(desk.own.has(sender) for case in gone for sender in case.group.senders.members())
        severity = "high" if ours and stands(desk, gone) == "ongoing" else "medium"
        yield of_server(
            desk, gone, "mail_discarded", "discard", severity, state=stands(desk, gone),
            values={"to": listed(r for case in gone for r in case.group.recipients.members())},
        )  # fmt: skip
    nowhere = take(desk, lambda key, group: key.direction == "queue" and key.outcome == "nowhere")
    if nowhere:
        yield of_server(
            desk, nowhere, "mail_discarded", "/dev/null", "low", state=stands(desk, nowhere),
            values={"to": listed(r for case in nowhere for r in case.group.recipients.members())},
        )  # fmt: skip
