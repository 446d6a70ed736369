"""Starting another program: arguments as a list, C locale, nothing on its standard input, a time limit."""

import os
import select
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

# cron's PATH has no sbin, where postconf lives.
_PLACES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MOST = 4 * 1024 * 1024  # bytes of output that are kept


def find(program: str) -> str | None:
    """The path of ``program``; None: it is not installed."""
    import shutil

    return shutil.which(program, path=os.environ.get("PATH", "") + os.pathsep + _PLACES)


class Result(NamedTuple):
    """How a program ended. ``status`` is None where it was not found, could not be started or took too long."""

    status: int | None
    out: bytes = b""
    err: bytes = b""


def run(command: Sequence[str], *, seconds: float = 10.0) -> Result:
    """Run ``command`` and keep at most MOST bytes of its output. Raises nothing."""
    try:
        with Running(command, silence=seconds, seconds=seconds) as running:
            out = b""
            while len(out) < MOST and (more := running.read(64 * 1024)):
                out += more
        return Result(running.status, out, running.err)
    except OSError:
        return Result(None)


class Running:
    """A program whose output is read as it comes. It is stopped when it says nothing for ``silence`` seconds, or
    lasts for ``seconds``; ``status`` is then None. Raises OSError where it cannot be started."""

    def __init__(self, command: Sequence[str], *, silence: float | None = 60.0, seconds: float | None = None) -> None:
        import subprocess
        import tempfile

        path = find(command[0])
        if path is None:
            raise FileNotFoundError(command[0])
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the rest
        environment = {name: os.environ[name] for name in ("HOME", "MAIL_CONFIG", "TZ") if name in os.environ}
        environment |= {"LC_ALL": "C", "PATH": os.environ.get("PATH", "") + os.pathsep + _PLACES, "SYSTEMD_COLORS": "0"}
        self._process = subprocess.Popen(
            [path, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            start_new_session=True,
        )
        self._silence = silence
        self._until = None if seconds is None else time.monotonic() + seconds
        self.status: int | None = None
        self.err = b""
        self.late = False

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def fileno(self) -> int:
        """Its output, to wait for."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def read(self, size: int, /) -> bytes:
        """What it has written, at most ``size`` bytes; none when it has ended or was too slow."""
        limits = [self._silence] if self._silence is not None else []
        if self._until is not None:
            limits.append(max(0.0, self._until - time.monotonic()))
        if limits and not select.select([self], [], [], min(limits))[0]:
            self.late = True
            return b""
        return os.read(self.fileno(), size)

    def close(self) -> None:
        """End it if it has not ended, and keep what it said on standard error."""
        import subprocess

        if self._process.stdout is None or self._process.stdout.closed:
            return
        self._process.stdout.close()
        try:
            self.status = self._process.wait(0.0 if self.late or self._silence is None else 1.0)
        except subprocess.TimeoutExpired:
            self._stop()
        self._errors.seek(0)
        self.err = self._errors.read(64 * 1024)
        self._errors.close()

    def _stop(self) -> None:
        import subprocess

        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, sign)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
                return
