"""The writer of stories: what it writes is what Postfix writes."""

from mailtriage.postfix.parse import parse
from mailtriage.syslog.head import parse_head
from tests.triage.stories import LISTED, UNKNOWN_NAME, Expect, Log, Story, judged


def test_every_line_is_understood() -> None:
    log = Log().family().spam(3)
    log.refuse("unknown[203.0.113.7]", "a@b.example", "bea@example.org", UNKNOWN_NAME, ptr="omta1.b.example")
    log.screened("203.0.113.8", "a@b.example", "bea@example.org", "550 5.7.1 Service unavailable; client [203.0.113.8]")
    log.send("bea@example.org", "x@far.example", "mx.far.example[203.0.113.9]:25", "550 no", status="bounced")
    log.failed_login("unknown[203.0.113.10]", "bea")
    for line in log.lines:
        head = parse_head(line.encode())
        assert head is not None
        assert (event := parse(head)) is not None, line
        assert event.event != "other", line


def test_a_quiet_day_needs_nobody() -> None:
    result = judged(Log().family().spam())
    assert [f.severity for f in result.findings] == ["info"]
    assert result.report.lines.postfix == result.report.lines.read


def test_comparing() -> None:
    story = Story("listed", lambda log: log.family().spam(5), needs=(Expect(kind="lost_smtp_setting"),))
    findings = story.findings()
    assert story.missed(findings) == list(story.needs)
    assert not story.false_alarms(findings)
    assert LISTED
