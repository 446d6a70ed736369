"""A stream (standard input, the journal, a remote file) kept in a spool as it passes.

The spool is a temporary file that has no name where the system allows it (/proc): it is gone with the process, however
that ends, yet other processes of ours can open it. It holds unpacked lines, so that it can be read in chunks and twice.
"""

import atexit
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path

from mailtriage.model.report import Unread
from mailtriage.sources import progress
from mailtriage.sources.cutting import Cutter
from mailtriage.sources.export import lines
from mailtriage.sources.interface import BLOCK_SIZE, LONGEST_LINE, Block, Source
from mailtriage.sources.reading import PATIENCE
from mailtriage.sources.unpack import GULP, Damage, unpack


class Stream:
    """Bytes that cannot be read again, but for the first ones, given back by ``peek``; ``read`` brings them."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._head = b""
        self.at = 0

    def peek(self, size: int) -> bytes:
        """The first ``size`` bytes, or all there are."""
        while len(self._head) < size and (more := self._read(size - len(self._head))):
            self._head += more
        return self._head

    def read(self, size: int, /) -> bytes:
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
        else:
            data = self._read(size)
        self.at += len(data)
        return data

    def rewind(self) -> None:
        raise Damage("corrupt")


class Incoming(Stream):
    """What a pipe, socket or terminal brings."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(lambda size: os.read(descriptor, size))
        with suppress(ImportError, AttributeError, OSError):  # Linux; a pipe holds 64 KiB unless asked for more
            import fcntl

            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, GULP)


class Spool:
    """A temporary file that other processes of ours can open by ``path``."""

    def __init__(self) -> None:
        import tempfile

        descriptor, name = tempfile.mkstemp(prefix="mailtriage-")
        self.file = FileIO(descriptor, "r+")
        self.path = f"/proc/{os.getpid()}/fd/{descriptor}"
        if Path(self.path).exists():
            _remove(name)
        else:
            self.path = name
            atexit.register(_remove, name)
        self.size = 0

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        status = os.fstat(self.file.fileno())
        return status.st_dev, status.st_ino

    def write(self, data: bytes) -> int:
        """Write as much of ``data`` as the disk takes."""
        view = memoryview(data)
        with suppress(OSError):
            while view:
                view = view[self.file.write(view) :]
        self.size += len(data) - len(view)
        return len(data) - len(view)

    def tail(self, start: int, end: int) -> bytes:
        return os.pread(self.file.fileno(), end - start, start)


def _remove(path: str) -> None:
    with suppress(OSError):
        Path(path).unlink()


class Intake:
    """Takes a stream in: ``source`` is what went into the spool, ``rest`` (if any) gives what did not.

    ``close`` is called when the stream has ended, and may say why there is less than there should be.
    """

    def __init__(
        self,
        name: str,
        origin: str,
        codec: str,
        stored: Stream,
        limit: int,
        close: Callable[[], Unread | None] = lambda: None,
    ) -> None:
        self._close = close
        self.unread: list[Unread] = []
        self.cut = 0
        self._name = name
        self._ended = False
        self._left = b""
        self.cursor: str | None = None
        self._pieces = unpack(codec, stored) if codec != "export" else lines(unpack("plain", stored), seen=self._saw)
        self._patience = PATIENCE if codec != "plain" else 1 << 62
        self._spool = Spool()
        self._taken = 0
        self._fill_spool(limit)
        end = self._last_line_end() if self._unfinished else self._spool.size
        device, inode = self._spool.identity
        self.source = Source(
            name=name,
            path=self._spool.path,
            size=end,
            mtime=time.time(),
            device=device,
            inode=inode,
            origin=origin,
        )

    def _fill_spool(self, limit: int) -> None:
        since_newline = 0
        while piece := self._next():
            since_newline = len(piece) - piece.rfind(b"\n") - 1 if b"\n" in piece else since_newline + len(piece)
            if since_newline > self._patience:
                self._stop("bomb")
                return
            room = limit - self._spool.size
            kept = self._spool.write(piece[:room]) if room > 0 else 0
            if kept < len(piece):
                self._left = piece[kept:]
                return

    @property
    def _unfinished(self) -> bool:
        return bool(self._left)

    def _last_line_end(self) -> int:
        """Where the spool's last whole line ends; the spool's end where that line is too long to be given whole."""
        size = self._spool.size
        start = max(0, size - LONGEST_LINE - 1)
        tail = self._spool.tail(start, size)
        newline = tail.rfind(b"\n")
        return start + newline + 1 if newline >= 0 else (size if start else 0)

    @property
    def rest(self) -> "Intake | None":
        """Itself, where the spool did not take all."""
        return self if self._unfinished else None

    @property
    def spool(self) -> Spool:
        """What must be kept for ``source`` to be readable."""
        return self._spool

    def blocks(self, *, block_size: int = BLOCK_SIZE, context: int = 0) -> Iterator[Block]:
        """What comes after ``source``; can be read once."""
        first = self.source.size
        offset = max(0, first - context - 1) if first else 0
        self._left = self._spool.tail(offset, self._spool.size) + self._left
        cutter = Cutter(
            self._fill,
            offset=offset,
            first=first,
            block_size=block_size,
            context=context,
            patience=self._patience,
        )
        yield from cutter
        self.cut = cutter.cut
        if cutter.tired:
            self._taken = offset + cutter.read
            self._stop("bomb")

    def _saw(self, cursor: bytes) -> None:
        self.cursor = cursor.decode("utf-8", "replace")

    def _fill(self, view: memoryview, /) -> int:
        if not self._left:
            self._left = self._next()
        size = min(len(view), len(self._left))
        view[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def _next(self) -> bytes:
        if self._ended:
            return b""
        try:
            piece = next(self._pieces, b"")
        except Damage as damage:
            self._stop(damage.reason)
            return b""
        except Exception:  # OSError, and whatever a remote file system has for it
            self._stop("read_failed")
            return b""
        self._taken += len(piece)
        progress.advance(len(piece))
        if not piece:
            self._stop(None)
        return piece

    def _stop(self, reason: str | None) -> None:
        if self._ended:
            return
        self._ended = True
        said = self._close()
        if reason is not None:
            self.unread.append(Unread(self._name, reason, str(self._taken)))
        elif said is not None:
            self.unread.append(said)
