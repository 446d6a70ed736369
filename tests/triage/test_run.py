"""What the report says of the whole: the time that a log spans, in whatever order its lines stand."""

from pathlib import Path

from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.gather import rule_book
from mailtriage.scan.survey import survey
from mailtriage.sources.opening import open_sources
from mailtriage.texts.catalog import Texts
from mailtriage.triage.run import triage

LINE = (
    "2026-04-{0:02d}T06:00:00+00:00 mail postfix/smtpd[7]: warning: connect to Milter service inet:127.0.0.1:9900: x\n"
)


def test_a_log_with_its_newest_line_first_spans_no_negative_time(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text("".join(LINE.format(day) for day in range(20, 10, -1)), encoding="utf-8")
    report = triage(survey(open_sources((str(path),)).sources, ScanPlan(), 1), rule_book(()), Texts("en")).report
    assert report.first_time is not None
    assert report.last_time is not None
    assert (report.first_time.day, report.last_time.day) == (11, 20)
