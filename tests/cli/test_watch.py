"""``watch`` on a file that really grows and is really rotated."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import COMMAND, Run, environment

BLOCKED = (
    "Apr 11 06:{minute:02d}:46 mx postfix/qmgr[90]: B7E93A{n:04d}: from=<taro@shirao.example>, size=900, nrcpt=1 "
    "(queue active)\n"
    "Apr 11 06:{minute:02d}:47 mx postfix/smtp[2211]: B7E93A{n:04d}: to=<a{n}@icloud.com>, "
    "relay=mx3.mail.icloud.com[17.172.34.64]:25, delay=2, delays=0.12/0.01/1.3/0.55, dsn=5.7.0, status=bounced "
    "(host mx3.mail.icloud.com[17.172.34.64] said: 550 5.7.0 Blocked - see "
    "https://support.proofpoint.com/dnsbl-lookup.cgi?ip=203.0.113.25 (in reply to MAIL FROM command))\n"
)
SENT = (
    "Apr 11 08:{minute:02d}:47 mx postfix/smtp[2211]: C7E93A{n:04d}: to=<a{n}@icloud.com>, "
    "relay=mx3.mail.icloud.com[17.172.34.64]:25, delay=2, delays=0.12/0.01/1.3/0.55, dsn=2.0.0, status=sent "
    "(250 2.0.0 Ok: queued)\n"
)


def lines(form: str, start: int, end: int) -> str:
    return "".join(form.format(minute=n % 60, n=n) for n in range(start, end))


class Watched:
    """A running ``watch``."""

    def __init__(self, home: Path, *args: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "watch", "--every", "0.1", "--format", "jsonl", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(home),
        )  # fmt: skip
        assert self.process.stderr is not None
        assert "following" in self.process.stderr.readline()

    def next(self) -> tuple[str, int]:
        assert self.process.stdout is not None
        record: dict[str, Any] = json.loads(self.process.stdout.readline())
        return record["change"], record["count"]

    def end(self, number: int) -> tuple[int, str]:
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=10)
        return self.process.returncode, err


Start = Callable[..., Watched]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Start]:
    running: list[Watched] = []

    def start(*args: str) -> Watched:
        running.append(Watched(tmp_path, *args))
        return running[-1]

    yield start
    for one in running:
        one.process.kill()
        one.process.wait()


def add(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)


def test_opens_gets_worse_closes_and_comes_back_through_a_rotation(tmp_path: Path, watch: Start) -> None:
    log = tmp_path / "mail.log"
    log.write_text(lines(BLOCKED, 900, 903))
    watched = watch(str(log))
    time.sleep(0.5)
    add(log, lines(BLOCKED, 0, 3))
    assert watched.next() == ("opened", 3)
    log.rename(tmp_path / "mail.log.1")
    add(log, lines(BLOCKED, 3, 8))
    assert watched.next() == ("worse", 8)
    copy = (tmp_path / "mail.log.2").write_bytes(log.read_bytes())
    assert copy
    with log.open("r+") as file:
        file.truncate()
    add(log, lines(SENT, 10, 16))
    add(log, "Apr 11 08:59:59 mx postfix/smtpd[7]: warning: unknown[192.0.2.1]: SASL LOGIN authentication failed\n")
    assert watched.next() == ("closed", 8)
    add(log, lines(BLOCKED, 20, 22).replace("Apr 11 06", "Apr 11 10"))
    assert watched.next() == ("returned", 10)
    assert watched.end(signal.SIGTERM) == (0, "")


def test_a_file_that_comes_later_and_ctrl_c(tmp_path: Path, watch: Start) -> None:
    log = tmp_path / "mail.log"
    watched = watch(str(log))
    add(log, lines(BLOCKED, 0, 3))
    assert watched.next() == ("opened", 3)
    assert watched.end(signal.SIGINT) == (130, "")


def test_the_backlog(tmp_path: Path, watch: Start) -> None:
    log = tmp_path / "mail.log"
    log.write_text(lines(BLOCKED, 0, 4))
    watched = watch("--backlog", str(log))
    assert watched.next() == ("opened", 4)
    assert watched.end(signal.SIGTERM) == (0, "")


def test_standard_input_to_its_end_as_text(run: Run) -> None:
    done = run("watch", "-", stdin=Path("fixtures/family-week.log").read_bytes(), env={"COLUMNS": "80"})
    assert b"--finding" not in done.stdout  # what came through a pipe cannot be read again
    out = done.stdout.decode()
    assert done.returncode == 0
    assert "NEW\nHIGH  Apple blocks your server 203.0.113.25" in out
    assert max(map(len, (line for line in out.splitlines() if "http" not in line and " dig " not in line))) <= 80


def test_a_folder_is_refused(run: Run, tmp_path: Path) -> None:
    done = run("watch", tmp_path)
    assert (done.returncode, done.stderr.decode()) == (2, f"mailtriage: {tmp_path} is a directory.\n")
