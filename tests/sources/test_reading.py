"""From a name to lines, with real files."""

import gzip
import os
import pickle
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from mailtriage.sources import interface
from mailtriage.sources.interface import Opened, Source
from mailtriage.sources.opening import open_sources
from mailtriage.sources.reading import Reader
from tests.sources.conftest import LINES, LOG


def opened(*files: str | Path, **options: int) -> Opened:
    return open_sources([str(file) for file in files], **options)


def one(*files: str | Path, **options: int) -> Source:
    result = opened(*files, **options)
    assert not result.unread
    (source,) = result.sources
    return source


def text(source: Source, **options: int) -> bytes:
    return b"".join(block.data for block in Reader(source, **options))


@pytest.mark.parametrize("name", ["mail.log", "mail.log.gz"])
def test_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(LOG) if name.endswith("gz") else LOG)
    source = pickle.loads(pickle.dumps(one(tmp_path / name)))
    assert text(source) == LOG
    assert text(source, block_size=4096, context=300) == LOG


@pytest.mark.parametrize("name", ["mail.log", "mail.log.gz"])
def test_chunks_make_up_the_whole(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(LOG) if name.endswith("gz") else LOG)
    source = one(tmp_path / name)
    edges = [0, 1, 63, 64, 1000, 100_000, 250_000, len(LOG) + 5]
    parts = [b"".join(b.data for b in Reader(source, a, z, block_size=1000, context=200)) for a, z in pairwise(edges)]
    assert b"".join(parts) == LOG
    assert parts[1] == LOG[: LOG.index(b"\n") + 1] or parts[0] == LOG[: LOG.index(b"\n") + 1]


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(gzip.compress(LOG))
    (tmp_path / "mail.log.2.gz").write_bytes(LOG)
    assert one(tmp_path / "mail.log").codec == "gzip"
    assert one(tmp_path / "mail.log.2.gz").codec == "plain"


def test_a_long_line_keeps_its_head(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(b"a\n" + b"x" * 5_000_000 + b"\nb\n")
    reader = Reader(one(tmp_path / "mail.log"))
    assert b"".join(b.data + b"|" * b.cut for b in reader) == b"a\n" + b"x" * interface.LONGEST_LINE + b"|b\n"
    assert reader.cut == 1


def test_a_growing_file_is_read_to_the_size_it_had(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(LOG)
    source = one(tmp_path / "mail.log")
    with (tmp_path / "mail.log").open("ab") as file:
        file.write(b"later\n")
    assert text(source) == LOG


def test_a_file_that_shrinks_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(LOG)
    source = one(tmp_path / "mail.log")
    os.truncate(tmp_path / "mail.log", 640)
    reader = Reader(source)
    assert b"".join(b.data for b in reader) == LOG[:640]
    assert [(u.reason, u.place) for u in reader.unread] == [("shrunk", "640")]


def test_a_file_that_is_rotated_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(LOG)
    source = one(tmp_path / "mail.log")
    (tmp_path / "mail.log").rename(tmp_path / "mail.log.1")
    (tmp_path / "mail.log").write_bytes(b"new\n")
    assert text(source) == LOG
    (tmp_path / "mail.log.1").unlink()
    reader = Reader(source)
    assert list(reader) == []
    assert [u.reason for u in reader.unread] == ["replaced"]


def test_standard_input_is_a_file_when_it_is_one(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(LOG)
    with (tmp_path / "mail.log").open("rb", buffering=0) as file:
        file.seek(len(LINES[0]))
        assert text(one("-", stdin=file.fileno())) == LOG[len(LINES[0]) :]


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_from_a_pipe(tmp_path: Path, pipe, packed: bool) -> None:  # type: ignore[no-untyped-def]
    result = opened("-", stdin=pipe(gzip.compress(LOG) if packed else LOG))
    (source,) = result.sources
    assert source.seekable
    assert text(source) == LOG == text(source)
    code = (
        "import pickle; from mailtriage.sources.reading import Reader; "
        f"print(sum(len(b.data) for b in Reader(pickle.loads({pickle.dumps(source)!r}))))"
    )
    assert int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout) == len(LOG)


@pytest.mark.parametrize("limit", [0, 1, 64, 1000, 100_001, 70])
def test_standard_input_beyond_the_spool(tmp_path: Path, pipe, limit: int) -> None:  # type: ignore[no-untyped-def]
    result = opened("-", stdin=pipe(LOG), spool_limit=limit)
    (source,) = result.sources
    (rest,) = result.rest
    assert source.size <= limit
    blocks = [(b.offset, b.data) for b in rest.blocks(block_size=5000, context=100)]
    assert blocks[0][0] == source.size
    assert text(source) + b"".join(data for _, data in blocks) == LOG


def test_a_long_line_across_the_end_of_the_spool(tmp_path: Path, pipe) -> None:  # type: ignore[no-untyped-def]
    log = b"a\n" + b"x" * 500_000 + b"\nb\n"
    result = opened("-", stdin=pipe(log), spool_limit=300_000)
    (source,) = result.sources
    reader = Reader(source)
    assert b"".join(b.data for b in reader) == b"a\n" + b"x" * interface.LONGEST_LINE
    assert b"".join(b.data for b in result.rest[0].blocks()) == b"b\n"
    assert reader.cut + result.rest[0].cut == 1
