"""Points at the lines that deserve a look; all others are passed over without becoming a Python object.

Literals point, the parser verifies: a line that only imitates one of them costs time, never a wrong answer.
"""

import re
from collections.abc import Iterator
from typing import Protocol

# What stands in every line that refuses, fails, warns, arrives late, or tells of the server itself.
FAILURES = (
    rb"reject", rb"status=(?!sent)", rb"warning: ", rb"fatal: ", rb"error: ", rb"panic: ", rb"\(discarded",
    rb": (?:milter-)?hold: ", rb": (?:milter-)?discard: ", rb": redirect: ",
    rb"[ ,]delay=\d{3}", rb"master\[", rb"postsuper\[", rb"postfix-script\[", rb"connect to ", rb"last message ",
    rb"message repeated ", rb"uppressed ",
    rb"delivered to command: ", rb"delivered to file: ", rb"imuxsock", rb"lost, ",
)  # fmt: skip


class Pointer(Protocol):
    """Finds lines in a buffer."""

    def lines(self, buffer: bytes | bytearray, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """Start and end (without newline) of each line in [begin, end) that deserves a look, in order, each once."""
        ...


class Expression:
    """Points with one regular expression of Python's own."""

    def __init__(self, literals: tuple[bytes, ...] = FAILURES) -> None:
        self._search = re.compile(b"|".join(literals)).search

    def lines(self, buffer: bytes | bytearray, begin: int, end: int) -> Iterator[tuple[int, int]]:
        search, find, rfind = self._search, buffer.find, buffer.rfind
        at = begin
        while (hit := search(buffer, at, end)) is not None:
            start = rfind(b"\n", at, hit.start()) + 1 or at
            stop = find(b"\n", hit.end(), end)
            stop = end if stop < 0 else stop
            yield start, stop
            at = stop + 1
