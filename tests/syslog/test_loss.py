"""Syslog daemons that own up to lines they dropped."""

import pytest

from mailtriage.syslog.head import parse_head
from mailtriage.syslog.loss import lost_lines


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("systemd-journald[201]: Suppressed 1234 messages from postfix.service", 1234),
        ("systemd-journald[201]: Forwarding to syslog missed 12 messages.", 12),
        ("rsyslogd: imuxsock lost 23 messages from pid 4711 due to rate-limiting", 23),
        ("rsyslogd-2177: imuxsock begins to drop messages from pid 4711 due to rate-limiting", 1),
        ("rsyslogd[9]: imuxsock[pid 4711]: begin to drop messages due to rate-limiting", 1),
        ("rsyslogd: imjournal: 50000 messages lost due to rate-limiting (20000 allowed within 600 seconds)", 50000),
        ("rsyslogd: [origin software=rsyslogd] start", 0),
        ("postfix/smtpd[1]: Suppressed 1234 messages from postfix.service", 0),
    ],
)
def test_lost_lines(text: str, count: int) -> None:
    head = parse_head(f"Apr 11 06:14:46 mx1 {text}".encode())
    assert head is not None
    assert lost_lines(head) == count
