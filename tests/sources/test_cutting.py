"""Where blocks and chunks end must change nothing."""

import io
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtriage.sources import cutting
from mailtriage.sources.cutting import ENDLESS, Cutter

LONG = 16


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "LONGEST_LINE", LONG)


def lines(data: bytes, *, first: int = 0, stop: int = ENDLESS, block_size: int = 8, context: int = 0, piece: int = 5):
    """Every line with its offset, and the whole lines that begin at most ``context`` bytes before it."""
    offset = max(0, first - context - 1) if first else 0
    stream = io.BytesIO(data[offset:])
    cutter = Cutter(
        lambda view: stream.readinto(view[:piece]),
        offset=offset,
        first=first,
        stop=stop,
        block_size=block_size,
        context=context,
    )
    out = []
    for block in cutter:
        buffer = bytes(block.buffer)
        at = block.begin
        while at < block.end:
            end = buffer.find(b"\n", at, block.end) + 1 or block.end
            seen = buffer[block.context : at]
            wanted = max(0, len(seen) - context)
            behind = seen[(wanted and seen.find(b"\n", wanted - 1) + 1) or wanted :] if context else b""
            out.append((block.offset + at - block.begin, buffer[at:end], behind))
            at = end
    return out, cutter.cut


def expected(data: bytes) -> list[tuple[int, bytes]]:
    out, at = [], 0
    for line in data.splitlines(keepends=True) if b"\r" not in data else data.split(b"\n"):
        bare = line.rstrip(b"\n")
        out.append((at, bare[:LONG] if len(bare) > LONG else line))
        at += len(line)
    return out


logs = st.lists(st.integers(0, 60), max_size=12).flatmap(
    lambda sizes: st.booleans().map(
        lambda ended: (
            b"\n".join(bytes([97 + n % 26]) * size for n, size in enumerate(sizes)) + (b"\n" if ended else b"")
        )
    )
)


@given(logs, st.integers(2, 40), st.integers(1, 50))
@settings(max_examples=300, deadline=None)
def test_every_line_once_whatever_the_block_size(data: bytes, block_size: int, piece: int) -> None:
    got, cut = lines(data, block_size=block_size, piece=piece)
    assert [(offset, line) for offset, line, _ in got] == expected(data)
    assert cut == sum(len(line) > LONG for line in data.split(b"\n"))


@given(logs, st.lists(st.integers(0, 200), max_size=4), st.integers(2, 40), st.integers(0, LONG))
@settings(max_examples=300, deadline=None)
def test_every_line_once_whatever_the_chunks(data: bytes, borders: list[int], block_size: int, context: int) -> None:
    whole, cut = lines(data, block_size=1000, context=context)
    edges = [0, *sorted(border for border in set(borders) if 0 < border < len(data)), ENDLESS]
    parts = [lines(data, first=a, stop=b, block_size=block_size, context=context) for a, b in pairwise(edges)]
    assert [row for rows, _ in parts for row in rows] == whole
    assert sum(count for _, count in parts) == cut


def test_context_is_what_stood_before() -> None:
    got, _ = lines(b"one\ntwo\nthree\nfour\n", context=8, block_size=4)
    assert got[3] == (14, b"four\n", b"three\n")


def test_gives_up_when_no_newline_comes() -> None:
    zeros = memoryview(bytes(64))

    def fill(view: memoryview) -> int:
        size = min(len(view), len(zeros))
        view[:size] = zeros[:size]
        return size

    cutter = Cutter(fill, block_size=8, patience=1000)
    assert [block.data for block in cutter] == [bytes(LONG)]
    assert cutter.tired
    assert cutter.read < 2000
