"""trace: whose mail, and when."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

LOG = Path(__file__).parents[2] / "fixtures" / "family-week.log"


def test_since_and_until_choose_lives(call: Callable[..., Any]) -> None:
    whole = call("trace", "--format", "jsonl", "hogehoge@icloud.com", LOG).out.splitlines()
    day = call("trace", "--format", "jsonl", "--since", "2026-04-11T00:00+09:00", "hogehoge@icloud.com", LOG)
    lives = day.out.splitlines()
    assert 0 < len(lives) < len(whole)
    assert all('"time":"2026-04-11' in life for life in lives)


def test_nothing_found_is_said(call: Callable[..., Any]) -> None:
    got = call("trace", "nobody@nowhere.example", LOG)
    assert got.status == 2
    assert "nobody@nowhere.example" in got.err
