"""What is worth saying, as a table of days."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailtriage.history.changes import decide
from mailtriage.history.codec import dump, load
from mailtriage.history.merge import fold, merge
from mailtriage.model.finding import Episode, Finding, LostMail, Party

T0 = datetime(2026, 4, 1, 8, tzinfo=UTC)
FINDING = Finding(
    id="a", kind="failure", severity="medium", cause="dnsbl", direction="outbound", title="T",
    party=Party("operator", "x", "X"), state="ongoing", count=3, messages=3, first_seen=T0, last_seen=T0, fault="ours",
    act="our_admin", why="W", episodes=(Episode(first=T0, last=T0, count=3),),
    lost=(LostMail(time=T0, sender="", recipient="a@b.example"),), distinct={"senders": 1}, senders=("x@y.example",),
)  # fmt: skip


def at(days: float, **changes: Any) -> tuple[datetime, Finding]:
    when = T0 + timedelta(days=days)
    return when, replace(FINDING, last_seen=changes.pop("last_seen", when), **changes)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([at(0)], ["new"]),
        ([at(0), at(0.5, count=4)], ["new", None]),
        ([at(0), at(1, count=4), at(2, count=5), at(3, count=6), at(4, count=7)],
         ["new", "ongoing", None, "ongoing", None]),
        ([at(0), at(1)], ["new", None]),  # nothing was added
        ([at(0), at(0.1, count=4, severity="high")], ["new", "worse"]),
        ([at(0), at(0.1, count=20, messages=20)], ["new", "worse"]),
        ([at(0), at(1, state="recovered")], ["new", "resolved"]),
        ([at(0), at(1, state="recovered"), at(2, state="recovered")], ["new", "resolved", None]),
        ([at(0), at(1, state="recovered"), at(2, count=4)], ["new", "resolved", "back"]),
        ([at(0, severity="low")], [None]),
        ([at(0, severity="low"), at(1, severity="high", count=4)], [None, "new"]),
        ([at(40, state="recovered", last_seen=T0)], [None]),  # over before the first digest
        ([at(0), at(8, last_seen=T0, state="unknown")], ["new", "resolved"]),  # nothing for a week
    ],
)  # fmt: skip
def test_decide(days: list[tuple[datetime, Finding]], said: list[str | None]) -> None:
    told: dict[str, dict[str, Any]] = {}
    heard = []
    for now, finding in days:
        changes, kept = decide([finding], told, now)
        told |= kept
        heard.append(changes[0].kind if changes else None)
    assert heard == said


def test_acknowledged_until_it_changes() -> None:
    _, told = decide([FINDING], {}, T0)
    told["a"]["ack"] = ""
    assert decide([at(1, count=4)[1]], told, T0 + timedelta(days=1))[0] == []
    changes, kept = decide([at(2, count=30, messages=30)[1]], told, T0 + timedelta(days=2))
    assert [change.kind for change in changes] == ["worse"]
    assert "ack" not in kept["a"]
    told["a"]["ack"] = (T0 + timedelta(days=5)).isoformat()
    assert decide([at(2, count=30, messages=30)[1]], told, T0 + timedelta(days=2))[0] == []


def test_what_was_lost_is_told_once() -> None:
    _, told = decide([FINDING], {}, T0)
    later = LostMail(time=T0 + timedelta(days=1), sender="", recipient="c@d.example")
    worse = replace(FINDING, severity="high", count=4, lost=(*FINDING.lost, later))
    assert decide([worse], told, T0 + timedelta(days=1))[0][0].finding.lost == (later,)


def test_a_finding_is_kept_whole() -> None:
    assert load(dump(FINDING)) == FINDING


def test_merging_adds_and_joins_what_nothing_parted() -> None:
    next_day = T0 + timedelta(days=1)
    new = replace(
        FINDING, first_seen=next_day, last_seen=next_day, episodes=(Episode(first=next_day, last=next_day, count=3),)
    )
    whole = merge(FINDING, new)
    assert (whole.count, whole.messages, whole.first_seen, whole.last_seen) == (6, 6, T0, next_day)
    assert whole.episodes == (Episode(first=T0, last=next_day, count=6),)
    between = T0 + timedelta(hours=12)
    parted = replace(new, episodes=(Episode(first=next_day, last=next_day, count=3, last_success=between),))
    assert [one.next_success for one in merge(FINDING, parted).episodes] == [between, None]
    assert whole.distinct == {"senders": 1}


@pytest.mark.parametrize(("success", "state"), [(-0.1, "ongoing"), (0.1, "recovered")])
def test_only_a_later_success_closes(success: float, state: str) -> None:
    now, finding = at(0)
    assert finding.last_seen is not None
    known = {finding.id: replace(finding, state="ongoing")}
    told = fold(known, [], {finding.id: finding.last_seen + timedelta(days=success)}, now)
    assert told[finding.id].state == state
