"""The logs that scripts write: the same bytes again, and the fixture is what its script writes."""

import io
from pathlib import Path

import pytest

from benchmarks.make_log import PROFILES, write
from tools.family_week.journal import Journal
from tools.family_week.story import tell

FIXTURES = Path(__file__).parents[2] / "fixtures"


def test_family_week_is_what_its_script_writes() -> None:
    written = "\n".join(tell(Journal(20260404))) + "\n"
    assert written == (FIXTURES / "family-week.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("profile", PROFILES)
def test_benchmark_log_is_reproducible(profile: str) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    for out in (first, second):
        write(profile, 200_000, 1, out)
    assert first.getvalue() == second.getvalue()
    assert len(first.getvalue()) >= 200_000
    assert first.getvalue().endswith(b"\n")


def test_every_trouble_has_a_log_and_a_conclusion() -> None:
    readme = (FIXTURES / "README.md").read_text(encoding="utf-8")
    logs = {path.stem for path in (FIXTURES / "server-troubles").glob("*.log")}
    rows = {line.split("|")[1].strip() for line in readme.splitlines() if line.startswith("| ") and "---" not in line}
    assert rows - {"log"} == logs
