"""How far a long work is, on standard error, where that is a terminal: bytes, rate, time left. Gone when it is done."""

import os
import sys
import time
from types import TracebackType

from mailtriage.cli.words import interface
from mailtriage.sources import progress

PATIENCE = 1.0  # seconds before anything is shown
EVERY = 0.1
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class Bar:
    """Listens while it is entered. ``total`` are the stored bytes of a pass, once they are known."""

    def __init__(self, wanted: bool = True) -> None:
        self.total: int | None = None
        self._wanted = wanted and sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._passes = self._done = 0
        self._began = time.monotonic()
        self._next = self._began + PATIENCE
        self._drawn = False

    def __enter__(self) -> "Bar":
        if self._wanted:
            progress.listen(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._wanted:
            progress.listen(None)
        if self._drawn:
            self._put("")

    def begin(self) -> None:
        """A pass over the bytes begins."""
        self._passes += 1
        self._done = 0
        self._began = time.monotonic()

    def advance(self, size: int) -> None:
        """So many more bytes were read."""
        self._done += size
        now = time.monotonic()
        if now >= self._next:
            self._next = now + EVERY
            self._drawn = True
            self._put(self.line(now - self._began))

    def line(self, seconds: float) -> str:
        """What is shown when a pass has taken so long."""
        rate = self._done / max(seconds, 0.001)
        done = min(self._done, self.total) if self.total else self._done
        values = {"done": amount(done), "rate": amount(rate)}
        if not self.total or not self._passes:
            return interface().say("cli.progress.stream", **values)
        left = (self.total - done) / max(rate, 1)
        return interface().say(
            "cli.progress.first" if self._passes == 1 else "cli.progress.again",
            percent=f"{100 * done // self.total:3}", total=amount(self.total), left=clock(left), **values,
        )  # fmt: skip

    def _put(self, text: str) -> None:
        try:
            sys.stderr.write(f"\r{text}\x1b[K")
            sys.stderr.flush()
        except (OSError, ValueError):
            progress.listen(None)


def amount(size: float) -> str:
    """Bytes as people say them: 1.2 GiB."""
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if size >= 100 or unit == 0 else f"{size:.1f} {_UNITS[unit]}"


def clock(seconds: float) -> str:
    """Minutes and seconds, or hours."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
