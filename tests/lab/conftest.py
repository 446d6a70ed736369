"""Tests that need a real Postfix: skipped, and said so, where there is none."""

from pathlib import Path

import pytest

from tools.lab import missing

HERE = Path(__file__).parent
REASON = missing()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.postfix)
            if REASON:
                item.add_marker(pytest.mark.skip(reason=f"the lab {REASON}"))
