"""A log cut into days, always at the same lines, however much of it was there when it was read.

A window begins at the first line whose day is later than the window's so far. What a window tells is a function of its
lines alone, so a window that was read in part is simply read again: nothing is lost or counted twice.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from mailtriage.model.stamp import Stamp
from mailtriage.sources.intake import Spool
from mailtriage.sources.interface import Source
from mailtriage.sources.reading import Reader
from mailtriage.syslog.head import parse_head
from mailtriage.syslog.stamps import MICROS_PER_DAY, wall_clock

SOON, LATE = 31, 359  # days of 366: a step further than SOON and not back by a week is a jump of a clock
JUMP = 4 * 1024 * 1024  # bytes that a window must have before a jump ends it
_DAY = re.compile(rb"\d{4}-\d\d-\d\d|[A-Z][a-z]{2} [ \d]\d")


@dataclass(frozen=True, slots=True)
class Stretch:
    """The bytes [start, end) of a plain source, and the lines before them."""

    source: Source
    start: int
    end: int
    lines: int
    original: Source  # as it was opened: packed, perhaps

    @property
    def readable(self) -> Source:
        """A source of these bytes alone."""
        return replace(self.source, first=self.start, size=self.end)


@dataclass(frozen=True, slots=True)
class Window:
    """A day of a log: stretches in order, and the digest of its first line."""

    key: str
    stretches: tuple[Stretch, ...]
    first: Stamp | None
    keep: tuple[object, ...] = ()  # what must live as long as this

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(replace(one.readable, follows=number > 0) for number, one in enumerate(self.stretches))


def cut(sources: Sequence[Source], lines: int = 0) -> list[Window]:
    """The windows of one log (a rotated set, oldest first). ``lines``: before the first source's ``first``."""
    cutting = _Cutting()
    for number, source in enumerate(sources):
        cutting.take(source, lines if number == 0 else 0)
    return cutting.windows()


class _Cutting:
    def __init__(self) -> None:
        self._day: int | None = None
        self._windows: list[tuple[str, Stamp | None, list[Stretch]]] = []
        self._size = 0  # bytes of the window so far
        self._keep: list[object] = []

    def windows(self) -> list[Window]:
        return [Window(key, tuple(parts), stamp, tuple(self._keep)) for key, stamp, parts in self._windows if parts]

    def take(self, source: Source, lines: int) -> None:
        plain = source if source.seekable else self._unpacked(source)
        start, end, before = plain.first, plain.first, lines
        for block in Reader(plain):
            data, done = block.data, 0
            for at, stamp in self._turns(data, block.offset):
                before += data.count(b"\n", done, at)
                done = at
                self._add(Stretch(plain, start, block.offset + at, lines, source))
                start, lines, self._size = block.offset + at, before, 0
                self._begin(data[at:], stamp)
            before += data.count(b"\n", done)
            end = block.offset + len(data)
        self._add(Stretch(plain, start, end, lines, source))

    def _begin(self, data: bytes, stamp: Stamp | None) -> None:
        line = data.partition(b"\n")[0]
        self._windows.append((blake2b(line, digest_size=12).hexdigest(), stamp, []))

    def _add(self, stretch: Stretch) -> None:
        if stretch.end > stretch.start and self._windows:
            self._windows[-1][2].append(stretch)

    def _turns(self, data: bytes, offset: int) -> Iterator[tuple[int, Stamp | None]]:
        """Where windows begin among these lines."""
        began = offset
        if not self._windows and b"\n" in data:
            head = parse_head(data[: data.index(b"\n")])
            yield 0, head.stamp if head else None
        for at, raw in _of_other_days(data):
            head = parse_head(raw)
            if head is None or head.stamp is None:
                continue
            day = wall_clock(head.stamp) // MICROS_PER_DAY
            step = (day - self._day) % 366 if self._day is not None else 0
            if self._day is None:
                self._day = day
            elif 0 < step <= SOON or (SOON < step < LATE and self._size + offset + at - began >= JUMP):
                self._day, began = day, offset + at
                yield at, head.stamp
        self._size += offset + len(data) - began

    def _unpacked(self, source: Source) -> Source:
        """The same lines at the same offsets, as a plain file."""
        spool = Spool()
        self._keep.append(spool)
        for block in Reader(replace(source, first=0)):
            gap = block.offset - spool.size
            if gap > 0:  # the rest of a line that was too long
                spool.write(b"." * (gap - 1) + b"\n")
            spool.write(block.data)
        return replace(source, path=spool.path, codec="plain", archive="plain", member=None, base=0, size=spool.size,
                       device=spool.identity[0], inode=spool.identity[1])  # fmt: skip


def _of_other_days(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The first line, and those that do not begin with the same day as the line before them that was given."""
    prefix, at, end = b"", 0, len(data)
    while at < end:
        if prefix:
            at = _next_other(data, at, prefix)
            if at >= end:
                return
        newline = data.find(b"\n", at)
        if newline < 0:
            return  # not yet whole
        raw = data[at : newline + 1]
        yield at, raw
        found = _DAY.match(raw)
        prefix = found[0] if found else b""
        at = newline + 1


def _next_other(data: bytes, at: int, prefix: bytes) -> int:
    """The start of the first line from ``at`` on that does not begin with ``prefix``."""
    while data.startswith(prefix, at):
        newline = data.find(b"\n", at)
        if newline < 0:
            return len(data)
        at = newline + 1
    return at
