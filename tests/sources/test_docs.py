"""docs/where-logs-live.md: every row of its tables names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    row
    for row in (ROOT / "docs/where-logs-live.md").read_text(encoding="utf-8").splitlines()
    if row.startswith("| ") and not row.startswith("| ---")
]
_HEADS = ("| you name", "| there are", "| trouble", "| fault |", "| what happens to", "| since the last")


@pytest.mark.parametrize("row", [row for row in ROWS if not row.startswith(_HEADS)], ids=lambda row: row[2:40])
def test_each_row_is_a_test(row: str) -> None:
    names = re.findall(r"`((?:\w+/test_\w+\.py)?::test_\w+)`", row.rsplit(" | ", 1)[-1])
    assert names
    file = ""
    for name in names:
        path, _, test = name.partition("::")
        file = path or file
        assert f"\ndef {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), name
