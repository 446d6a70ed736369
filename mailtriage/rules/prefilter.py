"""Which rules can match a text at all: those that have a required word in it.

Every word is filed under the one of its four-letter pieces that is rarest among all words; a text has a few hundred
pieces, and one set operation tells which of them are filed. Shorter words are looked for one by one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

PIECE = 4

# pieces and short words -> numbers of rules, numbers of rules that must always be tried
Index = tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]], tuple[int, ...]]


def _pieces(word: str) -> Iterable[str]:
    return (word[i : i + PIECE] for i in range(len(word) - PIECE + 1))


def build(words: Sequence[tuple[tuple[str, ...], ...]]) -> Index:
    """The index of a list of rules, given the required words of each of their patterns."""
    frequency = Counter(p for patterns in words for ws in patterns for w in ws for p in set(_pieces(w)))
    pieces: dict[str, set[int]] = {}
    short: dict[str, set[int]] = {}
    always: list[int] = []
    for number, patterns in enumerate(words):
        if not patterns or not all(patterns):
            always.append(number)
            continue
        for word in {w for ws in patterns for w in ws}:
            if len(word) < PIECE:
                short.setdefault(word, set()).add(number)
            else:
                rarest = min(_pieces(word), key=lambda p: (frequency[p], p))
                pieces.setdefault(rarest, set()).add(number)
    return (
        {p: tuple(sorted(ns)) for p, ns in sorted(pieces.items())},
        {w: tuple(sorted(ns)) for w, ns in sorted(short.items())},
        tuple(always),
    )


def candidates(index: Index, lowered: str) -> list[int]:
    """The numbers of the rules that may match a text (in lower case), in order."""
    pieces, short, always = index
    found = set(always)
    for piece in pieces.keys() & {lowered[i : i + PIECE] for i in range(len(lowered) - PIECE + 1)}:
        found.update(pieces[piece])
    for word, numbers in short.items():
        if word in lowered:
            found.update(numbers)
    return sorted(found)
