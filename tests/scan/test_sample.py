"""Bounded sets: exact up to their limit, estimated beyond it, the same however they were filled and merged."""

import pickle
import random

import pytest

from mailtriage.scan.sample import Sample


def filled(limit: int, members: list[str]) -> Sample:
    out = Sample(limit)
    for member in members:
        out.add(member)
    return out


@pytest.mark.parametrize("number", [0, 1, 63, 64])
def test_exact_up_to_the_limit(number: int) -> None:
    kept = filled(64, [f"u{n}@example.org" for n in range(number)] * 2)
    assert len(kept) == number
    assert kept.exact


def test_estimated_beyond_it() -> None:
    kept = filled(512, [f"u{n}@example.org" for n in range(20_000)])
    assert not kept.exact
    assert len(kept.members()) == 512
    assert 0.8 * 20_000 < len(kept) < 1.2 * 20_000


@pytest.mark.parametrize("seed", range(5))
def test_any_order_and_any_tree_of_merges_gives_the_same(seed: int) -> None:
    members = [f"m{n}" for n in range(3_000)]
    whole = filled(100, members)
    rng = random.Random(seed)
    rng.shuffle(members)
    parts = [filled(100, members[at : at + rng.randint(1, 400)]) for at in range(0, 3_000, 400)]
    covered = {m for part in parts for m in part}
    parts.append(filled(100, [m for m in members if m not in covered]))
    while len(parts) > 1:
        rng.shuffle(parts)
        other = pickle.loads(pickle.dumps(parts.pop()))
        parts[0].merge(other)
    assert parts[0].members() == whole.members()


def test_the_smaller_value_of_a_member_stays() -> None:
    kept = Sample(4)
    kept.add("a", 7)
    kept.add("a", 3)
    kept.add("a", 5)
    assert list(kept.items()) == [("a", 3)]
