"""What a source's first and last lines say: how it is packed, when it begins and ends, whose log it is."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from mailtriage.model.stamp import Stamp
from mailtriage.sources.detect import HEAD, UNREADABLE, available, detect
from mailtriage.sources.interface import Source
from mailtriage.sources.reading import Member, Reader
from mailtriage.sources.stored import Window, open_file
from mailtriage.sources.unpack import Damage, Stored, unpack
from mailtriage.syslog.head import parse_head
from mailtriage.syslog.stamps import in_year

_INNER = ("utf-16", "utf-32", "export", "tar", *UNREADABLE)
_LINES = 50
_DAY = 86400.0


class FirstBlock(NamedTuple):
    """How a source is packed, and its first unpacked bytes."""

    codec: str
    head: bytes


def first_block(source: Source) -> FirstBlock:
    """Look at the first bytes of ``source``, whatever codec it is said to have. Raises OSError as reading does."""
    with open_file(source) as file:
        size = source.size if source.archive == "plain" else os.fstat(file.fileno()).st_size
        window: Stored = Window(file, source.start, size)
        if source.archive != "plain":
            window = Member(source, window)
        stored = _first(window.read, HEAD)
        codec = detect(stored)
        if codec == "plain" or codec in UNREADABLE or codec == "tar" or not available(codec):
            return FirstBlock(codec, stored)
        window.rewind()
        pieces = unpack(codec, window)
        head = _first(lambda _: next(pieces, b""), HEAD)
        inner = detect(head)
        return FirstBlock(f"{codec}+{inner}" if inner in _INNER else codec, head)


def _first(read: Callable[[int], bytes], size: int) -> bytes:
    data = b""
    with suppress(Damage):
        while len(data) < size and (more := read(size - len(data))):
            data += more
    return data[:size]


def described(path: str, *, follows: bool = False) -> Source:
    """The file at ``path`` as a source of its own. Raises OSError as opening it does."""
    status = Path(path).stat()
    source = Source(
        name=path,
        path=path,
        size=status.st_size,
        mtime=status.st_mtime,
        device=status.st_dev,
        inode=status.st_ino,
        follows=follows,
    )
    return replace(source, codec=first_block(source).codec)


class Span(NamedTuple):
    """Seconds since 1970 of the first and last stamp (None: not known), and the host of the first line."""

    first: float | None
    last: float | None
    host: str | None


def span(source: Source) -> Span:
    """When ``source`` begins and, where that can be seen without unpacking it, ends."""
    first, host = _edge(source, 0, last=False)
    last = _edge(source, max(0, source.size - HEAD), last=True)[0] if source.seekable else None
    return Span(first, last, host)


def time_at(source: Source, offset: int) -> float | None:
    """The time of the first dated line that begins at or after ``offset``."""
    return _edge(source, offset, last=False)[0]


def _edge(source: Source, start: int, *, last: bool) -> tuple[float | None, str | None]:
    block = next(iter(Reader(source, start, block_size=HEAD)), None)
    if block is None:
        return None, None
    lines = block.data.splitlines()
    for line in reversed(lines[-_LINES:]) if last else lines[:_LINES]:
        head = parse_head(line)
        if head is not None and head.stamp is not None:
            return moment(head.stamp, source.mtime), head.host
    return None, None


def moment(stamp: Stamp, mtime: float) -> float | None:
    """A stamp's time; one without a year is taken for the last that is not after the file was written."""
    if stamp.dated:
        return stamp.micros / 1e6
    year = datetime.fromtimestamp(mtime, UTC).year
    for candidate in range(year + 1, max(year - 9, 1), -1):
        micros = in_year(stamp, candidate)
        if micros is not None:
            wall = datetime.fromtimestamp(micros / 1e6, UTC).replace(tzinfo=None)
            if wall.timestamp() <= mtime + _DAY:
                return wall.timestamp()
    return None
