# ruff: noqa: E501, UP031
"""Every wrapping that a line may come in."""

import pytest

from mailtriage.syslog.head import parse_head

TEXT = "connect from mail.example.com[203.0.113.25]"
TAIL = f"postfix/smtpd[4711]: {TEXT}"
WRAPPINGS = {
    "rfc3164": f"Apr  1 06:14:46 mx1 {TAIL}",
    "zero padded day": f"Apr 01 06:14:46 mx1 {TAIL}",
    "crlf": f"Apr  1 06:14:46 mx1 {TAIL}\r\n",
    "rfc3339": f"2024-04-01T06:14:46.123456+09:00 mx1 {TAIL}",
    "rfc3339 zulu": f"2024-04-01T06:14:46Z mx1 {TAIL}",
    "short-iso": f"2024-04-01T06:14:46+0900 mx1 {TAIL}",
    "no zone": f"2024-04-01 06:14:46 mx1 {TAIL}",
    "priority": f"<22>Apr  1 06:14:46 mx1 {TAIL}",
    "rfc5424": f"<22>1 2024-04-01T06:14:46.123Z mx1 postfix/smtpd 4711 - - {TEXT}",
    "rfc5424 with data": f'<22>1 2024-04-01T06:14:46Z mx1 postfix/smtpd 4711 - [a@1 b="x] \\"y"][c d="e"] {TEXT}',
    "short-precise": f"Apr 01 06:14:46.123456 mx1 {TAIL}",
    "short-full": f"Mon 2024-04-01 06:14:46 JST mx1 {TAIL}",
    "short-unix": f"1711919686.123456 mx1 {TAIL}",
    "cluster": f"- 1711919686 2024.04.01 node7 Apr  1 06:14:46 mx1 {TAIL}",
    "solaris": f"Apr  1 06:14:46 mx1 postfix/smtpd[4711]: [ID 197553 mail.info] {TEXT}",
    "year first": f"2024 Apr  1 06:14:46 mx1 {TAIL}",
    "year behind the day": f"Apr  1 2024 06:14:46 mx1 {TAIL}",
    "docker logs -t": f"2024-04-01T06:14:46.123456789Z Apr 01 06:14:46 mx1 {TAIL}",
    "docker compose": f"mail-1  | Apr 01 06:14:46 mx1 {TAIL}",
    "docker compose in colour": f"\x1b[36mmail    |\x1b[0m Apr 01 06:14:46 mx1 {TAIL}",
    "docker json-file": '{"log":"Apr 01 06:14:46 mx1 %s\\n","stream":"stdout","time":"2024-04-01T06:14:46.1Z"}' % TAIL,
    "cri": f"2024-04-01T06:14:46.123456789Z stdout F Apr 01 06:14:46 mx1 {TAIL}",
    "kubectl --prefix": f"[pod/mail-0/postfix] Apr 01 06:14:46 mx1 {TAIL}",
    "facility behind host": f"Apr  1 06:14:46 mx1 mail.info {TAIL}",
    "facility in brackets": f"Apr  1 06:14:46 <mail.info> mx1 {TAIL}",
    "host with colon": f"Apr  1 06:14:46 mx1: {TAIL}",
    "spreadsheet": f"Apr  1 06:14:46 mx1 {TAIL},,,,",
    "spreadsheet, quoted": f'"Apr  1 06:14:46 mx1 {TAIL}",,',
    "nul bytes before": f"\0\0\0Apr  1 06:14:46 mx1 {TAIL}",
    "journal": '{"MESSAGE":"%s","SYSLOG_IDENTIFIER":"postfix/smtpd","_PID":"4711","_HOSTNAME":"mx1",'
    '"__REALTIME_TIMESTAMP":"1711952086123456"}' % TEXT,
    "journal, bytes": '{"MESSAGE":%s,"SYSLOG_IDENTIFIER":"postfix/smtpd","SYSLOG_PID":"4711","_PID":"1","_HOSTNAME":"mx1",'
    '"__REALTIME_TIMESTAMP":"1711952086123456"}' % list(TEXT.encode()),
}


@pytest.mark.parametrize("name", WRAPPINGS)
def test_wrapping(name: str) -> None:
    head = parse_head(WRAPPINGS[name].encode())
    assert head is not None
    assert (head.host, head.tag, head.pid, head.text) == ("mx1", "postfix/smtpd", 4711, TEXT)
    assert head.stamp is not None
    assert head.program == "smtpd"


