"""What a pattern promises: the words without which it cannot match, and that its cost stays in proportion.

Both are read off the pattern itself (Python's own parser of expressions), so that an author of rules need not say them.
"""

import re
from functools import lru_cache
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any


def unbounded(pattern: str) -> bool:
    """Whether a pattern repeats something without end (``*``, ``+``, ``{3,}``).

    Such a pattern can cost the square of the text's length. ``{0,80}`` says the same and cannot.
    """
    return _unbounded(parser.parse(pattern, re.IGNORECASE))


def _unbounded(tree: Any) -> bool:
    for op, value in tree:
        if op in (c.MAX_REPEAT, c.MIN_REPEAT, getattr(c, "POSSESSIVE_REPEAT", None)):
            if value[1] is c.MAXREPEAT or _unbounded(value[2]):
                return True
        elif any(_unbounded(sub) for sub in _children(op, value)):
            return True
    return False


@lru_cache(maxsize=10_000)
def required(pattern: str) -> frozenset[str]:
    """Lower-case words of which at least one stands in every text that the pattern matches.

    The empty set means that nothing can be promised, and the pattern must always be tried.
    """
    return _required(parser.parse(pattern, re.IGNORECASE))


def _required(tree: Any) -> frozenset[str]:
    best: frozenset[str] = frozenset()
    run = ""
    for op, value in [*tree, (None, None)]:
        if op is c.LITERAL and (value < 128 or len(chr(value).lower()) == 1):
            run += chr(value).lower()
            continue
        best, run = _better(best, frozenset((run,)) if run else frozenset()), ""
        if op is c.SUBPATTERN:
            best = _better(best, _required(value[3]))
        elif op is c.BRANCH:
            branches = [_required(branch) for branch in value[1]]
            if all(branches):
                best = _better(best, frozenset().union(*branches))
        elif op in (c.MAX_REPEAT, c.MIN_REPEAT) and value[0] > 0:
            best = _better(best, _required(value[2]))
    return best


def _better(a: frozenset[str], b: frozenset[str]) -> frozenset[str]:
    """The set whose shortest word is the longest; of equals the smaller set."""
    rank = [(min(map(len, s), default=0), -len(s)) for s in (a, b)]
    return b if rank[1] > rank[0] else a


def _children(op: Any, value: Any) -> list[Any]:
    if op is c.SUBPATTERN:
        return [value[3]]
    if op is c.BRANCH:
        return list(value[1])
    if op in (c.ASSERT, c.ASSERT_NOT):
        return [value[1]]
    if op is c.GROUPREF_EXISTS:
        return [part for part in value[1:] if part is not None]
    return []
