"""The digest from end to end: a month of mornings, rotation, crashes, mail by sendmail and SMTP, broken states."""

import gzip
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailtriage.cli import frame
from tests.history.generated import DAYS, day, month

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[2]
APPLE = "Apple blocks your server 203.0.113.25"

# Which days speak, and what they say.
SPEAK = {
    5: f"1. HIGH: {APPLE}",
    6: f"- {APPLE}: still there; 6 mails",
    8: f"- Over: {APPLE}; 9 mails",
    20: f"1. HIGH: Back again: {APPLE}",
    21: f"- {APPLE}: still there; 15 mails",
    22: f"- Over: {APPLE}; 15 mails",
}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a digest in this process: status, output, errors."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def digest(*args: str | Path) -> tuple[int, str, str]:
        from mailtriage.cli.digest import command

        state = () if "--state" in args else ("--state", str(tmp_path / "state" / "digest.db"))
        capsys.readouterr()
        status = frame.run(command, [*map(str, args), *state])
        return status, *capsys.readouterr()

    return digest


def write(path: Path, lines: Sequence[str], mode: str = "a") -> Path:
    """Add lines to a log."""
    with path.open(mode, encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))
    return path


def status(run: Run, *args: str | Path) -> str:
    return run("--status", "--format", "jsonl", *args)[1]


def once(run: Run, tmp_path: Path, lines: Sequence[str]) -> str:
    """What is remembered after one run over everything."""
    log = write(tmp_path / "once" / "mail.log", lines) if (tmp_path / "once").mkdir() is None else tmp_path
    state = tmp_path / "once" / "digest.db"
    run(log, "--state", state)
    return status(run, "--state", state)


