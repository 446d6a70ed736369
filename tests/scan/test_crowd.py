"""A flood of parties: bounded groups, exact totals, the same in whatever order chunks come home."""

import pickle
import random

import pytest

from mailtriage.model.stamp import Stamp
from mailtriage.scan import tally as room
from mailtriage.scan.tally import REST, GroupKey, Place, Tally


def chunk(numbers: range) -> Tally:
    tally = Tally()
    for number in numbers:
        trust = "client" if number % 50 == 0 else "helo"
        key = GroupKey("mx", "inbound", "dnsbl", "r", "", "", f"p{number % 700}", trust, "reject")
        tally.group(key).touch(Place(0, number, 0, Stamp(number, False)), 1)
    tally.settle()
    return tally


def look(tally: Tally) -> dict[GroupKey, tuple[int, Place | None, Place | None]]:
    tally.settle()
    return {key: (group.count, group.first, group.last) for key, group in tally.groups.items()}


def test_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "CROWD", 100)
    whole = look(chunk(range(3000)))
    assert len([key for key in whole if key.trust != REST]) == 100
    assert sum(count for count, _, _ in whole.values()) == 3000
    assert {key.trust for key in whole} == {"client", "helo", REST}
    for seed in range(5):
        parts = [pickle.loads(pickle.dumps(chunk(range(at, at + 300)))) for at in range(0, 3000, 300)]
        choose = random.Random(seed)
        while len(parts) > 1:
            choose.shuffle(parts)
            parts[0].merge(parts.pop())
        assert look(parts[0]) == whole
