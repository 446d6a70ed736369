"""Events one by one, in file order, with their causes and with what their neighbours tell: for ``--events``.

A worker takes a chunk, reads the log for a fixed stretch before it to know what neighbours say
(mailtriage.postfix.correlate), and brings home its events as finished bytes. So the same line is told the same
wherever chunks begin, and few events are held at a time.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from mailtriage.model.event import FAILURES, Event
from mailtriage.model.stamp import Stamp
from mailtriage.postfix.build import amend
from mailtriage.postfix.correlate import Correlator
from mailtriage.postfix.notes import HORIZON, PATTERNS
from mailtriage.postfix.parse import parse
from mailtriage.rules.advice import lookup_url
from mailtriage.scan.chunk import Chunk, ScanPlan, split
from mailtriage.scan.events import Told, told
from mailtriage.scan.executor import Executor
from mailtriage.scan.gather import rule_book
from mailtriage.scan.meaning import classify
from mailtriage.scan.pointer import Marks
from mailtriage.scan.quick import Shapes, Understood
from mailtriage.scan.shortway import Cut, agrees
from mailtriage.scan.survey import Survey
from mailtriage.scan.tally import Place
from mailtriage.scan.usual import stamp_of
from mailtriage.sources.interface import LONGEST_LINE, Source
from mailtriage.sources.reading import Reader
from mailtriage.syslog.calendar import Calendar
from mailtriage.syslog.head import Head, parse_head

# What every line that fails holds (mailtriage.model.event.FAILURES); the parser verifies. None overlaps another, nor
# one of what the correlator notes; a status for now is among those.
_FAILED = (
    rb"reject", rb"status=(?:bounced|expired|undeliverable|force-expired)", rb"hold: ", rb"discard: ", rb"redirect: ",
    rb"filter: ", rb"quarantine: ", rb"last message ",
)  # fmt: skip
_ALL = (*PATTERNS, *_FAILED)
_FOR_NOW = PATTERNS.index(rb"status=(?:deferred|SOFTBOUNCE)")
SIZE = 32 * 1024 * 1024  # bytes of a stretch
SIZE_EVERY = 8 * 1024 * 1024
_HOUR = 3_600_000_000  # microseconds
_BACK = 200  # lines looked at for the one that "last message repeated" speaks of


@dataclass(frozen=True, slots=True)
class Stretch:
    """A chunk, how many lines stand before it in its source, and the logs of which its source is the next part."""

    chunk: Chunk
    mark: int = 0  # an offset at or before its start, at which a line begins
    lines_before_mark: int = 0
    older: tuple[Source, ...] = field(default=())  # the oldest first


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events, and what makes bytes of them. Picklable."""

    plan: ScanPlan
    calendar: Calendar | None
    encode: Callable[[Told], bytes] | None  # picklable; no bytes: not wanted
    every: bool = False  # one for each line of Postfix, not only for failures
    own_ip: str | None = None


def attempts(executor: Executor, stretches: Sequence[Stretch], wanted: Wanted) -> Iterator[bytes | bytearray]:
    """The events of all stretches, in order, as bytes. Raises WorkerDiedError."""
    return executor.map(partial(_encoded, wanted), stretches)


def _encoded(wanted: Wanted, stretch: Stretch) -> bytearray:
    encode = wanted.encode
    assert encode is not None
    out = bytearray()
    for one in tell(stretch, wanted):
        out += one if isinstance(one, bytes) else encode(one)
    return out


def stretches(survey: Survey, size: int | None = None, every: bool = False) -> list[Stretch]:
    """All that was surveyed, in order, in stretches of ``size`` bytes (by default such that results stay small)."""
    out = []
    for number, source in enumerate(survey.sources):
        marks = sorted({source.first, *survey.tally.rows.get(number, ())})
        before = _older(survey.sources, number)
        for chunk in split(number, source, size or (SIZE_EVERY if every else SIZE)):
            mark = marks[bisect_right(marks, chunk.start) - 1]
            out.append(Stretch(chunk, mark, survey.line(Place(number, mark, 0, None)) - 1, before))
    return out


