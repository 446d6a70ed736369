"""What a failure is told by other lines, and how long they are remembered."""

import re

from mailtriage.model.event import FAILURES, Event
from mailtriage.postfix.correlate import Correlator
from mailtriage.postfix.notes import PATTERNS
from mailtriage.postfix.parse import parse
from mailtriage.syslog.head import parse_head

DAY = "Apr 11 06:14:46 mx1"
_search = re.compile(b"|".join(b"(%s)" % pattern for pattern in PATTERNS)).finditer


def read(*texts: str, correlator: Correlator | None = None) -> list[Event]:
    """The events of some lines, failures completed."""
    data = "".join(f"{DAY} {text}\n" for text in texts).encode()
    correlator = correlator or Correlator()
    correlator.block(data, 0)
    ends = [(found.end(), (found.lastindex or 1) - 1) for found in _search(data)]
    out: list[Event] = []
    start = done = 0
    for line in data.splitlines(keepends=True):
        head = parse_head(line)
        event = parse(head) if head is not None else None
        if event is not None:
            out.append(correlator.told(event, start) if event.event in FAILURES else event)
        start += len(line)
        done = correlator.note(ends, done, start)
    return out


BOUNCE = (
    "postfix/smtp[9]: 4VgT0k2L2Tz9sX: to=<u@example.com>, relay=none, delay=1, delays=1/0/0/0, dsn=5.4.4, "
    "status=bounced (no)"
)
LOGIN = "postfix/submission/smtpd[7]: 4VgT0k2L2Tz9sX: client=pc[203.0.113.9], sasl_method=PLAIN, sasl_username=bob"
SENDER = "postfix/qmgr[8]: 4VgT0k2L2Tz9sX: from=<bob@example.org>, size=1000, nrcpt=1 (queue active)"


def test_sender_login_and_message_id() -> None:
    last = read(LOGIN, "postfix/cleanup[1]: 4VgT0k2L2Tz9sX: message-id=<1@pc>", SENDER, BOUNCE)[-1]
    assert (last.sender, last.sasl_username, last.client_name, last.message_id, last.size, last.nrcpt) == (
        "bob@example.org", "bob", "pc", "<1@pc>", 1000, 1,
    )  # fmt: skip
    assert {"sender", "sasl_username", "client_addr", "message_id"} <= set(last.inferred)


def test_queue_id_is_used_again() -> None:
    again = "postfix/smtpd[7]: 4VgT0k2L2Tz9sX: client=other[203.0.113.10]"
    last = read(LOGIN, SENDER, "postfix/qmgr[8]: 4VgT0k2L2Tz9sX: removed", again, BOUNCE)[-1]
    assert (last.sasl_username, last.client_name, last.sender) == (None, "other", None)


def test_line_that_comes_late() -> None:
    assert read(LOGIN, SENDER, "postfix/qmgr[8]: 4VgT0k2L2Tz9sX: removed", BOUNCE)[-1].sender == "bob@example.org"


def test_filter_hop_by_message_id() -> None:
    last = read(
        LOGIN,
        "postfix/cleanup[1]: 4VgT0k2L2Tz9sX: message-id=<1@pc>",
        "postfix/10025/smtpd[5]: 4VgT1A0XyzzB7: client=localhost[127.0.0.1]",
        "postfix/cleanup[1]: 4VgT1A0XyzzB7: message-id=<1@pc>",
        "postfix/qmgr[8]: 4VgT1A0XyzzB7: from=<bob@example.org>, size=1200, nrcpt=1 (queue active)",
        BOUNCE.replace("4VgT0k2L2Tz9sX", "4VgT1A0XyzzB7"),
    )[-1]
    assert (last.sasl_username, last.client_addr, last.orig_queue_id) == ("bob", "203.0.113.9", "4VgT0k2L2Tz9sX")


def test_filter_hop_by_queued_as() -> None:
    last = read(
        LOGIN,
        "postfix/10025/smtpd[5]: 4VgT1A0XyzzB7: client=localhost[127.0.0.1]",
        "postfix/smtp[9]: 4VgT0k2L2Tz9sX: to=<u@example.com>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, "
        "delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4VgT1A0XyzzB7)",
        BOUNCE.replace("4VgT0k2L2Tz9sX", "4VgT1A0XyzzB7"),
    )[-1]
    assert (last.sasl_username, last.orig_queue_id) == ("bob", "4VgT0k2L2Tz9sX")


