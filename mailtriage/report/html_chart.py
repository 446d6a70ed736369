"""Drawings of the HTML report as inline SVG: the episodes of a finding on a time line, and volume by day and cause.

They are numbers made ready for the template; each has the same in words beside it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mailtriage.model.finding import Finding
from mailtriage.texts.catalog import Texts

WIDTH, HEIGHT = 600, 140  # of the volume's bars, in units of the drawing
COLOURS = 6  # causes that have a colour of their own; the last is for all others
BARS = 62  # days at most; more are drawn in equal stretches of days
LEAST = 3.0  # units: an episode of a moment is still seen


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a time line, from ``x``, so wide."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class TimeLine:
    """Episodes as bars, successes as ticks, both between the first and the last time of the report."""

    bars: tuple[Bar, ...]
    ticks: tuple[float, ...]
    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a day's bar."""

    colour: int
    y: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Day:
    """A bar of the volume."""

    x: float
    width: float
    label: str
    parts: tuple[Part, ...]
    counts: tuple[int, ...]  # in the order of Volume.causes


@dataclass(frozen=True, slots=True)
class Volume:
    """Attempts by day and cause."""

    causes: tuple[str, ...]  # in words, with those that have no colour under one word at the end
    days: tuple[Day, ...]
    top: int  # attempts of the highest bar
    step: int  # days a bar stands for


def time_line(finding: Finding, first: datetime | None, last: datetime | None, texts: Texts) -> TimeLine | None:
    """The time line of a finding; None where there is nothing to see."""
    if first is None or last is None or last <= first or not finding.episodes:
        return None
    begin = min([first, *(one.first for one in finding.episodes)])
    end = max([last, *(one.last for one in finding.episodes)])
    whole = (end - begin).total_seconds()

    def at(when: datetime) -> float:
        return round(min(max((when - begin).total_seconds() / whole, 0.0), 1.0) * WIDTH, 1)

    bars = []
    for one in finding.episodes:
        x, stop = at(one.first), at(one.last)
        width = max(stop - x, LEAST)
        bars.append(Bar(min(x, WIDTH - width), round(width, 1)))
    seen = [when for one in finding.episodes for when in (one.last_success, one.next_success) if when]
    ticks = tuple(sorted({at(when) for when in seen if begin <= when <= end}))
    return TimeLine(tuple(bars), ticks, texts.date(begin), texts.date(end))


def volume(days: Mapping[str, Mapping[str, int]], texts: Texts) -> Volume | None:
    """Bars of attempts by day (ISO dates) and cause."""
    if not days:
        return None
    total: Counter[str] = Counter()
    for counts in days.values():
        total.update(counts)
    order = sorted(total, key=lambda cause: (-total[cause], cause))
    most = order[: COLOURS - 1] if len(order) > COLOURS else order
    named = [texts.say(f"cause.{cause}") for cause in most]
    if len(most) < len(order):
        named.append(texts.say("html.volume.others"))
    stretches, step = _stretches(days)
    rows = [_row(counts, most, len(named)) for _, counts in stretches]
    top = max(sum(row) for row in rows)
    room = WIDTH / len(stretches)
    width = round(min(room * 0.8, 40.0), 1)
    return Volume(
        causes=tuple(named),
        days=tuple(
            Day(
                x=round(number * room + (room - width) / 2, 1),
                width=width,
                label=texts.date(datetime(day.year, day.month, day.day), "day"),
                parts=_parts(row, named, top),
                counts=tuple(row),
            )
            for number, ((day, _), row) in enumerate(zip(stretches, rows, strict=True))
        ),
        top=top,
        step=step,
    )


def _stretches(days: Mapping[str, Mapping[str, int]]) -> tuple[list[tuple[date, Counter[str]]], int]:
    """Every day from the first to the last, those without an attempt too, several in one where they are many."""
    dates = sorted(date.fromisoformat(day) for day in days)
    length = (dates[-1] - dates[0]).days + 1
    step = -(-length // BARS)
    out = [(dates[0] + timedelta(days=start), Counter[str]()) for start in range(0, length, step)]
    for day, counts in days.items():
        out[(date.fromisoformat(day) - dates[0]).days // step][1].update(counts)
    return out, step


def _row(counts: Mapping[str, int], most: Sequence[str], columns: int) -> list[int]:
    row = [counts.get(cause, 0) for cause in most]
    if len(row) < columns:
        row.append(sum(counts.values()) - sum(row))
    return row


def _parts(row: Sequence[int], named: Sequence[str], top: int) -> tuple[Part, ...]:
    parts, below = [], 0.0
    for colour, (count, cause) in enumerate(zip(row, named, strict=True)):
        if count:
            height = count / top * HEIGHT
            parts.append(Part(colour, round(HEIGHT - below - height, 1), round(height, 1), f"{cause}: {count:,}"))
            below += height
    return tuple(parts)
