"""A log that grows, through every kind of rotation: whole new lines as they come.

Looking every quarter of a second works on every system and file system, and a mail log is no faster than that.
"""

import os
import select
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from io import FileIO
from threading import Event
from typing import NamedTuple, Protocol

from mailtriage.model.report import Unread
from mailtriage.sources.export import from_json
from mailtriage.sources.interface import LONGEST_LINE, Opened, Source
from mailtriage.sources.naming import rotated
from mailtriage.sources.position import Position, position, resume
from mailtriage.sources.reading import Reader
from mailtriage.sources.span import described
from mailtriage.sources.stored import opener

INTERVAL = 0.25  # seconds between looks
GRACE = 10.0  # seconds for which a renamed file is watched on: daemons write to it until they are told
GULP = 1024 * 1024
_BEFORE = 256  # bytes before our place that must still be there


class Lines(NamedTuple):
    """New lines, each ended by a newline, and the place behind them: ``offset`` in that file, or the journal's cursor.

    ``cut``: how many of them were longer than LONGEST_LINE and are only their heads.
    """

    source: str
    data: bytes
    device: int = 0
    inode: int = 0
    offset: int = 0
    cut: int = 0
    cursor: str | None = None


class Tail(Protocol):
    """Something that grows. ``poll`` gives what is new, a few MiB at most, and None where nothing is.

    ``ended``: nothing will come any more.
    """

    ended: bool

    def poll(self) -> Lines | None: ...
    def close(self) -> None: ...


def follow(tails: Sequence[Tail], stop: Event, *, interval: float = INTERVAL) -> Iterator[Lines | None]:
    """Yield new lines of all ``tails`` until ``stop`` is set or all have ended; None whenever there was nothing new.

    ``interval``: seconds from there to the next look.
    """
    try:
        while not stop.is_set():
            quiet = True
            for tail in tails:
                while not stop.is_set() and (lines := tail.poll()) is not None:
                    quiet = False
                    yield lines
            if quiet:
                if all(tail.ended for tail in tails):
                    return
                yield None
                stop.wait(interval)
    finally:
        for tail in tails:
            tail.close()


class _Splitter:
    """Bytes -> whole lines, the last piece kept until its newline comes."""

    def __init__(self) -> None:
        self._kept = b""
        self._skipping = False
        self.waiting = 0  # bytes that were fed and are not given yet
        self.cut = 0

    def feed(self, data: bytes) -> bytes:
        self.waiting += len(data)
        if self._skipping:
            newline = data.find(b"\n")
            if newline < 0:
                return b""
            data, self._skipping = data[newline + 1 :], False
        data = self._kept + data
        end = data.rfind(b"\n") + 1
        whole, self._kept = data[:end], data[end:]
        self.waiting = len(self._kept)
        if len(self._kept) > LONGEST_LINE:
            whole += self._kept[:LONGEST_LINE] + b"\n"
            self._kept, self._skipping = b"", True
            self.cut += 1
        return whole

    def flush(self) -> bytes:
        """The unfinished line as a line: nothing will come to it any more."""
        kept, self._kept, self._skipping, self.waiting = self._kept, b"", False, 0
        return kept + b"\n" if kept else b""


class _Open:
    """A file being read, whatever its name is by now."""

    def __init__(self, name: str, path: str) -> None:
        self._name = name
        self._file = FileIO(path, "r", opener=opener)
        self._splitter = _Splitter()
        status = os.fstat(self._file.fileno())
        self.device, self.inode = status.st_dev, status.st_ino
        self.offset = 0
        self.before = b""  # what stood before ``offset`` when it was last looked at
        self.until = 0.0  # when it is given up, once it was renamed

    def go(self, offset: int) -> None:
        self.offset = offset
        self.before = self._look_back()

    def go_to_end(self) -> None:
        """To the start of the last line if that is unfinished."""
        size = os.fstat(self._file.fileno()).st_size
        start = max(0, size - LONGEST_LINE)
        newline = os.pread(self._file.fileno(), size - start, start).rfind(b"\n")
        self.go(start + newline + 1 if newline >= 0 else size)

    def read(self) -> Lines | None:
        """The next lines; None at the end, which may be one for now only."""
        while data := os.pread(self._file.fileno(), GULP, self.offset):
            self.offset += len(data)
            if whole := self._splitter.feed(data):
                self.before = self._look_back()
                return self._lines(whole)
        self.before = self._look_back()
        return None

    def rest(self) -> Iterator[Lines]:
        """The unfinished line."""
        if whole := self._splitter.flush():
            yield self._lines(whole)

    @property
    def place(self) -> int:
        """The offset up to which whole lines were given."""
        return self.offset - self._splitter.waiting

    def was_cut(self) -> bool:
        """Whether the file became shorter, or did and has grown again since."""
        size = os.fstat(self._file.fileno()).st_size
        return size < self.offset or self._look_back() != self.before

    def is_at(self, path: str) -> bool:
        """Whether this file still has its name; a name that nothing has counts as unchanged."""
        try:
            status = os.stat(path)  # noqa: PTH116 - beside fstat
        except OSError:
            return True
        return (status.st_dev, status.st_ino) == (self.device, self.inode)

    def close(self) -> None:
        self._file.close()

    def _look_back(self) -> bytes:
        start = max(0, self.offset - _BEFORE)
        return os.pread(self._file.fileno(), self.offset - start, start)

    def _lines(self, data: bytes) -> Lines:
        cut, self._splitter.cut = self._splitter.cut, 0
        return Lines(self._name, data, self.device, self.inode, self.place, cut)


