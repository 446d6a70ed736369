"""What is left: refusals that look deserved, and what asks nothing of anybody. One quiet line a cause."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft

ORDER = 1000


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding of no severity a direction and cause."""
    rest: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in desk.open():
        rest[case.key.direction, case.key.cause].append(case)
    for (direction, cause), found in sorted(rest.items()):
        desk.claim(found)
        known = direction in ("inbound", "submission") and cause != "unclassified"
        party = Party("network", "several", desk.texts.say("party.many", count=len(found)))
        kind = (
            "password_guessing"
            if cause == "auth_failed"
            else "refusal"
            if direction in ("inbound", "submission")
            else "failure"
        )
        yield draft(
            desk, found, kind, party, "info" if known else "low", words="deserved", direction=direction,
            fault="sender" if direction in ("inbound", "submission") else None, act="nobody" if known else None,
        )  # fmt: skip
