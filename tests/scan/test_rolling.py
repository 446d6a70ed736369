"""A survey that goes on comes to what one look at the whole log comes to."""

import resource
from pathlib import Path

from mailtriage.model.finding import Finding
from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.gather import rule_book
from mailtriage.scan.rolling import MOST, Rolling
from mailtriage.scan.survey import Survey, survey
from mailtriage.sources.follow import Lines
from mailtriage.sources.opening import open_sources
from mailtriage.texts.catalog import Texts
from mailtriage.triage.run import triage

LOG = Path("fixtures/family-week.log")
PLAN = ScanPlan(tz_minutes=0, year=2026)


def findings(found: Survey) -> list[Finding]:
    return list(triage(found, rule_book(()), Texts()).findings)


def feed(rolling: Rolling, data: bytes, piece: int, inode: int = 1) -> None:
    start = 0
    while start < len(data):
        end = data.find(b"\n", min(start + piece, len(data) - 1)) + 1
        rolling.take(Lines(str(LOG), data[start:end], 1, inode, end))
        start = end


def test_the_same_findings_with_the_same_line_numbers() -> None:
    rolling = Rolling(PLAN, segment=200_000)
    feed(rolling, LOG.read_bytes(), 30_000)
    assert len(rolling.survey().chunks) > 3
    whole = findings(survey(open_sources([str(LOG)]).sources, PLAN, jobs=1))
    parts = findings(rolling.survey())
    assert [(f.id, f.count, f.first_seen, f.last_seen, f.state) for f in parts] == [
        (f.id, f.count, f.first_seen, f.last_seen, f.state) for f in whole
    ]
    text = LOG.read_text().splitlines()
    assert all(text[line.line - 1] == line.text for finding in parts for line in finding.evidence)
    assert findings(rolling.survey()) == parts
    rolling.close()


def test_old_lines_are_given_up_and_what_is_ours_is_remembered() -> None:
    rolling = Rolling(PLAN, segment=50_000, kept=4)
    data = LOG.read_bytes()
    for _ in range(10):
        feed(rolling, data, 20_000)
    found = rolling.survey()
    assert sum(chunk.end or 0 for chunk in found.chunks) <= 300_000
    assert found.tally.known.local["shirao.example"] > 500
    rolling.close()


def test_every_rotation_begins_a_segment_and_few_are_kept() -> None:
    rolling = Rolling(PLAN)
    line = b"Apr 11 09:00:00 mail postfix/smtpd[1]: connect from a.example[192.0.2.1]\n"
    for inode in range(200):
        feed(rolling, line, 1000, inode + 1)
    assert len(rolling.survey().chunks) == MOST
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > MOST
    rolling.close()
