"""Counts whole blocks of lines by whose they are, many times faster than taking the head off each.

The tally is that of ``parse_head``: lines of the two usual forms are counted by host and tag in one go, each pair is
judged once, and only what is left over is looked at line by line.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from mailtriage.syslog.head import CARRIER, parse_head

_STAMP = (
    rb"(?:[ADFJMNOS][a-z]{2} [ 0-3]\d [0-2]\d:[0-5]\d:[0-6]\d"
    rb"|\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
)
# What runs containers may carry whole lines of others: each of its lines is looked at.
_USUAL = re.compile(rb"\n" + _STAMP + rb" ([^ \n]+ (?!" + CARRIER.encode() + rb")[^ \n\[:]+)(?:\[\d{1,10}\])?: ")
_SAMPLE_STAMP = b"Apr  1 00:00:00 "


@dataclass(slots=True)
class LineTally:
    """read = postfix + other + broken; ``hosts``: which hosts wrote how many lines of Postfix."""

    read: int = 0
    postfix: int = 0
    other: int = 0
    broken: int = 0
    hosts: Counter[str] = field(default_factory=Counter)

    def add(self, known: str, host: str | None, count: int) -> None:
        """Count lines by whose they are (postfix, other, broken)."""
        setattr(self, known, getattr(self, known) + count)
        if known == "postfix" and host:
            self.hosts[host] += count


def count_lines(block: bytes) -> LineTally:
    """Count the lines of a block that begins at a line's start; its last line may lack the newline."""
    tally = LineTally(read=block.count(b"\n"))
    if block and not block.endswith(b"\n"):
        tally.read += 1
    found = 0
    if b"\0" not in block:
        for writer, count in Counter(_USUAL.findall(b"\n" + block)).items():
            known, host = _writer(writer)
            found += count
            tally.add(known, host, count)
    if found < tally.read:
        for line in block.split(b"\n")[: tally.read]:
            if found and _USUAL.match(b"\n" + line):
                continue
            tally.add(*_slowly(line), 1)
    return tally


def judge(line: bytes) -> tuple[str, str | None]:
    """Whose one line is (postfix, other, broken), and its host; as ``count_lines`` would count it."""
    return (judge_usual(line) if b"\0" not in line else None) or _slowly(line)


def judge_usual(line: bytes) -> tuple[str, str | None] | None:
    """The same for a line that begins as most do; None for any other."""
    found = _USUAL.match(b"\n" + line)
    return _writer(found[1]) if found else None


def writers(block: bytes) -> Counter[bytes]:
    """The ``host tag`` of the usual lines in a block, but the first line's, and how often each wrote."""
    return Counter(_USUAL.findall(block))


def _slowly(line: bytes) -> tuple[str, str | None]:
    head = parse_head(line)
    if head is None:
        return "broken", None
    return ("other" if head.program is None else "postfix"), head.host


@lru_cache(maxsize=1024)
def _writer(words: bytes) -> tuple[str, str | None]:
    """Whose a line is that has ``host tag`` between its time and its text."""
    head = parse_head(_SAMPLE_STAMP + words + b": text")
    if head is None:
        return "broken", None
    return ("other" if head.program is None else "postfix"), head.host
