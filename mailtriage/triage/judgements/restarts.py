"""Postfix is started again every few minutes, and nobody stopped it by its own command.

A watchdog, a container's health check or a script ends it, or the system kills it; master(8) says only that it started.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Fact, Question
from mailtriage.triage.case import Case, CaseKey
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.gravity import gravity

ORDER = 711
SMALL = 16  # stamps of 64 KiB; a second look at more for this alone is not worth it
ENOUGH = 4  # starts
OFTEN = timedelta(minutes=5)  # from one to the next
_STARTED, _STOPPED = "started", "stopped by command"


def questions(desk: Desk) -> Iterable[Question]:
    """When did master(8) start, and how often did somebody stop it by command? Of small logs alone."""
    if sum(map(len, desk.survey.tally.pulse.values())) <= SMALL:
        yield Question(_STARTED, ("daemon started -- ",), frozenset({"other"}))
        yield Question(_STOPPED, ("stopping the Postfix mail system",), frozenset({"other"}))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for the longest row of starts."""
    fact, stops = answers.one(_STARTED), answers.one(_STOPPED)
    if fact is None or fact.count < ENOUGH or (stops and stops.count * 2 >= fact.count):
        return
    row = _row(sorted(when for _, mail in fact.mails.items() if (when := desk.when(mail.place))))
    if len(row) < ENOUGH:
        return
    over = desk.now is not None and desk.now - row[-1] > 2 * OFTEN
    yield draft(
        desk, [_case(desk, fact)], "restarts", Party("own_server", "restarts", "Postfix"),
        gravity("some", "waits", over=over), cause="system_error", direction="local", fault="ours", act="our_admin",
        state="recovered" if over else "ongoing", words="restarts",
        values={"starts": len(row), "minutes": max(round((row[-1] - row[0]) / timedelta(minutes=1)), 1)},
    )  # fmt: skip


def _row(starts: list[datetime]) -> list[datetime]:
    """The longest row of starts that follow each other closely."""
    best: list[datetime] = []
    row = starts[:1]
    for before, start in pairwise(starts):
        row = [*row, start] if start - before <= OFTEN else [start]
        best = max(best, row, key=len)
    return best


def _case(desk: Desk, fact: Fact) -> Case:
    case = Case(CaseKey("server", "system_error", "", "own_server", "", "", ""))
    group = case.group
    group.count, group.first, group.last = fact.count, fact.first, fact.last
    group.hours.merge(fact.hours)
    for mail in sorted(mail for _, mail in fact.mails.items()):
        if line := desk.survey.read(mail.place):
            group.show(line)
    return case
