"""Hyperscan and re point at the same lines, each once."""

import os
import random
import time

import pytest

from mailtriage.scan.pointer import FAILURES, Expression, Literals, Pointer, Vectors, available, pointed

LINES = (
    b"Apr  1 00:00:00 mx postfix/smtpd[1]: connect from a[192.0.2.1]",
    b"Apr  1 00:00:01 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from a[192.0.2.1]: 554 5.7.1 no: reject: reject: x",
    b"Apr  1 00:00:02 mx postfix/smtp[2]: 4VDx1234: to=<a@example.org>, delay=1, status=sent (ok)",
    b"Apr  1 00:00:03 mx postfix/smtp[2]: 4VDx1234: to=<a@example.org>, delay=1234, status=sent (ok)",
    b"Apr  1 00:00:04 mx postfix/smtp[2]: 4VDx1234: to=<a@example.org>, delay=1, status=bounced (no)",
    b"x status=", b"x status=s", b"x status=se", b"x status=sen", b"status=deferred", b"", b"\xff\xfe", b"warning: ",
)  # fmt: skip
needs_hyperscan = pytest.mark.skipif(not available(), reason="hyperscan is not installed")


def shown(pointer: Pointer, data: bytes) -> list[bytes]:
    buffer = bytearray(b"before\n" + data + b"behind reject")
    begin, end = 7, 7 + len(data)
    return [bytes(buffer[start:stop]) for start, stop in pointed(pointer, buffer, begin, end)]


@needs_hyperscan
@pytest.mark.parametrize("seed", range(40))
def test_same_lines(seed: int) -> None:
    chosen = random.Random(seed).choices(LINES, k=30)
    data = b"\n".join(chosen) + b"\n"
    assert shown(Vectors(FAILURES), data) == shown(Expression(FAILURES), data)


def test_what_is_pointed_at() -> None:
    data = b"\n".join(LINES) + b"\n"
    expected = [LINES[n] for n in (1, 3, 4, 5, 6, 7, 8, 9, 12)]
    assert shown(Expression(FAILURES), data) == expected


@pytest.mark.parametrize("hyperscan", [False, pytest.param(True, marks=needs_hyperscan)])
def test_literals(hyperscan: bool) -> None:
    data = b"abc one\nnothing\none two one\ntwo\n"
    found = Literals([b"one", b"two", b"ne tw"], hyperscan).lines(data, 0, len(data))
    assert [(data[a:b], numbers) for a, b, numbers in found] == [
        (b"abc one", {0}), (b"one two one", {0, 1, 2}), (b"two", {1}),
    ]  # fmt: skip


LED = (  # line, whether it is pointed at for example.org[ behind client=
    (b"client=mx1.example.org[192.0.2.1]", True),
    (b"client=example.org[192.0.2.1]", True),
    (b"connect from mx1.example.org[192.0.2.1]", False),
    (b"client=a b.example.org[", False),
    (b"example.org[ client=", False),
    (b"example.org[ client=x.example.org[", True),
    (b"client=" + b"a" * 600 + b".example.org[", False),
)


@pytest.mark.parametrize("hyperscan", [False, pytest.param(True, marks=needs_hyperscan)])
def test_what_leads_to_a_literal(hyperscan: bool) -> None:
    data = b"".join(line + b"\n" for line, _ in LED)
    found = Literals([b"example.org["], hyperscan, [b"client="]).lines(data, 0, len(data))
    assert [data[start:stop] for start, stop, _ in found] == [line for line, pointed_at in LED if pointed_at]


@pytest.mark.parametrize("hyperscan", [False, pytest.param(True, marks=needs_hyperscan)])
def test_one_line_full_of_hits_is_given_once(hyperscan: bool) -> None:
    data = b": reject: " * 100_000 + b"\n"
    began = time.perf_counter()
    pointer: Pointer = Vectors(FAILURES) if hyperscan else Expression(FAILURES)
    assert list(pointed(pointer, data, 0, len(data))) == [(0, len(data) - 1)]
    assert time.perf_counter() - began < 5


def test_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "MAILTRIAGE_WITHOUT_HYPERSCAN", "1")
    assert not available()
