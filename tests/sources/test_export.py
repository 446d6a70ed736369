"""The journal's export format as lines."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtriage.sources.export import lines
from mailtriage.sources.unpack import Damage
from tests.system.conftest import entry, line


def translated(data: bytes, size: int = 1000) -> bytes:
    return b"".join(lines(data[at : at + size] for at in range(0, len(data), size)))


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_entries(size: int) -> None:
    data = entry(1) + entry(2, "two", _SYSTEMD_UNIT="postfix@-.service", _X="a\nb") + entry(3, "three")
    assert translated(data, size) == line(1) + line(2, "two") + line(3, "three")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("a\nb\rc", b"a b c"),
        ("na\udcefve", b"na\xefve"),
        ("", b""),
        ("x" * 100_000, b"x" * 65536),
    ],
)
def test_messages(message: str, text: bytes) -> None:
    assert translated(entry(1, message)) == line(1, "").rstrip(b"\n") + text + b"\n"


def test_the_time_of_the_source_is_better() -> None:
    assert translated(entry(1, _SOURCE_REALTIME_TIMESTAMP="1775865600000009")).startswith(b"2026-04-11T00:00:00.000009")


def test_without_pid_and_tag() -> None:
    data = b"__REALTIME_TIMESTAMP=1775865600000000\n_COMM=a b\nMESSAGE=m\n\n\n\n__CURSOR=x\n\n"
    assert translated(data) == b"2026-04-11T00:00:00.000000+00:00 - a_b: m\n"


def test_cursors() -> None:
    seen: list[bytes] = []
    assert list(lines(iter([entry(1) + entry(2)]), seen=seen.append))
    assert [cursor[:7] for cursor in seen] == [b"s=1;i=1", b"s=1;i=2"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (entry(1)[:-1], "truncated"),
        (entry(1)[:30], "truncated"),
        (b"MESSAGE\n" + (5).to_bytes(8, "little") + b"ab", "truncated"),
        (b"MESSAGE\n" + (1 << 60).to_bytes(8, "little") + b"ab", "corrupt"),
        (b"MESSAGE\n" + (1).to_bytes(8, "little") + b"ab\n", "corrupt"),
    ],
)
def test_damage(data: bytes, reason: str) -> None:
    given = lines(iter([entry(9) + data]))
    assert next(given) == line(9)
    with pytest.raises(Damage, match=reason):
        next(given)


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes(data: bytes) -> None:
    try:
        for piece in lines(iter([b"__CURSOR=a\n", data])):
            assert piece.endswith(b"\n")
    except Damage:
        pass
