"""No FILE given: which log this system has."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailtriage.sources.opening import open_sources
from mailtriage.sources.reading import Reader
from mailtriage.system.installed import LOGS, ThisMachine
from tests.system.conftest import entry, line

HINT = (
    "Hint: You are currently not seeing messages from other users and the system.\n"
    "      Users in groups 'adm', 'systemd-journal' can see all messages.\n"
    "      Pass -q to turn off this notice.\n"
)


@pytest.fixture
def machine(tmp_path: Path) -> ThisMachine:
    return ThisMachine([str(tmp_path / name) for name in ("maillog", "mail.log")], ask_postfix=False)


def old(path: Path, days: float) -> None:
    time = path.stat().st_mtime - days * 86400
    os.utime(path, (time, time))


@pytest.mark.parametrize(
    ("system", "log"),
    [
        ("RHEL, Fedora", "/var/log/maillog"),
        ("FreeBSD, OpenBSD, NetBSD", "/var/log/maillog"),
        ("Debian, Ubuntu", "/var/log/mail.log"),
        ("macOS", "/var/log/mail.log"),
        ("SUSE", "/var/log/mail"),
    ],
)
def test_each_system_by_its_own_name(tmp_path: Path, system: str, log: str) -> None:
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / log[1:]).write_bytes(b"x\n")
    assert ThisMachine([f"{tmp_path}{name}" for name in LOGS], ask_postfix=False).log() == f"{tmp_path}{log}"


def test_the_first_that_is_there(tmp_path: Path, machine: ThisMachine) -> None:
    (tmp_path / "mail.log").write_bytes(b"x\n")
    assert machine.log() == str(tmp_path / "mail.log")
    (tmp_path / "maillog").write_bytes(b"x\n")
    assert machine.log() == str(tmp_path / "maillog")


def test_what_postfix_says_first(tmp_path: Path, program) -> None:  # type: ignore[no-untyped-def]
    machine = ThisMachine([str(tmp_path / "mail.log")])
    (tmp_path / "own.log").write_bytes(b"x\n")
    (tmp_path / "mail.log").write_bytes(b"x\n")
    program("postconf", f"print('maillog_file =', {str(tmp_path / 'own.log')!r})")
    assert machine.log() == str(tmp_path / "own.log")
    program("postconf", "print('maillog_file = /dev/stdout')")
    assert machine.log() == str(tmp_path / "mail.log")


def test_a_file_that_an_upgrade_left_behind(tmp_path: Path, machine: ThisMachine, program) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "mail.log").write_bytes(b"x\n")
    old(tmp_path / "mail.log", 100)
    program("journalctl", f"out.write({entry(1)!r})")
    assert machine.log() is None


def test_the_last_two_files_and_with_since_as_many_as_needed(tmp_path: Path, machine: ThisMachine) -> None:
    for number, name in enumerate(["mail.log", "mail.log.1", "mail.log.2", "mail.log.3"]):
        (tmp_path / name).write_bytes(b"%d\n" % number)
        old(tmp_path / name, number)
    names = [source.name[-1] for source in open_sources([], here=machine).sources]
    assert names == ["1", "g"]
    since = datetime.fromtimestamp((tmp_path / "mail.log.2").stat().st_mtime - 100, UTC)
    result = open_sources([], here=machine, since=since)
    assert [source.name[-1] for source in result.sources] == ["2", "1", "g"]
    assert result.chosen


def test_the_journal(machine: ThisMachine, program) -> None:  # type: ignore[no-untyped-def]
    calls = program("journalctl", f"out.write({entry(1)!r} + {entry(2, 'two')!r})")
    since = datetime.fromtimestamp(1_775_865_600, UTC)
    result = open_sources([], here=machine, since=since)
    (source,) = result.sources
    assert (source.name, source.origin) == ("journal:", "journal")
    assert b"".join(b.data for b in Reader(source)) == line(1) + line(2, "two")
    assert not result.unread
    assert "--since=@1775865600 SYSLOG_FACILITY=2 + _SYSTEMD_UNIT=postfix@-.service" in calls.read_text()


def test_the_journal_from_where_it_was_left(machine: ThisMachine, program) -> None:  # type: ignore[no-untyped-def]
    program("journalctl", f"out.write({entry(1)!r} + {entry(2)!r})")
    cursor = open_sources([], here=machine).cursor
    assert cursor is not None
    assert cursor.startswith("s=1;i=2;t=")
    calls = program("journalctl", f"out.write({entry(3)!r})")
    result = open_sources([], here=machine, after=cursor)
    assert b"".join(b.data for b in Reader(result.sources[0])) == line(3)
    assert f"--after-cursor={cursor}" in calls.read_text()


def test_a_cursor_that_the_journal_no_longer_has(machine: ThisMachine, program) -> None:  # type: ignore[no-untyped-def]
    calls = program("journalctl", f"if '--cursor' in str(sys.argv): sys.exit(1)\nout.write({entry(3)!r})")
    open_sources([], here=machine, after=f"s=1;i=2;t={1_775_865_600_000_000:x};x=1")
    assert "--since=@1775865600 " in calls.read_text().splitlines()[-1]


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (HINT, "journal_denied"),
        ("No journal files were opened due to insufficient permissions.\n", "journal_denied"),
        ("No journal files were found.\n", "journal_none"),
        ("Failed to open files: Input/output error\n", "journal_failed"),
    ],
)
def test_a_journal_that_cannot_be_read(machine: ThisMachine, program, says: str, reason: str) -> None:  # type: ignore[no-untyped-def]
    program("journalctl", f"sys.stderr.write({says!r}); sys.exit({int(reason == 'journal_failed')})")
    result = open_sources([], here=machine)
    (unread,) = result.unread
    assert unread.reason == reason
    assert not result.sources
    if reason == "journal_denied":
        assert unread.group == "systemd-journal"
        assert unread.command == "sudo usermod -aG systemd-journal $USER"


def test_a_journal_without_a_word_of_postfix(tmp_path: Path, machine: ThisMachine, program) -> None:  # type: ignore[no-untyped-def]
    """Said, unless something newer was asked for: then it may be a quiet day. A file that was left behind is better."""
    program("journalctl", "")
    result = open_sources([], here=machine)
    assert [unread.reason for unread in result.unread] == ["journal_none"]
    assert not result.sources
    quiet = open_sources([], here=machine, since=datetime.fromtimestamp(1_775_865_600, UTC))
    assert (len(quiet.sources), quiet.unread) == (1, ())
    (tmp_path / "mail.log").write_bytes(b"x\n")
    old(tmp_path / "mail.log", 100)
    assert machine.log() == str(tmp_path / "mail.log")


def test_a_journal_larger_than_the_spool(machine: ThisMachine, program) -> None:  # type: ignore[no-untyped-def]
    program("journalctl", f"for n in range(3): out.write({entry(1)!r})\nsys.stderr.write({HINT!r})")
    result = open_sources([], here=machine, spool_limit=100)
    (rest,) = result.rest
    parts = [b.data for b in Reader(result.sources[0])] + [b.data for b in rest.blocks()]
    assert b"".join(parts) == line(1) * 3
    assert not result.unread
    assert [unread.reason for unread in rest.unread] == ["journal_denied"]


def test_nothing_at_all(machine: ThisMachine, program, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert [unread.reason for unread in open_sources([], here=machine).unread] == ["no_log"]
