"""Counts lines by whose they are at the speed of Hyperscan, and exactly.

Nearly all lines of a log begin alike: a time of one form, one host, one of a few tags of Postfix. One pattern says
how a line goes on that does *not* begin so, character by character: the lines that it points at are judged one by one,
all others are Postfix's. It cannot be fooled by what stands further behind in a line, for it never looks there.
"""

import re
from collections import Counter

from mailtriage.scan.inner import compiled_loop
from mailtriage.scan.pointer import Buffer, available, compiled, quoted
from mailtriage.syslog.bulk import LineTally, count_lines, judge, writers

_WARM = 3 * 1024 * 1024  # bytes to see before a pattern is worth making
_MANY = 0.3  # share of unusual lines from which on the pattern does not pay
_TAGS = 60
_NEWLINE = 10
_BSD = tuple(b"[%s]" % cls for cls in (
    b"ADFJMNOS", b"a-z", b"a-z", b" ", b" 0-3", b"0-9", b" ", b"0-2", b"0-9", b":", b"0-5", b"0-9", b":", b"0-6",
    b"0-9",
))  # fmt: skip
_ISO = tuple(b"[%s]" % cls for cls in (
    b"0-9", b"0-9", b"0-9", b"0-9", b"\\-", b"01", b"0-9", b"\\-", b"0-3", b"0-9", b"T", b"0-2", b"0-9", b":", b"0-5",
    b"0-9", b":", b"0-6", b"0-9",
))  # fmt: skip
_STAMP = re.compile(rb"\n(?:([A-Z][a-z]{2} [ \d]\d [\d:]{8})|\d{4}-\d\d-\d\dT[\d:]{8}(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?) ")
# What may not follow a tag: anything but ``: `` and ``[pid]: ``.
_BEHIND_TAG = (rb":[^ ]", rb"\[(?:[^0-9]|[0-9]{1,10}[^0-9\]]|[0-9]{11}|[0-9]{1,10}\](?:[^:]|:[^ ]))")

Tree = dict[int | None, "Tree"]


