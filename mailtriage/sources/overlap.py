"""Several logs in order of time, and the same log twice: links, copies, packed copies, older states, overlaps.

Two are compared byte by byte only when they begin alike, or when the later one begins before the earlier one of the
same host ends.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mailtriage.model.report import Unread
from mailtriage.sources.interface import Skipped, Source
from mailtriage.sources.reading import Reader
from mailtriage.sources.span import Span, span

_ALIKE = 512  # bytes at the start that two logs do not have in common by chance


def once(sources: Sequence[Source]) -> tuple[list[Source], list[Skipped], list[Unread]]:
    """Keep each log once; where one begins with the end of another, let it begin behind that (Source.first).

    Rotated sets stay together (Source.follows); among each other they are put in the order in which they begin.
    """
    skipped: list[Skipped] = []
    unread: list[Unread] = []
    kept = _other_files(sources, skipped)
    if len(kept) > 1:
        kept = _other_starts(kept, skipped, unread)
    sets = _sets(sources, kept)
    if len(sets) > 1:
        sets.sort(key=_begin)
    kept = [source for group in sets for source in _joined(group)]
    if len(kept) > 1:
        kept = [source for group in _sets(kept, _other_ends(kept, skipped)) for source in _joined(group)]
    return kept, skipped, unread


def _sets(sources: Sequence[Source], kept: Iterable[Source]) -> list[list[Source]]:
    """What was kept, by the sets in which it was among ``sources``."""
    number: dict[tuple[str, str | None], int] = {}
    for source in sources:
        number[source.name, source.member] = max(number.values(), default=0) + (not source.follows)
    groups: dict[int, list[Source]] = {}
    for source in kept:
        groups.setdefault(number[source.name, source.member], []).append(source)
    return list(groups.values())


def _joined(group: Iterable[Source]) -> list[Source]:
    return [replace(source, follows=number > 0) for number, source in enumerate(group)]


def _begin(group: Sequence[Source]) -> float:
    first = span(group[0]).first
    return float("inf") if first is None else first


def _other_files(sources: Iterable[Source], skipped: list[Skipped]) -> list[Source]:
    """By device and inode."""
    seen: dict[tuple[int, int, int], Source] = {}
    for source in sources:
        key = source.device, source.inode, source.base
        if source.inode and key in seen:
            skipped.append(Skipped(source.name, "same", seen[key].name))
        else:
            seen[key if source.inode else (-1, len(seen), 0)] = source
    return list(seen.values())


def _other_starts(sources: Sequence[Source], skipped: list[Skipped], unread: list[Unread]) -> list[Source]:
    """Without those that another one begins with."""
    alike: dict[bytes, list[Source]] = {}
    for source in sources:
        alike.setdefault(_head(source), []).append(source)
    gone: set[Source] = set()
    for head, group in alike.items():
        longest = group[0]
        for source in group[1:] if head else ():
            _, ended, other_ended, faults = _in_common(longest, source)
            if not ended and not other_ended:
                continue
            shorter, longest = (source, longest) if other_ended else (longest, source)
            gone.add(shorter)
            skipped.append(Skipped(shorter.name, "same", longest.name))
            unread += [fault for fault in faults if fault.source == shorter.name]
    return [source for source in sources if source not in gone]


def _other_ends(sources: Sequence[Source], skipped: list[Skipped]) -> list[Source]:
    kept: list[Source] = []
    before: dict[str | None, tuple[Source, Span]] = {}
    for source in sources:
        found = span(source)
        earlier = before.get(found.host)
        if earlier is not None and _crosses(earlier[1], found):
            behind = _behind(earlier[0], source)
            if behind is None:
                skipped.append(Skipped(source.name, "same", earlier[0].name))
                continue
            source = replace(source, first=behind)
        kept.append(source)
        before[found.host] = source, found
    return kept


def _crosses(earlier: Span, later: Span) -> bool:
    if earlier.first is None or later.first is None or later.first < earlier.first:
        return False
    return earlier.last is None or later.first < earlier.last


def _behind(earlier: Source, later: Source) -> int | None:
    """Where in ``later`` that begins which ``earlier`` does not end with; None: it is all in there."""
    needle = _head(later)
    if not needle:
        return 0
    for at in _places(earlier, needle):
        size, ended, later_ended, _ = _in_common(earlier, later, at)
        if later_ended:
            return None
        if ended:
            return size
    return 0


def _places(source: Source, needle: bytes, most: int = 3) -> Iterator[int]:
    """Offsets of lines in ``source`` that ``needle`` begins."""
    for block in Reader(source, context=2 * _ALIKE):
        at = block.context
        while most and (at := block.buffer.find(needle, at, block.end)) >= 0:
            at_line = at == block.context or block.buffer[at - 1] == 10
            if at_line and at + len(needle) > block.begin:
                most -= 1
                yield block.offset + at - block.begin
            at += 1
        if not most:
            return


def _head(source: Source) -> bytes:
    """The first whole lines, up to _ALIKE bytes or one line."""
    block = next(iter(Reader(source, block_size=64 * 1024)), None)
    if block is None:
        return b""
    data = block.data[: _ALIKE * 4]
    return data[: data.rfind(b"\n", 0, _ALIKE) + 1 or data.find(b"\n") + 1]


def _in_common(one: Source, other: Source, start: int = 0) -> tuple[int, bool, bool, list[Unread]]:
    """Compare ``one`` from ``start`` with ``other``: how far into ``other`` they agree, whether either ended there."""
    first, second = Reader(one, start), Reader(other)
    left, right = iter(first), iter(second)
    a = b = b""
    at = other.first
    while True:
        if not a and (block := next(left, None)):
            a = block.data
        if not b and (block := next(right, None)):
            b, at = block.data, block.offset
        size = min(len(a), len(b))
        if not size:
            return at, not a, not b, first.unread + second.unread
        if a[:size] != b[:size]:
            return at, False, False, []
        at += size
        a, b = a[size:], b[size:]