def test_a_month_of_mornings(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    for number in range(1, DAYS + 1):
        write(log, day(number))
        code, out, err = run(log)
        assert (code, err) == (0, "")
        if number in SPEAK:
            assert SPEAK[number] in out, number
            assert "{" not in out
        else:
            assert out == "", number
        if number == 20:
            assert "2 times since 5 Mar; each time mail got through again within 3 days" in " ".join(out.split())
    assert status(run) == once(run, tmp_path, month())


def test_a_run_without_anything_new_is_silent(run: Run, tmp_path: Path) -> None:
    log = write(tmp_path / "mail.log", [line for n in range(3, 8) for line in day(n)])
    assert APPLE in run(log)[1]
    assert run(log) == (0, "", "")
    assert "nothing" in run(log, "--always")[1].lower()


@pytest.mark.parametrize("manner", ["rename", "copytruncate", "gzip", "dated", "missed"])
def test_rotation_loses_and_repeats_nothing(run: Run, tmp_path: Path, manner: str) -> None:
    log = tmp_path / "mail.log"
    for number in range(1, 11):
        lines = day(number)
        middle = len(lines) // 2
        write(log, lines[:middle])
        if manner != "missed" or number % 4 == 0:
            assert run(log)[0] == 0
        rotate(log, manner, number)
        write(log, lines[middle:])
    assert run(log)[0] == 0
    assert status(run) == once(run, tmp_path, [line for n in range(1, 11) for line in day(n)])


def rotate(log: Path, manner: str, number: int) -> None:
    """What logrotate(8) does."""
    if manner == "dated":
        log.rename(log.with_name(f"mail.log-202603{number:02d}"))
        return
    for old in sorted(
        log.parent.glob("mail.log.*"), key=lambda path: -int(path.suffixes[-1 - path.name.endswith(".gz")][1:])
    ):
        parts = old.name.split(".")
        parts[2] = str(int(parts[2]) + 1)
        old.rename(old.with_name(".".join(parts)))
    first = log.with_name("mail.log.1")
    if manner == "copytruncate":
        first.write_bytes(log.read_bytes())
        log.write_bytes(b"")
    elif manner == "gzip":
        with gzip.open(log.with_name("mail.log.1.gz"), "wb") as file:
            file.write(log.read_bytes())
        log.unlink()
    else:
        log.rename(first)


def test_any_cutting_remembers_the_same(run: Run, tmp_path: Path) -> None:
    lines = [line for n in range(4, 10) for line in day(n)]
    data = "".join(line + "\n" for line in lines).encode()
    dice = random.Random(18)
    log, done = tmp_path / "mail.log", 0
    for end in [*sorted(dice.sample(range(1, len(data)), 12)), len(data)]:  # within lines, too
        with log.open("ab") as file:
            file.write(data[done:end])
        done = end
        assert run(log)[0] == 0
    assert status(run) == once(run, tmp_path, lines)


def test_several_logs(run: Run, tmp_path: Path) -> None:
    one, two = tmp_path / "a.log", tmp_path / "b.log"
    for number in range(4, 9):
        write(one, day(number))
        write(two, [line.replace("mail.shirao", "mx2.shirao") for line in day(number)])
        assert run(one, two)[0] == 0
    first = status(run)
    other = tmp_path / "other.db"
    assert run(one, two, "--state", other)[0] == 0
    assert status(run, "--state", other) == first
    assert '"count":18' in first


def killed(log: Path, state: Path, delay: float, box: Path) -> None:
    """A run in a process of its own that is killed after ``delay`` seconds."""
    command = [
        sys.executable,
        "-m",
        "mailtriage",
        "digest",
        str(log),
        "--state",
        str(state),
        "--command",
        f"cat >> {box}",
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_killed_at_any_moment(run: Run, tmp_path: Path) -> None:
    log, state, box = tmp_path / "mail.log", tmp_path / "digest.db", tmp_path / "box"
    dice = random.Random(7)
    for number in range(4, 10):
        write(log, day(number))
        for _ in range(int(os.environ.get("MAILTRIAGE_KILLS", "2"))):
            killed(log, state, dice.uniform(0.2, 1.2), box)
    killed(log, state, 60, box)
    assert status(run, "--state", state) == once(run, tmp_path, [line for n in range(4, 10) for line in day(n)])
    assert APPLE in box.read_text()


@pytest.fixture
def sendmail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program with sendmail's interface on PATH: keeps arguments and mail; fails where there is a file ``broken``."""
    folder = tmp_path / "bin"
    folder.mkdir()
    box = tmp_path / "mails"
    box.mkdir()
    program = folder / "sendmail"
    program.write_text(
        f'#!/bin/sh\n[ -e "{box}/broken" ] && {{ echo "queue full" >&2; exit 75; }}\n'
        f'n=$(ls "{box}" | wc -l)\nprintf "%s\\n" "$@" > "{box}/$n.args"\ncat > "{box}/$n.mail"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return box


def mails(box: Path) -> list[EmailMessage]:
    found = sorted(box.glob("*.mail"), key=lambda path: int(path.stem))
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in found]  # type: ignore[misc]


def test_mail_by_sendmail_makes_a_thread(run: Run, tmp_path: Path, sendmail: Path) -> None:
    log = tmp_path / "mail.log"
    for number in range(4, 9):
        write(log, day(number))
        assert run(log, "--email", "you@other.example", "--email", "me@other.example") == (0, "", "")
    found = mails(sendmail)
    assert [mail["Subject"] for mail in found] == [
        f"mailtriage mail.shirao.example: {APPLE}, 3 mails lost",
        f"mailtriage mail.shirao.example: still: {APPLE}",
        f"mailtriage mail.shirao.example: over: {APPLE}",
    ]
    first = found[0]
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["To"] == "you@other.example, me@other.example"
    assert "In-Reply-To" not in first
    assert all(mail["In-Reply-To"] == first["Message-ID"] for mail in found[1:])
    assert [part.get_content_type() for part in first.iter_parts()] == ["text/plain", "text/html"]
    page = first.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<svg" not in page
    assert 'lang="en"' in page
    arguments = min(sendmail.glob("*.args"), key=lambda path: int(path.stem)).read_text().split()
    assert arguments[:2] == ["-i", "-f"]
    assert arguments[3:] == ["--", "you@other.example", "me@other.example"]


def test_what_could_not_be_sent_is_sent_the_next_time(run: Run, tmp_path: Path, sendmail: Path) -> None:
    log = write(tmp_path / "mail.log", [*day(4), *day(5)])
    (sendmail / "broken").touch()
    code, out, err = run(log, "--email", "you@other.example")
    assert (code, out) == (1, "")
    assert "queue full" in err
    (sendmail / "broken").unlink()
    assert run(log, "--email", "you@other.example") == (0, "", "")
    assert len(mails(sendmail)) == 1
    assert run(log, "--email", "you@other.example") == (0, "", "")
    assert len(mails(sendmail)) == 1


def test_mail_by_smtp(run: Run, tmp_path: Path) -> None:
    controller = pytest.importorskip("aiosmtpd.controller")
    taken: list[EmailMessage] = []

    class Keep:
        async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
            taken.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[attr-defined, arg-type]
            return "250 Ok"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = controller.Controller(Keep(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        log = write(tmp_path / "mail.log", [*day(4), *day(5)])
        assert run(log, "--email", "you@other.example", "--smtp", f"127.0.0.1:{port}") == (0, "", "")
    finally:
        server.stop()
    assert APPLE in taken[0]["Subject"]


def test_when_mail_itself_is_broken_the_text_is_kept(run: Run, tmp_path: Path, sendmail: Path) -> None:
    log = write(tmp_path / "mail.log", [*day(4), *day(5)])
    code, _, err = run(log, "--email", "me@icloud.com")
    assert code == 0
    assert "Mail from this server to me@icloud.com is refused" in err
    kept = next((tmp_path / "state").glob("digest-*.txt"))
    assert APPLE in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert str(kept) in mails(sendmail)[0].get_body(("plain",)).get_content().replace("\n", "")  # type: ignore[union-attr]


def test_a_digest_that_came_back_is_recognised(run: Run, tmp_path: Path, sendmail: Path) -> None:
    log = write(tmp_path / "mail.log", [*day(4), *day(5)])
    run(log, "--email", "you@other.example")
    identity = mails(sendmail)[0]["Message-ID"]
    write(log, [
        f"2026-03-05T22:00:00+09:00 mail.shirao.example postfix/cleanup[9]: BB00000001: message-id={identity}",
        "2026-03-05T22:00:01+09:00 mail.shirao.example postfix/smtp[9]: BB00000001: to=<you@other.example>, "
        "relay=mx.other.example[192.0.2.9]:25, delay=1, delays=0.1/0/0.5/0.4, dsn=5.1.1, status=bounced (host "
        "mx.other.example[192.0.2.9] said: 550 5.1.1 User unknown (in reply to RCPT TO command))",
    ])  # fmt: skip
    _, _, err = run(log, "--email", "you@other.example")
    assert identity in err
    assert len(mails(sendmail)) == 2
    assert identity not in run(log, "--email", "you@other.example")[2]


def test_dry_run_shows_the_mail_and_remembers_nothing(run: Run, tmp_path: Path, sendmail: Path) -> None:
    log = write(tmp_path / "mail.log", [*day(4), *day(5)])
    first, second = (run(log, "--dry-run", "--email", "you@other.example") for _ in range(2))
    assert first == second
    assert "Subject: mailtriage mail.shirao.example: Apple" in first[1]
    assert mails(sendmail) == []
    assert status(run) == ""


def test_acknowledged_is_silent_until_it_changes(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    for number in range(4, 9):
        write(log, day(number))
        out = run(log)[1]
        if number == 5:
            identity = out.split("id=")[1].split()[0]
            assert run("--ack", identity)[0] == 0
            assert "acknowledged" in run("--status")[1]
        elif number != 8:
            assert out == "", number
    assert "Over:" in out
    assert run("--ack", "nothing")[0] == 2


def test_two_runs_at_once(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailtriage.history import state

    kept = state.State(tmp_path / "state" / "digest.db")
    monkeypatch.setattr("mailtriage.cli.digesting.State", lambda path: state.State(path, wait=0.2))
    began = time.monotonic()
    code, _, err = run(write(tmp_path / "mail.log", day(5)))
    assert code == 2
    assert "in use by another run" in err
    assert time.monotonic() - began < 5
    kept.close()
    assert run(tmp_path / "mail.log")[0] == 0


def test_a_damaged_state_is_put_aside(run: Run, tmp_path: Path) -> None:
    log, state = write(tmp_path / "mail.log", day(5)), tmp_path / "state" / "digest.db"
    state.parent.mkdir()
    state.write_bytes(b"this is no database" * 1000)
    code, out, err = run(log)
    assert code == 0
    assert "damaged" in err
    assert APPLE in out
    assert next(state.parent.glob("digest.db.damaged-*")).read_bytes().startswith(b"this is no database")


def test_a_state_of_a_newer_version_is_left_alone(run: Run, tmp_path: Path) -> None:
    log, state = write(tmp_path / "mail.log", day(5)), tmp_path / "state" / "digest.db"
    assert run(log)[0] == 0
    with sqlite3.connect(state) as base:
        base.execute("PRAGMA user_version = 99")
    before = state.read_bytes()
    code, out, err = run(log)
    assert (code, out) == (2, "")
    assert "newer version" in err
    assert state.read_bytes() == before


def test_a_state_of_the_first_version_is_brought_up(run: Run, tmp_path: Path) -> None:
    log, state = write(tmp_path / "mail.log", day(5)), tmp_path / "state" / "digest.db"
    assert run(log)[0] == 0
    before = status(run)
    with sqlite3.connect(state) as base:
        base.execute("DROP TABLE sent")
        base.execute("PRAGMA user_version = 1")
    assert run(log) == (0, "", "")
    assert status(run) == before


def test_a_full_disk_changes_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailtriage.history import state

    real = state._connect

    def small(path: Path) -> sqlite3.Connection:
        base = real(path)
        base.execute("PRAGMA max_page_count = 1")
        return base

    log = write(tmp_path / "mail.log", [*day(4), *day(5)])
    monkeypatch.setattr(state, "_connect", small)
    code, out, err = run(log)
    assert (code, out) == (2, "")
    assert "full" in err
    monkeypatch.setattr(state, "_connect", real)
    assert APPLE in run(log)[1]


def test_only_its_owner_may_read_the_state(run: Run, tmp_path: Path) -> None:
    run(write(tmp_path / "mail.log", day(5)))
    for file in (tmp_path / "state").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file


@pytest.mark.parametrize("system", ["cron", "systemd"])
def test_install_prints_what_to_install(run: Run, tmp_path: Path, system: str) -> None:
    log = write(tmp_path / "mail.log", [])
    code, out, _ = run(log, "--install", system, "--email", "you@other.example")
    assert code == 0
    assert f"--email=you@other.example -- {log}" in out
    assert " root " not in out
    assert "User=root" not in out
    if system == "systemd":
        for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "User=mailtriage", "OnCalendar="):
            assert line in out


@pytest.mark.parametrize(
    "address", ["a@b.example\nBcc: x@y.example", "-oQ/tmp@x.example", "two@x.example, y@x.example", "x"]
)
def test_an_address_that_is_none_is_refused(run: Run, tmp_path: Path, address: str) -> None:
    assert run(write(tmp_path / "mail.log", day(5)), "--email", address)[0] == 2


def test_a_log_that_is_not_there(run: Run, tmp_path: Path) -> None:
    code, out, err = run(tmp_path / "none.log")
    assert (code, out) == (2, "")
    assert "does not exist" in err


def test_rotated_away_is_said_and_what_was_seen_stays(run: Run, tmp_path: Path) -> None:
    log = write(tmp_path / "mail.log", [*day(4), *day(5), *day(6)])
    assert run(log)[0] == 0
    log.unlink()
    write(log, day(7))
    code, _, err = run(log)
    assert code == 3
    assert "no longer in any of its files" in err
    assert '"count":9' in status(run)


def undated(lines: Sequence[str]) -> list[str]:
    """The same lines with stamps of the old form."""
    when = [datetime.fromisoformat(line.split(" ", 1)[0]) for line in lines]
    return [f"{at:%b} {at.day:2d} {at:%H:%M:%S} {line.split(' ', 1)[1]}" for at, line in zip(when, lines, strict=True)]


def test_stamps_without_a_year(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    every = [undated(day(number)) for number in range(4, 9)]
    spoke = []
    for lines in every:
        write(log, lines)
        spoke.append(bool(run(log)[1]))
    assert spoke == [False, True, True, False, True]
    assert status(run) == once(run, tmp_path, [line for lines in every for line in lines])


def test_the_journal(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, entries = tmp_path / "bin", tmp_path / "entries"
    folder.mkdir()
    # It gives whole days, as --since=@N of a real one gives what is not older.
    (folder / "journalctl").write_text(
        f'#!/bin/sh\nfor a in "$@"; do case $a in --since=@*) s=${{a#--since=@}};; esac; done\n'
        f'exec {sys.executable} -c \'import sys\nfor b in open("{entries}", "rb").read().split(b"\\n\\n"):\n'
        f'    if b and int(b.split(b"=")[2].split(b"\\n")[0]) >= int(sys.argv[1]) * 1000000:\n'
        f'        sys.stdout.buffer.write(b + b"\\n\\n")\' "${{s:-0}}"\n'
    )
    (folder / "journalctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    spoke = []
    for number in range(4, 9):
        with entries.open("a") as file:
            for line in day(number):
                stamp, host, tag, text = line.split(" ", 3)
                micros = round(datetime.fromisoformat(stamp).timestamp() * 1e6)
                name, _, pid = tag.removesuffix("]:").partition("[")
                file.write(
                    f"__CURSOR=c{micros}\n__REALTIME_TIMESTAMP={micros}\n_HOSTNAME={host}\nSYSLOG_IDENTIFIER={name}\n"
                    f"SYSLOG_PID={pid}\nMESSAGE={text}\n\n"
                )
        code, out, err = run("journal:")
        assert (code, err) == (0, "")
        spoke.append(bool(out))
    assert spoke == [False, True, True, False, True]
    first = status(run)
    other = tmp_path / "other.db"
    run("journal:", "--state", other)
    assert status(run, "--state", other) == first
