"""The log falls silent for hours on a server that is otherwise busy: it was down, cut off, or its log was.

``Tally.pulse`` holds the first stamp of every 64 KiB of a log; a pause is measured
against the usual time between two of them.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import finding_id, say_steps

ORDER = 710
ENOUGH = 16  # stamps; a shorter log does not show what is usual
LONG = timedelta(hours=3)
TIMES = 6  # longer than nine of ten pauses
CLEAR = timedelta(hours=12)
SHARE = 0.9
BUSY = 3  # a machine that is off for more than a third of the log is not busy otherwise


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for the longest pause; more of them are counted."""
    pauses = sorted(_pauses(desk), reverse=True)
    if not pauses:
        return
    length, begin, end = pauses[0]
    hours = round(length / timedelta(hours=1))
    values = {
        "since": desk.texts.date(begin), "until": desk.texts.date(end), "hours": hours, "count": len(pauses),
        "more": desk.texts.say("finding.silent_since.times", count=len(pauses)) if len(pauses) > 1 else "",
    }  # fmt: skip
    say = desk.texts.say
    yield Finding(
        id=finding_id("silent_since", "local", "system_error", "silence"), kind="silent_since",
        severity="medium" if length >= CLEAR else "low", cause="system_error", direction="local",
        title=say("finding.silent_since.title", **values), party=Party("own_server", "silence", "Postfix"),
        state="recovered", count=len(pauses), messages=0, first_seen=min(pause[1] for pause in pauses),
        last_seen=max(pause[2] for pause in pauses), fault="ours", act="our_admin",
        why=say("finding.silent_since.why", **values).strip(), steps=say_steps(desk, "silent_since", values),
        lang=desk.texts.lang,
    )  # fmt: skip


def _pauses(desk: Desk) -> Iterator[tuple[timedelta, datetime, datetime]]:
    for source, pulse in desk.survey.tally.pulse.items():
        calendar = desk.survey.calendar
        stamps = [calendar.date(source, offset, stamp) for _, (offset, stamp) in sorted(pulse.items())]
        gaps = [(end - begin, begin, end) for begin, end in pairwise(stamps)]
        if len(gaps) < ENOUGH:
            continue
        most = (stamps[-1] - stamps[0]) / BUSY
        usual = sorted(gap for gap, _, _ in gaps)[int(len(gaps) * SHARE)]
        yield from (gap for gap in gaps if most >= gap[0] >= max(LONG, TIMES * usual))
