"""The laws of the scan: the same findings for every number of processes, every chunk size, and whatever is missing."""

from pathlib import Path

import pytest

from benchmarks.make_log import write
from mailtriage.model.finding import Finding
from mailtriage.rules.shelf import load_book
from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.inner import WITHOUT, compiled_loop
from mailtriage.scan.survey import survey
from mailtriage.sources.opening import open_sources
from mailtriage.texts.catalog import Texts
from mailtriage.triage.run import triage

FAMILY = Path(__file__).parents[2] / "fixtures" / "family-week.log"
MADE = ("quiet", "mixed", "spammed", "flood")


def found(log: Path, jobs: int, chunk_size: int, *, hyperscan: bool = True) -> tuple[Finding, ...]:
    opened = open_sources([str(log)])
    surveyed = survey(opened.sources, ScanPlan(hyperscan=hyperscan), jobs, chunk_size)
    try:
        return triage(surveyed, load_book()[0], Texts()).findings
    finally:
        surveyed.executor.close()


@pytest.fixture(scope="module", params=["family", *MADE])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "family":
        return FAMILY
    path = tmp_path_factory.mktemp("made") / f"{request.param}.log"
    with path.open("wb") as out:
        write(request.param, 600_000, 1, out)
    return path


@pytest.fixture(scope="module")
def whole(log: Path) -> tuple[Finding, ...]:
    return found(log, 1, 1 << 30)


@pytest.mark.parametrize("chunk_size", [70_000, 262_144, 500_001])
def test_chunk_sizes(log: Path, whole: tuple[Finding, ...], chunk_size: int) -> None:
    assert found(log, 1, chunk_size) == whole


def test_processes(log: Path, whole: tuple[Finding, ...]) -> None:
    assert found(log, 2, 300_000) == whole


def test_without_hyperscan(log: Path, whole: tuple[Finding, ...]) -> None:
    assert found(log, 1, 200_000, hyperscan=False) == whole


@pytest.mark.skipif(compiled_loop() is None, reason="not compiled")
def test_without_compiled(log: Path, whole: tuple[Finding, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WITHOUT, "1")
    assert found(log, 1, 200_000) == whole
