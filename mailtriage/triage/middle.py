"""The median, without the module of the standard library: that loads fractions and decimals, which takes longer than a
small log."""

from collections.abc import Iterable


def median(numbers: Iterable[float]) -> float:
    """The middle one of some numbers, or the mean of the two in the middle. Raises ValueError where there is none."""
    ordered = sorted(numbers)
    if not ordered:
        raise ValueError("no median of nothing")
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
