"""The proven zero: the same findings come out of every wrapping of the same log, with no option given."""

import os
import re
from datetime import timedelta
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


def scanned(*paths: Path) -> tuple[list[dict[str, Any]], LineCounts]:
    opened = open_sources([*map(str, paths)])
    assert not opened.unread
    found = triage(survey(opened.sources, ScanPlan(), jobs=1), rule_book(()), Texts())
    told = [
        {name: getattr(finding, name) for name in COMPARED}
        | {name: str(getattr(finding, name))[:19] for name in ("first_seen", "last_seen")}
        # Which lines are kept as evidence depends on their places: the quote may name another client.
        | {"quote": re.sub(r"[\d.]+", "#", finding.quote or "")}
        | {
            "request_text": re.sub(r"(?m)^\d{4}-\S+  \S+$", "#", finding.request_text or "")
        }  # and the attempts it lists
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


def test_two_hosts_in_one_file_or_in_two(tmp_path: Path) -> None:
    there = [one._replace(host="mx2.shirao.example") for one in log()]
    both = sorted([*log(), *there], key=lambda one: one.time)
    (tmp_path / "one").write_text("".join(one.line + "\n" for one in both))
    (tmp_path / "mx1").write_text("".join(one.line + "\n" for one in log()))
    (tmp_path / "mx2").write_text("".join(one.line + "\n" for one in there))
    end = log()[-1].time.timestamp()
    for name in ("one", "mx1", "mx2"):
        os.utime(tmp_path / name, (end, end))
    together, lines = scanned(tmp_path / "one")
    apart, lines_apart = scanned(tmp_path / "mx1", tmp_path / "mx2")
    assert lines == lines_apart
    assert [(one["id"], one["count"], one["logs"]) for one in together] == [
        (one["id"], one["count"], one["logs"]) for one in apart
    ]
    assert together[0]["logs"] == ("mail.shirao.example", "mx2.shirao.example")


def test_a_container_that_was_restarted_is_one_server(tmp_path: Path) -> None:
    names = ("8f3a2b1c9d0e", "0123456789ab", "fedcba987654")
    parts = [one._replace(host=names[n * 3 // len(log())]) for n, one in enumerate(log())]
    (tmp_path / "log").write_text("".join(one.line + "\n" for one in parts))
    end = log()[-1].time.timestamp()
    os.utime(tmp_path / "log", (end, end))
    found, _ = scanned(tmp_path / "log")
    assert {len(one["logs"]) for one in found} == {1}
    whole, _ = scanned(write(tmp_path, "rfc3164"))
    assert [(one["id"], one["count"]) for one in found] == [(one["id"], one["count"]) for one in whole]


@pytest.mark.parametrize("plan", [ScanPlan(tz_name="Asia/Tokyo"), ScanPlan(tz_minutes=540)])
def test_the_zone_of_stamps_that_name_none(plan: ScanPlan, tmp_path: Path) -> None:
    local = "".join(one._replace(time=one.time + timedelta(hours=9)).line + "\n" for one in log())
    path = tmp_path / "log"
    path.write_text(local)
    end = log()[-1].time.timestamp()
    os.utime(path, (end, end))
    surveyed = survey(open_sources([str(path)]).sources, plan, jobs=1)
    found = triage(surveyed, rule_book(()), Texts())
    assert found.report.last_time == log()[-1].time
    assert found.report.last_time.utcoffset() == timedelta(hours=9)
