"""The weight of troubles of the server: by reach and effect, one step less when over."""

import pytest

from mailtriage.model.finding import SEVERITIES
from mailtriage.triage.gravity import TABLE, gravity, one_less


@pytest.mark.parametrize(("reach", "effect"), sorted(TABLE))
def test_more_reach_never_asks_less(reach: str, effect: str) -> None:
    order = ("one", "some", "everybody")
    wider = order[min(order.index(reach) + 1, 2)]
    rank = {key: SEVERITIES.index(severity) for key, severity in TABLE.items()}
    assert rank[wider, effect] >= rank[reach, effect]  # type: ignore[index]


def test_what_is_over_asks_one_step_less_and_is_still_told() -> None:
    assert gravity("everybody", "waits") == "high"
    assert gravity("everybody", "waits", over=True) == "medium"
    assert gravity("one", "unguarded", over=True) == "low"
    assert [one_less(severity) for severity in SEVERITIES] == ["info", "low", "low", "medium"]
