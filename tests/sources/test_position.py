"""What is new since last time, through every way of rotating."""

import gzip
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from mailtriage.sources.opening import open_sources
from mailtriage.sources.position import Position, lines_before, position, resume
from mailtriage.sources.reading import Reader
from tests.sources.conftest import LINES, PACK

OLD, NEW = LINES[:2000], LINES[2000:2500]


def write(path: Path, lines: tuple[bytes, ...], mode: str = "ab") -> None:
    with path.open(mode) as file:
        file.write(b"".join(lines))


def stop_at_end(path: Path) -> Position:
    (source,) = open_sources([str(path)]).sources
    taken = position(source, source.size, time=time.time(), lines=len(OLD))
    return Position(**json.loads(json.dumps(asdict(taken))))


def new(stopped: Position, folder: Path) -> tuple[bytes, list[str]]:
    result = resume([stopped], open_sources([str(folder / "mail.log*")]))
    data = b"".join(block.data for source in result.sources for block in Reader(source))
    return data, [unread.reason for unread in result.unread]


def rename(folder: Path) -> None:
    write(folder / "mail.log", NEW[:200])
    for number in (2, 1):
        if (folder / f"mail.log.{number}").exists():
            (folder / f"mail.log.{number}").rename(folder / f"mail.log.{number + 1}")
    (folder / "mail.log").rename(folder / "mail.log.1")
    write(folder / "mail.log", NEW[200:])


def copytruncate(folder: Path) -> None:
    write(folder / "mail.log", NEW[:200])
    shutil.copy(folder / "mail.log", folder / "mail.log.1")
    os.truncate(folder / "mail.log", 0)
    write(folder / "mail.log", NEW[200:])


def packed(codec: str) -> Callable[[Path], None]:
    def rotate(folder: Path) -> None:
        rename(folder)
        (folder / "mail.log.1.x").write_bytes(PACK[codec]((folder / "mail.log.1").read_bytes()))
        (folder / "mail.log.1").unlink()
        (folder / "mail.log.1.x").rename(folder / "mail.log.1.gz")

    return rotate


def three_days(folder: Path) -> None:
    write(folder / "mail.log", NEW[:100])
    (folder / "mail.log.3.gz").write_bytes(gzip.compress((folder / "mail.log").read_bytes()))
    (folder / "mail.log.2.gz").write_bytes(gzip.compress(b"".join(NEW[100:200])))
    write(folder / "mail.log.1", NEW[200:300])
    write(folder / "mail.log", NEW[300:], "wb")


def nothing(folder: Path) -> None:
    write(folder / "mail.log", NEW)


def dates(folder: Path) -> None:
    write(folder / "mail.log", NEW[:200])
    (folder / "mail.log").rename(folder / "mail.log-20260411")
    write(folder / "mail.log", NEW[200:])


@pytest.mark.parametrize(
    "rotate",
    [nothing, rename, copytruncate, dates, three_days, packed("gzip"), packed("xz"), packed("zstd"), packed("bzip2")],
)
def test_what_is_new(tmp_path: Path, rotate: Callable[[Path], None]) -> None:
    write(tmp_path / "mail.log.1", LINES[3000:3100])
    write(tmp_path / "mail.log", OLD)
    stopped = stop_at_end(tmp_path / "mail.log")
    (tmp_path / "mail.log.1").unlink()
    rotate(tmp_path)
    assert new(stopped, tmp_path) == (b"".join(NEW), [])


def test_nothing_is_new(tmp_path: Path) -> None:
    write(tmp_path / "mail.log", OLD)
    assert new(stop_at_end(tmp_path / "mail.log"), tmp_path) == (b"", [])


def test_rotated_and_nothing_new_yet(tmp_path: Path) -> None:
    write(tmp_path / "mail.log", OLD)
    stopped = stop_at_end(tmp_path / "mail.log")
    (tmp_path / "mail.log").rename(tmp_path / "mail.log.1")
    (tmp_path / "mail.log").touch()
    assert new(stopped, tmp_path) == (b"", [])


def test_lost(tmp_path: Path) -> None:
    """All that has been there is gone: what is there now is new, and that something is missing is said."""
    write(tmp_path / "mail.log", OLD)
    stopped = stop_at_end(tmp_path / "mail.log")
    write(tmp_path / "mail.log", NEW, "wb")
    assert new(stopped, tmp_path) == (b"".join(NEW), ["position_lost"])


def test_a_file_that_was_empty(tmp_path: Path) -> None:
    (tmp_path / "mail.log").touch()
    stopped = stop_at_end(tmp_path / "mail.log")
    rename(tmp_path)
    assert new(stopped, tmp_path) == (b"".join(NEW), [])


def test_several_logs(tmp_path: Path) -> None:
    for host in ("a", "b", "c"):
        (tmp_path / host).mkdir()
        write(tmp_path / host / "mail.log", tuple(line.replace(b" mx ", b" %s " % host.encode()) for line in OLD))
    known = [stop_at_end(tmp_path / host / "mail.log") for host in ("a", "b")]
    write(tmp_path / "a/mail.log", NEW)
    result = resume(known, open_sources([str(tmp_path)]))
    got = {Path(source.path).parent.name: b"".join(b.data for b in Reader(source)) for source in result.sources}
    assert got == {"a": b"".join(NEW), "b": b"", "c": (tmp_path / "c/mail.log").read_bytes()}


def test_how_many_lines_stand_before(tmp_path: Path) -> None:
    write(tmp_path / "mail.log", OLD)
    stopped = stop_at_end(tmp_path / "mail.log")
    write(tmp_path / "mail.log", NEW)
    result = resume([stopped], open_sources([str(tmp_path / "mail.log")]))
    assert list(lines_before(result.sources, [stopped]).values()) == [len(OLD)]
