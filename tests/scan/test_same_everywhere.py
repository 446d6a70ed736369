"""The laws of the scan: the same findings for every number of processes and every chunk size."""

from pathlib import Path

import pytest

from mailtriage.model.finding import Finding
from mailtriage.rules.shelf import load_book
from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.survey import survey
from mailtriage.sources.opening import open_sources
from mailtriage.texts.catalog import Texts
from mailtriage.triage.run import triage

LOG = Path(__file__).parents[2] / "fixtures" / "family-week.log"


def found(jobs: int, chunk_size: int) -> tuple[Finding, ...]:
    opened = open_sources([str(LOG)])
    surveyed = survey(opened.sources, ScanPlan(), jobs, chunk_size)
    try:
        return triage(surveyed, load_book()[0], Texts()).findings
    finally:
        surveyed.executor.close()


@pytest.fixture(scope="module")
def whole() -> tuple[Finding, ...]:
    return found(1, 1 << 30)


@pytest.mark.parametrize("chunk_size", [70_000, 262_144, 500_001])
def test_chunk_sizes(whole: tuple[Finding, ...], chunk_size: int) -> None:
    assert found(1, chunk_size) == whole


def test_processes(whole: tuple[Finding, ...]) -> None:
    assert found(2, 300_000) == whole
