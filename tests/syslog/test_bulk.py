"""Counting a block gives what taking the head off each line gives."""

from collections import Counter

import pytest

from mailtriage.syslog.bulk import count_lines
from mailtriage.syslog.head import parse_head

LINES = [
    b"Apr  1 06:14:46 mx1 postfix/smtpd[1]: connect from x[203.0.113.9]",
    b"2024-04-01T06:14:46.123456+09:00 mx2 postfix/smtp[1]: x",
    b"2024-04-01T06:14:46Z mx2 dovecot: imap-login: x",
    b"Apr  1 06:14:46 mx1 kernel: [12.5] postfix/smtpd[1]: no",
    b"Apr  1 06:14:46 postfix/qmgr[9]: 4VgT0k2L2Tz9sX: removed",
    b"Apr  1 06:14:46 mail.info postfix/qmgr[9]: 4VgT0k2L2Tz9sX: removed",
    b"Apr  1 06:14:46 2001:db8::7 postfix/qmgr[9]: x",
    b"Apr  1 06:14:46 mx1 last message repeated 3 times",
    b"<22>Apr  1 06:14:46 mx1 postfix/qmgr[9]: x\r",
    b"mail-1  | Apr  1 06:14:46 mx1 postfix/qmgr[9]: x",
    b"Apr  1 06:14:46 box docker-compose[9]: mail-1  | Apr  1 06:14:46 mx1 postfix/qmgr[9]: x",
    b"Apr  1 06:14:46 box dockerd[9]: time=x level=info",
    b"Apr  1 06:14:46 box 9f3e21aa0c1b[9]: Apr  1 06:14:46 mx1 postfix/qmgr[9]: x",
    b"Apr  1 06:14:46 box deadbeef[9]: Apr  1 06:14:46 mx1 postfix/qmgr[9]: x",
    b"-- Boot 0123 --",
    b"",
    b"some words",
    b"Apr  1 06:14:46 mx1 postfix/sm",
    b"Apr  1 06:14:46 mx1 postfix/smtpd[1]: \xff\xfe",
]


def one_by_one(lines: list[bytes]) -> tuple[int, int, int, Counter[str]]:
    heads = [parse_head(line) for line in lines]
    postfix = [head for head in heads if head is not None and head.program is not None]
    broken = sum(head is None for head in heads)
    hosts = Counter(head.host for head in postfix if head.host)
    return len(postfix), len(heads) - len(postfix) - broken, broken, hosts


@pytest.mark.parametrize(
    "lines", [LINES, LINES[:3], LINES[:1], [*LINES, b"Apr  1 06:14:46 mx1 postfix/smtpd[1]: a\0b"], []]
)
@pytest.mark.parametrize("end", [b"\n", b""])
def test_same_as_line_by_line(lines: list[bytes], end: bytes) -> None:
    block = b"\n".join(lines) + (end if lines else b"")
    tally = count_lines(block)
    assert (tally.postfix, tally.other, tally.broken, tally.hosts) == one_by_one(lines)
    assert tally.read == tally.postfix + tally.other + tally.broken
