"""The short way for refusals and failed logins reads what the long way reads, or nothing."""

import pytest

from mailtriage.postfix.parse import parse
from mailtriage.rules.book import Classification
from mailtriage.scan import session, shortway
from mailtriage.syslog.head import parse_head

TAIL = "from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<mail.example.com>"
CLEAN = [
    f"NOQUEUE: reject: RCPT from mail.example.com[192.0.2.1]: 554 5.7.1 <b@example.org>: Relay access denied; {TAIL}",
    f"NOQUEUE: reject: RCPT from unknown[2001:db8::1]: 450 4.7.25 Client host rejected: cannot find your hostname, "
    f"[2001:db8::1]; {TAIL}",
    "NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 550 5.1.1 <b@example.org>: Recipient address rejected: x; "
    "from=<> to=<b@example.org> proto=SMTP helo=<x>",
    "warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=info",
    "warning: unknown[192.0.2.1]: SASL PLAIN authentication failed: ",
]
FORGED = [
    f'NOQUEUE: reject: RCPT from x[192.0.2.1]: 554 <"; from=<c@example.net> to=<d@x>"@example.org>: no; {TAIL}',
    "NOQUEUE: reject: RCPT from x[192.0.2.1]: 554 no; from=<a b@example.com> to=<b@example.org> proto=ESMTP helo=<y>",
    "NOQUEUE: reject: RCPT from x[192.0.2.1]: 554 no; from=<a@example.com> to=<b@example.org> proto=SMTP helo=<y> z>",
    "warning: x[192.0.2.1]: SASL LOGIN authentication failed: no, sasl_username=a b, sasl_username=c",
]  # fmt: skip


STAMPS = ["Apr  1 00:00:00", "2026-04-01T00:00:00.123456+09:00"]


def cut(text: str, stamp: str = STAMPS[0]) -> shortway.Cut | None:
    line = f"before\n{stamp} mx postfix/smtpd[1]: {text}\nbehind".encode()
    start, stop = 7, len(line) - 7
    return shortway.refusal(line, start, stop) or shortway.login(line, start, stop)


@pytest.mark.parametrize("stamp", STAMPS)
@pytest.mark.parametrize("text", CLEAN)
def test_both_ways_agree(text: str, stamp: str) -> None:
    head = parse_head(f"{stamp} mx postfix/smtpd[1]: {text}".encode())
    assert head is not None
    event, found = parse(head), cut(text, stamp)
    assert event is not None
    assert found is not None
    assert shortway.agrees(found, head, event)


@pytest.mark.parametrize("text", [*FORGED, CLEAN[0] + " behind", "message repeated 2 times: [ " + CLEAN[3] + "]"])
def test_what_can_be_read_in_two_ways_goes_the_long_way(text: str) -> None:
    assert cut(text) is None


def test_a_shape_is_the_same_for_other_parties() -> None:
    other = CLEAN[0].replace("192.0.2.1", "198.51.100.7").replace("example.com", "example.net").replace("<b@", "<c@")
    first, second = cut(CLEAN[0]), cut(other)
    assert first is not None
    assert second is not None
    assert first.shape == second.shape


def test_a_link_with_the_clients_address_within_is_read_of_every_line() -> None:
    text = (
        "NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked "
        f"using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1; {TAIL}"
    )
    found = cut(text)
    assert found is not None
    captures = {"client_ip": "192.0.2.1", "txt": "https://www.spamhaus.org/query/ip/192.0.2.1"}
    recipes = shortway.recipes(found, Classification("dnsbl", None, None, captures=captures))
    assert recipes == [
        ("client_ip", "", 1, ""),
        ("txt", "https://www.spamhaus.org/query/ip/\x01", 1, "within"),
    ]


@pytest.mark.parametrize("stamp", STAMPS)
@pytest.mark.parametrize("reason", ["", ": Name or service not known"])
@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_a_host_name_warning_is_read_as_the_long_way_reads_it(address: str, reason: str, stamp: str) -> None:
    text = f"hostname omta0014.jcom.example does not resolve to address {address}{reason}"
    line = f"{stamp} mx postfix/smtpd[1]: warning: {text}".encode()
    found, long = shortway.mismatch(line, 0, len(line)), session.read_mismatch(0, text)
    assert found is not None
    assert long is not None
    assert found[:2] == (b"mx postfix/smtpd", 1)
    assert (found[2], found[3], session.detail(found[4])) == (long.name, long.address, long.detail)
