"""A source -> blocks of whole lines, in any process. What could not be read is told, never raised."""

import os
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from typing import Protocol

from mailtriage.model.report import Unread
from mailtriage.sources import progress
from mailtriage.sources.cutting import ENDLESS, Cutter
from mailtriage.sources.faults import unread
from mailtriage.sources.interface import BLOCK_SIZE, Block, Source
from mailtriage.sources.stored import Replaced, Window, open_file
from mailtriage.sources.unpack import Damage, Stored, unpack

# A compressed log is given up as a bomb after so many bytes without a newline.
PATIENCE = 256 * 1024 * 1024


class Reader:
    """Iterate over the lines of ``source`` that begin in [start, end), offsets in the unpacked bytes.

    ``context`` bytes before ``start``, and before every block, are shown for looking back (see Block). When iteration
    is over, ``unread`` says what was not read, ``cut`` how many lines were too long, ``size`` how many unpacked bytes
    there were up to the end. ``counts``: whether it is part of what progress is measured by.
    """

    def __init__(
        self,
        source: Source,
        start: int = 0,
        end: int | None = None,
        *,
        block_size: int = BLOCK_SIZE,
        context: int = 0,
        counts: bool = True,
    ) -> None:
        self.source = source
        self.unread: list[Unread] = []
        self.cut = 0
        self.size = 0
        self._start = max(start, source.first)
        self._end = ENDLESS if end is None else end
        self._block_size = block_size
        self._context = context
        self._counts = counts

    def __iter__(self) -> Iterator[Block]:
        source = self.source
        if self._start >= self._end:
            return
        try:
            with open_file(source) as file:
                yield from self._blocks(self._window(file))
        except Replaced:
            self.unread.append(Unread(source.name, "replaced", "0"))
        except OSError as error:
            self.unread.append(unread(error, source.name, source.path))

    def exactly(self, start: int, end: int) -> bytes:
        """The unpacked bytes [start, end) whatever lines they belong to, or as many of them as there are."""
        data = bytearray(max(0, end - start))
        view, at = memoryview(data), 0
        with suppress(OSError, Replaced), open_file(self.source) as file:
            feed = self._feed(self._window(file), start)
            while at < len(data) and (got := feed.fill(view[at:])):
                at += got
        return bytes(view[:at])

    def _window(self, file: FileIO) -> Window:
        source = self.source
        size = source.size if source.archive == "plain" else os.fstat(file.fileno()).st_size
        return Window(file, source.start, size)

    def _feed(self, window: Window, offset: int) -> "Feed":
        return Direct(window, offset) if self.source.seekable else Unpacking(self.source, window, offset)

    def _blocks(self, window: Window) -> Iterator[Block]:
        offset = max(0, self._start - self._context - 1) if self._start else 0
        feed = self._feed(window, offset)
        cutter = Cutter(
            feed.fill,
            offset=offset,
            first=self._start,
            stop=self._end,
            block_size=self._block_size,
            context=self._context,
            patience=ENDLESS if self.source.seekable else PATIENCE,
        )
        before = window.at
        for block in cutter:
            yield block
            if self._counts:
                progress.advance(window.at - before)
            before = window.at
        self.cut = cutter.cut
        self.size = offset + cutter.read
        reason = "bomb" if cutter.tired else feed.reason
        if reason:
            self.unread.append(Unread(self.source.name, reason, str(self.size)))


class Feed(Protocol):
    """Fills buffers with unpacked bytes. ``reason``: why it came to an end before the end."""

    reason: str | None

    def fill(self, view: memoryview, /) -> int: ...


class Direct:
    """A log as it stands in its file."""

    def __init__(self, window: Window, offset: int) -> None:
        self.reason: str | None = None
        self._window = window
        window.seek(offset)

    def fill(self, view: memoryview, /) -> int:
        try:
            got = self._window.readinto(view)
        except OSError:
            self.reason = "read_failed"
            return 0
        if self._window.short:
            self.reason = "shrunk"
        return got


class Unpacking:
    """A log that must be unpacked from its start; ``offset`` unpacked bytes are passed over."""

    def __init__(self, source: Source, window: Window, offset: int) -> None:
        self.reason: str | None = None
        self._window = window
        self._left = memoryview(b"")
        self._pieces = unpack(source.codec, window if source.archive == "plain" else Member(source, window))
        while offset and (piece := self._next()):
            self._left = memoryview(piece)[offset:]
            offset -= min(offset, len(piece))

    def fill(self, view: memoryview, /) -> int:
        if not self._left:
            self._left = memoryview(self._next())
        size = min(len(view), len(self._left))
        view[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def _next(self) -> bytes:
        if self.reason:
            return b""
        try:
            return next(self._pieces, b"")
        except Damage as damage:
            self.reason = "shrunk" if self._window.short else damage.reason
        except OSError:
            self.reason = "read_failed"
        return b""


class Member:
    """The stored bytes of a member of a compressed archive, by unpacking the archive up to it."""

    def __init__(self, source: Source, archive: Stored) -> None:
        self._source = source
        self._archive = archive
        self.rewind()

    def rewind(self) -> None:
        self._archive.rewind()
        self._pieces = unpack(self._source.archive, self._archive)
        self._before = self._source.base
        self._size = self._source.size
        self._left = b""
        self.at = 0

    def read(self, size: int, /) -> bytes:
        while self._size > 0:
            if not self._left:
                self._left = next(self._pieces, b"")
                self.at += len(self._left)
                if not self._left:
                    raise Damage("truncated")
            if self._before:
                passed = min(self._before, len(self._left))
                self._left = self._left[passed:]
                self._before -= passed
                continue
            data = self._left[: min(size, self._size)]
            self._left = self._left[len(data) :]
            self._size -= len(data)
            return data
        return b""
