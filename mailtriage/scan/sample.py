"""Sets of bounded size that give the same answer in whatever order they were filled and merged.

A set keeps the members with the smallest hashes: all of them up to ``limit``, beyond it an even sample from which
the number of all is estimated. Two such sets with the same limit merge to what one set would have become.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from zlib import adler32, crc32

_SPACE = 2.0**64
_SPREAD = 0x9E3779B97F4A7C15  # 2**64 / golden ratio: neighbours end up far apart


def digest(member: str | bytes) -> int:
    """A hash of 64 bits, the same in every process. Cheap: two check sums, for it is taken of most texts of a log."""
    data = member.encode("utf-8", "surrogateescape") if isinstance(member, str) else member
    return crc32(data) << 32 | adler32(data)


def scattered(number: int) -> int:
    """A hash of 64 bits of a number, such as a line's offset."""
    return number * _SPREAD & 0xFFFFFFFFFFFFFFFF


class Sample:
    """A bottom-k sample: member → value. The value of a member that comes twice is the smaller of the two."""

    __slots__ = ("_ceiling", "_full", "_kept", "_members", "_order", "_values", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._kept: dict[int, str] = {}
        self._values: dict[int, Any] = {}  # of those members that have one
        self._full = False
        self._order: list[int] | None = None  # the hashes in order, while nothing changes
        self._members: list[str] | None = None  # the same of the members
        self._ceiling = 2**64  # hashes from here on are out; falls as the set fills

    def add(self, member: str, value: Any = None) -> None:
        """Put a member in."""
        key = digest(member)
        if key >= self._ceiling:
            self._full = True
        elif value is not None or key not in self._kept:
            self.put(key, member, value)

    def add_all(self, members: Iterable[bytes]) -> None:
        """Put in many, as they stand in the log (UTF-8)."""
        kept, ceiling, most = self._kept, self._ceiling, 2 * self.limit
        for member in members:
            key = crc32(member) << 32 | adler32(member)
            if key >= ceiling:
                self._full = True
            elif key not in kept:
                kept[key] = member.decode("utf-8", "surrogateescape")
                self._order = None
                if len(kept) > most:
                    self._trim()
                    kept, ceiling = self._kept, self._ceiling
        if len(kept) > self.limit:
            self._trim()

    @property
    def ceiling(self) -> int:
        """Hashes from here on are out for good."""
        return self._ceiling

    def add_bytes(self, member: bytes) -> None:
        """Put in one as it stands in the log."""
        key = digest(member)
        if self.wants_key(key):
            self.put(key, member.decode("utf-8", "surrogateescape"))

    def members_by_hash(self) -> dict[int, str]:
        """What is kept, to put more into, each below the ceiling; followed by ``changed``."""
        return self._kept

    def values_by_hash(self) -> dict[int, Any]:
        """The values of what is kept."""
        return self._values

    def changed(self) -> None:
        """Say that something was put into what is kept."""
        self._order = None
        if len(self._kept) > 2 * self.limit:
            self._trim()

    def thin(self) -> None:
        """Say that this set was made of a part of what there was: its size is a lower bound."""
        self._full = True

    def wants_key(self, key: int) -> bool:
        """Whether a member of this hash would be new here; where it is out, it is counted in."""
        return self.could_keep(key) and key not in self._kept

    def could_keep(self, key: int) -> bool:
        """Whether a member of this hash, new or not, would be kept; where not, it is counted in."""
        if key >= self._ceiling:
            self._full = True
            return False
        return True

    def put(self, key: int, member: str, value: Any = None) -> None:
        """Put in a member whose hash is known."""
        if key >= self._ceiling:
            self._full = True
            return
        self._kept[key] = member
        self._order = None
        if value is not None:
            old = self._values.get(key)
            if old is None or value < old:
                self._values[key] = value
        if len(self._kept) > 2 * self.limit:
            self._trim()

    def _trim(self) -> None:
        if len(self._kept) > self.limit:
            self._order = None
            keep = sorted(self._kept)[: self.limit]
            self._ceiling = keep[-1] + 1
            self._keep(keep)
            self._full = True

    def _keep(self, keys: list[int]) -> None:
        self._kept = {key: self._kept[key] for key in keys}
        if self._values:
            self._values = {key: self._values[key] for key in keys if key in self._values}

    def merge(self, other: "Sample") -> None:
        """Take over what another set holds; the result is exact as far as both are."""
        other._trim()
        ceiling = min(self._ceiling, other._ceiling)
        # Only what was not cut so low before is looked through: one of the two is, the other seldom.
        mine, theirs = self._below(ceiling), other._below(ceiling)
        self._kept = mine
        for key in theirs.keys() - mine.keys():
            mine[key] = theirs[key]
        if self._values or other._values:
            values = {**other._values, **self._values}
            for key in other._values.keys() & self._values.keys():
                values[key] = min(other._values[key], self._values[key])
            self._values = {key: value for key, value in values.items() if key < ceiling}
        self._ceiling, self._full, self._order = ceiling, self._full or other._full, None
        self._trim()

    def _below(self, ceiling: int) -> dict[int, str]:
        """The members that are kept where hashes from ``ceiling`` on are out."""
        if ceiling >= self._ceiling:
            return self._kept
        return {key: member for key, member in self._kept.items() if key < ceiling}

    def settle(self) -> None:
        """Bring the set into its one final form, for comparing and sending."""
        self._trim()

    @property
    def hashes(self) -> list[int]:
        """The hashes of the members that are kept, ascending."""
        self._trim()
        return list(self._in_order())

    @property
    def exact(self) -> bool:
        """Whether every member is still there."""
        return not self._full

    def __len__(self) -> int:
        """How many different members were put in: counted, or estimated where ``exact`` is false."""
        self._trim()
        if not self._full:
            return len(self._kept)
        return max(len(self._kept), round((len(self._kept) - 1) * _SPACE / max(self._ceiling, 1)))

    def __contains__(self, member: str) -> bool:
        return digest(member) in self._kept

    def could_hold(self, member: str) -> bool:
        """Whether the member would be among those kept, had it come: tells "never came" from "not sampled"."""
        return digest(member) < self._ceiling

    def items(self) -> Iterator[tuple[str, Any]]:
        """Members and values that are kept, in an order that does not depend on history."""
        self._trim()
        kept = self._kept
        return ((kept[key], self._values.get(key)) for key in self._in_order())

    def _in_order(self) -> list[int]:
        if self._order is None:
            self._order, self._members = sorted(self._kept), None
        return self._order

    def members(self) -> list[str]:
        """The members that are kept, in that order. Not to be changed: it is given again."""
        self._trim()
        order, kept = self._in_order(), self._kept
        if self._members is None:
            self._members = [kept[key] for key in order]
        return self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self.members())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sample):
            return NotImplemented
        self.settle()
        other.settle()
        mine, theirs = (self._kept, self._values, self._full), (other._kept, other._values, other._full)
        return mine == theirs and self.limit == other.limit

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> tuple[int, dict[int, str], dict[int, Any], bool, int]:
        self.settle()
        return self.limit, self._kept, self._values, self._full, self._ceiling

    def __setstate__(self, state: tuple[int, dict[int, str], dict[int, Any], bool, int]) -> None:
        self.limit, self._kept, self._values, self._full, self._ceiling = state
        self._order = self._members = None


def sample(limit: int, members: Iterable[str]) -> Sample:
    """A set of these members."""
    out = Sample(limit)
    for member in members:
        out.add(member)
    return out
