"""Points at the lines that deserve a look; all others are passed over without becoming a Python object.

Literals point, the parser verifies: a line that only imitates one of them costs time, never a wrong answer. Hyperscan
looks at a whole block in one go, for all literals at once; where it is missing, ``re`` and ``bytes.find`` point at the
same lines, more slowly.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

Buffer = bytes | bytearray
WITHOUT = "MAILTRIAGE_WITHOUT_HYPERSCAN"  # set to 1 in the environment: as if hyperscan were not installed

# What stands in every line that refuses, fails, warns, arrives late, or tells of the server itself. Each is written
# so that Hyperscan and re read it alike; none can match across a line's end but with its last character.
FAILURES = (
    rb"reject", rb"status=(?:[^s]|s[^e]|se[^n]|sen[^t])", rb"warning: ", rb"fatal: ", rb"error: ", rb"panic: ",
    rb"\(discarded", rb": (?:milter-)?hold: ", rb": (?:milter-)?discard: ", rb": redirect: ",
    rb" refused to talk to me: ", rb" said: [45]", rb"[ ,]delay=[0-9]{3}",
    rb"master\[", rb"postsuper\[", rb"postfix-script\[", rb"connect to ", rb"last message ",
    rb"message repeated ", rb"uppressed ",
    rb"delivered to command: ", rb"delivered to file: ", rb"imuxsock", rb"lost, ", rb"/discard\[", rb"backwards-compat",
    rb" refused to talk to me: ", rb"\] said: [45]",
)  # fmt: skip

NAME_LETTERS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-"
_ANCHOR, _NEXT = 6, 4  # bytes of a literal
NAME_LENGTH = 512  # of a host name with what leads to it


class Pointer(Protocol):
    """Finds lines in a buffer that holds whole lines between ``begin`` and ``end``; the last may lack its end."""

    def ends(self, buffer: Buffer, begin: int, end: int) -> list[int]:
        """Where in buffer[begin:end] that which points at lines ends, counted from ``begin``, in order."""
        ...


class Expression:
    """Points with one regular expression of Python's own."""

    def __init__(self, patterns: Sequence[bytes]) -> None:
        self._search = re.compile(b"|".join(patterns), re.DOTALL).search

    def ends(self, buffer: Buffer, begin: int, end: int) -> list[int]:
        search, find = self._search, buffer.find
        ends: list[int] = []
        at = begin
        while at < end and (hit := search(buffer, at, end)) is not None:
            behind = hit.end()
            ends.append(behind - begin)
            at = find(b"\n", behind - 1, end) + 1 or end  # its last character may be the line's end
        return ends


class Vectors:
    """Points with Hyperscan: only where matches end is asked for, which is the fastest it can say."""

    def __init__(self, patterns: Sequence[bytes]) -> None:
        self._scan = compiled(tuple(patterns)).scan

    def ends(self, buffer: Buffer, begin: int, end: int) -> list[int]:
        ends: list[int] = []
        append = ends.append
        self._scan(memoryview(buffer)[begin:end], match_event_handler=lambda _i, _f, to, _g, _c: append(to))
        return ends


