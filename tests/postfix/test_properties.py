# ruff: noqa: E501
"""Lines built from the grammar with hostile content come back as they were; nothing raises; everything is linear."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtriage.postfix.parse import parse
from mailtriage.postfix.reply import parse_reply
from mailtriage.syslog.head import Head, parse_head

FORGED = st.sampled_from([
    "; from=<x@y> to=<z@w> proto=SMTP helo=<v>", " to=<a@b>", "; from=<", ">", '"', "\\", " proto=ESMTP", "> to=<", "; ", ")",
    " status=sent (250 ok)", ", relay=none", " (in reply to DATA command)", " said: 550 ", ">, orig_to=<x>", "NOQUEUE: ", "[1]: ",
    " from unknown[192.0.2.1]; from=<q@w> to=<e@r> proto=ESMTP helo=<t>: 5.7.1 no", "\u2028", "\u00a0", "«", "host x[1] ",
])  # fmt: skip
PRINTABLE = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u0085"), max_size=20)
HOSTILE = st.lists(st.one_of(FORGED, PRINTABLE), max_size=5).map("".join)
ATOM = st.text("abcxyz019.+-_=/{}~!#$%&'*é漢", min_size=1, max_size=12)
DOMAIN = st.sampled_from(["example.com", "mail.example.org", "[203.0.113.9]", "[IPv6:2001:db8::9]", "bücher.example"])


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


LOCAL = st.one_of(ATOM, HOSTILE.map(quoted))
ADDRESS = st.one_of(st.just(""), ATOM, st.builds("{}@{}".format, LOCAL, DOMAIN))
HELO = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters=' <>()\\";@\u0085'), max_size=15
)
CLIENT = st.sampled_from([
    ("unknown", "203.0.113.9", None), ("mail_1.example.com", "2001:db8::25", None), ("a.example", "192.0.2.1", 40123),
    ("unknown", "unknown", None),
])  # fmt: skip
CODE = st.sampled_from([("550", "5.1.1"), ("450", "4.7.25"), ("554", "5.7.1"), ("421", "4.3.2")])
QUEUE_ID = st.sampled_from([None, "4VgT0k2L2Tz9sX", "B7E93A0012"])
CALM = settings(max_examples=150, deadline=None)


def event_of(tag: str, text: str):  # type: ignore[no-untyped-def]
    event = parse(Head(None, "mx1", tag, 1, text))
    assert event is not None
    return event


def peer(client: tuple[str, str, int | None]) -> str:
    name, addr, port = client
    return f"{name}[{addr}]" + (f":{port}" if port else "")


@CALM
@given(QUEUE_ID, CLIENT, CODE, HOSTILE, ADDRESS, ADDRESS, HELO, st.sampled_from(["SMTP", "ESMTP"]))
def test_refusal(queue_id, client, code, reason, sender, recipient, helo, proto) -> None:  # type: ignore[no-untyped-def]
    reason = f"<x>: {reason}".strip(" ")
    event = event_of(
        "postfix/smtpd",
        f"{queue_id or 'NOQUEUE'}: reject: RCPT from {peer(client)}: {code[0]} {code[1]} {reason}; from=<{sender}> "
        f"to=<{recipient}> proto={proto} helo=<{helo}>",
    )
    assert (event.queue_id, event.client_name, event.client_addr, event.client_port) == (queue_id, *client)
    assert (event.code, event.dsn, event.reason) == (*code, reason)
    assert (event.sender, event.recipient, event.proto, event.helo or "") == (sender, recipient, proto, helo)


@CALM
@given(ADDRESS, st.one_of(st.none(), ADDRESS), HOSTILE, st.sampled_from(["sent", "deferred", "bounced", "SOFTBOUNCE"]))
def test_delivery(recipient, orig_to, reply, status) -> None:  # type: ignore[no-untyped-def]
    orig = f" orig_to=<{orig_to}>," if orig_to is not None else ""
    reply = f"host mx.example.com[203.0.113.25] said: 550 5.1.1 {reply}"
    event = event_of(
        "postfix/smtp",
        f"4VgT0k2L2Tz9sX: to=<{recipient}>,{orig} relay=mx.example.com[203.0.113.25]:25, delay=1.5, "
        f"delays=0.1/0.2/0.3/0.9, dsn=5.1.1, status={status} ({reply})",
    )
    assert (event.recipient, event.orig_to, event.status, event.reply) == (recipient, orig_to, status, reply)
    assert (event.relay_name, event.relay_addr, event.relay_port) == ("mx.example.com", "203.0.113.25", 25)
    assert (event.delay, event.delays, event.dsn) == (1.5, (0.1, 0.2, 0.3, 0.9), "5.1.1")
    assert event.code == (None if status == "sent" else "550")


@CALM
@given(HOSTILE, st.sampled_from(["RCPT TO", "MAIL FROM", "end of DATA"]))
def test_reply(words, command) -> None:  # type: ignore[no-untyped-def]
    found = parse_reply(f"host mx.example.com[203.0.113.25] said: 550 5.1.1 {words} (in reply to {command} command)")
    assert (found.how, found.host, found.addr) == ("said", "mx.example.com", "203.0.113.25")
    assert (found.text, found.command, found.code) == (f"550 5.1.1 {words}", command, "550")


@CALM
@given(ADDRESS, ADDRESS, HELO.filter(lambda helo: " " not in helo))
def test_postscreen(sender, recipient, helo) -> None:  # type: ignore[no-untyped-def]
    event = event_of(
        "postfix/postscreen",
        "NOQUEUE: reject: RCPT from [2001:db8::9]:40123: 550 5.7.1 Service unavailable; client [2001:db8::9] blocked using "
        f"bl.example; from=<{sender}>, to=<{recipient}>, proto=ESMTP, helo=<{helo}>",
    )
    assert (event.client_addr, event.client_port) == ("2001:db8::9", 40123)
    assert event.reason == "Service unavailable; client [2001:db8::9] blocked using bl.example"
    assert (event.sender, event.recipient, event.helo or "") == (sender, recipient, helo)


@CALM
@given(HOSTILE, ATOM, ATOM, HELO)
def test_header_check(line, sender, recipient, helo) -> None:  # type: ignore[no-untyped-def]
    event = event_of(
        "postfix/cleanup",
        f"4VgT0k2L2Tz9sX: reject: header Subject: {line[:180]} from unknown[203.0.113.9]; from=<{sender}> "
        f"to=<{recipient}> proto=ESMTP helo=<{helo}>: 5.7.1 no",
    )
    assert (event.client_addr, event.sender, event.recipient, event.helo or "") == (
        "203.0.113.9",
        sender,
        recipient,
        helo,
    )
    assert (event.dsn, event.reason) == ("5.7.1", "no")


@CALM
@given(HOSTILE)
def test_message_id_and_login_hold_nothing_else(value) -> None:  # type: ignore[no-untyped-def]
    event = event_of("postfix/cleanup", f"4VgT0k2L2Tz9sX: message-id=<{value}>")
    assert event.message_id == f"<{value}>" or not value
    event = event_of(
        "postfix/smtpd", f"warning: x[203.0.113.9]: SASL LOGIN authentication failed: no, sasl_username={value}"
    )
    assert (event.event, event.client_addr, event.sasl_username) == ("sasl_failure", "203.0.113.9", value or None)


@CALM
@given(HOSTILE, st.sampled_from(["mx1", "192.0.2.1", "2001:db8::7"]), st.integers(1, 2**31))
def test_head(text, host, pid) -> None:  # type: ignore[no-untyped-def]
    text = "x" + text.rstrip(",;") + "."
    for stamp in ("Apr  1 06:14:46", "2024-04-01T06:14:46.5+09:00", "<22>Apr 01 06:14:46"):
        head = parse_head(f"{stamp} {host} postfix/submission/smtpd[{pid}]: {text}\n".encode())
        assert head is not None
        assert (head.host, head.tag, head.pid, head.text) == (host, "postfix/submission/smtpd", pid, text)


PROGRAMS = [
    "smtpd",
    "cleanup",
    "qmgr",
    "smtp",
    "lmtp",
    "local",
    "bounce",
    "postscreen",
    "tlsproxy",
    "pickup",
    "anvil",
    "x",
]
PIECES = st.sampled_from([
    "4VgT0k2L2Tz9sX: ", "NOQUEUE: ", "warning: ", "fatal: ", "reject: ", "RCPT from ", "unknown[203.0.113.9]", ": ", "550 ",
    "to=<", "from=<", ">, ", ", relay=", "status=", " (", ")", "client=", "connect from ", "[", "]", "lost connection after ",
    "header ", " from local;", "hostname ", " does not resolve to address ", "message repeated 3 times: [ ", "uid=", "delay=",
    "delays=1/2/3/4", "size=1", "{", '{"MESSAGE":', "²", "٣", "SASL LOGIN authentication failed: ", "proxy-reject: ", "CONNECT from ",
])  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PROGRAMS), st.lists(st.one_of(PIECES, FORGED, PRINTABLE), max_size=8).map("".join))
def test_nothing_raises(program, text) -> None:  # type: ignore[no-untyped-def]
    event_of(f"postfix/{program}", text)
    parse_reply(text)
    parse_head(text.encode())
    parse_head(f"Apr  1 06:14:46 {text}".encode())
    parse_head(f"2024-04-01T06:14:46Z {text}".encode())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_raise(line) -> None:  # type: ignore[no-untyped-def]
    parse_head(line)
    parse_head(b"Apr  1 06:14:46 mx1 postfix/smtpd[1]: " + line)


BOMBS = [
    "NOQUEUE: reject: RCPT from a[1.2.3.4]: 550 5.1.1 ", "4VgT0k2L2Tz9sX: to=<a", '4VgT0k2L2Tz9sX: to=<"', "4VgT0k2L2Tz9sX: from=<",
    "4VgT0k2L2Tz9sX: reject: header ", "4VgT0k2L2Tz9sX: client=a[1.2.3.4], sasl_username=", "warning: ", "warning: hostname ",
    "NOQUEUE: reject: RCPT from [1.2.3.4]:5: 550 5.7.1 ", "4VgT0k2L2Tz9sX: message-id=", "statistics: ", "disconnect from ",
    "4VgT0k2L2Tz9sX: to=<a@b>, relay=none, delay=1, status=bounced (host x[1] said: ",
]  # fmt: skip
FILLINGS = ["a", ": reject: ", "; from=<", ' to=<"', '"', "\\", " from a[1];", " proto=", ">, relay=", "[", "(", ")", ", ", "queued as ",
            "; from=<a> to=<b>", ' from=<"', "?", " ", "]: ", "{", '{"a":']  # fmt: skip


@pytest.mark.parametrize("start", BOMBS)
def test_linear(start: str) -> None:
    """A line of 1 MiB takes milliseconds, whatever it is full of."""
    for filling in FILLINGS:
        text = start + filling * (1_000_000 // len(filling))
        for tail in ("", "; from=<a> to=<b> proto=ESMTP helo=<c>", ")"):
            line = f"Apr  1 06:14:46 mx1 postfix/{'postscreen' if '[1.2.3.4]:5' in start else 'smtpd'}[1]: {text}{tail}".encode()
            for program in ("smtpd", "cleanup", "smtp", "qmgr", "postscreen"):
                began = time.process_time()
                head = parse_head(line)
                assert head is not None
                parse(head._replace(tag=f"postfix/{program}"))
                assert time.process_time() - began < 0.5, (start, filling, tail, program)


def test_linear_heads() -> None:
    for filling in (*FILLINGS, "Apr  1 06:14:46 ", "<22>", "1 ", "mail | ", "2024-04-01T06:14:46Z ", "\0", "\x1b[1m"):
        for start in (
            "",
            "Apr  1 06:14:46 ",
            "<22>1 2024-04-01T06:14:46Z a b c d [",
            '"',
            '{"log":"',
            "2024-04-01T06:14:46Z stdout F ",
        ):
            began = time.process_time()
            parse_head((start + filling * (1_000_000 // len(filling))).encode())
            assert time.process_time() - began < 0.5, (start, filling)
