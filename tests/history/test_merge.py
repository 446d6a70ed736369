"""What two days saw of one trouble, as one: every mail once, numbers of both in the title."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailtriage.history.codec import dump, load
from mailtriage.history.merge import merge
from mailtriage.model.finding import Finding, Party, Saying
from mailtriage.model.mails import MOST, Mails, mails
from mailtriage.scan.sample import digest

DAY = datetime(2026, 4, 11, tzinfo=UTC)
KEY = "finding.sender_pool.title"
WORDS = {"servers": "finding.sender_pool.servers"}


def seen(day: int, queue_ids: list[str], names: tuple[str, ...] = (), people: tuple[str, ...] = ("a@pool.example",), **more: object) -> Finding:  # fmt: skip  # noqa: E501
    values = {"party": "Pool", "pattern": "mx*.pool.example", "servers": len(names), "count": len(people)}
    servers = f"{len(names)} servers" if len(names) != 1 else "1 server"
    end = "One sender looks real" if len(people) == 1 else f"{len(people)} senders look real"
    known = mails(map(digest, queue_ids))
    kept = Finding(
        id="1", kind="failure", severity="medium", cause="network", direction="outbound",
        title=f"Pool (mx*.pool.example, {servers}) is refused: its names do not resolve. {end}",
        party=Party("operator", "pool", "Pool"), state="ongoing", count=2 * len(queue_ids), messages=known.number,
        first_seen=DAY + timedelta(days=day), last_seen=DAY + timedelta(days=day, hours=1), fault="ours",
        act="our_admin", why="", mails=known,
        saying=Saying(KEY, values, (), {"servers": names, "count": people}, WORDS),
    )  # fmt: skip
    return load(dump(replace(kept, **more)))  # type: ignore[arg-type]


def many(first: int, last: int) -> list[str]:
    return [f"4fXy{number:07d}" for number in range(first, last)]


@pytest.mark.parametrize(
    ("old", "new", "number"),
    [
        (["A"], ["A"], 1),  # it waits, and is tried again on the next day
        (["A", "B"], ["B", "C"], 3),
        (["A"], ["B"], 2),
        (many(0, 200), many(100, 250), 250),
    ],
)
def test_a_mail_that_comes_again_is_the_same(old: list[str], new: list[str], number: int) -> None:
    whole = merge(seen(0, old), seen(1, new))
    assert (whole.messages, whole.count) == (number, 2 * (len(old) + len(new)))
    assert merge(whole, seen(2, old)).messages == number


def test_of_very_many_mails_the_number_is_estimated() -> None:
    whole = seen(0, many(0, 1000))
    for day in range(1, 5):
        whole = merge(whole, seen(day, many(day * 800, day * 800 + 1000)))
    assert whole.mails is not None
    assert len(whole.mails.hashes) == MOST
    assert 0.8 * 4200 <= whole.messages <= 1.2 * 4200


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_where_mails_are_not_known_the_number_is_never_too_large(direction: str) -> None:
    old, new = seen(0, ["A", "B"], direction=direction), seen(1, ["B"], direction=direction, mails=Mails())
    assert merge(old, new).messages == 2


def test_what_counts_mails_counts_each_once() -> None:
    old, new = (seen(day, ["A", "B"], kind="expires_soon", count=2) for day in (0, 1))
    assert merge(old, new).count == 2


def test_the_title_says_the_numbers_of_all_days() -> None:
    whole = merge(seen(0, ["A"], ("m1", "m2"), ("a", "b")), seen(1, ["B"], ("m2", "m3"), ("b",)))
    assert whole.title == "Pool (mx*.pool.example, 3 servers) is refused: its names do not resolve. 2 senders look real"
    assert merge(whole, seen(2, ["C"], ("m1",), ("d",))).title.endswith("3 senders look real")


def test_a_title_of_another_kind_is_left_alone() -> None:
    whole = merge(seen(0, ["A"], ("m1", "m2")), seen(1, ["B"], ("m3",), title="Something else"))
    assert whole.title == "Something else"


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("intermittent", "ongoing", "intermittent"),
        ("intermittent", "recovered", "recovered"),
        ("ongoing", "intermittent", "intermittent"),
        ("recovered", "ongoing", "ongoing"),
    ],
)
def test_on_and_off(old: str, new: str, state: str) -> None:
    assert merge(seen(0, ["A"], state=old), seen(1, ["B"], state=new)).state == state