def test_queued_as_is_better_than_the_message_id() -> None:
    last = read(
        LOGIN,
        "postfix/cleanup[1]: 4VgT0k2L2Tz9sX: message-id=<1@pc>",
        "postfix/smtpd[6]: 4VgT2B3CyzzB8: client=evil[203.0.113.66]",
        "postfix/cleanup[1]: 4VgT2B3CyzzB8: message-id=<1@pc>",
        "postfix/10025/smtpd[5]: 4VgT1A0XyzzB7: client=localhost[127.0.0.1]",
        "postfix/cleanup[1]: 4VgT1A0XyzzB7: message-id=<1@pc>",
        "postfix/smtp[9]: 4VgT0k2L2Tz9sX: to=<u@example.com>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, "
        "delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4VgT1A0XyzzB7)",
        BOUNCE.replace("4VgT0k2L2Tz9sX", "4VgT1A0XyzzB7"),
    )[-1]
    assert (last.sasl_username, last.client_addr, last.orig_queue_id) == ("bob", "203.0.113.9", "4VgT0k2L2Tz9sX")


def test_stranger_with_our_message_id_is_not_us() -> None:
    last = read(
        LOGIN,
        "postfix/cleanup[1]: 4VgT0k2L2Tz9sX: message-id=<1@pc>",
        "postfix/smtpd[5]: 4VgT1A0XyzzB7: client=evil[203.0.113.66]",
        "postfix/cleanup[1]: 4VgT1A0XyzzB7: message-id=<1@pc>",
        BOUNCE.replace("4VgT0k2L2Tz9sX", "4VgT1A0XyzzB7"),
    )[-1]
    assert (last.sasl_username, last.client_addr) == (None, "203.0.113.66")


REJECT = (
    "postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 450 4.7.25 Client host rejected: cannot find "
    "your hostname, [203.0.113.9]; from=<a@example.com> to=<u@example.org> proto=ESMTP helo=<pc>"
)
CONNECT = "postfix/smtpd[7]: connect from unknown[203.0.113.9]"
WARNED = "postfix/smtpd[7]: warning: hostname dyn.example.com does not resolve to address 203.0.113.9"


def test_name_of_the_client() -> None:
    last = read(f"{WARNED}: Name or service not known", CONNECT, REJECT)[-1]
    assert (last.ptr_name, last.detail) == ("dyn.example.com", "ptr_unresolvable")
    assert {"ptr_name", "detail"} <= set(last.inferred)
    assert read(WARNED, CONNECT, REJECT)[-1].detail == "forward_mismatch"
    last = read(CONNECT, REJECT)[-1]
    assert (last.ptr_name, last.detail) == (None, "no_ptr")
    assert read(REJECT)[-1].detail is None


def test_name_does_not_outlive_its_session() -> None:
    last = read(WARNED, CONNECT, "postfix/smtpd[7]: disconnect from unknown[203.0.113.9]", CONNECT, REJECT)[-1]
    assert (last.ptr_name, last.detail) == (None, "no_ptr")


def test_login_of_the_session() -> None:
    login = "postfix/smtpd[7]: 4VgT0k2L2Tz9sX: client=unknown[203.0.113.9], sasl_method=PLAIN, sasl_username=bob"
    last = read(CONNECT, login, REJECT)[-1]
    assert (last.sasl_username, last.direction) == ("bob", "submission")


def test_client_of_a_proxy_filter() -> None:
    reject = "postfix/smtpd[7]: proxy-reject: END-OF-MESSAGE: 554 5.7.0 Spam; from=<a@x> to=<b@y> proto=SMTP helo=<z>"
    assert read(CONNECT, reject)[-1].client_addr == "203.0.113.9"


def test_expired_mail_is_told_its_last_attempt() -> None:
    deferred = (
        "postfix/smtp[9]: 4VgT0k2L2Tz9sX: to=<u@example.com>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, "
        "status=deferred (connect to mx.example.com[203.0.113.25]:25: Connection refused)"
    )
    last = read(deferred, "postfix/qmgr[8]: 4VgT0k2L2Tz9sX: from=<a@example.org>, status=expired, returned to sender")[
        -1
    ]
    assert (last.recipient, last.dsn) == ("u@example.com", "4.4.1")


def test_memory_is_bounded() -> None:
    correlator = Correlator(horizon=10_000)
    for block in range(50):
        texts = [f"postfix/smtpd[{n}]: 4VgT0k2L{block}Tz9s{n}: client=x[203.0.113.9]" for n in range(20)]
        texts += [f"postfix/smtpd[{block}{n}]: connect from x[203.0.113.9]" for n in range(20)]
        data = "".join(f"{DAY} {text}\n" for text in texts).encode()
        correlator.block(data, block * 10_000)
        correlator.note([(found.end(), (found.lastindex or 1) - 1) for found in _search(data)], 0, len(data))
    assert 40 <= len(correlator) <= 160
