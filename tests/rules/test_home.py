"""Who speaks, where several operators could: platforms that share wordings, signed replies, recipients' addresses."""

import pytest

from mailtriage.rules.book import Query, RuleBook
from mailtriage.rules.shelf import load_book


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_book()[0]


OLC = "hotmail-com.olc.protection.outlook.com"
EOP = "example-net.mail.protection.outlook.com"
BUSY = "451 4.7.500 Server busy. Please try again later from [203.0.113.25]. (S77719)"
LISTED = "550 5.7.1 Service unavailable, Helo domain is listed in Spamhaus. (S8001)"
FULL = "552 5.2.2 <taro@icloud.com>: user is over quota"


@pytest.mark.parametrize(
    ("text", "relay", "operator", "via", "rule"),
    [
        # One platform: the wording may be in the other's pack, the relay host says who speaks.
        (BUSY, OLC, "Microsoft", None, "exchange-online.server-busy"),
        (BUSY, EOP, "Exchange Online", None, "exchange-online.server-busy"),
        (LISTED, EOP, "Exchange Online", "Spamhaus", "microsoft.helo-domain-listed"),
        # No relay host: the answering server's own signature does.
        ("421 4.4.5 Server busy, try again later. ab12si34 - gsmtp", None, "Google", None, "google.busy"),
        ("421 4.4.5 Server busy, try again later.", None, None, None, None),
        # Servers of one platform sign alike; the wording tells them apart.
        (
            "550 5.5.0 Requested action not taken: mailbox unavailable [FT001.eop-nam04.prod.protection.outlook.com]",
            None, "Microsoft", None, "microsoft.no-user",
        ),
        # The operator with the filter behind it is told from the filter alone.
        (LISTED, None, "Microsoft", "Spamhaus", "microsoft.helo-domain-listed"),
        # A recipient's address tells where nothing else does, a sender's never.
        (FULL, None, "Apple", None, "apple.mailbox-full"),
        (FULL, "mx.example.net", None, None, None),
        ("450 4.1.8 <taro@icloud.com>: Sender address rejected: Domain not found", None, "Postfix", None, None),
    ],
)  # fmt: skip
def test_who_speaks(
    book: RuleBook, text: str, relay: str | None, operator: str | None, via: str | None, rule: str | None
) -> None:
    found = book.classify(Query(text, "outbound", relay=relay))
    assert (found.operator, found.via) == (operator, via)
    if rule:
        assert found.rule is not None
        assert found.rule.id == rule
