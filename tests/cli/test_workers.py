"""Several processes, seen from outside: killed, interrupted, no longer wanted. No hang, and no part for the whole."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, environment

LOG = Path("fixtures/family-week.log")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("logs") / "maillog"
    path.write_bytes(LOG.read_bytes() * 24)
    return path


@pytest.fixture
def scan(log: Path, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A scan for events that takes some seconds in two workers."""
    process = subprocess.Popen(
        [*COMMAND, "scan", "--events", "--all", "--jobs", "2", "--chunk-size", "2000000", str(log)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(tmp_path), start_new_session=True,
    )  # fmt: skip
    yield process
    process.kill()
    process.communicate()


def workers(process: "subprocess.Popen[bytes]") -> list[int]:
    """The processes that were started for it, two floors down: the one between starts them."""
    return [worker for starter in _children(process.pid) for worker in _children(starter)]


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def busy(process: "subprocess.Popen[bytes]") -> list[int]:
    """Its workers, once there are two and the first events have come."""
    assert process.stdout is not None
    assert process.stdout.read(1)
    end = time.monotonic() + 30
    while len(found := workers(process)) < 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def all_gone(pids: list[int]) -> bool:
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_a_killed_worker_is_said(scan: "subprocess.Popen[bytes]") -> None:
    pids = busy(scan)
    os.kill(pids[0], signal.SIGKILL)
    _, err = scan.communicate(timeout=30)
    assert scan.returncode == 2
    assert b"a worker process was killed" in err
    assert b"Traceback" not in err
    assert all_gone(pids)


def test_ctrl_c(scan: "subprocess.Popen[bytes]") -> None:
    pids = busy(scan)
    began = time.monotonic()
    os.killpg(scan.pid, signal.SIGINT)  # as a terminal does: everybody gets it
    _, err = scan.communicate(timeout=30)
    assert scan.returncode == 130
    assert time.monotonic() - began < 3
    assert b"Traceback" not in err
    assert all_gone(pids)


def test_a_reader_that_has_enough(scan: "subprocess.Popen[bytes]") -> None:
    pids = busy(scan)
    began = time.monotonic()
    assert scan.stdout is not None
    scan.stdout.close()
    assert scan.wait(30) == 0
    assert time.monotonic() - began < 3
    assert all_gone(pids)
    assert scan.stderr is not None
    assert scan.stderr.read() == b""


def test_whoever_is_killed_leaves_nobody(scan: "subprocess.Popen[bytes]") -> None:
    pids = busy(scan)
    scan.kill()
    scan.communicate()
    assert all_gone(pids)
