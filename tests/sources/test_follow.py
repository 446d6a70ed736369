"""A log that grows while it is rotated, with a real writer in another thread."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from mailtriage.sources import follow as following
from mailtriage.sources.follow import FileTail, StreamTail, follow
from mailtriage.sources.interface import LONGEST_LINE
from tests.sources.conftest import LINES

QUICK = 0.005


def lines(start: int, end: int) -> bytes:
    return b"".join(LINES[start:end])


def add(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_bytes(lines(0, 10))
    return path


@pytest.fixture
def tail(log: Path) -> Iterator[FileTail]:
    opened = FileTail(str(log))
    yield opened
    opened.close()


def new(tail: FileTail | StreamTail) -> bytes:
    data = b""
    while (got := tail.poll()) is not None:
        data += got.data
    return data


def test_from_the_end_or_with_the_backlog(log: Path, tail: FileTail) -> None:
    add(log, lines(10, 12))
    assert new(tail) == lines(10, 12)
    assert new(tail) == b""
    assert new(FileTail(str(log), backlog=True)) == lines(0, 12)


def test_whole_lines_only(log: Path, tail: FileTail) -> None:
    add(log, b"half a ")
    assert new(tail) == b""
    assert new(FileTail(str(log))) == b""
    late = FileTail(str(log))
    add(log, b"line\nand")
    assert new(tail) == new(late) == b"half a line\n"


def test_a_very_long_line(log: Path, tail: FileTail) -> None:
    add(log, b"x" * 3_000_000)
    got = tail.poll()
    assert got is not None
    assert (got.data, got.cut) == (b"x" * LONGEST_LINE + b"\n", 1)
    add(log, b"x" * 3_000_000 + b"\nnext\n")
    assert new(tail) == b"next\n"


def renamed(log: Path) -> None:
    log.rename(log.with_name("mail.log.1"))
    add(log.with_name("mail.log.1"), lines(12, 14))
    add(log, lines(14, 16))


def created_later(log: Path) -> None:
    log.rename(log.with_name("mail.log.1"))
    add(log.with_name("mail.log.1"), lines(12, 16))


def copied_and_cut(log: Path) -> None:
    add(log, lines(12, 14))
    shutil.copy(log, log.with_name("mail.log.1"))
    os.truncate(log, 0)
    add(log, lines(14, 16))


def copied_and_cut_and_grown(log: Path) -> None:
    add(log, lines(12, 14))
    shutil.copy(log, log.with_name("mail.log.1"))
    log.write_bytes(lines(14, 16) * 1)
    os.truncate(log, 0)
    add(log, lines(14, 16))


def made_anew(log: Path) -> None:
    log.unlink()
    log.write_bytes(lines(12, 16))


@pytest.mark.parametrize("rotate", [renamed, created_later, copied_and_cut, copied_and_cut_and_grown, made_anew])
def test_rotation(log: Path, tail: FileTail, rotate: Callable[[Path], None]) -> None:
    add(log, lines(10, 12))
    assert new(tail) == lines(10, 12)
    rotate(log)
    assert new(tail) == lines(12, 16)
    add(log, lines(16, 20))
    assert new(tail) == lines(16, 20)


def test_cut_and_grown_beyond_where_it_was(log: Path, tail: FileTail) -> None:
    assert new(tail) == b""
    shutil.copy(log, log.with_name("mail.log.1"))
    os.truncate(log, 0)
    add(log, lines(10, 40))
    assert new(tail) == lines(10, 40)


def test_the_old_file_is_watched_for_a_while(log: Path, tail: FileTail, monkeypatch: pytest.MonkeyPatch) -> None:
    log.rename(log.with_name("mail.log.1"))
    add(log, lines(10, 12))
    assert new(tail) == lines(10, 12)
    add(log.with_name("mail.log.1"), lines(12, 13) + b"no end")
    assert new(tail) == lines(12, 13)
    monkeypatch.setattr(time, "monotonic", lambda: 1e12)
    assert new(tail) == b"no end\n"
    assert tail._old == []


def test_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    tail = FileTail(str(tmp_path / "mail.log"))
    assert new(tail) == b""
    assert tail.position() is None
    add(tmp_path / "mail.log", lines(0, 3))
    assert new(tail) == lines(0, 3)


def test_going_on_where_it_was_left(log: Path, tail: FileTail) -> None:
    add(log, lines(10, 12) + b"half")
    assert new(tail) == lines(10, 12)
    place = tail.position()
    tail.close()
    add(log, b" a line\n")
    log.rename(log.with_name("mail.log.1"))
    add(log, lines(12, 15))
    again = FileTail(str(log), start=place)
    assert new(again) == b"half a line\n" + lines(12, 15)
    assert not again.unread
    add(log, lines(15, 16))
    assert new(again) == lines(15, 16)


def test_positions_name_the_file_and_the_place(log: Path, tail: FileTail) -> None:
    add(log, lines(10, 12) + b"half")
    got = tail.poll()
    assert got is not None
    status = log.stat()
    assert (got.device, got.inode, got.offset) == (status.st_dev, status.st_ino, len(lines(0, 12)))


def test_memory_stays_the_same(log: Path, tail: FileTail) -> None:
    """A long run with many rotations leaves neither files nor lines behind."""
    for number in range(200):
        log.rename(log.with_name("mail.log.1"))
        add(log, lines(number, number + 2))
        assert new(tail) == lines(number, number + 2)
        for old in tail._old:
            old.until = 0.0
    assert new(tail) == b""
    assert len(tail._old) <= 1
    assert len(list(Path("/dev/fd").iterdir())) < 100


def test_a_writer_that_rotates_all_the_time(log: Path) -> None:
    """Nothing is lost and nothing comes twice, in order, while a writer renames and goes on."""
    stop, got = Event(), b""

    def write() -> None:
        for number in range(10, 1010, 10):
            add(log, lines(number, number + 10))
            if number % 70 == 0:
                log.rename(log.with_name(f"mail.log.{number}"))
            time.sleep(0.002)

    writer = threading.Thread(target=write)
    writer.start()
    until = time.monotonic() + 20
    for piece in follow([FileTail(str(log), backlog=True)], stop, interval=QUICK):
        got += piece.data if piece else b""
        if (not writer.is_alive() and piece is None) or time.monotonic() > until:
            stop.set()
    writer.join()
    assert got == lines(0, 1010)


def test_it_stops_at_once(log: Path) -> None:
    stop = Event()
    threading.Timer(0.1, stop.set).start()
    begun = time.monotonic()
    assert set(follow([FileTail(str(log))], stop, interval=60)) <= {None}
    assert time.monotonic() - begun < 5


def test_a_pipe(tmp_path: Path) -> None:
    script = "printf 'one\\ntwo'; sleep 0.2; printf ' three\\nfour'"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        tail = StreamTail("-", process.stdout.fileno())
        pieces = [piece.data for piece in follow([tail], Event(), interval=QUICK) if piece is not None]
    assert pieces == [b"one\n", b"two three\n", b"four\n"]
    assert following.INTERVAL <= 1
