"""How far it is: on a terminal after a while, gone at the end, never in a pipe."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from mailtriage.cli import progress as shown
from mailtriage.cli.progress import Bar, amount, clock
from mailtriage.sources import progress
from tests.cli.conftest import Run


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()
    monkeypatch.setattr(shown, "sys", SimpleNamespace(stderr=made))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(shown, "PATIENCE", 0.0)
    return made


def test_two_passes(terminal: Terminal) -> None:
    with Bar() as bar:
        bar.total = 4_000_000
        for _ in range(2):
            progress.begin()
            progress.advance(1_000_000)
        assert "reading" in terminal.getvalue()
        assert bar.line(2) == "looking again   25 %  977 KiB of 3.8 MiB  488 KiB/s  0:06 left"
    assert terminal.getvalue().endswith("\r\x1b[K")
    before = terminal.getvalue()
    progress.advance(1)
    assert terminal.getvalue() == before


def test_a_stream_has_no_end_to_tell(terminal: Terminal) -> None:
    with Bar() as bar:
        progress.advance(5 * 2**30)
        assert bar.line(10) == "reading        5.0 GiB  512 MiB/s"


def test_short_work_shows_nothing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "PATIENCE", 60.0)
    with Bar():
        progress.begin()
        progress.advance(1000)
    assert terminal.getvalue() == ""


def test_not_wanted(terminal: Terminal) -> None:
    with Bar(wanted=False):
        progress.advance(1000)
    assert terminal.getvalue() == ""


def test_none_in_a_pipe(run: Run) -> None:
    done = run("scan", "--quiet", Path("fixtures/family-week.log"))
    assert done.stderr == b""


def test_words() -> None:
    assert [amount(size) for size in (0, 999, 1000, 2**20, 150 * 2**20, 2**41)] == [
        "0 B", "999 B", "1.0 KiB", "1.0 MiB", "150 MiB", "2.0 TiB",
    ]  # fmt: skip
    assert [clock(seconds) for seconds in (0.4, 61, 3700)] == ["0:00", "1:01", "1:01:40"]
