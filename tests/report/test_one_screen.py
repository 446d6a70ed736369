"""The law of one screen: whatever the log, 40 lines of 80 columns in every language that is whole."""

import io
from functools import cache
from pathlib import Path

import pytest
from rich.cells import cell_len

from benchmarks.make_log import PROFILES, write
from mailtriage.model.finding import Finding
from mailtriage.report.text import View
from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.gather import rule_book
from mailtriage.scan.survey import Survey, survey
from mailtriage.sources.opening import open_sources
from mailtriage.texts.catalog import Texts
from mailtriage.triage.run import triage
from tests.report.test_text import LOGS, printed, rows

WIDTH, SCREEN = 80, 40
MADE = 4 * 1024 * 1024  # bytes


@cache
def surveyed(path: Path) -> Survey:
    return survey(open_sources([str(path)]).sources, ScanPlan(tz_minutes=0), jobs=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A log of each profile."""
    folder, found = tmp_path_factory.mktemp("made"), {}
    for profile in PROFILES:
        out = io.BytesIO()
        write(profile, MADE, 1, out)
        found[profile] = folder / f"{profile}.log"
        found[profile].write_bytes(out.getvalue())
    return found


def copied(findings: tuple[Finding, ...]) -> str:
    """What is for copying, and never wrapped."""
    steps = [text for finding in findings for step in finding.steps for text in (step.url, step.command) if text]
    return "\n".join([*steps, *(link.url for finding in findings for link in finding.links)])


def check(path: Path, lang: str) -> None:
    texts = Texts(lang)
    found = triage(surveyed(path), rule_book(()), texts)
    lines = printed(found.report, found.findings, View(width=WIDTH, command="mailtriage scan mail.log"), texts)
    assert rows(lines, WIDTH) <= SCREEN
    whole = copied(found.findings)
    assert [line for line in lines if cell_len(line) > WIDTH and line.strip() not in whole] == []


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_real_log(path: Path, lang: str) -> None:
    check(path, lang)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_made_log(made: dict[str, Path], profile: str, lang: str) -> None:
    check(made[profile], lang)
