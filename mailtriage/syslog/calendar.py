"""The year of stamps that have none, and the zone of those that have none, over a whole file or set of rotated files.

A worker that reads one chunk only notes ``Run`` values (``note``); runs of all chunks, sorted, are what a ``Calendar``
needs. Order decides: a step back of more than half a year is New Year, smaller steps back are disorder. The end is
fixed by a dated stamp in the same file, by ``year`` or by the time the file was last written.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import accumulate, pairwise
from typing import NamedTuple

from mailtriage.model.stamp import Stamp
from mailtriage.syslog.stamps import MICROS_PER_DAY, in_year, wall_clock

YEAR = 366 * MICROS_PER_DAY
_HALF = YEAR // 2
_DISORDER = 2 * MICROS_PER_DAY  # how far lines around New Year may stand out of order
_GRACE = timedelta(days=1)  # how far a log's clock or zone may be ahead of the file's time
_LEAP_DAY = 59 * MICROS_PER_DAY
_EPOCH = datetime(1970, 1, 1)
_ORDINAL = date(1970, 1, 1).toordinal()


class Run(NamedTuple):
    """A stretch of a file without a turn of the year between neighbouring stamps that were looked at.

    ``start`` is the byte offset of its first line; the others are wall clock microseconds in a leap year. ``year`` is
    known where its stamps are dated; ``leap_day`` tells that 29 February is among them.
    """

    start: int
    first: int
    last: int
    low: int
    high: int
    year: int | None = None
    leap_day: bool = False


def note(runs: list[Run], offset: int, stamp: Stamp) -> None:
    """Add a stamp, in file order, to what a chunk reports: a few runs a year, however many lines there are."""
    clock = wall_clock(stamp)
    year = _year_of(stamp) if stamp.dated else None
    leap_day = _LEAP_DAY <= clock < _LEAP_DAY + MICROS_PER_DAY
    if runs:
        run = runs[-1]
        # An undated line among dated ones goes with them, else a file with two writers would be all runs.
        if (year is None or run.year == year) and _turn(run.last, clock) == 0:
            low, high = min(run.low, clock), max(run.high, clock)
            runs[-1] = Run(run.start, run.first, clock, low, high, run.year, run.leap_day or leap_day)
            return
    runs.append(Run(offset, clock, clock, clock, clock, year, leap_day))


@dataclass(frozen=True, slots=True)
class Source:
    """A file as far as dates go: its runs in any order, and when it was last written (seconds since 1970).

    ``follows``: the previous source in the sequence is the older part of the same log (a rotated set).
    """

    runs: tuple[Run, ...]
    mtime: float | None = None
    follows: bool = False


class Calendar:
    """Dates stamps: ``calendar.date(source number, byte offset, stamp)``.

    ``year`` is the year of the last undated line of each log (a rotated set is one log); ``tz`` the zone of stamps
    that name none, by default the machine's. ``now`` stands in for unknown file times.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        year: int | None = None,
        tz: tzinfo | None = None,
        now: datetime | None = None,
    ) -> None:
        self._tz = tz
        self._starts: list[list[int]] = []
        self._runs: list[list[Run]] = []
        self._years: list[list[int]] = []
        clock = now or datetime.now(UTC)
        for source in sources:
            runs = sorted(source.runs)
            self._runs.append(runs)
            self._starts.append([run.start for run in runs])
            self._years.append([])
        number = len(sources)
        while number > 0:
            first = number - 1
            while first > 0 and sources[first].follows:
                first -= 1
            self._fix(sources, range(first, number), year, clock)
            number = first

    def _fix(self, sources: Sequence[Source], numbers: range, year: int | None, now: datetime) -> None:
        """Give every run of one log its year, from the end backwards."""
        later: tuple[int, int] | None = None  # year and first clock of the run behind
        for number in reversed(numbers):
            runs = self._runs[number]
            mtime = sources[number].mtime
            limit = (datetime.fromtimestamp(mtime, UTC) if mtime is not None else now).astimezone(self._tz)
            years = _years(runs, _latest(runs, limit, year if later is None else None, later))
            self._years[number] = years
            if runs:
                later = years[0], runs[0].first

    def date(self, source: int, offset: int, stamp: Stamp) -> datetime:
        """Return the time of a line, aware of its zone. Lines that were never noted are dated by their neighbours."""
        if stamp.dated:
            return self._aware(stamp.micros, stamp.offset)
        return self._aware_wall(stamp, self.year(source, offset, stamp))

    def year(self, source: int, offset: int, stamp: Stamp) -> int:
        """Return the year of an undated stamp at a place."""
        runs = self._runs[source]
        if not runs:
            return datetime.now(UTC).year
        index = max(bisect_right(self._starts[source], offset) - 1, 0)
        run, year = runs[index], self._years[source][index]
        clock = stamp.micros
        if clock < run.low:
            return year + 1 if run.low - clock > clock + YEAR - run.high else year
        if clock > run.high:
            return year - 1 if clock - run.high > run.low + YEAR - clock else year
        return year

    def _aware(self, micros: int, offset: int | None) -> datetime:
        try:
            if offset is None:
                return self._localise(_EPOCH + timedelta(microseconds=micros))
            zone = UTC if offset == 0 else timezone(timedelta(minutes=max(min(offset, 1439), -1439)))
            return datetime.fromtimestamp(0, UTC).astimezone(zone) + timedelta(microseconds=micros)
        except OverflowError:
            return datetime(1970, 1, 1, tzinfo=UTC)

    def _aware_wall(self, stamp: Stamp, year: int) -> datetime:
        micros = in_year(stamp, min(max(year, 1), 9999))
        if micros is None:  # 29 February where the year has none: the day after the 28th
            micros = (in_year(stamp._replace(micros=stamp.micros - MICROS_PER_DAY), year) or 0) + MICROS_PER_DAY
        if stamp.offset is not None:
            return self._aware(micros - stamp.offset * 60_000_000, stamp.offset)
        return self._aware(micros, None)

    def _localise(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=self._tz) if self._tz is not None else moment.astimezone()


