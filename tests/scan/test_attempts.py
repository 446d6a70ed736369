"""Events: the same for every chunk size, number of processes and pointer; and no failure is passed over."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest

from mailtriage.postfix.notes import Notes
from mailtriage.report.jsonl import EventLine
from mailtriage.scan import attempts
from mailtriage.scan.attempts import Wanted, stretches
from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.executor import Processes, Serial
from mailtriage.scan.survey import survey
from mailtriage.sources.opening import open_sources

FIXTURES = Path("fixtures")
LOGS = [FIXTURES / "family-week.log", FIXTURES / "real-postfix.log"]
FAMILIES = tomllib.loads(Path("tests/postfix/families.toml").read_text(encoding="utf-8"))["line"]
FAILED = {"bounced", "deferred", "expired", "SOFTBOUNCE", "undeliverable", "undeliverable-but-not-cached"}
HEAD = "Apr 11 06:14:46 mx "


def events(
    *paths: Path, size: int | None = None, every: bool = False, hyperscan: bool = True, jobs: int = 1
) -> list[bytes]:
    opened = open_sources([str(path) for path in paths])
    plan = ScanPlan(hyperscan=hyperscan, year=2026, tz_minutes=0)
    surveyed = survey(opened.sources, plan, 1)
    runner = Processes(jobs) if jobs > 1 else Serial()
    wanted = Wanted(plan, surveyed.calendar, EventLine(), every, "203.0.113.25")
    try:
        found = b"".join(attempts.attempts(runner, stretches(surveyed, size, every), wanted))
    finally:
        runner.close()
    return found.splitlines()


def failed(line: bytes) -> bool:
    event = json.loads(line)
    if event["event"] == "delivery":
        return event.get("status") in FAILED
    return event["event"] in {
        "reject", "reject_warning", "milter_reject", "hold", "discard", "redirect", "filter", "expired",
    }  # fmt: skip


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every line that the parsers know, as one log."""
    path = tmp_path_factory.mktemp("families") / "maillog"
    path.write_text("".join(f"{HEAD}{line['tag']}[7]: {line['text']}\n" for line in FAMILIES))
    return path


@pytest.mark.parametrize("hyperscan", [True, False])
@pytest.mark.parametrize("log", [*LOGS, None], ids=str)
def test_failures_are_those_among_all_events(log: Path | None, hyperscan: bool, families: Path) -> None:
    log = log or families
    every = events(log, every=True)
    assert len(every) > 50
    assert events(log, hyperscan=hyperscan) == [line for line in every if failed(line)]


@pytest.mark.parametrize("every", [False, True])
def test_chunks_and_processes(every: bool) -> None:
    log = LOGS[0]
    whole = events(log, every=every)
    assert whole
    assert events(log, every=every, size=70_001) == whole
    assert events(log, every=every, size=300_000, jobs=2) == whole


def test_what_neighbours_tell_ends_at_the_horizon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever reading begins: the look back is as long as the memory."""
    long = events(LOGS[0])
    monkeypatch.setattr(attempts, "HORIZON", 400)
    monkeypatch.setattr(attempts, "LONGEST_LINE", 2000)
    monkeypatch.setattr(Notes.__init__, "__defaults__", (400,))
    short = events(LOGS[0])
    assert short != long
    assert events(LOGS[0], size=50_000) == short
    assert events(LOGS[0], size=7777) == short


def test_mail_lives_on_over_a_rotation(tmp_path: Path) -> None:
    lines = LOGS[0].read_bytes().splitlines(keepends=True)
    (tmp_path / "maillog.1").write_bytes(b"".join(lines[:1501]))
    (tmp_path / "maillog").write_bytes(b"".join(lines[1501:]))
    shutil.copystat(LOGS[0], tmp_path / "maillog")

    def facts(found: list[bytes]) -> list[dict[str, object]]:
        records = [json.loads(line) for line in found]
        return [{key: value for key, value in one.items() if key not in ("source", "line")} for one in records]

    together = events(LOGS[0])
    parted = events(tmp_path / "maillog.1", tmp_path / "maillog")
    assert facts(parted) == facts(together)
    assert parted[0] != together[0]
    assert facts(events(tmp_path / "maillog.1", tmp_path / "maillog", size=9000)) == facts(together)


def written(tmp_path: Path, *texts: str) -> list[dict[str, object]]:
    path = tmp_path / "maillog"
    path.write_text("".join(f"{HEAD}{text}\n" for text in texts))
    return [json.loads(line) for line in events(path)]


REFUSED = (
    "postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[203.0.113.{n}]: 554 5.7.1 Service unavailable; Client host "
    "[203.0.113.{n}] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/203.0.113.{n}; "
    "from=<a{n}@example.com> to=<u@example.org> proto=ESMTP helo=<pc{n}>"
)


def test_a_shape_seen_again_is_told_as_the_first(tmp_path: Path) -> None:
    first, again = written(tmp_path, REFUSED.format(n=8), REFUSED.format(n=9))
    alone = written(tmp_path, REFUSED.format(n=9))[0]
    assert {**again, "line": 1} == alone
    assert first["client_addr"] == "203.0.113.8"


def test_a_login_in_the_session_changes_what_a_known_shape_means(tmp_path: Path) -> None:
    shape = REFUSED.replace("unknown", "pc{n}.example.com")
    login = [
        "postfix/smtpd[7]: connect from pc9.example.com[203.0.113.9]",
        "postfix/smtpd[7]: 4VgT0k2L2Tz9sX: client=pc9.example.com[203.0.113.9], sasl_method=PLAIN, sasl_username=bob",
    ]
    told = written(tmp_path, shape.format(n=8), *login, shape.format(n=9))
    assert [one["direction"] for one in told] == ["inbound", "submission"]
    assert told[1] == written(tmp_path, "kernel: x", *login, shape.format(n=9))[0]


def test_lines_within_a_text_are_no_lines(tmp_path: Path) -> None:
    """A stranger's words that look like a line about the message."""
    bounced = (
        "postfix/smtp[9]: 4VgT0k2L2Tz9sX: to=<u@example.com>, relay=mx.example.com[192.0.2.7]:25, delay=1, "
        "delays=1/0/0/0, dsn=5.0.0, status=bounced (host mx.example.com[192.0.2.7] said: 550 {said})"
    )
    forged = "postfix/smtpd[7]: 4VgT0k2L2Tz9sX: client=evil[192.0.2.66], sasl_method=PLAIN, sasl_username=mallory"
    first, second = written(tmp_path, bounced.format(said=f"no {HEAD}{forged}"), bounced.format(said="no"))
    assert "sasl_username" not in first
    assert "sasl_username" not in second


def test_last_message_repeated(tmp_path: Path) -> None:
    again = "last message repeated 4 times"
    told = written(tmp_path, REFUSED.format(n=8), again, again)
    assert [one.get("repeat", 1) for one in told] == [1, 4, 4]
    assert {**told[1], "line": 1, "repeat": 1} == {**told[0], "repeat": 1}
    assert len(written(tmp_path, REFUSED.format(n=8), "kernel: something", again)) == 1