class Heads:
    """Counts the lines of one chunk, block by block."""

    def __init__(self, hyperscan: bool = True) -> None:
        self._hyperscan = hyperscan and available()
        self._seen = 0
        self._host: str | None = None
        self._tags: set[bytes] = set()
        self._stamp: tuple[bytes, ...] = ()
        self._pattern: bytes | None = None
        compiled = compiled_loop()
        self._writers = compiled and compiled.Writers()
        self._rest = 0  # blocks that are counted slowly before the pattern is tried anew

    def count(self, buffer: Buffer, begin: int, end: int, lines: int) -> LineTally:
        """Whose the lines of buffer[begin:end] are; ``lines`` newlines are in it."""
        if self._writers is not None and buffer.find(b"\0", begin, end) < 0:
            return self._compiled(buffer, begin, end, lines)
        self._seen += end - begin
        if not self._hyperscan or self._seen < _WARM or self._rest:
            self._rest = max(0, self._rest - 1)
            return count_lines(bytes(memoryview(buffer)[begin:end]))
        if self._pattern is None:
            self._learn(bytes(memoryview(buffer)[begin : min(end, begin + 256 * 1024)]))
        if self._pattern is None or buffer.find(b"\0", begin, end) >= 0:
            return count_lines(bytes(memoryview(buffer)[begin:end]))
        return self._count(self._pattern, buffer, begin, end, lines)

    def _compiled(self, buffer: Buffer, begin: int, end: int, lines: int) -> LineTally:
        found, unusual = self._writers.count(buffer, begin, end)
        tally = LineTally(read=lines + (begin < end and buffer[end - 1] != _NEWLINE))
        for known, host, count in found:
            tally.add(known, host, count)
        for line in unusual:
            tally.add(*judge(line), 1)
        return tally

    def _count(self, pattern: bytes, buffer: Buffer, begin: int, end: int, lines: int) -> LineTally:
        whole = buffer.rfind(b"\n", begin, end) + 1 or begin
        ends: list[int] = []
        append = ends.append
        compiled((pattern,)).scan(
            memoryview(buffer)[begin:whole], match_event_handler=lambda _i, _f, to, _g, _c: append(to)
        )
        unusual: Counter[bytes] = Counter()
        find, rfind = buffer.find, buffer.rfind
        last = -1
        for to in ends:
            at = begin + to - 1
            if at < last:
                continue
            last = find(b"\n", at, whole) + 1
            unusual[bytes(buffer[rfind(b"\n", begin, at) + 1 or begin : last - 1])] += 1
        if whole < end:
            unusual[bytes(buffer[whole:end])] += 1
            lines += 1
        tally = LineTally(read=lines)
        usual = lines - unusual.total()
        tally.postfix = usual
        if self._host and usual:
            tally.hosts[self._host] = usual
        for line, count in unusual.items():
            tally.add(*judge(line), count)
        if unusual.total() > _MANY * lines:
            self._again(buffer, begin, end)
        return tally

    def _again(self, buffer: Buffer, begin: int, end: int) -> None:
        """Learn anew from this block; where that teaches nothing, let some blocks pass."""
        before = self._pattern
        self._learn(bytes(memoryview(buffer)[begin : min(end, begin + 256 * 1024)]))
        if self._pattern == before:
            self._pattern, self._rest = None, 16

    def _learn(self, sample: bytes) -> None:
        """The form of the time, the host and the tags that most lines begin with. Changes speed, never a count."""
        forms = Counter(found[1:] for found in (_stamp(match) for match in _STAMP.finditer(sample)))
        heads: dict[str, Counter[bytes]] = {}
        for writer, count in writers(sample).items():
            known, host = judge(b"Apr  1 00:00:00 " + writer + b": x")
            if known == "postfix" and host and writer.startswith(host.encode() + b" "):
                heads.setdefault(host, Counter())[writer] += count
        self._pattern = None
        if not forms or not heads:
            self._rest = 16
            return
        host = max(heads, key=lambda name: heads[name].total())
        if host != self._host or len(self._tags) > _TAGS:
            self._tags = set()
        self._host = host
        self._tags |= {writer for writer, _ in heads[host].most_common(_TAGS)}
        form = forms.most_common(1)[0][0]
        self._stamp = _BSD if form[0] == b"bsd" else (*_ISO, *_classes(form[0] + form[1]))
        self._pattern = otherwise(self._stamp, sorted(self._tags))


def _stamp(match: re.Match[bytes]) -> tuple[bytes, bytes, bytes]:
    if match[1]:
        return b"", b"bsd", b""
    digits = re.sub(rb"\d", b"0", match[2] or b"")
    return b"", digits, re.sub(rb"\d", b"0", match[3] or b"")


def _classes(text: bytes) -> list[bytes]:
    """What a time's fraction and zone look like, character by character."""
    return [b"[0-9]" if byte == 48 else b"[\\+\\-]" if byte in b"+-" else b"[\\x%02x]" % byte for byte in text]


def otherwise(stamp: tuple[bytes, ...], writers: list[bytes]) -> bytes:
    """The pattern of a line that does not begin with such a time and one of these ``host tag``."""
    tree: Tree = {}
    for writer in writers:
        node = tree
        for byte in writer:
            node = node.setdefault(byte, {})
        node[None] = {}
    pattern = _other_than(tree)
    for cls in (b"[ ]", *reversed(stamp)):
        pattern = b"(?:[^" + cls[1:] + b"|" + cls + pattern + b")"
    return b"^" + pattern


def _other_than(node: Tree) -> bytes:
    ends = None in node
    known = b"".join(quoted(bytes([byte])) for byte in node if byte is not None)
    ways = [b"[^" + known + (rb"\[:" if ends else b"") + b"]"]
    ways += [quoted(bytes([byte])) + _other_than(more) for byte, more in node.items() if byte is not None]
    if ends:
        ways += _BEHIND_TAG
    return b"(?:" + b"|".join(ways) + b")"
