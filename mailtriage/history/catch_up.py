"""What is new in the logs since the last time, added to what is remembered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailtriage.history.merge import fold
from mailtriage.history.review import Seen
from mailtriage.history.state import Log
from mailtriage.history.windows import Window, cut
from mailtriage.model.finding import Finding
from mailtriage.model.report import Report, Unread
from mailtriage.sources.interface import Opened, Source
from mailtriage.sources.position import Position, position, resume, sets

Look = Callable[[Window, Mapping[str, Finding], Window | None], Seen]


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """The logs as they are remembered now."""

    logs: dict[str, Log]
    reports: tuple[Report, ...]
    unread: tuple[Unread, ...]
    bounced: tuple[str, ...]


def catch_up(known: Mapping[str, Log], opened: Opened, look: Look, clock: float) -> CaughtUp:
    """Read what is new in all that was opened; ``clock`` is the time of now, seconds since 1970."""
    logs = dict(known)
    reports: list[Report] = []
    unread: list[Unread] = list(opened.unread)
    bounced: set[str] = set()
    for group in sets(opened.sources):
        name = position(group[-1], 0, time=clock).log
        log = known.get(name)
        windows, lost = _since(log, group)
        unread += lost
        if not windows:
            continue
        at = _place(log, windows)
        if log is None or at is None:
            # Nothing of what was read last time is there any more: it stays as it was seen.
            base = dict(log.current) if log is not None else {}
            at = 0
        else:
            base = dict(log.base)
        current, first, now = base, log.first if log else None, log.now if log else None
        for number in range(at, len(windows)):
            base = current
            seen = look(windows[number], base, windows[number - 1] if number else None)
            reports.append(seen.report)
            unread += seen.report.unread
            bounced.update(seen.bounced)
            now = _latest(now, seen.report.last_time)
            first = first or seen.report.first_time
            current = fold(base, seen.findings, seen.successes, now)
        kept = windows[-2:]
        places = [_begin(window, clock) for window in kept]
        logs[name] = Log(name, places, [window.key for window in kept], first, now, base, current)
    return CaughtUp(logs, tuple(reports), tuple(dict.fromkeys(unread)), tuple(sorted(bounced)))


def _since(log: Log | None, group: Sequence[Source]) -> tuple[list[Window], list[Unread]]:
    """The windows from the last but one on, the last, or all there are."""
    if log is None or group[0].origin == "journal":
        return cut(group), []
    unread: list[Unread] = []
    for place in log.places:
        resumed = resume([place], Opened(sources=tuple(group)))
        unread = list(resumed.unread)
        if not unread and resumed.sources:
            windows = cut(resumed.sources, place.lines)
            if _place(log, windows) is not None:
                return windows, []
    if not unread and not resumed.sources:
        return [], []
    return cut(list(resumed.sources)), unread


def _place(log: Log | None, windows: Sequence[Window]) -> int | None:
    """Which of the windows was the last one when we were here before."""
    if log is None or not log.keys:
        return None
    return next((number for number, window in enumerate(windows) if window.key == log.keys[-1]), None)


def _begin(window: Window, clock: float) -> Position:
    """The place at which a window begins; of the journal it is the time from which it is asked for again."""
    one = window.stretches[0]
    if one.source.origin == "journal" and window.first is not None and window.first.dated:
        clock = window.first.micros // 1_000_000
    return position(one.original, one.start, time=clock, lines=one.lines)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((when for when in (one, other) if when), default=None)
