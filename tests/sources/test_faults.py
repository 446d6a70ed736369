"""Each fault costs the part that is broken, and is told with its place. docs/where-logs-live.md has them as a table."""

import gzip
import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtriage.sources.faults import denied
from mailtriage.sources.opening import open_sources
from mailtriage.sources.reading import Reader
from mailtriage.sources.stored import Window
from tests.sources.conftest import LINES, LOG, PACK, raw_deflate_bomb

PACKED = ["gzip", "bzip2", "xz", "zstd", "lz4"]
# Many blocks, so that a fault leaves something to be read in codecs whose blocks are large.
LONG = b"".join(b"%d %s" % (n * n, line) for n, line in enumerate(LINES * 4))


def read(path: Path) -> tuple[bytes, list[tuple[str, int]]]:
    result = open_sources([str(path)])
    (source,) = result.sources
    reader = Reader(source)
    data = b"".join(block.data for block in reader)
    return data, [(unread.reason, int(unread.place or -1)) for unread in (*result.unread, *reader.unread)]


@pytest.mark.parametrize("codec", PACKED)
@pytest.mark.parametrize("cut", [1, 3, 1000])
def test_cut_off(tmp_path: Path, codec: str, cut: int) -> None:
    packed = PACK[codec](LONG)
    (tmp_path / "mail.log").write_bytes(packed[:-cut])
    data, faults = read(tmp_path / "mail.log")
    assert LONG.startswith(data)
    assert faults == [("truncated", len(data))]
    if codec != "bzip2":  # its blocks of 900 kB come whole or not at all
        assert len(data) > len(LONG) * 0.9


