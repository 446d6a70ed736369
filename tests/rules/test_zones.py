"""The key of a blocklist's customer is never shown."""

import pytest

from mailtriage.rules.advice import advise
from mailtriage.rules.book import Query
from mailtriage.rules.shelf import load_book
from mailtriage.rules.zones import without_key

KEY = "ab3defghijklmnopqrstuv4xyz"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (f"{KEY}.zen.dq.spamhaus.net", "zen.dq.spamhaus.net"),
        ("abcdefkey.zen.dq.spamhaus.net", "zen.dq.spamhaus.net"),
        ("zen.dq.spamhaus.net", "zen.dq.spamhaus.net"),
        (f"_url.{KEY}.hbl.dq.spamhaus.net.", "hbl.dq.spamhaus.net"),
        (f"{KEY}.combined.mail.abusix.zone", "combined.mail.abusix.zone"),
        (f"{KEY}.bl.example.org", "bl.example.org"),
        ("zen.spamhaus.org", "zen.spamhaus.org"),
        ("spam.dnsbl.sorbs.net", "spam.dnsbl.sorbs.net"),
        ("bl.spameatingmonkey.net", "bl.spameatingmonkey.net"),
        ("realtimeblacklistofmine2.com", "realtimeblacklistofmine2.com"),
    ],
)
def test_shown_name_of_a_zone(name: str, shown: str) -> None:
    assert without_key(name) == shown


@pytest.mark.parametrize("key", ["abcdefkey", KEY, "0123456789abcdef0123456789abcdef"])
@pytest.mark.parametrize(
    ("zone", "operator"), [("zen.dq.spamhaus.net", "Spamhaus"), ("combined.mail.abusix.zone", "Abusix")]
)
@pytest.mark.parametrize(
    ("direction", "text"),
    [
        ("outbound", "554 5.7.1 Service unavailable; Client host [203.0.113.25] blocked using {}"),
        (
            "outbound",
            "554 5.7.1 Service unavailable; Client host [203.0.113.25] blocked using {}; https://example.org/{}",
        ),
        ("outbound", "550 5.7.1 203.0.113.25 is listed in {}"),
        ("outbound", "550 rejected because 203.0.113.25 is in a black list at {}"),
        ("inbound", "554 5.7.1 Service unavailable; Client host [203.0.113.25] blocked using {}"),
        (
            "inbound",
            "554 5.7.1 Service unavailable; Client host [203.0.113.25] blocked using {}; https://example.org/{}",
        ),
    ],
)
def test_no_key_in_what_is_read_out_of_a_reply(key: str, zone: str, operator: str, direction: str, text: str) -> None:
    book, _ = load_book()
    reply = text.replace("{}", f"{key}.{zone}")
    found = book.classify(Query(reply, direction))
    assert operator.lower() in f"{found.operator} {found.via}".lower(), (found.operator, found.rule and found.rule.id)
    assert not any(key in value for value in found.captures.values())
    assert key not in str(advise(found, {"reply": reply, "own_ip": "203.0.113.25"}))
