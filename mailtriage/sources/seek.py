"""Where in a large log a time begins, without reading what stands before."""

from mailtriage.sources.interface import Source
from mailtriage.sources.reading import Reader
from mailtriage.sources.span import time_at

LARGE = 32 * 1024 * 1024  # below this, reading all of it is as fast
NEAR = 1024 * 1024
MARGIN = 6 * 3600.0  # seconds before the time asked for that are read as well: they may explain what comes after
_PROBES = 16


def first_since(source: Source, since: float) -> int:
    """The offset of a line before which all lines are older than ``since`` (seconds since 1970) by MARGIN.

    0 where that cannot be known: a packed or small source, or one whose stamps are not in order.
    """
    wanted = since - MARGIN
    if not source.seekable or source.size - source.first < LARGE or not _ordered(source):
        return source.first
    low, high = source.first, source.size
    while high - low > NEAR:
        middle = (low + high) // 2
        time = time_at(source, middle)
        if time is None or time >= wanted:
            high = middle
        else:
            low = middle
    if low == source.first:
        return source.first
    block = next(iter(Reader(source, low, block_size=NEAR)), None)
    return block.offset if block is not None else source.first


def _ordered(source: Source) -> bool:
    """Whether stamps here and there go forward only."""
    step = (source.size - source.first) // _PROBES
    times = [time_at(source, source.first + number * step) for number in range(_PROBES)]
    known = [time for time in times if time is not None]
    return len(known) == len(times) and known == sorted(known)
