"""What a person names -> what is read, with real files of every kind."""

import gzip
import io
import os
import shutil
import socket
import sys
import tarfile
import types
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailtriage.model.report import Unread
from mailtriage.sources.interface import Opened
from mailtriage.sources.opening import open_sources
from mailtriage.sources.reading import Reader
from tests.sources.conftest import LINES, LOG, PACK, tar
from tests.system.conftest import entry, line


def opened(*files: object, **options: object) -> Opened:
    return open_sources([str(file) for file in files], **options)  # type: ignore[arg-type]


def text(result: Opened) -> bytes:
    data = b"".join(block.data for source in result.sources for block in Reader(source))
    return data + b"".join(block.data for rest in result.rest for block in rest.blocks())


def names(result: Opened) -> list[str]:
    return [source.name.rpartition("/")[2] for source in result.sources]


@pytest.mark.parametrize("codec", PACK)
def test_every_packing_by_content(tmp_path: Path, codec: str) -> None:
    (tmp_path / "mail.log").write_bytes(PACK[codec](LOG))
    result = opened(tmp_path / "mail.log")
    assert not result.unread
    assert result.sources[0].codec == codec
    assert text(result) == LOG


@pytest.mark.parametrize("codec", PACK)
def test_every_packing_from_a_pipe(pipe, codec: str) -> None:  # type: ignore[no-untyped-def]
    result = opened("-", stdin=pipe(PACK[codec](LOG)))
    assert not result.unread
    assert text(result) == LOG


@pytest.mark.parametrize("codec", ["gzip", "bzip2", "xz", "zstd", "lz4"])
def test_members_one_after_the_other(tmp_path: Path, codec: str) -> None:
    pack, half = PACK[codec], len(LINES) // 2
    (tmp_path / "mail.log").write_bytes(pack(b"".join(LINES[:half])) + pack(b"".join(LINES[half:])))
    result = opened(tmp_path / "mail.log")
    assert text(result) == LOG


def test_utf16_that_is_packed(tmp_path: Path) -> None:
    (tmp_path / "mail.log.gz").write_bytes(gzip.compress(LOG.decode().encode("utf-16")))
    assert text(opened(tmp_path / "mail.log.gz")) == LOG


def rotated(folder: Path) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mail.log").write_bytes(b"".join(LINES[4000:]))
    (folder / "mail.log.1").write_bytes(b"".join(LINES[2000:4000]))
    (folder / "mail.log.2.gz").write_bytes(gzip.compress(b"".join(LINES[:2000])))
    return [str(folder / name) for name in ("mail.log", "mail.log.1", "mail.log.2.gz")]


@pytest.mark.parametrize("how", ["files", "pattern", "folder", "folder above"])
def test_a_rotated_set_in_order(tmp_path: Path, how: str) -> None:
    files = rotated(tmp_path / "log")
    (tmp_path / "log" / "dpkg.log").write_bytes(b"2026-04-11 06:14:46 status installed\n")
    given = {
        "files": files,
        "pattern": [tmp_path / "log/mail*"],
        "folder": [tmp_path / "log"],
        "folder above": [tmp_path],
    }
    result = opened(*given[how])
    assert names(result) == ["mail.log.2.gz", "mail.log.1", "mail.log"]
    assert [source.follows for source in result.sources] == [False, True, True]
    assert text(result) == LOG


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
@pytest.mark.parametrize("spool", [1 << 30, 200_000, 0])
def test_an_archive(tmp_path: Path, mode: str, spool: int) -> None:
    files = rotated(tmp_path / "log")
    members = {f"support/var/log/{Path(file).name}": Path(file).read_bytes() for file in files}
    members |= {"support/etc/passwd": b"root\n", "support/var/log/messages": b"x\n"}
    (tmp_path / "support.tar").write_bytes(tar(members, mode))
    result = opened(tmp_path / "support.tar", spool_limit=spool)
    assert names(result) == ["mail.log.2.gz", "mail.log.1", "mail.log"]
    assert result.sources[0].name.endswith("support.tar:support/var/log/mail.log.2.gz")
    assert text(result) == LOG == text(result)


def test_an_archive_packed_with_zstd(tmp_path: Path) -> None:
    (tmp_path / "logs.tar.zst").write_bytes(PACK["zstd"](tar({"mail.log": LOG})))
    assert text(opened(tmp_path / "logs.tar.zst")) == LOG


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_archive_through_a_pipe(pipe, mode: str) -> None:  # type: ignore[no-untyped-def]
    archive = tar(
        {"log/mail.log.1": gzip.compress(b"".join(LINES[:3000])), "log/mail.log": b"".join(LINES[3000:])}, mode
    )
    result = opened("-", stdin=pipe(archive))
    assert names(result) == ["mail.log.1", "mail.log"]
    assert text(result) == LOG


