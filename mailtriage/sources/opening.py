"""The names a person gave -> sources, in order of time, each log once."""

import os
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from mailtriage.model.report import Unread
from mailtriage.sources.detect import HEAD, UNREADABLE, available, detect
from mailtriage.sources.faults import unread
from mailtriage.sources.intake import Incoming, Intake
from mailtriage.sources.interface import Opened, Rest, Skipped, Source
from mailtriage.sources.stored import Window, open_file
from mailtriage.sources.unpack import Damage, unpack

SPOOL = 1024 * 1024 * 1024


class Gathering:
    """What opening has found so far."""

    def __init__(self, spool_limit: int) -> None:
        self.spool_limit = spool_limit
        self.sources: list[Source] = []
        self.unread: list[Unread] = []
        self.skipped: list[Skipped] = []
        self.rest: list[Rest] = []
        self.spools: list[object] = []


def open_sources(
    files: Sequence[str], *, since: datetime | None = None, spool_limit: int = SPOOL, stdin: int = 0
) -> Opened:
    """Open what ``files`` name: files, directories, patterns, archives, ``-`` (the descriptor ``stdin``).

    ``since``: a log that was last written before is not read. ``spool_limit``: bytes of a stream that are kept, see
    Opened.rest. Raises nothing: what cannot be read is among ``unread``.
    """
    found = Gathering(spool_limit)
    for name in files:
        if name == "-":
            _stream(found, stdin, "-", "stdin")
        else:
            _file(found, name)
    return Opened(
        tuple(found.sources), tuple(found.unread), tuple(found.skipped), tuple(found.rest), tuple(found.spools)
    )


def _file(found: Gathering, name: str) -> None:
    try:
        status = Path(name).stat()
    except (OSError, ValueError) as error:
        found.unread.append(unread(error, name, name) if isinstance(error, OSError) else Unread(name, "missing"))
        return
    if stat.S_ISDIR(status.st_mode):
        found.unread.append(Unread(name, "directory"))
    elif stat.S_ISREG(status.st_mode):
        _regular(found, name, name, status)
    else:
        found.unread.append(Unread(name, "fifo" if stat.S_ISFIFO(status.st_mode) else "device"))


def _regular(found: Gathering, name: str, path: str, status: os.stat_result, base: int = 0) -> None:
    """A file that can be read again; its log begins at ``base``."""
    source = Source(
        name=name,
        path=path,
        base=base,
        size=max(0, status.st_size - base),
        mtime=status.st_mtime,
        device=status.st_dev,
        inode=status.st_ino,
        origin="stdin" if name == "-" else "file",
    )
    try:
        with open_file(source) as file:
            codec, _ = codec_of(Window(file, base, source.size))
    except OSError as error:
        found.unread.append(unread(error, name, path))
        return
    _add(found, source, codec)


def _add(found: Gathering, source: Source, codec: str) -> None:
    last = codec.rpartition("+")[2]
    if last in UNREADABLE:
        found.unread.append(Unread(source.name, last))
    elif not available(codec):
        found.unread.append(Unread(source.name, "codec_missing", place=codec, command="pip install " + codec))
    else:
        found.sources.append(_replace(source, codec=codec))


def _replace(source: Source, **changes: object) -> Source:
    from dataclasses import replace

    return replace(source, **changes)  # type: ignore[arg-type]


def codec_of(window: Window) -> tuple[str, bytes]:
    """How the log in ``window`` is packed, and its first unpacked bytes, HEAD at most."""
    codec = detect(window.read(HEAD))
    if codec == "plain" or codec in UNREADABLE or codec == "tar" or not available(codec):
        window.rewind()
        return codec, b"" if codec != "plain" else window.read(HEAD)
    window.rewind()
    head = first_bytes(unpack(codec, window), HEAD)
    inner = detect(head)
    if inner in UNREADABLE or inner in ("utf-16", "utf-32", "export", "tar"):
        return codec + "+" + inner, head
    return codec, head


def first_bytes(pieces: Iterator[bytes], size: int) -> bytes:
    """The first ``size`` bytes of ``pieces``, or as many as come before their end or a fault."""
    head = b""
    try:
        while len(head) < size and (piece := next(pieces, b"")):
            head += piece
    except Damage:
        pass
    return head[:size]


def _stream(found: Gathering, descriptor: int, name: str, origin: str) -> None:
    """A descriptor of our own: a file is read like a file, anything else is taken in."""
    try:
        status = os.fstat(descriptor)
        path = f"/proc/{os.getpid()}/fd/{descriptor}"
        if stat.S_ISREG(status.st_mode) and os.access(path, os.R_OK):
            _regular(found, name, path, status, os.lseek(descriptor, 0, os.SEEK_CUR))
            return
        if stat.S_ISDIR(status.st_mode):
            found.unread.append(Unread(name, "directory"))
            return
        incoming = Incoming(descriptor)
        codec = detect(incoming.peek(HEAD))
    except OSError as error:
        found.unread.append(unread(error, name, name))
        return
    if codec in UNREADABLE or not available(codec):
        found.unread.append(Unread(name, codec))
        return
    intake = Intake(name, origin, codec, incoming, found.spool_limit)
    found.sources.append(intake.source)
    found.spools.append(intake.spool)
    found.unread.extend(intake.unread)
    intake.unread.clear()
    if intake.rest is not None:
        found.rest.append(intake.rest)