@pytest.mark.parametrize("codec", PACKED)
def test_damaged_in_the_middle(tmp_path: Path, codec: str) -> None:
    packed = bytearray(PACK[codec](LONG))
    middle = len(packed) * 3 // 4
    packed[middle : middle + 64] = bytes(64)
    (tmp_path / "mail.log").write_bytes(packed)
    data, faults = read(tmp_path / "mail.log")
    assert [reason for reason, _ in faults] == ["corrupt"]
    assert faults[0][1] == len(data)
    assert data[: len(LONG) // 3] == LONG[: len(LONG) // 3]


def test_a_damaged_gzip_gives_all_that_came_before(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(LONG))
    packed[-8:-4] = b"\0\0\0\0"  # the checksum at its very end
    (tmp_path / "mail.log").write_bytes(packed)
    assert read(tmp_path / "mail.log") == (LONG, [("corrupt", len(LONG))])


@pytest.mark.parametrize("codec", PACKED)
def test_followed_by_something_else(tmp_path: Path, codec: str) -> None:
    (tmp_path / "mail.log").write_bytes(PACK[codec](LOG) + b"something else")
    assert read(tmp_path / "mail.log") == (LOG, [("trailing", len(LOG))])


@pytest.mark.parametrize("codec", ["gzip", "bzip2", "xz"])
def test_padding_is_no_fault(tmp_path: Path, codec: str) -> None:
    (tmp_path / "mail.log").write_bytes(PACK[codec](LOG) + bytes(4096))
    assert read(tmp_path / "mail.log") == (LOG, [])


@pytest.mark.parametrize("codec", PACKED)
def test_only_a_magic_number(tmp_path: Path, codec: str) -> None:
    (tmp_path / "mail.log").write_bytes(PACK[codec](LOG)[:11])
    data, faults = read(tmp_path / "mail.log")
    assert data == b""
    assert [reason for reason, _ in faults] == ["truncated"]


def test_a_cut_off_stream(pipe) -> None:  # type: ignore[no-untyped-def]
    result = open_sources(["-"], stdin=pipe(gzip.compress(LONG)[:-1000]))
    assert [unread.reason for unread in result.unread] == ["truncated"]
    assert LONG.startswith(b"".join(block.data for block in Reader(result.sources[0])))


def test_a_bomb_of_zeros(tmp_path: Path) -> None:
    """10 GiB in 10 MiB: given up after 256 MiB without a newline, in little memory; the log before it is read."""
    with (tmp_path / "mail.log.gz").open("wb") as file:
        file.write(gzip.compress(LOG))
        bomb = b"".join(raw_deflate_bomb(64 << 20))
        for _ in range(160):
            file.write(bomb)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data, faults = read(tmp_path / "mail.log.gz")
    assert data == LOG + bytes(64 * 1024)
    assert [reason for reason, _ in faults] == ["bomb"]
    assert faults[0][1] < 300 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_a_bomb_of_empty_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailtriage.sources import unpack

    monkeypatch.setattr(unpack, "MUCH", 1 << 20)
    monkeypatch.setattr(unpack, "RATIO", 100)
    (tmp_path / "mail.log.gz").write_bytes(gzip.compress(b"\n" * (8 << 20), 9))
    data, faults = read(tmp_path / "mail.log.gz")
    assert [reason for reason, _ in faults] == ["bomb"]
    assert 1 << 20 <= len(data) < 2 << 20


def test_a_hole_before_the_log_goes_on(tmp_path: Path) -> None:
    """What copytruncate leaves behind when the daemon goes on writing where it was."""
    with (tmp_path / "mail.log").open("wb") as file:
        file.seek(100 << 20)
        file.write(b"cut\n" + LOG)
    data, faults = read(tmp_path / "mail.log")
    assert data == bytes(64 * 1024) + LOG
    assert not faults


@pytest.mark.parametrize(
    "log",
    [b"no newline at the end", b"\r\n", b"a\r\nb\nc\r\n", b"\x00\x00\n\x00", b"caf\xe9\n\xff\xfe\n", b"\n\n\n", b""],
)
def test_odd_bytes_come_as_they_are(tmp_path: Path, log: bytes) -> None:
    (tmp_path / "mail.log").write_bytes(b"Apr 11 06:14:46 mx postfix/smtpd[1]: x\n" * 30 + log)
    assert read(tmp_path / "mail.log")[0].endswith(log)


def test_a_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mail.log").write_bytes(LOG)
    good = Window.readinto

    def readinto(window: Window, view: memoryview) -> int:
        if window.at > 100_000:
            raise OSError(5, "Input/output error")
        return good(window, view[:50_000])

    monkeypatch.setattr(Window, "readinto", readinto)
    data, faults = read(tmp_path / "mail.log")
    assert data == LOG[:150_000]
    assert faults == [("read_failed", 150_000)]


def test_no_room_for_the_spool(pipe) -> None:  # type: ignore[no-untyped-def]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    descriptor = pipe(LOG)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        result = open_sources(["-"], stdin=descriptor)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    first = b"".join(block.data for block in Reader(result.sources[0]))
    assert 0 < len(first) <= 100_000
    assert first + b"".join(block.data for block in result.rest[0].blocks()) == LOG


def test_forbidden_beside_the_mode(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(LOG)
    unread = denied("mail.log", str(tmp_path / "mail.log"))
    assert (unread.reason, unread.command) == ("denied_label", f"ls -lZ {tmp_path / 'mail.log'}")


@pytest.fixture
def common() -> Iterator[Path]:
    """A folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    (folder / "mail.log").write_bytes(LOG)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can give a file to another group")
@pytest.mark.parametrize(
    ("mode", "group", "says"),
    [
        (0o640, "adm", "denied_group adm sudo usermod -aG adm $USER"),
        (0o640, "root", "denied None None"),
        (0o600, "adm", "denied None None"),
    ],
)
def test_permission_denied(common: Path, mode: int, group: str, says: str) -> None:
    shutil.chown(common / "mail.log", group=group)
    (common / "mail.log").chmod(mode)
    assert as_nobody(common / "mail.log") == says


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can become nobody")
def test_a_folder_that_may_not_be_entered(common: Path) -> None:
    common.chmod(0o700)
    assert as_nobody(common / "mail.log").startswith("denied_directory")


def as_nobody(file: Path) -> str:
    """What opening says to a user without any right, in a child that gives its own up."""
    ours, theirs = os.pipe()
    if child := os.fork():
        os.close(theirs)
        os.waitpid(child, 0)
        with os.fdopen(ours) as answer:
            return answer.read()
    try:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        (unread,) = open_sources([str(file)]).unread
        os.write(theirs, f"{unread.reason} {unread.group} {unread.command}".encode())
    finally:
        os._exit(0)
