"""A source's bytes as they are stored: a window of a file, opened again wherever it is needed."""

import os
from contextlib import suppress
from io import FileIO
from pathlib import Path

from mailtriage.sources.interface import Source


class Replaced(Exception):  # noqa: N818
    """What lies at the path now is another file, and the one that was opened is gone."""


def opener(path: str, flags: int) -> int:
    """Open without waiting for the other end of a fifo and without making a terminal ours."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def open_file(source: Source) -> FileIO:
    """Open the file of ``source``, also when it was renamed by a rotation meanwhile.

    Raises OSError as open() does, and Replaced.
    """
    with suppress(FileNotFoundError):
        file = FileIO(source.path, "r", opener=opener)
        if not source.inode or _same(file, source):
            return file
        file.close()
    directory = Path(source.path).parent
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            if entry.inode() == source.inode and entry.is_file(follow_symlinks=False):
                file = FileIO(entry.path, "r", opener=opener)
                if _same(file, source):
                    return file
                file.close()
    raise Replaced(source.path)


def _same(file: FileIO, source: Source) -> bool:
    status = os.fstat(file.fileno())
    return (status.st_dev, status.st_ino) == (source.device, source.inode)


class Window:
    """``size`` bytes of a file from ``base`` on; ``short`` when the file no longer has them."""

    def __init__(self, file: FileIO, base: int, size: int) -> None:
        self._file = file
        self._base = base
        self._size = size
        self.short = False
        self.at = 0
        self.seek(0)

    def seek(self, offset: int) -> None:
        """Go to ``offset`` within the window."""
        self.at = offset
        self._file.seek(self._base + offset)

    def rewind(self) -> None:
        self.seek(0)

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        wanted = min(size, self._size - self.at)
        if wanted <= 0:
            return b""
        data = self._file.read(wanted) or b""
        self.short = self.short or not data
        self.at += len(data)
        return data

    def readinto(self, view: memoryview) -> int:
        """Fill ``view`` as far as there are bytes."""
        wanted = min(len(view), self._size - self.at)
        if wanted <= 0:
            return 0
        got = self._file.readinto(view[:wanted]) or 0
        self.short = self.short or not got
        self.at += got
        return got