def merge(parts: Iterable[Iterable[Run]]) -> tuple[Run, ...]:
    """Put together what the chunks of one file report; in any order, any number of times."""
    return tuple(sorted({run for part in parts for run in part}))


def _turn(before: int, after: int) -> int:
    """Years between two neighbouring stamps: 1 over New Year, -1 for a line from before it that came late, else 0."""
    step = after - before
    if step < -_HALF:
        return 1
    if step > YEAR - _DISORDER:
        return -1
    return 0


def _steps(runs: Sequence[Run]) -> list[int]:
    """Years from the last run to each; 0 for itself, negative before it."""
    turns = [_turn(before.last, after.first) for before, after in pairwise(runs)]
    total = sum(turns)
    return [step - total for step in accumulate(turns, initial=0)]


def _years(runs: Sequence[Run], last: int) -> list[int]:
    """The year of every run, given that of the last one where no dated run says otherwise."""
    if not runs:
        return []
    steps = _steps(runs)
    dated = next((index for index, run in enumerate(runs) if run.year is not None), None)
    base = last if dated is None else (runs[dated].year or 0) - steps[dated]
    years = []
    for run, step in zip(runs, steps, strict=True):
        if run.year is not None:
            base = run.year - step
        years.append(base + step)
    return years


def _latest(runs: Sequence[Run], limit: datetime, year: int | None, later: tuple[int, int] | None) -> int:
    """The year of the last run: given, or the latest in which it does not lie behind what came after it."""
    if not runs:
        return limit.year
    run = runs[-1]
    if year is None:
        year = limit.year + 1
        while year > limit.year - 2 and _moment(run.last, year) > limit.replace(tzinfo=None) + _GRACE:
            year -= 1
        if later is not None:
            year = min(year, later[0] - (1 if run.last > later[1] + _DISORDER else 0))
    leap_steps = [step for run, step in zip(runs, _steps(runs), strict=True) if run.leap_day]
    for candidate in range(year, max(year - 9, 0), -1):
        if all(_is_leap(candidate + step) for step in leap_steps):
            return candidate
    return year


def _moment(clock: int, year: int) -> datetime:
    micros = in_year(Stamp(clock, False), year)
    return _EPOCH + timedelta(
        microseconds=micros if micros is not None else (in_year(Stamp(clock - MICROS_PER_DAY, False), year) or 0)
    )


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _year_of(stamp: Stamp) -> int:
    days = (stamp.micros + (stamp.offset or 0) * 60_000_000) // MICROS_PER_DAY
    return date.fromordinal(min(max(days + _ORDINAL, 1), 3652059)).year
