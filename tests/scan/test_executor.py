"""Several processes: in order, never a hang, never a part called the whole."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from mailtriage.scan.executor import Processes, Serial, WorkerDiedError, executor
from mailtriage.sources import progress


def slowly(number: int) -> tuple[int, bytes]:
    """The later items are done first."""
    time.sleep(0.02 * (3 - number % 4))
    return number, bytes([number % 256]) * 300_000


def killed(number: int) -> int:
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fails(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return number


def reads(number: int) -> int:
    progress.advance(1000)
    return number


def for_ever(_number: int) -> int:
    time.sleep(600)
    return 0


@pytest.fixture
def processes() -> Iterator[Processes]:
    made = Processes(2)
    yield made
    made.close()


def test_in_order(processes: Processes) -> None:
    expected = list(Serial().map(slowly, range(11)))
    assert list(processes.map(slowly, range(11))) == expected
    assert list(processes.map(reads, iter(range(3)))) == [0, 1, 2]  # and once more, with another function
    assert list(processes.map(reads, [])) == []


def test_killed_worker_is_reported(processes: Processes) -> None:
    began = time.monotonic()
    seen: list[int] = []
    with pytest.raises(WorkerDiedError):
        seen += processes.map(killed, range(50))
    assert seen == list(range(len(seen)))
    assert len(seen) <= 5
    assert time.monotonic() - began < 20
    assert list(processes.map(reads, range(4))) == [0, 1, 2, 3]  # what comes after has workers again


def test_error_comes_home(processes: Processes) -> None:
    with pytest.raises(ValueError, match="three") as caught:
        list(processes.map(fails, range(50)))
    assert "in fails" in caught.value.__notes__[0]


def test_who_leaves_stops_the_work(processes: Processes) -> None:
    results = processes.map(slowly, range(10**9))  # taken from lazily
    assert next(results)[0] == 0
    results.close()  # type: ignore[attr-defined]
    assert not processes._workers


def test_close_does_not_wait_for_work() -> None:
    made = Processes(2)
    began = time.monotonic()
    work = made.map(for_ever, range(4))
    made._workers[0].process.kill()
    with pytest.raises(WorkerDiedError):
        next(work)
    made.close()
    assert time.monotonic() - began < 10


def test_progress_is_told(processes: Processes) -> None:
    told: list[int] = []

    class Listener:
        def begin(self) -> None:
            told.append(0)

        def advance(self, size: int) -> None:
            told.append(size)

    progress.listen(Listener())
    try:
        list(processes.map(reads, range(3)))
    finally:
        progress.listen(None)
    assert told[0] == 0
    assert sum(told) >= 1000
    assert sum(told) % 1000 == 0


def test_small_inputs_start_no_worker() -> None:
    assert isinstance(executor(8, 1), Serial)
    assert isinstance(executor(1, 100), Serial)
