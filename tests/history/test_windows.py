"""Where a log is cut into days: a function of its lines alone."""

import gzip
from pathlib import Path

import pytest

from mailtriage.history.windows import cut
from mailtriage.sources.opening import open_sources


def starts(path: Path) -> list[tuple[int, int, int]]:
    return [
        (part.start, part.end, part.lines)
        for window in cut(open_sources((str(path),)).sources)
        for part in window.stretches
    ]


LINE = "mx postfix/qmgr[1]: A1B2C3D4E5: removed"


@pytest.mark.parametrize(
    ("stamps", "begins"),
    [
        (["Apr 11 00:00:00"], [0]),
        (["Apr 11 00:00:00", "Apr 11 23:59:59", "Apr 12 00:00:00"], [0, 2]),
        (["Apr  9 10:00:00", "Apr 10 10:00:00", "Apr 11 10:00:00"], [0, 1, 2]),
        (["Apr 12 00:00:00", "Apr 11 23:59:59", "Apr 12 00:00:01"], [0]),  # out of order
        (["Dec 31 23:00:00", "Jan  1 00:00:00"], [0, 1]),
        (["Feb 28 23:00:00", "Mar  1 00:00:00"], [0, 1]),
        (["2026-04-11T10:00:00+09:00", "2026-04-12T00:00:00+09:00"], [0, 1]),
        (["Apr 11 10:00:00", "2026-04-11T11:00:00+09:00", "2026-04-12T01:00:00+09:00"], [0, 2]),  # another format
        (["Apr 11 10:00:00", "Aug 30 10:00:00", "Apr 11 10:00:01"], [0]),  # a clock that is wrong
        (["Apr 11 10:00:00", "no stamp at all", "Apr 12 10:00:01"], [0, 2]),
    ],
)
def test_a_window_begins_with_the_first_line_of_a_later_day(
    tmp_path: Path, stamps: list[str], begins: list[int]
) -> None:
    log, rows = tmp_path / "mail.log", [f"{stamp} {LINE}\n" for stamp in stamps]
    log.write_text("".join(rows))
    offsets = [sum(map(len, rows[:row])) for row in begins]
    ends = [*offsets[1:], sum(map(len, rows))]
    assert starts(log) == list(zip(offsets, ends, begins, strict=True))
    packed = tmp_path / "packed.log.gz"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    assert starts(packed) == starts(log)


def test_a_window_goes_on_in_the_next_file(tmp_path: Path) -> None:
    (tmp_path / "mail.log.1").write_text(f"Apr 11 10:00:00 {LINE}\nApr 12 10:00:00 {LINE}\n")
    (tmp_path / "mail.log").write_text(f"Apr 12 11:00:00 {LINE}\nApr 13 10:00:00 {LINE}\n")
    opened = open_sources((str(tmp_path / "mail.log.1"), str(tmp_path / "mail.log")))
    assert [len(window.stretches) for window in cut(opened.sources)] == [1, 2, 1]


@pytest.mark.parametrize("text", ["", "no newline", "\n", "\x00\xff\n"])
def test_what_is_no_log_raises_nothing(tmp_path: Path, text: str) -> None:
    log = tmp_path / "mail.log"
    log.write_bytes(text.encode("latin-1"))
    cut(open_sources((str(log),)).sources)