def _older(sources: Sequence[Source], number: int) -> tuple[Source, ...]:
    """The sources whose end may tell something about the beginning of one, the oldest first."""
    found: list[Source] = []
    size = 0
    while number > 0 and sources[number].follows and size < HORIZON:
        number -= 1
        found.insert(0, sources[number])
        if not sources[number].seekable:
            break  # only unpacking would tell how long it is; it is taken to be long enough
        size += sources[number].size
    return tuple(found)


def every_event(sources: Sequence[Source], plan: ScanPlan) -> Iterator[Told]:
    """All events of some sources, without their times."""
    wanted = Wanted(plan, None, None, every=True)
    for number, source in enumerate(sources):
        for one in tell(Stretch(Chunk(number, source, source.first)), wanted):
            if isinstance(one, Told):
                yield one


def tell(stretch: Stretch, wanted: Wanted) -> Iterator[Told | bytes]:
    """The refused and failed attempts in a stretch, or all its events; some of them encoded already."""
    chunk, plan = stretch.chunk, wanted.plan
    marks = Marks(_ALL, plan.hyperscan)
    correlator = Correlator()
    shift = _look_back(stretch, correlator, marks)
    shapes = Shapes()
    dates = _Dates(wanted.calendar, chunk.number)
    book = rule_book(plan.user_packs)
    row = stretch.lines_before_mark + _lines(chunk.source, stretch.mark, chunk.start)
    name = chunk.source.name
    for block in Reader(chunk.source, chunk.start, chunk.end):
        data, offset = block.data, block.offset
        correlator.block(data, offset + shift)
        ends = marks.ends(data)
        lines = _every(data, ends, correlator) if wanted.every else _pointed(data, ends, correlator)
        counted = 0
        for start, stop in lines:
            row += data.count(b"\n", counted, start)
            counted = start
            at = start + offset + shift
            line = data[start:stop]
            short = shapes.look(line)
            head, found, lookup = None, None, None
            if isinstance(short, Understood):
                if (record := _short(short, wanted, correlator, dates, offset + start, at, name, row)) is not None:
                    yield record
                    continue
                event, found = short.event, short.known.found
            else:
                head = parse_head(line)
                read = _event(head, at, correlator) if head is not None else None
                if read is None or not (wanted.every or read.failed):
                    continue
                event = read
            time = dates.date(offset + start, event.stamp)
            if (plan.since is not None or plan.until is not None) and not _between(time, plan):
                continue
            sure = isinstance(short, Cut) and head is not None and agrees(short, head, event)
            direction = event.direction
            if event.event in FAILURES:
                event = correlator.told(event, at)
            if event.failed and (found is None or event.direction != direction):
                found = classify(book, event)
                lookup = lookup_url(found, wanted.own_ip)
                if isinstance(short, Cut) and head is not None and sure and event.direction == direction:
                    shapes.learn(line, head, short, event, found, lookup)
            yield told(event, name, row + 1, time, found, lookup)
        row += data.count(b"\n", counted) + block.cut


def _short(
    short: Understood,
    wanted: Wanted,
    correlator: Correlator,
    dates: "_Dates",
    offset: int,
    at: int,
    name: str,
    row: int,
) -> bytes | None:
    """The record of a line whose shape is known, where that is certain."""
    cut, plan = short.cut, wanted.plan
    if wanted.encode is None or plan.since is not None or plan.until is not None:
        return None
    told = correlator.neighbours(cut.writer, short.known.place + cut.pid, cut.name, cut.addr, at)
    stamp = stamp_of(short.line)
    time = dates.date(offset, stamp)
    if told is None or time is None or stamp is None:
        return None
    return short.record(wanted.encode, told, time, stamp.dated, name, row + 1)


def _look_back(stretch: Stretch, correlator: Correlator, marks: Marks) -> int:
    """Tell the correlator what stands before a chunk; returns what to add to the chunk's offsets for it."""
    chunk, shift = stretch.chunk, 0
    back = HORIZON + LONGEST_LINE
    at = chunk.start - chunk.source.first
    sizes = [source.size - source.first if source.seekable else 0 for source in stretch.older]
    for number, source in enumerate(stretch.older):
        behind = at + sum(sizes[number + 1 :])
        if behind >= back:
            continue
        start = max(source.first, source.size - (back - behind)) if source.seekable else 0
        shift += _note(Reader(source, start, counts=False), shift, correlator, marks)
    shift -= chunk.source.first
    start = max(chunk.source.first, chunk.start - back)
    if start < chunk.start:
        _note(Reader(chunk.source, start, chunk.start, counts=False), shift, correlator, marks)
    return shift


