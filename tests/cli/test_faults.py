"""Every way in which input or output breaks: what is said, and the exit status."""

import gzip
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, Call, Run, environment

LOG = Path("fixtures/real-postfix.log")
LINE = (
    b"Apr 11 09:00:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 450 4.7.25 Client host "
    b"rejected: cannot find your hostname, [192.0.2.9]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>\n"
)
EXIM = (
    "2026-04-11 06:14:46 1abcde-000001-AB <= a@example.com H=mx.example.com [192.0.2.1] P=esmtp S=900\n"
    "2026-04-11 06:14:47 1abcde-000001-AB => b@example.org R=dnslookup T=remote_smtp\n"
)
SENDMAIL = "Apr 11 06:14:46 mx sendmail[81]: 53B4Ek1k: to=<b@example.org>, delay=00:00:01, dsn=2.0.0, stat=Sent (ok)\n"
DOVECOT = "Apr 11 06:14:46 mx dovecot: imap-login: Login: user=<taro>, method=PLAIN, rip=192.0.2.1\n"
OPENSMTPD = 'Apr 11 06:14:46 mx smtpd[9]: 6b2f1c0d4e5a7f88 smtp connected address=192.0.2.1 host="mx.example.com"\n'


def written(text: str | bytes) -> Callable[[Path], None]:
    return lambda path: (path.write_bytes(text if isinstance(text, bytes) else text.encode()), None)[1]


def listening(path: Path) -> None:
    socket.socket(socket.AF_UNIX).bind(str(path))


@pytest.mark.parametrize(
    ("make", "status", "said"),
    [
        (lambda path: None, 2, "does not exist"),
        (lambda path: path.mkdir(), 2, "holds no log"),
        (os.mkfifo, 2, "is a pipe that waits for a writer"),
        (listening, 2, "is a device"),
        (written(bytes(range(256)) * 20), 3, "is no text"),
        (written(b"PK\3\4" + bytes(100)), 2, "is a ZIP archive"),
        (written(b""), 0, ""),
        (written("hello\nworld\n"), 3, "no line of Postfix in it"),
        (written(EXIM), 3, "this looks like Exim's log"),
        (written(SENDMAIL), 3, "this looks like sendmail's log"),
        (written(OPENSMTPD), 3, "this looks like OpenSMTPD's log"),
        (written(DOVECOT), 3, "this looks like Dovecot's log alone"),
        (written(gzip.compress(LINE * 20000)[:900]), 3, "is cut off: it ends after"),
        (written(gzip.compress(LINE * 9) + b"damaged!!"), 3, "is followed by something else"),
        (written(LINE * 60 + b"\0" * 100 + b"\n" + LINE), 0, ""),
        (written(LINE + LINE.replace(b"from=<a", b"from=<\xe9\xff")), 0, ""),
        (written(LINE.replace(b"\n", b"\r\n") * 3), 0, ""),
        (written(LINE * 3 + LINE[:-70]), 0, ""),
    ],
)
def test_input(call: Call, tmp_path: Path, make: Callable[[Path], None], status: int, said: str) -> None:
    path = tmp_path / "mail.log"
    make(path)
    done = call("scan", path)
    err = done.err
    assert (done.status, said in err, "Traceback" in err) == (status, True, False), err
    assert len(err.splitlines()) == bool(said)


def test_of_several_files_the_readable_ones_are_reported(call: Call, tmp_path: Path) -> None:
    done = call("scan", LOG, tmp_path / "none")
    assert done.status == 3
    assert done.out == call("scan", LOG).out != ""
    assert done.err == f"mailtriage: {tmp_path / 'none'} does not exist.\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o055 != 0o055 and folder.is_relative_to(Path("/tmp")) and folder != Path("/tmp"):
            folder.chmod(0o755)
    log = tmp_path / "mail.log"
    log.write_bytes(LINE)
    log.chmod(0o600)
    script = "import os, sys; os.setgid(65534); os.setuid(65534); from mailtriage.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "scan", str(log)], env=environment(tmp_path), capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    if b"No module named" in done.stderr:
        pytest.skip("the package may not be read by others here")
    assert done.returncode == 2
    assert "may be read by root alone: run this with sudo" in done.stderr.decode()


