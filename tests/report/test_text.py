"""The report on a terminal: one screen whatever the log, and what is to be copied is whole."""

import io
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from mailtriage.model.finding import Finding, Link, LostMail, Party, Step
from mailtriage.model.report import LineCounts, Report, Unread
from mailtriage.report.card import Card, cut, fit
from mailtriage.report.text import View, render
from mailtriage.report.wrap import wrap
from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.gather import rule_book
from mailtriage.scan.survey import survey
from mailtriage.sources.opening import open_sources
from mailtriage.texts.catalog import Texts
from mailtriage.triage.run import Result, triage

LOGS = [*sorted(Path("fixtures").glob("*.log")), *sorted(Path("fixtures/server-troubles").glob("*.log"))]
NOW = datetime(2026, 4, 11, 9, 30, tzinfo=UTC)
URL = "https://ipcheck.proofpoint.com/?ip=203.0.113.25"
LONG = "a sentence that goes on for longer than any terminal is wide, and says what cannot be said shorter. " * 3
FINDING = Finding(
    id="52deffca80ab", kind="failure", severity="high", cause="ip_reputation", direction="outbound",
    title="Apple blocks your server 203.0.113.25", party=Party("operator", "apple", "Apple"), state="ongoing",
    count=1234, messages=1200, first_seen=NOW - timedelta(hours=3), last_seen=NOW, fault="ours", act="our_admin",
    why=LONG, last_success=NOW - timedelta(days=1), own_users=("taro@shirao.example",), logs=("mx1",),
    recipients=("a@icloud.com", "b@me.com"), quote="550 5.7.0 Blocked – see " + URL,
    steps=(Step("apple.1", LONG, url=URL), Step("apple.2", LONG, command="postfix flush\npostqueue -p")),
    links=(Link("lookup", URL, "Proofpoint: lookup"),), request_text="Please\nrelease " + "x" * 200,
    lost=(LostMail(time=NOW, sender="taro@shirao.example", recipient="hogehoge@icloud.com", queue_id="B7E93A0012"),),
)  # fmt: skip
REPORT = Report(sources=("mail.log",), lines=LineCounts(read=10, postfix=10), hosts=("mx1", "mx2"), last_time=NOW)


@cache
def judged(path: Path) -> Result:
    opened = open_sources([str(path)])
    return triage(survey(opened.sources, ScanPlan(tz_minutes=0), jobs=1), rule_book(()), Texts())


def printed(report: Report, findings: tuple[Finding, ...], view: View, texts: Texts | None = None) -> list[str]:
    out = io.StringIO()
    render(Console(file=out, width=view.width, color_system=None), report, findings, texts or Texts(), view)
    return out.getvalue().splitlines()


def rows(lines: list[str], width: int) -> int:
    """Lines of the terminal: what is longer than it takes several."""
    return sum(max(1, -(-cell_len(line) // width)) for line in lines)


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_every_log_fits_one_wide_screen(path: Path) -> None:
    found = judged(path)
    wide = printed(found.report, found.findings, View(width=140, command=f"mailtriage scan {path}"))
    assert rows(wide, 140) <= 40


@pytest.mark.parametrize("cards", [1, 2, 3, 9, 40])
@pytest.mark.parametrize("severity", ["high", "medium", "low"])
def test_the_worst_of_logs_fits_one_screen(cards: int, severity: str) -> None:
    from dataclasses import replace

    findings = tuple(replace(FINDING, title=LONG, severity="high" if n < cards / 2 else severity) for n in range(cards))
    unread = tuple(Unread(f"mail.log.{n}.gz", "truncated", "1") for n in range(20))
    report = replace(REPORT, unread=unread, noise={"dnsbl": 3000, "user_unknown": 500, "relay_denied": 300})
    lines = printed(report, findings, View())
    assert rows(lines, 80) <= 40
    assert f"          {URL}" in lines
    assert max(cell_len(line) for line in lines) <= 80


def test_what_is_to_be_copied_is_whole_on_the_narrowest_terminal() -> None:
    for lines in (
        printed(REPORT, (FINDING,), View(width=40)),
        printed(REPORT, (FINDING,), View(width=40, details=True)),
        printed(REPORT, (FINDING,), View(width=40, chosen=(1,))),
    ):
        assert URL in [line.strip() for line in lines]
    whole = [line.strip() for line in lines]
    assert "postfix flush" in whole
    assert "postqueue -p" in whole
    assert "release " + "x" * 200 in whole
    assert any("taro@shirao.example → hogehoge@icloud.com" in line for line in whole)


def test_of_many_commands_on_a_line_those_that_fit() -> None:
    from dataclasses import replace

    def copied(command: str) -> str | None:
        step = Step("x", "Look.", command=command)
        return Card(replace(FINDING, steps=(step,)), Texts(), 80).to_copy(step)

    assert copied("dig a; dig b") == "dig a; dig b"
    assert copied(f"dig a; dig {'b' * 80}") == "dig a"
    assert copied(f"sh -c 'a; b {'b' * 80}'; c") == f"sh -c 'a; b {'b' * 80}'; c"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "still blocked"),
        ({"state": "recovered"}, "no longer blocked"),
        ({"direction": "inbound"}, "goes on"),
        ({"cause": "mailbox_full", "state": "unknown"}, "unclear"),
    ],
)
def test_states_in_words_that_fit_the_trouble(changes: dict[str, str], words: str) -> None:
    from dataclasses import replace

    finding = replace(FINDING, **changes)  # type: ignore[arg-type]
    assert printed(REPORT, (finding,), View())[3].endswith(words)


def test_the_host_is_named_where_there_are_several() -> None:
    assert any("in the log of mx1" in line for line in printed(REPORT, (FINDING,), View(width=200)))


def test_whom_to_tell_where_nothing_was_lost() -> None:
    from dataclasses import replace

    told = replace(FINDING, lost=(), user_text="Dear user")
    assert "    Tell  taro@shirao.example: the words for it are in --finding 1" in printed(REPORT, (told,), View())


def test_fit_keeps_whole_sentences() -> None:
    assert fit("One. Two. Three four five.", 10, 1) == ["One. Two."]
    assert fit("One two three four.", 10, 1) == ["One two t…"]
    assert fit("One two three four.", 10, 2) == ["One two", "three fou…"]
    assert cut("日本語の文", 8) == "日本語…"  # the ellipsis may be drawn in two cells


def test_hostile_text_is_harmless() -> None:
    from dataclasses import replace

    evil = "\x1b]0;x\x07[red]\\012‮\n" + "é" * 50
    finding = replace(FINDING, title=evil, why=evil, quote=evil, lost=(), senders=(evil,), user_text=evil)
    for details in (False, True):
        lines = printed(REPORT, (finding,), View(details=details))
        text = "\n".join(lines)
        assert "[red]\\012" in text
        assert not {"\x1b", "\x07", "‮"} & set(text)


@pytest.mark.parametrize("width", [18, 27, 40, 41, 42, 43, 52, 60])
def test_a_date_is_not_parted(width: int) -> None:
    """Nor a number from what it counts; and no line begins with a sign that closes."""
    text = "メール 11 通、試行 163 回、4月4日 09:12～4月11日 09:56、最後の受理 4月7日 10:32。"
    lines = list(wrap(text, width))
    assert all(cell_len(line) <= width for line in lines)
    for kept in ("4月4日 09:12", "4月11日 09:56", "4月7日 10:32", "163 回"):
        assert any(kept in line for line in lines)
    assert not [line for line in lines if line[0] in "、。～"]