def pointed(pointer: Pointer, buffer: Buffer, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Start and end (without newline) of each line in [begin, end) that deserves a look, in order, each once."""
    find, rfind = buffer.find, buffer.rfind
    at = begin  # lines before it were given
    for to in pointer.ends(buffer, begin, end):
        last = begin + to - 1  # the last character of what points may be the line's end
        if last < at:
            continue
        start = rfind(b"\n", at, last) + 1 or at
        stop = find(b"\n", last, end)
        stop = end if stop < 0 else stop
        yield start, stop
        at = stop + 1


class Literals:
    """Points at the lines that hold one of some literals, and says which of them.

    ``leads``: what must stand before each, with nothing but a host name's letters between; empty: anything. It is
    looked at where a literal was found: a database of such expressions takes Hyperscan a hundred times as long to make
    as one of literals, and points no faster.
    """

    def __init__(self, literals: Sequence[bytes], hyperscan: bool = True, leads: Sequence[bytes] = ()) -> None:
        self.literals = tuple(literals)
        self.leads = {number: lead for number, lead in enumerate(leads) if lead}
        self._vectors: Any = None
        if hyperscan and available():
            self._vectors = compiled(tuple(map(quoted, literals)))
        else:
            self._anchors = _Anchors(self.literals, self.leads)

    def hits(self, buffer: Buffer, begin: int, end: int) -> list[tuple[int, int]]:
        """Where in buffer[begin:end] literals end, counted from ``begin``, in order, and their numbers.

        Their leads are still to be looked at.
        """
        if self._vectors is None:
            return self._anchors.hits(buffer, begin, end)
        hits: list[tuple[int, int]] = []
        append = hits.append
        view = memoryview(buffer)[begin:end]
        self._vectors.scan(view, match_event_handler=lambda number, _f, to, _g, _c: append((to, number)))
        return hits

    def lines(self, buffer: Buffer, begin: int, end: int) -> Iterator[tuple[int, int, frozenset[int]]]:
        """Start and end of each line with the numbers of its literals, in order."""
        find, rfind = buffer.find, buffer.rfind
        start = stop = begin - 1
        found: set[int] = set()
        for to, number in self.hits(buffer, begin, end):
            if number in self.leads and not self._led(number, buffer, begin, begin + to):
                continue
            last = begin + to - 1
            if last >= stop or start < begin:
                if found:
                    yield start, stop, frozenset(found)
                    found = set()
                start = rfind(b"\n", max(stop, begin), last) + 1 or begin
                stop = find(b"\n", last, end)
                stop = end if stop < 0 else stop
            found.add(number)
        if found:
            yield start, stop, frozenset(found)

    def _led(self, number: int, buffer: Buffer, begin: int, to: int) -> bool:
        """Whether the lead of a literal that ends at ``to`` stands before it."""
        at = to - len(self.literals[number])
        return buffer[max(begin, at - NAME_LENGTH) : at].rstrip(NAME_LETTERS).endswith(self.leads[number])


class _Anchors:
    """Points with what many literals begin with: hundreds in one expression would be tried at every byte."""

    def __init__(self, literals: Sequence[bytes], leads: Mapping[int, bytes]) -> None:
        self._literals, self._leads = literals, leads
        # By anchor: the literals that follow it at once, by how they go on; and the others.
        self._behind: dict[bytes, dict[bytes, list[int]]] = {}
        self._others: dict[bytes, list[int]] = {}
        for number, literal in enumerate(literals):
            anchor = leads.get(number) or literal[:_ANCHOR]
            self._behind.setdefault(anchor, {})
            if number in leads or len(literal) < _ANCHOR + _NEXT:
                self._others.setdefault(anchor, []).append(number)
            else:
                self._behind[anchor].setdefault(literal[_ANCHOR : _ANCHOR + _NEXT], []).append(number)
        self._expression = Expression([quoted(anchor) for anchor in self._behind])

    def hits(self, buffer: Buffer, begin: int, end: int) -> list[tuple[int, int]]:
        """As Literals.hits."""
        hits: list[tuple[int, int]] = []
        for start, stop in pointed(self._expression, buffer, begin, end):
            line = bytes(buffer[start:stop])
            for number in self._possible(line):
                literal = self._literals[number]
                at = line.find(literal)
                while at >= 0:
                    hits.append((start - begin + at + len(literal), number))
                    at = line.find(literal, at + 1) if number in self._leads else -1
        return hits

    def _possible(self, line: bytes) -> set[int]:
        found: set[int] = set()
        for anchor, behind in self._behind.items():
            at = line.find(anchor)
            if at >= 0:
                found.update(self._others.get(anchor, ()))
            while behind and at >= 0:
                found.update(behind.get(line[at + _ANCHOR : at + _ANCHOR + _NEXT], ()))
                at = line.find(anchor, at + 1)
        return found


class Marks:
    """Says where which pattern ends. The patterns must not overlap, and each match must have one end."""

    def __init__(self, patterns: Sequence[bytes], hyperscan: bool = True) -> None:
        self._vectors: Any = compiled(tuple(patterns)) if hyperscan and available() else None
        self._expression = re.compile(b"|".join(b"(%s)" % pattern for pattern in patterns), re.DOTALL)

    def ends(self, data: bytes) -> list[tuple[int, int]]:
        """Position behind each match and the number of its pattern, in order."""
        if self._vectors is None:
            return [(found.end(), (found.lastindex or 1) - 1) for found in self._expression.finditer(data)]
        ends: list[tuple[int, int]] = []
        append = ends.append
        self._vectors.scan(data, match_event_handler=lambda number, _f, to, _g, _c: append((to, number)))
        return ends


def available() -> bool:
    """Whether Hyperscan is installed and wanted."""
    if os.environ.get(WITHOUT, "") not in ("", "0"):
        return False
    try:
        import hyperscan  # noqa: F401
    except ImportError:
        return False
    return True


def pointer(patterns: Sequence[bytes] = FAILURES, hyperscan: bool = True) -> Pointer:
    """The fastest pointer there is."""
    return Vectors(patterns) if hyperscan and available() else Expression(patterns)


def quoted(literal: bytes) -> bytes:
    """A literal as a pattern that Hyperscan and re read alike, whatever bytes are in it."""
    return b"".join(b"\\x%02x" % byte for byte in literal)


@lru_cache(maxsize=32)
def compiled(patterns: tuple[bytes, ...]) -> Any:
    """A database of patterns; needs hyperscan. ``^`` stands for the begin of a line."""
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = [hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_MULTILINE] * len(patterns)
    database.compile(expressions=list(patterns), ids=list(range(len(patterns))), flags=flags)
    return database