def test_a_line_of_100_mib_costs_itself_alone(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    with path.open("wb") as file:
        file.write(LINE)
        for _ in range(100):
            file.write(b": reject: " * (1024 * 1024 // 10))
        file.write(b"\n" + LINE)
    began = time.monotonic()
    done = run("scan", "--summary", path)
    assert done.returncode == 0
    assert b'"broken":1' in done.stderr
    assert b"2 attempts" in done.stdout
    assert time.monotonic() - began < 20


def test_left_out_is_said(call: Call, tmp_path: Path) -> None:
    copy = tmp_path / "copy.log"
    copy.write_bytes(LOG.read_bytes())
    assert "was left out" in call("scan", LOG, copy).err
    assert call("scan", "--quiet", LOG, copy).err == ""


@pytest.mark.parametrize("form", ["line", "text", "jsonl", "json"])
def test_a_full_disk(run: Run, form: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run("scan", "--format", form, LOG, stdout=full)
    assert done.returncode == 2
    assert done.stderr.decode() == "mailtriage: cannot write the output: No space left on device\n"


@pytest.mark.parametrize("more", [[], ["--events"], ["--format", "text", "--details"], ["--format", "json"]])
def test_a_reader_that_goes_away_and_still_the_fault_is_said(tmp_path: Path, more: list[str]) -> None:
    path = tmp_path / "mail.log.gz"
    path.write_bytes(gzip.compress(Path("fixtures/family-week.log").read_bytes())[:60_000])
    process = subprocess.Popen(
        [*COMMAND, "scan", str(path), *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(tmp_path)
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(60) == 3
    assert "is cut off" in err
    assert "Traceback" not in err
    assert "Exception ignored" not in err


def test_a_closed_standard_output(tmp_path: Path) -> None:
    command = " ".join(COMMAND) + f" scan {LOG} >&-"
    done = subprocess.run(
        ["sh", "-c", command], env=environment(tmp_path), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.decode() == "mailtriage: standard output is closed: nothing can be printed\n"


def test_ctrl_c(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "scan", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(tmp_path),
    )  # fmt: skip
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.parametrize(("least", "status"), [("high", 0), ("info", 1)])
def test_fail_on(call: Call, tmp_path: Path, least: str, status: int) -> None:
    path = tmp_path / "mail.log"
    path.write_text(
        "Apr 11 06:14:47 mx postfix/smtp[22]: B7E93A0001: to=<a@friend.example>, "
        "relay=mx.friend.example[192.0.2.5]:25, delay=2, delays=0/0/1/1, "
        "dsn=4.2.0, status=deferred (host mx.friend.example[192.0.2.5] said: 450 4.2.0 "
        "<a@friend.example>: Recipient address rejected: Greylisted (in reply to RCPT TO command))\n"
    )
    assert call("scan", "--fail-on", least, path).status == status
    assert call("scan", "--fail-on", least, path, tmp_path / "none").status == 3


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["scna"], "there is no command 'scna'; did you mean 'scan'?"),
        (["frobnicate"], "there is no command 'frobnicate'; see mailtriage --help"),
        (["scan", "--formt", "text"], "No such option '--formt'. Did you mean '--format'?"),
        (["scan", "--format", "yaml"], "'yaml' is not one of"),
        (["scan", "--since", "foo"], "'foo' is no time: write 2026-04-11"),
        (["scan", "--spool", "much"], "'much' is no size"),
        (["scan", "--tz", "Moon/Sea"], "'Moon/Sea' is no time zone"),
        (["scan", "--own-ip", "1.2.3"], "'1.2.3' is no IP address"),
        (["scan", "--finding", "99", str(LOG)], "there is no finding '99'"),
        (["scan", "--all", str(LOG)], "--all goes with --events"),
        (["scan", "--fail-on", "worst"], "'worst' is not one of"),
        (["schema", "nonsense"], "'nonsense' is not one of"),
    ],
)
def test_wrong_usage_is_one_line(call: Call, args: list[str], said: str) -> None:
    done = call(*args)
    err = done.err
    assert (done.status, done.out, len(err.splitlines())) == (2, "", 1), err
    assert said in err