def test_utf16_that_is_packed_through_a_pipe(pipe) -> None:  # type: ignore[no-untyped-def]
    assert text(opened("-", stdin=pipe(gzip.compress(LOG.decode().encode("utf-16"))))) == LOG


def test_an_archive_that_is_cut_off(tmp_path: Path) -> None:
    whole = tar({"mail.log.1": b"".join(LINES[:3000]), "mail.log": b"".join(LINES[3000:])}, "w:gz")
    (tmp_path / "logs.tgz").write_bytes(whole[: len(whole) * 3 // 4])
    result = opened(tmp_path / "logs.tgz")
    assert [unread.reason for unread in result.unread] == ["truncated"]
    got = text(result)
    assert got.startswith(b"".join(LINES[:3000]))
    assert LOG.startswith(got)


def test_devices_links_and_holes_in_archives_are_passed_over(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.LNKTYPE):
            info = tarfile.TarInfo(f"mail.log.{kind.decode()}")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert [unread.reason for unread in opened(tmp_path / "a.tar").unread] == ["empty_directory"]


def test_links_to_the_same_file_count_once(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(LOG)
    (tmp_path / "link").symlink_to(tmp_path / "mail.log")
    os.link(tmp_path / "mail.log", tmp_path / "hard")
    result = opened(tmp_path / "mail.log", tmp_path / "link", tmp_path / "hard", tmp_path / "mail.log")
    assert text(result) == LOG
    assert {skipped.reason for skipped in result.skipped} == {"same"}


def test_a_copy_and_a_packed_copy_count_once(tmp_path: Path) -> None:
    (tmp_path / "mail.log.1").write_bytes(LOG)
    shutil.copy(tmp_path / "mail.log.1", tmp_path / "copy")
    (tmp_path / "mail.log.1.gz").write_bytes(gzip.compress(LOG))
    result = opened(tmp_path / "mail.log.1", tmp_path / "copy", tmp_path / "mail.log.1.gz")
    assert text(result) == LOG
    assert len(result.skipped) == 2


def test_an_older_state_of_a_log_counts_once(tmp_path: Path) -> None:
    (tmp_path / "backup").write_bytes(LOG[:100_000])
    (tmp_path / "mail.log").write_bytes(LOG)
    result = opened(tmp_path / "backup", tmp_path / "mail.log")
    assert names(result) == ["mail.log"]
    assert [(s.reason, s.other) for s in result.skipped] == [("same", str(tmp_path / "mail.log"))]


@pytest.mark.parametrize("codec", ["plain", "gzip"])
def test_an_overlap_counts_once(tmp_path: Path, codec: str) -> None:
    (tmp_path / "monday").write_bytes(PACK[codec](b"".join(LINES[:4000])))
    (tmp_path / "tuesday").write_bytes(PACK[codec](b"".join(LINES[2500:])))
    result = opened(tmp_path / "monday", tmp_path / "tuesday")
    assert text(result) == LOG
    assert result.sources[1].first == len(b"".join(LINES[2500:4000]))


def test_logs_are_put_in_the_order_in_which_they_begin(tmp_path: Path) -> None:
    for name, start, end in (("c", 0, 2000), ("b", 1500, 3000), ("a", 2800, 6000)):
        (tmp_path / name).write_bytes(b"".join(LINES[start:end]))
    result = opened(tmp_path / "a", tmp_path / "b", tmp_path / "c")
    assert names(result) == ["c", "b", "a"]
    assert text(result) == LOG
    assert not any(source.follows for source in result.sources)


def test_a_set_that_lost_its_first_file_to_another(tmp_path: Path) -> None:
    rotated(tmp_path / "log")
    (tmp_path / "backup").write_bytes(b"".join(LINES[:2500]))
    result = opened(tmp_path / "log", tmp_path / "backup")
    assert text(result) == LOG
    assert [source.follows for source in result.sources] == [False, False, True]


def test_a_part_of_another_log_counts_once(tmp_path: Path) -> None:
    (tmp_path / "all").write_bytes(LOG)
    (tmp_path / "part").write_bytes(b"".join(LINES[2500:2600]))
    assert text(opened(tmp_path / "all", tmp_path / "part")) == LOG


def test_logs_of_two_hosts_at_the_same_time_are_both_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(LOG)
    (tmp_path / "b").write_bytes(LOG.replace(b" mx ", b" my "))
    assert len(text(opened(tmp_path / "a", tmp_path / "b"))) == 2 * len(LOG)


def test_since_leaves_out_what_ended_before(tmp_path: Path) -> None:
    files = rotated(tmp_path)
    for number, file in enumerate(files):
        os.utime(file, (1_775_865_600 - number * 86400,) * 2)
    result = opened(*files, since=datetime.fromtimestamp(1_775_865_600 - 100_000, UTC))
    assert names(result) == ["mail.log.1", "mail.log"]
    assert [skipped.reason for skipped in result.skipped] == ["older"]


def fault(tmp_path: Path, kind: str) -> str:
    path = tmp_path / "mail.log"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        socket.socket(socket.AF_UNIX).bind(str(path))
    elif kind == "empty_directory":
        path.mkdir()
    elif kind == "no_match":
        return str(tmp_path / "mail*")
    elif kind == "binary":
        path.write_bytes(bytes(range(256)) * 100)
    elif kind in CONTENT:
        path.write_bytes(CONTENT[kind])
    return str(path)


CONTENT = {
    "zip": b"PK\x03\x04rest",
    "7z": b"7z\xbc\xaf\x27\x1crest",
    "rar": b"Rar!\x1a\x07rest",
    "compress": b"\x1f\x9d\x90rest",
    "journal_file": b"LPKSHHRH" + bytes(100),
}


@pytest.mark.parametrize("kind", ["missing", "no_match", "fifo", "device", "empty_directory", "binary", *CONTENT])
def test_what_is_no_log(tmp_path: Path, kind: str) -> None:
    result = opened(fault(tmp_path, kind))
    assert [unread.reason for unread in result.unread] == [kind]
    assert not result.sources


@pytest.mark.parametrize("name", ["", "a\x00b", "x" * 5000, "[", "\udcff"])
def test_odd_names(name: str) -> None:
    assert [type(unread) for unread in opened(name).unread] == [Unread]


def test_nothing_but_nuls_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(bytes(100_000) + b"\n" + LOG)
    assert text(opened(tmp_path / "mail.log")).endswith(b"\n" + LOG) or text(opened(tmp_path / "mail.log")).endswith(
        LOG
    )


def test_an_empty_file_is_a_log(tmp_path: Path) -> None:
    (tmp_path / "mail.log").touch()
    result = opened(tmp_path / "mail.log")
    assert not result.unread
    assert text(result) == b""


def test_a_url_without_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    (unread,) = opened("s3://bucket/mail.log").unread
    assert (unread.reason, unread.command) == ("remote_missing", "pip install 'mailtriage[remote]'")


def test_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = types.ModuleType("fsspec")
    fake.open = lambda name, mode: types.SimpleNamespace(open=lambda: io.BytesIO(gzip.compress(LOG)))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fsspec", fake)
    result = opened("s3://bucket/mail.log.gz")
    assert (result.sources[0].name, result.sources[0].origin) == ("s3://bucket/mail.log.gz", "remote")
    assert text(result) == LOG


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FileNotFoundError("x"), "missing"),
        (ImportError("Install s3fs"), "remote_scheme"),
        (ValueError("x"), "io_error"),
    ],
)
def test_a_url_that_cannot_be_opened(monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str) -> None:
    def fail(name: str, mode: str) -> None:
        raise error

    fake = types.ModuleType("fsspec")
    fake.open = fail  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fsspec", fake)
    assert [unread.reason for unread in opened("s3://bucket/mail.log").unread] == [reason]


def test_a_packing_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (tmp_path / "mail.log.zst").write_bytes(PACK["zstd"](LOG))
    (unread,) = opened(tmp_path / "mail.log.zst").unread
    assert (unread.reason, unread.place, unread.command) == ("codec_missing", "zstd", "pip install zstandard")


@pytest.mark.parametrize("codec", ["plain", "gzip"])
def test_a_saved_export(tmp_path: Path, codec: str) -> None:
    (tmp_path / "export").write_bytes(PACK[codec](entry(1) + entry(2, "two")))
    result = opened(tmp_path / "export")
    assert not result.unread
    assert text(result) == line(1) + line(2, "two")


def test_the_journal_by_name(tmp_path: Path) -> None:
    class Machine:
        def log(self) -> str:
            return str(tmp_path / "mail.log")

        def journal(self, since: datetime | None, after: str | None) -> io.BytesIO:
            return io.BytesIO(entry(1))

    assert text(opened("journal:", here=Machine())) == line(1)
    assert [unread.reason for unread in opened("journal:").unread] == ["no_log"]


def test_a_process_substitution(pipe) -> None:  # type: ignore[no-untyped-def]
    assert text(opened(f"/dev/fd/{pipe(gzip.compress(LOG))}")) == LOG
