"""The short way for lines of what went well reads what the long way reads, or nothing."""

import pytest

from mailtriage.postfix.parse import parse
from mailtriage.scan import success
from mailtriage.syslog.head import parse_head

CLEAN = [
    ("smtpd", "B7E93A0012: client=mail.example.com[192.0.2.1]"),
    ("submission/smtpd", "4VDx0028zZ: client=unknown[2001:db8::1], sasl_method=PLAIN, sasl_username=taro@example.org"),
    ("qmgr", "B7E93A0012: from=<taro@example.org>, size=1234, nrcpt=1 (queue active)"),
    ("qmgr", "B7E93A0012: from=<>, size=1234, nrcpt=2 (queue active)"),
    (
        "smtp",
        "B7E93A0012: to=<hanako@example.net>, relay=mx.example.net[192.0.2.9]:25, conn_use=2, delay=1.5, "
        "delays=0.6/0.01/0.65/0.28, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4VDx001B8)",
    ),
]
OTHER = [
    ("smtpd", "B7E93A0012: client=x[192.0.2.1], sasl_method=PLAIN, sasl_username=a, sasl_sender=b"),
    ("smtpd", "B7E93A0012: client=x[192.0.2.1], orig_queue_id=4VDx0028zZ, orig_client=y[192.0.2.2]"),
    ("smtpd", 'B7E93A0012: client=x[192.0.2.1], sasl_method=PLAIN, sasl_username="a b"'),
    ("qmgr", 'B7E93A0012: from=<"a>, size=1"@example.org>, size=1234, nrcpt=1 (queue active)'),
    (
        "smtp",
        'B7E93A0012: to=<"a, status=sent ("@example.net>, relay=none, delay=1, delays=0/0/0/1, dsn=4.4.1, '
        "status=deferred (connect to mx.example.net[192.0.2.9]:25: Connection timed out)",
    ),
]


@pytest.mark.parametrize("stamp", ["Apr 11 06:14:46", "2026-04-11T06:14:46.5Z"])
@pytest.mark.parametrize(("tag", "text"), CLEAN)
def test_both_ways_agree(tag: str, text: str, stamp: str) -> None:
    line = f"{stamp} mx postfix/{tag}[1]: {text}".encode()
    head, found = parse_head(line), success.cut(line, 0, len(line))
    assert head is not None
    event = parse(head)
    assert event is not None
    assert found is not None
    assert success.agrees(found, event)


@pytest.mark.parametrize(("tag", "text"), OTHER)
def test_other_forms_go_the_long_way(tag: str, text: str) -> None:
    line = f"Apr 11 06:14:46 mx postfix/{tag}[1]: {text}".encode()
    assert success.cut(line, 0, len(line)) is None
