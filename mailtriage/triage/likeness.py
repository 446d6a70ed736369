"""Which known name somebody meant who typed another: one slip of a finger away."""

import re
from collections.abc import Iterable

_DIGITS = re.compile(r"\d+")
LONG = 64  # names beyond it are not compared


def near(typed: str, known: Iterable[str]) -> str | None:
    """The first known name that one slip (a letter more, less, other, or two swapped) turns into ``typed``."""
    if not 5 <= len(typed) <= LONG:
        return None
    # A slip leaves the first two letters or the last two: most names are told apart by these and by their length.
    begin, end, least, most = typed[:2], typed[-2:], max(len(typed) - 1, 5), len(typed) + 1
    alike = (name for name in known if least <= len(name) <= most and (name.startswith(begin) or name.endswith(end)))
    return min((name for name in alike if slip(typed, name)), default=None)


def slip(one: str, other: str) -> bool:
    """Whether two different texts are one slip apart. What differs in its number is numbered, not mistyped."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    return _near(one, other) and _DIGITS.sub("", one) != _DIGITS.sub("", other)


def _near(one: str, other: str) -> bool:
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[:2] == b[1::-1] and len(a) > 1 and a[2:] == b[2:])
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[1:] == shorter
