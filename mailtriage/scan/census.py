"""Counting every line, and learning about this server from samples taken at fixed places of the log.

What is learnt depends on the place of a line alone (the first WHOLE bytes of a source, then STRETCH bytes of every
STRIDE), never on chunks.
"""

import re

from mailtriage.model.stamp import Stamp
from mailtriage.scan.tally import Place, Tally
from mailtriage.sources.interface import Block
from mailtriage.sources.reading import Reader
from mailtriage.syslog.calendar import Run, note
from mailtriage.syslog.head import parse_head

WHOLE = 16 * 1024 * 1024
STRIDE = 4 * 1024 * 1024
STRETCH = 256 * 1024
PULSE = 16 * 1024  # bytes between stamps that are looked at for the calendar and for silences

_LOGIN = re.compile(rb": client=[^,\n]{1,300}, sasl_method=[^,\n]{1,40}, sasl_username=([^,\n]{1,200})")
_LOCAL = re.compile(
    rb": to=<[^>\n]{0,200}@([^>@\s]{1,200})>, (?:orig_to=<[^>\n]{0,300}>, )?"
    rb"relay=(?:local|virtual|dovecot|maildrop|cyrus|procmail|[^,\n]{1,200}\[(?:private)?/[^\]\n]{1,200}\])"
    rb",[^\n]{0,300} status=sent"
)
_CARRIED = re.compile(rb"qmgr\[\d{1,10}\]: \w{5,30}: from=<[^>\n]{0,200}@([^>@\s]{1,200})>, size=")
_TAKEN = re.compile(rb"smtp\[\d{1,10}\]: \w{5,30}: to=<[^>\n]{0,200}@([^>@\s]{1,200})>,[^\n]{0,300} status=sent")
_VARIES = re.compile(r"\b[0-9A-F]{6,}\b|\d+|\"[^\"]{0,200}\"|<[^>]{0,200}>")


def outline(text: str) -> str:
    """A message's words without what varies in it, to count the like of it together."""
    return _VARIES.sub("*", text[:200])


class Census:
    """Lines by what they are, the log's first and last time, the turns of the year, and samples of ordinary traffic."""

    def __init__(self, number: int, start: int, tally: Tally) -> None:
        self._number, self._tally = number, tally
        self._runs: list[Run] = []
        self._pulse: dict[int, Stamp] = {}
        self._next = start

    def feed(self, block: Block) -> None:
        """Count a block's lines."""
        counts = self._tally.counts
        shift = block.offset - block.begin
        offset = block.offset
        last: tuple[int, Stamp] | None = None
        for raw in bytes(block.buffer[block.begin : block.end]).splitlines(keepends=True):
            counts.read += 1
            head = parse_head(raw)
            if head is None:
                counts.broken += 1
            else:
                if head.tag is not None and head.program is not None:
                    counts.postfix += 1
                    if head.host:
                        self._tally.known.hosts[head.host] += 1
                else:
                    counts.other += 1
                if head.stamp is not None:
                    last = (offset, head.stamp)
                    if offset // PULSE >= self._next // PULSE or not self._runs:
                        self._note(*last)
                        self._next = (offset // PULSE + 1) * PULSE
            offset += len(raw)
        if last is not None:
            self._note(*last)
        self._learn(bytes(block.buffer[block.begin : block.end]), block.begin + shift)

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

    def finish(self, reader: Reader) -> None:
        """Hand over what belongs to the whole chunk."""
        self._tally.turns[self._number] = list(self._runs)
        self._tally.pulse[self._number] = self._pulse
