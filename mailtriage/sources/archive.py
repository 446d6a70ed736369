"""The mail logs in a tar archive, packed or not: one source each."""

import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from io import RawIOBase
from typing import IO, cast

from mailtriage.model.report import Unread
from mailtriage.sources.intake import Spool
from mailtriage.sources.interface import Source
from mailtriage.sources.naming import mail_logs
from mailtriage.sources.stored import Window, open_file
from mailtriage.sources.unpack import Damage, unpack

MOST_MEMBERS = 100_000


@dataclass(frozen=True, slots=True)
class Found:
    """The logs in an archive, what was not read of it, and the spool to keep."""

    members: tuple[Source, ...]
    unread: tuple[Unread, ...]
    spool: Spool | None


def members(archive: Source, codec: str, spool_limit: int) -> Found:
    """The logs in ``archive``, a tar packed with ``codec``; their own codec is left for others to find out.

    A packed archive is unpacked once, into a spool; a member for which that has no room is unpacked again whenever it
    is read. Raises OSError as reading the archive does.
    """
    with open_file(archive) as file:
        if codec == "plain":
            rows, fault = _walk(cast(IO[bytes], file), "r:")
            parts = [_window(archive, row, base=row.offset_data) for row in rows]
            return Found(tuple(parts), _fault(archive, fault), None)
        stream = _Stream(unpack(codec, Window(file, archive.base, archive.size)), spool_limit)
        rows, fault = _walk(cast(IO[bytes], stream), "r|")
        with suppress(OSError):
            stream.drain()
    spool = stream.spool
    device, inode = spool.identity
    parts = []
    for row in rows:
        if row.offset_data + row.size <= spool.size:
            part = _window(archive, row, base=row.offset_data)
            parts.append(replace(part, path=spool.path, device=device, inode=inode))
        else:
            parts.append(replace(_window(archive, row, base=row.offset_data), archive=codec))
    return Found(tuple(parts), _fault(archive, stream.fault or fault), spool)


def _walk(file: IO[bytes], mode: str) -> tuple[list[tarfile.TarInfo], str | None]:
    """The members to read, and why there may be more."""
    rows: dict[str, tarfile.TarInfo] = {}
    fault = None
    try:
        with tarfile.open(fileobj=file, mode=mode) as tar:  # type: ignore[call-overload]
            for row in tar:
                if row.isreg() and row.size and not row.issparse():
                    rows[row.name] = row
                if len(rows) >= MOST_MEMBERS:
                    break
    except OSError:
        raise
    except Exception:  # tarfile raises more than its own errors for broken headers
        fault = "archive_broken"
    return [rows[name] for name in mail_logs(rows)], fault


def _window(archive: Source, row: tarfile.TarInfo, base: int) -> Source:
    name = f"{archive.name}:{row.name}"
    return replace(archive, name=name, member=row.name, base=base, size=row.size, mtime=float(row.mtime))


def _fault(archive: Source, reason: str | None) -> tuple[Unread, ...]:
    return (Unread(archive.name, reason),) if reason else ()


class _Stream(RawIOBase):
    """The archive's unpacked bytes as tarfile wants them, copied into the spool as they pass."""

    def __init__(self, pieces: Iterator[bytes], limit: int) -> None:
        self._pieces = pieces
        self._limit = limit
        self._left = b""
        self._at = 0
        self.spool = Spool()
        self.fault: str | None = None

    def read(self, size: int = -1, /) -> bytes:
        parts = []
        while size > 0:
            if not self._left:
                self._left = self._more()
                if not self._left:
                    break
            parts.append(self._left[:size])
            self._left = self._left[size:]
            size -= len(parts[-1])
        return b"".join(parts)

    def drain(self) -> None:
        """Let what stands behind the last member pass, for the faults in it."""
        while self._more():
            pass

    def _more(self) -> bytes:
        if self.fault:
            return b""
        try:
            piece = next(self._pieces, b"")
        except Damage as damage:
            self.fault = damage.reason
            return b""
        if self.spool.size == self._at and self._at + len(piece) <= self._limit:
            self.spool.write(piece)
        self._at += len(piece)
        return piece
