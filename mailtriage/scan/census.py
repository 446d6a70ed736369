"""Counting every line, and learning about this server from samples taken at fixed places of the log.

What is learnt depends on the place of a line alone (the first WHOLE bytes of a source, then STRETCH bytes of every
STRIDE), never on chunks.
"""

import re
from collections.abc import Iterator

from mailtriage.model.stamp import Stamp
from mailtriage.scan.heads import Heads
from mailtriage.scan.pointer import Buffer
from mailtriage.scan.tally import Place, Tally
from mailtriage.sources.interface import Block
from mailtriage.syslog.calendar import Run, note
from mailtriage.syslog.head import parse_head

WHOLE = 16 * 1024 * 1024
STRIDE = 4 * 1024 * 1024
STRETCH = 256 * 1024
PULSE = 64 * 1024  # bytes between stamps that are looked at for the turns of the year and for silences

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
_HANDED = re.compile(rb" relay=([^,\[\s]{1,200})\[[^/\]\n]{1,80}\]:(?:587|465),[^\n]{0,300} status=sent")
_VARIES = re.compile(r"\b[0-9A-F]{6,}\b|\d+|\"[^\"]{0,200}\"|<[^>]{0,200}>")


_QUEUE_ID = re.compile(r"[0-9A-F]{6,20}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}")


def is_queue_id(text: str) -> bool:
    """Whether a word is a queue ID, short or long (Postfix mail_queue.h), maybe behind its queue's name."""
    return bool(_QUEUE_ID.fullmatch(text.rpartition("/")[2])) and any(c.isdigit() for c in text)


def outline(text: str) -> str:
    """A message's words without what varies in it, to count the like of it together."""
    return _VARIES.sub("*", text[:200])


def _stamped(buffer: Buffer, low: int, start: int, stop: int) -> tuple[int, Stamp] | None:
    """The first line of buffer[low:stop] that begins at ``start`` or later and has a time stamp."""
    begin = start if start == low else buffer.find(b"\n", start - 1, stop) + 1 or stop
    while begin < stop:
        end = buffer.find(b"\n", begin, stop)
        head = parse_head(bytes(buffer[begin : end if end >= 0 else stop]))
        if head is not None and head.stamp is not None:
            return begin, head.stamp
        if end < 0:
            return None
        begin = end + 1
    return None


def _last_stamped(buffer: Buffer, low: int, stop: int) -> tuple[int, Stamp] | None:
    """The last line of buffer[low:stop] that has a time stamp."""
    end = stop - 1 if buffer[stop - 1 : stop] == b"\n" else stop
    while end > low:
        begin = buffer.rfind(b"\n", low, end) + 1 or low
        head = parse_head(bytes(buffer[begin:end]))
        if head is not None and head.stamp is not None:
            return begin, head.stamp
        end = begin - 1
    return None


class Census:
    """Lines by what they are, the log's first and last time, the turns of the year, and samples of ordinary traffic."""

    def __init__(self, number: int, start: int, tally: Tally, hyperscan: bool = True) -> None:
        self._number, self._tally = number, tally
        self._runs: list[Run] = []
        self._next = start
        self._heads = Heads(hyperscan)

    def feed(self, block: Block, lines: int) -> None:
        """Count a block's lines; ``lines`` newlines are in it."""
        buffer, begin, end = block.buffer, block.begin, block.end
        found = self._heads.count(buffer, begin, end, lines)
        counts = self._tally.counts
        counts.read += found.read
        counts.postfix += found.postfix
        counts.other += found.other
        counts.broken += found.broken
        self._tally.known.hosts.update(found.hosts)
        shift = block.offset - begin
        if not self._runs:
            self._next = block.offset
        while self._next < end + shift:
            stamped = _stamped(buffer, begin, max(self._next - shift, begin), end)
            if stamped is None:
                break
            place, stamp = stamped[0] + shift, stamped[1]
            self._note(place, stamp)
            pulse = self._tally.pulse.setdefault(self._number, {})
            pulse[place // PULSE] = min(pulse.get(place // PULSE, (place, stamp)), (place, stamp))
            self._next = (place // PULSE + 1) * PULSE
        if (last := _last_stamped(buffer, begin, end)) is not None:
            self._note(last[0] + shift, last[1])
        self._learn(block)

    def _note(self, offset: int, stamp: Stamp) -> None:
        note(self._runs, offset, stamp)
        place = Place(self._number, offset, 0, stamp)
        for ends, choose in ((self._tally.first, min), (self._tally.last, max)):
            ends[self._number] = choose(ends.get(self._number, place), place)

    def _learn(self, block: Block) -> None:
        """Learn from the lines that begin in the windows of the log that are looked at."""
        for start, stop in windows(block.offset, block.offset + block.end - block.begin):
            data = lines_from(block, start, stop)
            known = self._tally.known
            if b"]:587, " in data or b"]:465, " in data:
                known.handed.update(host.decode("utf-8", "replace").lower() for host in _HANDED.findall(data))
            for expression, counter in (
                (_LOGIN, known.logins), (_LOCAL, known.local), (_CARRIED, known.carried), (_TAKEN, known.taken),
            ):  # fmt: skip
                for value in expression.findall(data):
                    counter[value.decode("utf-8", "replace").lower()] += 1

    def finish(self) -> None:
        """Hand over what belongs to the whole chunk."""
        self._tally.turns[self._number] = list(self._runs)


def windows(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The parts of [low, high) to learn from: the first WHOLE bytes of a source, then the head of each stride."""
    at = low
    while at < high:
        if at < WHOLE:
            stop = WHOLE
        else:
            stride = at // STRIDE * STRIDE
            if at >= stride + STRETCH:
                at = stride + STRIDE
                continue
            stop = stride + STRETCH
        yield at, min(stop, high)
        at = stop


def lines_from(block: Block, start: int, stop: int) -> bytes:
    """The lines of a block that begin in [start, stop), offsets in the source."""
    buffer, shift = block.buffer, block.offset - block.begin
    first, last = start - shift, stop - shift
    if first > block.begin:
        first = buffer.find(b"\n", first - 1, block.end) + 1 or block.end
    if last < block.end:
        last = buffer.find(b"\n", last - 1, block.end) + 1 or block.end
    return bytes(memoryview(buffer)[first : max(first, last)])
