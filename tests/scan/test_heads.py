"""Counting lines by whose they are: the quick way counts what the slow way counts."""

import random

import pytest

from mailtriage.scan import heads
from mailtriage.scan.heads import Heads
from mailtriage.syslog.bulk import count_lines

BSD = b"Apr  1 00:00:00"
ISO = b"2024-04-01T00:00:00.123456+09:00"
USUAL = [b"%s mx postfix/" + tag + b"[12]: text" for tag in (b"smtpd", b"smtp", b"qmgr", b"submission/smtpd")]
ODD = [
    b"%s mx dovecot: imap-login: x", b"%s mx postfix/policyd-spf[1]: x", b"%s other postfix/smtpd[1]: x",
    b"%s mx postfix/smtpd[12345678901]: x", b"%s mx postfix/smtpdx[1]: x", b"%s mx postfix/smtpd: x", b"garbage", b"",
    b"%s mx postfix/smtpd[1] x", b"%s mx kernel: mx postfix/smtpd[1]: forged", b"%s mx postfix/smtpd[x]: y",
    b"99:99 mx postfix/smtpd[1]: x", b"%s mx postfix/smtpd[1]:x", b"\xff\xfe\xfd", b"%s", b"%s mx",
]  # fmt: skip


@pytest.mark.parametrize("stamp", [BSD, ISO])
@pytest.mark.parametrize("odd", [0.0, 0.02, 0.6])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_counts(monkeypatch: pytest.MonkeyPatch, stamp: bytes, odd: float, end: bytes) -> None:
    monkeypatch.setattr(heads, "_WARM", 0)
    choose = random.Random(7)
    counter = Heads()
    for _ in range(4):
        lines = [
            choice.replace(b"%s", stamp)
            for _ in range(400)
            for choice in [choose.choice(ODD if choose.random() < odd else USUAL)]
        ]
        block = b"\n".join(lines) + end
        found = counter.count(bytearray(b"xx" + block), 2, 2 + len(block), block.count(b"\n"))
        assert found == count_lines(block)
