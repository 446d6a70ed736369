"""The proven zero: the same findings come out of every wrapping of the same log, with no option given."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mailtriage.model.report import LineCounts
from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.gather import rule_book
from mailtriage.scan.survey import survey
from mailtriage.sources.opening import open_sources
from mailtriage.texts.catalog import Texts
from mailtriage.triage.run import triage
from tests.wrappings.rewrap import FILES, Entry, entries

# Times have other precisions in other wrappings; the lines and their places are others.
COMPARED = (
    "id", "kind", "severity", "cause", "detail", "rule", "operator", "via", "direction", "title", "party", "state",
    "count", "messages", "codes", "own_ips", "own_users", "logs", "senders", "recipients", "clients", "relays",
    "distinct", "steps", "links", "request_text", "user_text",
)  # fmt: skip


@cache
def log() -> tuple[Entry, ...]:
    """Two days of the family's week."""
    found = [one for one in entries(Path("fixtures/family-week.log").read_text()) if one.time.day in (10, 11)]
    return tuple(found)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def scanned(path: Path) -> tuple[list[dict[str, Any]], LineCounts]:
    opened = open_sources([str(path)])
    assert not opened.unread
    found = triage(survey(opened.sources, ScanPlan(), jobs=1), rule_book(()), Texts())
    told = [
        {name: getattr(finding, name) for name in COMPARED}
        | {name: str(getattr(finding, name))[:19] for name in ("first_seen", "last_seen")}
        | {"lost": [(str(m.time)[:19], m.sender, m.recipient, m.queue_id) for m in finding.lost]}
        for finding in found.findings
    ]
    return told, found.report.lines


def write(folder: Path, wrapping: str) -> Path:
    path = folder / "log"
    path.write_bytes(FILES[wrapping](log()))
    end = log()[-1].time.timestamp()
    os.utime(path, (end, end))
    return path


@cache
def expected(folder: Path) -> tuple[list[dict[str, Any]], LineCounts]:
    return scanned(write(folder, "rfc3164"))


@pytest.mark.parametrize("wrapping", FILES)
def test_the_same_findings(wrapping: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    findings, lines = expected(tmp_path_factory.getbasetemp())
    got, counts = scanned(write(tmp_path, wrapping))
    assert len(findings) >= 5
    assert [one["id"] for one in got] == [one["id"] for one in findings]
    assert got == findings
    assert counts == lines
