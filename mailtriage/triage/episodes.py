"""From hours with failures and hours with successes to episodes and a state.

An episode ends when at least three deliveries, or all of an hour's, succeeded after its last failure. Failures and
successes side by side are one ``intermittent`` episode. "Now" is the time of the last line read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailtriage.model.finding import Episode

ENOUGH = 3  # successes that end an episode
QUIET = timedelta(hours=24)  # without an attempt for so long, nobody knows whether it goes on


@dataclass(frozen=True, slots=True)
class Hour:
    """What one hour saw of a kind."""

    first: datetime
    last: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Course:
    """How a trouble went."""

    state: str  # ongoing, recovered, intermittent, unknown
    episodes: tuple[Episode, ...]
    last_success: datetime | None  # before the first failure of the last episode
    next_success: datetime | None  # after the last failure


def course(failures: Sequence[Hour], successes: Sequence[Hour], now: datetime | None) -> Course:
    """Cut the failures into episodes by the successes between them; both in any order."""
    failures = sorted(failures, key=lambda hour: hour.first)
    successes = sorted(successes, key=lambda hour: hour.first)
    if not failures:
        return Course("unknown", (), None, None)
    runs: list[list[Hour]] = [[failures[0]]]
    mixed = 0
    for hour in failures[1:]:
        last = runs[-1][-1]
        between = [s for s in successes if s.first > last.last and s.last < hour.first]
        within = [s for s in successes if s.first <= hour.last and s.last >= hour.first]
        if sum(s.count for s in between) >= ENOUGH or any(_whole(s, failures) for s in between):
            runs.append([hour])
        else:
            runs[-1].append(hour)
            mixed += bool(between or within)
    episodes = tuple(_episode(run, successes) for run in runs)
    last_failure = failures[-1].last
    after = [s for s in successes if s.last > last_failure]
    overlap = any(s.first <= f.last and s.last >= f.first for s in successes for f in failures)
    if sum(s.count for s in after) >= ENOUGH or any(_whole(s, failures) for s in after):
        state = "recovered"
    elif overlap or mixed > 1:
        state = "intermittent"
    elif now is not None and now - last_failure > QUIET and len(failures) > 1:
        state = "unknown"
    else:
        state = "ongoing"
    return Course(state, episodes, episodes[-1].last_success, episodes[-1].next_success)


def _whole(success: Hour, failures: Sequence[Hour]) -> bool:
    """Whether nothing failed in the hour of a success."""
    hour = success.first.replace(minute=0, second=0, microsecond=0)
    return not any(f.first < hour + timedelta(hours=1) and f.last >= hour for f in failures)


def _episode(run: Sequence[Hour], successes: Sequence[Hour]) -> Episode:
    first, last = run[0].first, run[-1].last
    before = [s.last if s.last < first else s.first for s in successes if s.first < first]
    after = [s.first if s.first > last else s.last for s in successes if s.last > last]
    return Episode(
        first=first,
        last=last,
        count=sum(hour.count for hour in run),
        last_success=max(before, default=None),
        next_success=min(after, default=None),
    )
