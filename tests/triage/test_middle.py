import random
import statistics

import pytest

from mailtriage.triage.middle import median


@pytest.mark.parametrize("size", range(1, 9))
def test_as_the_standard_library_says(size: int) -> None:
    numbers = [random.Random(size).randrange(10) for _ in range(size)]
    assert median(numbers) == statistics.median(numbers)


def test_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        median([])
