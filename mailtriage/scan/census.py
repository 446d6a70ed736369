"""Counting every line, and learning about this server from samples taken at fixed places of the log.

What is learnt depends on the place of a line alone (the first WHOLE bytes of a source, then STRETCH bytes of every
STRIDE), never on chunks.
"""

import re

from mailtriage.model.stamp import Stamp
from mailtriage.scan.tally import Place, Tally
from mailtriage.sources.interface import Block, Rest
from mailtriage.sources.reading import Reader
from mailtriage.syslog.bulk import count_lines
from mailtriage.syslog.calendar import Run, note
from mailtriage.syslog.head import parse_head

WHOLE = 16 * 1024 * 1024
STRIDE = 4 * 1024 * 1024
STRETCH = 256 * 1024
PULSE = 16 * 1024  # bytes between stamps that are looked at for the calendar and for silences

# Docker's json-file driver writes < and > as \\u003c and \\u003e.
_LOGIN = re.compile(rb": client=[^,\n]{1,300}, sasl_method=[^,\n]{1,40}, sasl_username=([^,\s\\\"]{1,200})")
_LOCAL = re.compile(
    rb" to=(?:<|\\u003c)[^>\n\\]{0,200}@([^>@\s\\]{1,200})(?:>|\\u003e), "
    rb"(?:orig_to=(?:<|\\u003c)[^>\n\\]{0,300}(?:>|\\u003e), )?"
    rb"relay=(?:local|virtual|dovecot|maildrop|cyrus|procmail|[^,\n]{1,200}\[(?:private)?/[^\]\n]{1,200}\])"
    rb",[^\n]{0,300} status=sent"
)
_CARRIED = re.compile(rb": from=(?:<|\\u003c)[^>\n\\]{0,200}@([^>@\s\\]{1,200})(?:>|\\u003e), size=\d")
_TAKEN = re.compile(rb": to=(?:<|\\u003c)[^>\n\\]{0,200}@([^>@\s\\]{1,200})(?:>|\\u003e),[^\n]{0,300} status=sent")
_VARIES = re.compile(r"\b[0-9A-F]{6,}\b|\d+|\"[^\"]{0,200}\"|<[^>]{0,200}>")


_QUEUE_ID = re.compile(r"[0-9A-F]{6,20}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}")


def is_queue_id(text: str) -> bool:
    """Whether a word is a queue ID, short or long (Postfix mail_queue.h), maybe behind its queue's name."""
    return bool(_QUEUE_ID.fullmatch(text.rpartition("/")[2])) and any(c.isdigit() for c in text)


def outline(text: str) -> str:
    """A message's words without what varies in it, to count the like of it together."""
    return _VARIES.sub("*", text[:200])


def _stamped(data: bytes, start: int) -> tuple[int, Stamp] | None:
    """The first line that begins at ``start`` or later and has a time stamp."""
    begin = start if start == 0 else data.find(b"\n", start - 1) + 1
    while begin < len(data) and (begin or start == 0):
        end = data.find(b"\n", begin)
        head = parse_head(data[begin : end if end >= 0 else len(data)])
        if head is not None and head.stamp is not None:
            return begin, head.stamp
        if end < 0:
            return None
        begin = end + 1
    return None


def _last_stamped(data: bytes) -> tuple[int, Stamp] | None:
    """The last line that has a time stamp."""
    end = len(data) - 1 if data.endswith(b"\n") else len(data)
    while end > 0:
        begin = data.rfind(b"\n", 0, end) + 1
        head = parse_head(data[begin:end])
        if head is not None and head.stamp is not None:
            return begin, head.stamp
        end = begin - 1
    return None


class Census:
    """Lines by what they are, the log's first and last time, the turns of the year, and samples of ordinary traffic."""

    def __init__(self, number: int, start: int, tally: Tally) -> None:
        self._number, self._tally = number, tally
        self._runs: list[Run] = []
        self._pulse: dict[int, Stamp] = {}
        self._next = start

    def feed(self, block: Block) -> None:
        """Count a block's lines."""
        data = bytes(block.buffer[block.begin : block.end])
        lines = count_lines(data)
        counts = self._tally.counts
        counts.read += lines.read
        counts.postfix += lines.postfix
        counts.other += lines.other
        counts.broken += lines.broken
        self._tally.known.hosts.update(lines.hosts)
        if not self._runs:
            self._next = block.offset
        while self._next < block.offset + len(data):
            found = _stamped(data, max(self._next - block.offset, 0))
            if found is None:
                break
            place, stamp = block.offset + found[0], found[1]
            self._note(place, stamp)
            self._next = (place // PULSE + 1) * PULSE
        last = _last_stamped(data)
        if last is not None:
            self._note(block.offset + last[0], last[1])
        self._learn(data, block.offset)

    def _note(self, offset: int, stamp: Stamp) -> None:
        note(self._runs, offset, stamp)
        self._pulse[offset // PULSE] = min(self._pulse.get(offset // PULSE, stamp), stamp)
        place = Place(self._number, offset, 0, stamp)
        for ends, choose in ((self._tally.first, min), (self._tally.last, max)):
            ends[self._number] = choose(ends.get(self._number, place), place)

    def _learn(self, data: bytes, offset: int) -> None:
        if offset > WHOLE and offset % STRIDE > STRETCH:
            return
        known = self._tally.known
        for expression, counter in (
            (_LOGIN, known.logins), (_LOCAL, known.local), (_CARRIED, known.carried), (_TAKEN, known.taken),
        ):  # fmt: skip
            for value in expression.findall(data):
                counter[value.decode("utf-8", "replace").lower()] += 1

    def finish(self, reader: Reader | Rest) -> None:
        """Hand over what belongs to the whole chunk."""
        self._tally.turns[self._number] = list(self._runs)
        self._tally.pulse[self._number] = self._pulse
