"""Where the work is done: in this process, or in several. Results come back in the order of the items.

Workers are started afresh (not forked from this process), so that nothing of its state is relied on, and no thread is
needed: each worker has a pipe. It is told the function once, then gets items, at most one more than it works on, so
that neither side ever waits for room in a pipe while the other does.
"""

import gc
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mailtriage.sources import progress

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2  # items given out beyond the one that is due, for each worker: few results are held
MOST = 60  # workers; Windows waits for no more at a time
PIECE = 1024 * 1024  # bytes that are sent at once
TICK = 0.1  # seconds between a worker's words on how far it is
_PRELOAD = ("mailtriage.scan.gather",)  # what every worker needs is imported once for all
_FUNCTION, _ITEM = 0, 1
_RESULT, _BYTES, _ERROR, _PROGRESS = range(4)


class WorkerDiedError(Exception):
    """A worker process ended before its work was done (out of memory, killed): there is no whole result."""


class Executor(Protocol):
    """Runs a function of module level on every item.

    ``map`` raises what the function raises, and WorkerDiedError. Whoever leaves it before its end stops the work.
    """

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]: ...

    def close(self) -> None: ...


class Serial:
    """All in this process."""

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        progress.begin()
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
    """Several processes. They are ended by ``close``, and when this process ends, however it does."""

    def __init__(self, jobs: int) -> None:
        self._jobs = min(jobs, MOST)
        self._workers: list[_Worker] = []
        self._start()

    def _start(self) -> None:
        import multiprocessing

        context: Any = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
        if os.name == "posix":
            context.set_forkserver_preload(list(_PRELOAD))
        with _deaf_to_interrupts():
            self._workers = [_Worker(context) for _ in range(self._jobs)]

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        if not self._workers:
            self._start()
        progress.begin()
        source = enumerate(items)
        results: dict[int, R] = {}
        given = due = 0
        try:
            for worker in self._workers:
                worker.send((_FUNCTION, function))
            while True:
                room = self._jobs * AHEAD - (given - due)
                while room > 0 and (worker := min(self._workers, key=lambda one: one.owes)).owes < 2:
                    if not (task := list(islice(source, 1))):
                        break
                    worker.send((_ITEM, task[0]))
                    worker.owes += 1
                    given, room = given + 1, room - 1
                if due == given:
                    return
                if due in results:
                    yield results.pop(due)
                    due += 1
                    continue
                results.update(self._received())
        except (BrokenPipeError, ConnectionResetError, EOFError, MemoryError) as err:
            raise WorkerDiedError from err
        finally:
            if any(worker.owes for worker in self._workers):
                self.close()

    def _received(self) -> Iterator[tuple[int, Any]]:
        """What workers that have something to say bring home."""
        from multiprocessing.connection import wait

        busy = {worker.connection: worker for worker in self._workers if worker.owes}
        for connection in wait(list(busy)):
            worker = busy[connection]
            kind, number, value = pickle.loads(worker.connection.recv_bytes())
            if kind == _PROGRESS:
                progress.advance(value)
                continue
            worker.owes -= 1
            if kind == _ERROR:
                raise value
            yield number, worker.plain(value) if kind == _BYTES else value

    def close(self) -> None:
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.process.terminate()
            worker.connection.close()
        for worker in workers:
            worker.process.join(1)


class _Worker:
    """A process, this side's end of its pipe, and how many results it owes."""

    def __init__(self, context: Any) -> None:
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()  # so that the pipe ends when the worker does
        self.owes = 0

    def plain(self, size: int) -> bytearray:
        """Bytes that come piece by piece."""
        data = bytearray(size)
        at = 0
        while at < size:
            piece = self.connection.recv_bytes()
            data[at : at + len(piece)] = piece
            at += len(piece)
        return data

    def send(self, message: tuple[int, Any]) -> None:
        self.connection.send_bytes(pickle.dumps(message, protocol=5))


class _deaf_to_interrupts:  # noqa: N801
    """Processes started within do not see Ctrl-C: it is for this process to end them."""

    def __enter__(self) -> None:
        self._before: Any = None
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)


def _work(connection: "Connection[Any, Any]") -> None:
    """A worker's life: until its pipe is closed, a function on one item after the other."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    progress.listen(_Teller(connection))
    function: Callable[[Any], Any] = id
    with suppress(EOFError, OSError):
        while True:
            kind, value = pickle.loads(connection.recv_bytes())
            if kind == _FUNCTION:
                function = value
                continue
            number, item = value
            try:
                result = function(item)
                plain = result if isinstance(result, bytes | bytearray) else None  # not copied once more
                kind, value = (_RESULT, result) if plain is None else (_BYTES, len(plain))
                answer = pickle.dumps((kind, number, value), protocol=5)
            except Exception as error:
                answer, plain = _told(error, number), None
            connection.send_bytes(answer)
            if plain is not None:
                for at in range(0, len(plain), PIECE):
                    connection.send_bytes(memoryview(plain)[at : at + PIECE])
            # What was sent is not kept while the next is made; what lasts is not looked through again.
            result = plain = value = item = None
            answer = b""
            gc.collect()
            gc.freeze()


def _told(error: Exception, number: int) -> bytes:
    """An exception, with where it came from, for the other process."""
    error.add_note(traceback.format_exc())
    try:
        answer = pickle.dumps((_ERROR, number, error), protocol=5)
        pickle.loads(answer)
    except Exception:  # not every exception can travel
        return pickle.dumps((_ERROR, number, RuntimeError(traceback.format_exc())), protocol=5)
    return answer


class _Teller:
    """Tells the other process how much was read, now and then."""

    def __init__(self, connection: "Connection[Any, Any]") -> None:
        self._connection = connection
        self._read, self._next = 0, 0.0

    def begin(self) -> None:
        pass

    def advance(self, size: int) -> None:
        self._read += size
        now = time.monotonic()
        if now >= self._next:
            self._next = now + TICK
            self._connection.send_bytes(pickle.dumps((_PROGRESS, 0, self._read)))
            self._read = 0


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def executor(jobs: int, chunks: int) -> Executor:
    """``jobs`` 0: all cores. One chunk needs no other process."""
    jobs = min(jobs or cores(), chunks)
    return Serial() if jobs <= 1 else Processes(jobs)
