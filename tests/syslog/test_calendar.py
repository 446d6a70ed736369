# ruff: noqa: E501
"""Years across New Year, leap days, rotation and disorder."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtriage.model.stamp import Stamp
from mailtriage.syslog.calendar import Calendar, Run, Source, merge, note
from mailtriage.syslog.stamps import bsd, iso


def stamp(text: str) -> Stamp:
    found = iso(text) if text[:2] == "20" else bsd(text)
    assert found is not None
    return found


def source(lines: list[str], written: str | None = None, follows: bool = False, chunk: int = 2) -> Source:
    parts = []
    for start in range(0, len(lines), chunk):
        runs: list[Run] = []
        for offset in range(start, min(start + chunk, len(lines))):
            note(runs, offset, stamp(lines[offset]))
        parts.append(runs)
    mtime = datetime.fromisoformat(written).timestamp() if written else None
    return Source(merge(reversed(parts)), mtime, follows)


def dates(calendar: Calendar, lines: list[str], number: int = 0) -> list[str]:
    return [calendar.date(number, offset, stamp(line)).isoformat()[:10] for offset, line in enumerate(lines)]


@pytest.mark.parametrize(
    ("lines", "written", "expected"),
    [
        (["Apr 10 10:00:00", "Apr 11 10:00:00"], "2026-04-11T10:00:01Z", ["2026-04-10", "2026-04-11"]),
        (["Dec 31 23:59:59", "Jan  1 00:00:01"], "2026-01-01T00:00:05Z", ["2025-12-31", "2026-01-01"]),
        (
            ["Dec 31 23:59:58", "Jan  1 00:00:00", "Dec 31 23:59:59", "Jan  1 00:00:02"],
            "2026-01-01T00:00:05Z",
            ["2025-12-31", "2026-01-01", "2025-12-31", "2026-01-01"],
        ),
        (["Jun 02 00:00:01", "Jun  1 23:59:59", "Jun  2 00:00:02"], "2026-06-02T00:10:00Z", ["2026-06-02", "2026-06-01", "2026-06-02"]),
        (["Nov 20 00:00:00"], "2026-01-05T00:00:00Z", ["2025-11-20"]),
        (["Feb 28 10:00:00", "Feb 29 10:00:00", "Mar  1 10:00:00"], "2026-03-02T00:00:00Z", ["2024-02-28", "2024-02-29", "2024-03-01"]),
        (["Jan  1 08:00:00"], "2025-12-31T23:30:00Z", ["2026-01-01"]),
        (
            ["Nov  1 00:00:00", "Mar  1 00:00:00", "Nov  1 00:00:00", "Mar  1 00:00:00"],
            "2026-03-02T00:00:00Z",
            ["2024-11-01", "2025-03-01", "2025-11-01", "2026-03-01"],
        ),
        (["2024-12-31T23:59:59+00:00", "Jan  1 00:00:01"], "2030-01-01T00:00:00Z", ["2024-12-31", "2025-01-01"]),
        (["Dec 31 23:59:59", "2025-01-01T00:00:01+00:00"], "2030-01-01T00:00:00Z", ["2024-12-31", "2025-01-01"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_years(lines: list[str], written: str, expected: list[str], chunk: int) -> None:
    calendar = Calendar([source(lines, written, chunk=chunk)], tz=UTC)
    assert dates(calendar, lines) == expected


def test_given_year_is_that_of_the_last_line() -> None:
    lines = ["Dec 31 23:59:59", "Jan  1 00:00:01"]
    assert dates(Calendar([source(lines, "2026-05-01T00:00:00Z")], year=2020, tz=UTC), lines) == [
        "2019-12-31",
        "2020-01-01",
    ]


def test_rotated_set_whose_times_were_lost() -> None:
    old, middle, new = (
        ["Nov  1 00:00:00", "Nov 30 00:00:00"],
        ["Dec  1 00:00:00", "Jan  2 00:00:00"],
        ["Jan  3 00:00:00"],
    )
    copied = "2026-06-01T00:00:00Z"
    calendar = Calendar([source(old, copied), source(middle, copied, True), source(new, copied, True)], tz=UTC)
    assert dates(calendar, old) == ["2025-11-01", "2025-11-30"]
    assert dates(calendar, middle, 1) == ["2025-12-01", "2026-01-02"]
    calendar = Calendar([source(new, copied), source(middle, copied), source(old, copied)], tz=UTC)
    assert dates(calendar, old, 2) == ["2025-11-01", "2025-11-30"]


def test_line_that_was_never_noted() -> None:
    """A second look may date lines between those that the first look noted."""
    calendar = Calendar([source(["Dec 20 00:00:00", "Jan 10 00:00:00"], "2026-01-11T00:00:00Z")], tz=UTC)
    assert calendar.date(0, 0, stamp("Jan  2 00:00:00")).year == 2026
    assert calendar.date(0, 1, stamp("Dec 28 00:00:00")).year == 2025


def test_two_writers_make_few_runs() -> None:
    runs: list[Run] = []
    for offset in range(1000):
        note(runs, offset, stamp("2026-04-01T00:00:00Z" if offset % 2 else "Apr  1 00:00:00"))
    assert len(runs) <= 2


def test_zones() -> None:
    calendar = Calendar([Source(())], tz=UTC)
    assert calendar.date(0, 0, stamp("2026-04-01T10:00:00+09:00")).isoformat() == "2026-04-01T10:00:00+09:00"
    assert calendar.date(0, 0, stamp("2026-04-01T10:00:00")).isoformat() == "2026-04-01T10:00:00+00:00"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40 * 24 * 3600), min_size=1, max_size=40), st.integers(1, 7), st.integers(0, 800))
def test_any_cutting_gives_the_true_years(gaps: list[int], chunk: int, start: int) -> None:
    """Steps of up to forty days, some disorder, any chunks: every line gets its own date back."""
    moment = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=start)
    moments = []
    for number, gap in enumerate(gaps):
        moment += timedelta(seconds=gap)
        moments.append(moment - timedelta(seconds=7) if number % 3 == 1 else moment)
    lines = [f"{moment:%b} {moment.day:2} {moment:%H:%M:%S}" for moment in moments]
    calendar = Calendar([source(lines, moments[-1].isoformat(), chunk=chunk)], tz=UTC)
    found = [calendar.date(0, offset, stamp(line)) for offset, line in enumerate(lines)]
    assert found == moments
