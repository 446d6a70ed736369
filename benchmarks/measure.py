"""Runs a command: how long it takes, what it prints, and how much memory it and all that it starts hold."""

import hashlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

TICK = 0.02  # seconds between two looks at the memory


@dataclass(frozen=True, slots=True)
class Memory:
    """Peak resident memory in MiB: of the largest process, of all together (pages that they share count each time)."""

    largest: float
    together: float


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, str]:
    """Seconds of wall clock, and a digest of what it printed into a pipe."""
    began = time.perf_counter()
    process = _start(command, environment)
    assert process.stdout is not None
    digest = hashlib.blake2b(digest_size=8)
    while data := process.stdout.read(1 << 20):
        digest.update(data)
    process.wait()
    return time.perf_counter() - began, digest.hexdigest()


def memory(command: list[str], environment: dict[str, str]) -> Memory:
    """The peaks of one more run; it is not timed, for looking takes time. Needs Linux's /proc."""
    process = _start(command, environment, stdout=subprocess.DEVNULL)
    largest = together = 0
    while True:
        sizes = [_resident(pid) for pid in _family(process.pid)]
        largest, together = max(largest, *sizes, 0), max(together, sum(sizes))
        pid, _, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(TICK)
    process.returncode = 0  # it was waited for
    largest = max(largest, usage.ru_maxrss * 1024)  # of those that were over too soon to be seen
    return Memory(largest / 2**20, max(together, largest) / 2**20)


def _start(command: list[str], environment: dict[str, str], stdout: int = subprocess.PIPE) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL, env={**os.environ, **environment},
        preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL),  # as a shell has it
    )  # fmt: skip


def _family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for one in found:
        try:
            found += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
        except OSError:
            continue
    return found


def _resident(pid: int) -> int:
    """Bytes."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0