class FileTail:
    """Follows what has the name ``path``, existing or not: from its end, its start (``backlog``), or a Position.

    Rotation by rename: the old file is read to its end, and watched for GRACE seconds more. By copytruncate: what was
    written between our last look and the cut is taken from the copy. A name that is missing is waited for; what then
    appears is read from its start. ``unread`` says what a Position no longer led to.
    """

    ended = False

    def __init__(self, path: str, *, start: Position | None = None, backlog: bool = False) -> None:
        self._path = path
        self._current: _Open | None = None
        self._old: list[_Open] = []
        self._waiting: deque[Iterator[Lines]] = deque()
        self.unread: tuple[Unread, ...] = ()
        if start is not None:
            self._catch_up(start)
            return
        self._open_current()
        if self._current is not None and not backlog:
            self._current.go_to_end()

    def poll(self) -> Lines | None:
        with suppress(OSError):
            while True:
                while self._waiting:
                    if (lines := next(self._waiting[0], None)) is not None:
                        return lines
                    self._waiting.popleft()
                if (lines := self._look()) is not None:
                    return lines
                if not self._waiting:
                    return None
        return None

    def position(self) -> Position | None:
        """The place up to which lines were given; None while there is no such file."""
        if self._current is None:
            return None
        place = self._current.place
        return position(_plain(self._path, self._current, place), place, time=time.time())

    def close(self) -> None:
        for file in (*self._old, *filter(None, [self._current])):
            file.close()
        self._old, self._current = [], None

    def _look(self) -> Lines | None:
        for old in self._old:
            if (lines := old.read()) is not None:
                return lines
        self._give_up_old()
        current = self._current
        if current is None:
            self._open_current()
            return self._current.read() if self._current is not None else None
        if current.was_cut():
            self._restart(current)
            return None
        if (lines := current.read()) is not None:
            return lines
        if not current.is_at(self._path):
            current.until = time.monotonic() + GRACE
            self._old.append(current)
            self._open_current()
            return self._current.read() if self._current is not None else None
        return None

    def _give_up_old(self) -> None:
        for old in [old for old in self._old if time.monotonic() > old.until]:
            self._old.remove(old)
            self._waiting.append(old.rest())
            old.close()

    def _open_current(self) -> None:
        try:
            self._current = _Open(self._path, self._path)
        except OSError:
            self._current = None

    def _restart(self, current: _Open) -> None:
        """After copytruncate: the end of the copy, then the file from its start."""
        copy = self._copy(current)
        self._waiting.append(current.rest() if copy is None else _rest_of(copy, current.place))
        current.close()
        self._open_current()

    def _copy(self, current: _Open) -> Source | None:
        """The newest rotated file that has the same text up to our place."""
        start = current.offset - len(current.before)
        for path in reversed(rotated(self._path)):
            with suppress(OSError):
                copy = described(path)
                if current.before and Reader(copy).exactly(start, current.offset) == current.before:
                    return copy
        return None

    def _catch_up(self, start: Position) -> None:
        """Everything since ``start``, out of rotated files where need be."""
        found: list[Source] = []
        for path in (*rotated(self._path), self._path):
            with suppress(OSError):
                found.append(described(path, follows=bool(found)))
        new = resume([start], Opened(sources=tuple(found)))
        self.unread = new.unread
        for source in new.sources:
            if source.path != self._path:
                self._waiting.append(_rest_of(source, source.first))
        self._open_current()
        if self._current is not None:
            self._current.go(next((source.first for source in new.sources if source.path == self._path), 0))


def _rest_of(source: Source, offset: int) -> Iterator[Lines]:
    for block in Reader(source, offset):
        data = block.data if block.buffer[block.end - 1] == 10 else block.data + b"\n"
        end = block.offset + block.end - block.begin
        yield Lines(source.name, data, source.device, source.inode, end, int(block.cut))


def _plain(path: str, file: _Open, size: int) -> Source:
    return Source(name=path, path=path, size=size, device=file.device, inode=file.inode)


class StreamTail:
    """Follows what another process writes: a pipe on standard input, or ``journalctl -f -o json`` (``json``)."""

    def __init__(
        self,
        name: str,
        descriptor: int,
        *,
        json: bool = False,
        close: Callable[[], Unread | None] = lambda: None,
    ) -> None:
        self._name = name
        self._descriptor = descriptor
        self._json = json
        self._close = close
        self._splitter = _Splitter()
        self._offset = 0
        self.ended = False
        self.unread: tuple[Unread, ...] = ()

    def poll(self) -> Lines | None:
        while not self.ended and select.select([self._descriptor], [], [], 0.0)[0]:
            data = os.read(self._descriptor, GULP)
            self._offset += len(data)
            self.ended = not data
            if whole := self._splitter.feed(data) if data else self._splitter.flush():
                return self._lines(whole)
        return None

    def close(self) -> None:
        self.ended = True
        said = self._close()
        self.unread = (said,) if said is not None else ()

    def _lines(self, data: bytes) -> Lines:
        cut, self._splitter.cut = self._splitter.cut, 0
        cursor = None
        if self._json:
            data, cursor = from_json(data)
        return Lines(self._name, data, offset=self._offset - self._splitter.waiting, cut=cut, cursor=cursor)