@pytest.mark.parametrize(
    ("line", "host"),
    [
        (f"Apr  1 06:14:46 {TAIL}", None),
        (f"Apr  1 06:14:46 mail.info {TAIL}", None),
        (f"Apr  1 06:14:46 2001:db8::7 {TAIL}", "2001:db8::7"),
        (f"Apr  1 06:14:46 192.0.2.7 {TAIL}", "192.0.2.7"),
        (f"Apr  1 06:14:46 mail_1-a.example.com {TAIL}", "mail_1-a.example.com"),
        (TAIL, None),
        (f"mx1 {TAIL}", "mx1"),
        (f"[   12.345678] mx1 {TAIL}", "mx1"),
        (f"2024-04-01T06:14:46.123456+00:00 INFO    {TAIL}", None),
    ],
)
def test_hosts(line: str, host: str | None) -> None:
    head = parse_head(line.encode())
    assert head is not None
    assert (head.host, head.tag, head.text) == (host, "postfix/smtpd", TEXT)


@pytest.mark.parametrize(
    ("tag", "program"),
    [
        ("postfix/smtpd", "smtpd"),
        ("postfix/submission/smtpd", "smtpd"),
        ("postfix-out/smtp", "smtp"),
        ("postfix/10025/smtpd", "smtpd"),
        ("relay-smtp/smtpd", "smtpd"),
        ("postfix", "postfix"),
        ("postfix@-.service", "unit"),
        ("postfix/policyd-spf", None),
        ("opendkim", None),
        ("smtpd", None),
        ("sendmail", None),
    ],
)
def test_program(tag: str, program: str | None) -> None:
    head = parse_head(f"Apr  1 06:14:46 mx1 {tag}[1]: text".encode())
    assert head is not None
    assert head.program == program


@pytest.mark.parametrize(
    ("stamp", "english"),
    [
        ("Okt 15", "Oct 15"), ("Mär 01", "Mar  1"), ("févr. 14", "Feb 14"), ("août 02", "Aug  2"), ("авг 09", "Aug  9"),
        ("4月 11", "Apr 11"), ("12월 31", "Dec 31"), ("paź 03", "Oct  3"), ("dic 24", "Dec 24"), ("led 05", "Jan  5"),
    ],
)  # fmt: skip
def test_months_of_other_languages(stamp: str, english: str) -> None:
    assert parse_head(f"{stamp} 06:14:46 mx1 {TAIL}".encode()) == parse_head(f"{english} 06:14:46 mx1 {TAIL}".encode())


def test_words_that_are_no_month() -> None:
    head = parse_head(b"foo 15 06:14:46 mx1 postfix/smtpd[1]: x")
    assert head is None or head.stamp is None
    head = parse_head("13月 11 06:14:46 mx1 postfix/smtpd[1]: x".encode())
    assert head is None or head.stamp is None


def test_columns_of_a_firewalls_page() -> None:
    head = parse_head(f"2024-04-01T06:14:46\tInformational\tpostfix/smtpd\t{TEXT}".encode())
    assert head is not None
    assert (head.host, head.tag, head.pid, head.text) == (None, "postfix/smtpd", None, TEXT)


def test_metalog_names_the_program_alone() -> None:
    head = parse_head(f"Apr  1 06:14:46 [postfix/smtpd] {TEXT}".encode())
    assert head is not None
    assert (head.host, head.tag, head.pid, head.text) == (None, "postfix/smtpd", None, TEXT)


def test_repetition() -> None:
    head = parse_head(b"Apr  1 06:14:46 mx1 postfix/smtpd[1]: message repeated 3 times: [ warning: x]")
    assert head is not None
    assert (head.text, head.repeat) == ("warning: x", 3)
    head = parse_head(b"Apr  1 06:14:46 mx1 last message repeated 12 times")
    assert head is not None
    assert (head.tag, head.repeat, head.flags) == (None, 12, ("repeats_last",))


@pytest.mark.parametrize(
    "line", [b"\0\0\0", b"\xff\xfe\0\x01", b"Apr  1 06:14:46 mx1 postfix/smt", b"Apr  1 06:14:46 mx1"]
)
def test_broken(line: bytes) -> None:
    assert parse_head(line) is None


@pytest.mark.parametrize(
    "line", [b"", b"-- Boot 0123 --", b"some words", b"Apr  1 06:14:46 mx1 kernel: x", b"{}", b"[" * 5000]
)
def test_of_others(line: bytes) -> None:
    head = parse_head(line)
    assert head is not None
    assert head.program is None