def _lines(source: Source, start: int, end: int) -> int:
    """How many lines end in a part of a source."""
    blocks = Reader(source, start, end, counts=False)
    return sum(block.buffer.count(b"\n", block.begin, block.end) + block.cut for block in blocks)


def _note(reader: Reader, shift: int, correlator: Correlator, marks: Marks) -> int:
    """Note what a reader brings; returns how long the source is."""
    end = reader.source.first
    for block in reader:
        data = block.data
        correlator.block(data, block.offset + shift)
        correlator.note(marks.ends(data), 0, len(data))
        end = block.offset + len(data)
    return reader.source.size if reader.source.seekable else end


def _pointed(data: bytes, ends: list[tuple[int, int]], correlator: Correlator) -> Iterator[tuple[int, int]]:
    """Begin and end of each line that may tell of a failure. What is noted of a line is noted after it was given."""
    done = last = 0
    for to, number in ends:
        if to <= last or (number < len(PATTERNS) and number != _FOR_NOW):
            continue
        start = data.rfind(b"\n", last, to) + 1 or last
        stop = data.find(b"\n", to)
        stop = stop if stop >= 0 else len(data)
        last = stop + 1
        done = correlator.note(ends, done, start)
        yield start, stop
    correlator.note(ends, done, len(data))


def _every(data: bytes, ends: list[tuple[int, int]], correlator: Correlator) -> Iterator[tuple[int, int]]:
    """Begin and end of every line, likewise."""
    done = start = 0
    while start < len(data):
        stop = data.find(b"\n", start)
        stop = stop if stop >= 0 else len(data)
        if done < len(ends) and ends[done][0] <= start:
            done = correlator.note(ends, done, start)
        yield start, stop
        start = stop + 1
    correlator.note(ends, done, len(data))


def _event(head: Head, at: int, correlator: Correlator) -> Event | None:
    """What a line says; for "last message repeated", what the last line of that host said."""
    if "repeats_last" not in head.flags:
        return parse(head)
    host = (head.host or "").encode()
    for before in islice(correlator.lines_before(at), _BACK):
        if host in before and b"last message " not in before:
            last = parse_head(before)
            if last is not None and last.host == head.host:
                event = parse(last)
                return amend(event, stamp=head.stamp, repeat=head.repeat) if event is not None else None
    return None


class _Dates:
    """Dates events, an hour at a time."""

    def __init__(self, calendar: Calendar | None, source: int) -> None:
        self._calendar = calendar
        self._source = source
        self._hours: dict[tuple[int, int | None, int | None], datetime | None] = {}

    def date(self, offset: int, stamp: Stamp | None) -> datetime | None:
        calendar = self._calendar
        if stamp is None or calendar is None:
            return None
        hour, behind = divmod(stamp.micros, _HOUR)
        key = (hour, stamp.offset, None if stamp.dated else calendar.year(self._source, offset, stamp))
        begin = self._hours.get(key)
        if begin is None:
            begin, end = (
                calendar.date(self._source, offset, stamp._replace(micros=hour * _HOUR + more))
                for more in (0, _HOUR - 1)
            )
            if begin.utcoffset() != end.utcoffset() or end - begin != timedelta(microseconds=_HOUR - 1):
                return calendar.date(self._source, offset, stamp)
            if len(self._hours) > 1000:
                self._hours.clear()
            self._hours[key] = begin
        return begin + timedelta(microseconds=behind)


def _between(when: datetime | None, plan: ScanPlan) -> bool:
    """Whether a time lies within --since and --until; one that is not known does."""
    if when is None:
        return True
    at = round(when.timestamp() * 1e6)
    return (plan.since or at) <= at <= (plan.until or at)
