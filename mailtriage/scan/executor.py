"""Where the work is done: in this process, or in several. Results come back in the order of the chunks."""

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2  # chunks that wait for each worker: results are taken in order and few are held


class WorkerDiedError(Exception):
    """A worker process ended before its work was done (out of memory, killed): there is no whole result."""


class Executor(Protocol):
    """Runs a function of module level on every item."""

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]: ...

    def close(self) -> None: ...


class Serial:
    """All in this process."""

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        for item in items:
            # What a pass makes has no cycles: looking for them again and again costs a sixth of the time.
            collecting = gc.isenabled()
            gc.disable()
            try:
                result = function(item)
            finally:
                if collecting:
                    gc.enable()
            yield result

    def close(self) -> None:
        pass


class Processes:
    """Several processes, started afresh (not forked), so that nothing of this one's state is relied on."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
        self._pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=gc.disable)

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        source = iter(items)
        waiting: list[Future[R]] = [self._pool.submit(function, item) for item in islice(source, self._jobs * AHEAD)]
        try:
            while waiting:
                done = waiting.pop(0).result()
                waiting += [self._pool.submit(function, item) for item in islice(source, 1)]
                yield done
        except BrokenProcessPool as err:
            raise WorkerDiedError from err
        finally:
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def executor(jobs: int, chunks: int) -> Executor:
    """``jobs`` 0: all cores. One chunk needs no other process."""
    jobs = min(jobs or cores(), chunks)
    return Serial() if jobs <= 1 else Processes(jobs)
