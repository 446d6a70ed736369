"""Where we stopped reading a log, told by what stands there, so that it is found again after any rotation.

Names and inodes change when a log is rotated: by rename the inode goes along, by copytruncate the content does, and
packing keeps neither. What stays is the text itself: a log is known by its first bytes and by those before the place.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from mailtriage.model.report import Unread
from mailtriage.sources.interface import Opened, Source
from mailtriage.sources.naming import place
from mailtriage.sources.reading import Reader

SAMPLE = 1024  # bytes at the start, and before the place


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a log that has been read up to there. Survives JSON: all fields are text or numbers."""

    log: str  # what all names of the rotated set have in common, see naming.Place; "journal:" for the journal
    time: float = 0.0  # seconds since 1970 when it was taken
    device: int = 0
    inode: int = 0
    offset: int = 0  # in the unpacked bytes, right behind a newline
    head: str = ""  # digest of the first min(SAMPLE, offset) bytes
    tail: str = ""  # digest of the min(SAMPLE, offset) bytes before the offset
    lines: int = 0  # lines before the offset
    cursor: str | None = None  # the journal's own position


class Resumed(NamedTuple):
    """What is new, and the logs of which something may be missing in between."""

    sources: tuple[Source, ...]
    unread: tuple[Unread, ...]


def position(source: Source, offset: int, *, time: float, lines: int = 0) -> Position:
    """Take the place ``offset`` of ``source``, all of which was read up to there. Raises nothing; see matches."""
    head, tail = _samples(source, offset)
    return Position(
        log=_log(source),
        time=time,
        device=source.device,
        inode=source.inode,
        offset=offset,
        head=head,
        tail=tail,
        lines=lines,
    )


def matches(source: Source, stopped: Position) -> bool:
    """Whether ``source`` is the log in which ``stopped`` was taken, or a copy of it, packed or not."""
    if source.seekable and source.size < stopped.offset:
        return False
    size = min(SAMPLE, stopped.offset)
    if _digest(_bytes(source, 0, size)) != stopped.head:
        return False
    return _samples(source, stopped.offset) == (stopped.head, stopped.tail)


def resume(positions: Iterable[Position], opened: Opened) -> Resumed:
    """From what was opened keep what is new since ``positions`` were taken; a log without a position is all new."""
    known = {stopped.log: stopped for stopped in positions}
    sources: list[Source] = []
    unread: list[Unread] = []
    for group in sets(opened.sources):
        stopped = known.get(_log(group[-1]))
        if stopped is None or group[0].origin == "journal":
            sources += group
            continue
        found = _found(group, stopped)
        if found is None:
            newer = [source for source in group if source.mtime >= stopped.time]
            sources += _apart(newer)
            if stopped.offset:
                unread.append(Unread(group[-1].name, "position_lost"))
            continue
        number = group.index(found)
        sources += [replace(found, first=max(found.first, stopped.offset), follows=False), *group[number + 1 :]]
    return Resumed(tuple(sources), tuple(unread))


def lines_before(sources: Sequence[Source], positions: Iterable[Position]) -> Mapping[Source, int]:
    """How many lines stand before Source.first, where a position says so."""
    known = {(stopped.log, stopped.offset): stopped.lines for stopped in positions}
    return {
        source: known[_log(source), source.first]
        for source in sources
        if source.first and (_log(source), source.first) in known
    }


def _found(group: Sequence[Source], stopped: Position) -> Source | None:
    """The file of that place: it itself first, then the newest that has the same text."""
    if not stopped.offset:
        return next((source for source in group if source.inode == stopped.inode), None)
    itself = [source for source in group if (source.device, source.inode) == (stopped.device, stopped.inode)]
    others = [source for source in reversed(group) if source not in itself]
    return next((source for source in (*itself, *others) if matches(source, stopped)), None)


def _log(source: Source) -> str:
    """What all files of the set have in common, wherever we are started."""
    by_path = source.origin == "file" and source.member is None
    return place(str(Path(source.path).absolute()) if by_path else source.name).log


def sets(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """Sources by log: a rotated set is one."""
    group: list[Source] = []
    for source in sources:
        if group and not source.follows:
            yield group
            group = []
        group.append(source)
    if group:
        yield group


def _apart(group: Sequence[Source]) -> list[Source]:
    return [replace(source, follows=number > 0) for number, source in enumerate(group)]


def _samples(source: Source, offset: int) -> tuple[str, str]:
    size = min(SAMPLE, offset)
    head = _digest(_bytes(source, 0, size))
    tail = _digest(_bytes(source, offset - size, offset))
    return head, tail


def _bytes(source: Source, start: int, end: int) -> bytes:
    """Unpacked bytes, whatever lines they belong to."""
    if start >= end:
        return b""
    reader = Reader(replace(source, first=0))
    return reader.exactly(start, end)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()
