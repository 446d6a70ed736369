"""The log falls silent for hours on a server that is otherwise busy: it was down, cut off, or its log was.

``Tally.pulse`` holds the first stamp of every 64 KiB of a log; a pause is measured against the usual time between two
of them. The files of a rotated set are one log. A log too small for that is asked when somebody connected or a mail
went into the queue.
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
SMALL = timedelta(days=3)  # a small log is asked if it spans that much
HOURS = 24  # with something in them, before a small log shows what is usual
LONG = timedelta(hours=3)
TIMES = 6  # longer than nine of ten pauses
CLEAR = timedelta(hours=12)
SHARE = 0.9
BUSY = 3  # a machine that is off for more than a third of the log is not busy otherwise


def questions(desk: Desk) -> Iterable[Question]:
    """When did somebody connect, or a mail go into the queue? Of small logs alone."""
    logs = list(_logs(desk))
    if logs and all(len(stamps) <= ENOUGH and stamps[-1] - stamps[0] >= SMALL for stamps in logs):
        yield Question("alive", ("]: connect from ", ", size="), frozenset({"connect", "qmgr"}))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for the longest pause; more of them are counted."""
    pauses = sorted([*_pauses(desk), *_of_small(desk, answers)], reverse=True)
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


Pause = tuple[timedelta, datetime, datetime]


def _logs(desk: Desk) -> Iterator[list[datetime]]:
    """The stamps of each log in order; rotated files are one log, and the first and last line of each file count."""
    survey, tally = desk.survey, desk.survey.tally
    stamps: list[datetime] = []
    for number, source in enumerate(survey.sources):
        if not source.follows and stamps:
            yield stamps
            stamps = []
        pulse = [survey.calendar.date(number, *found) for _, found in sorted(tally.pulse.get(number, {}).items())]
        last = survey.when(tally.last.get(number))
        stamps += [*pulse, *([last] if last else [])]
    if stamps:
        yield stamps


def _pauses(desk: Desk) -> Iterator[Pause]:
    for stamps in _logs(desk):
        gaps = [(end - begin, begin, end) for begin, end in pairwise(stamps)]
        if len(gaps) >= ENOUGH:
            yield from _long(gaps, stamps[-1] - stamps[0])


def _of_small(desk: Desk, answers: Answers) -> Iterator[Pause]:
    hours = sorted(desk.fact_hours([fact for _, fact in answers.of("alive")]), key=lambda hour: hour.first)
    if len(hours) < HOURS:
        return
    gaps = [(after.first - before.last, before.last, after.first) for before, after in pairwise(hours)]
    yield from _long(gaps, hours[-1].last - hours[0].first, CLEAR)


def _long(gaps: list[Pause], whole: timedelta, least: timedelta = LONG) -> Iterator[Pause]:
    usual = sorted(gap for gap, _, _ in gaps)[int(len(gaps) * SHARE)]
    yield from (gap for gap in gaps if whole / BUSY >= gap[0] >= max(least, TIMES * usual))
