"""What is news between two looks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailtriage.model.finding import Finding, Party
from mailtriage.triage.changes import FORGET, Watch

NOW = datetime(2026, 4, 11, 12, tzinfo=UTC)
FINDING = Finding(
    id="a1", kind="failure", severity="medium", cause="network", direction="outbound", title="x",
    party=Party("host", "mx.example.net", "mx.example.net"), state="ongoing", count=10, messages=1,
    first_seen=NOW, last_seen=NOW, fault="nobody", act="nobody", why="",
)  # fmt: skip
LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("looks", "news"),
    [
        ([{}], ["opened"]),
        ([{"severity": "low"}], []),
        ([{"severity": "low"}, {}], ["opened"]),
        ([{}, {"count": 11}, {"count": 19}], ["opened"]),
        ([{}, {"count": 20}, {"count": 39}, {"count": 40}], ["opened", "worse", "worse"]),
        ([{"count": 1}, {"count": 2}, {"count": 6}], ["opened", "worse"]),
        ([{}, {"severity": "high"}, {"severity": "high"}], ["opened", "worse"]),
        ([{}, {"state": "recovered"}, {"state": "recovered"}], ["opened", "closed"]),
        ([{}, {"state": "unknown"}], ["opened", "closed"]),
        ([{}, {"state": "recovered"}, {}], ["opened", "closed"]),  # nothing new: the line between was given up
        ([{}, {"state": "recovered"}, {"last_seen": LATER}], ["opened", "closed", "returned"]),
        ([{"state": "recovered"}, {"last_seen": LATER, "state": "intermittent"}], ["opened", "returned"]),
        ([{}, None, {}], ["opened"]),
    ],
)
def test_news(looks: list[dict[str, object] | None], news: list[str]) -> None:
    watch = Watch()
    told = [
        change.change
        for look in looks
        for change in watch.compare([] if look is None else [replace(FINDING, **look)], NOW)  # type: ignore[arg-type]
    ]
    assert told == news


def test_what_is_long_gone_is_forgotten() -> None:
    watch = Watch()
    watch.compare([FINDING], NOW)
    assert watch.open == 1
    watch.compare([], NOW + FORGET)
    assert watch.open == 0
