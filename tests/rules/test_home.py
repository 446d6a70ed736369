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


@pytest.mark.parametrize(
    ("host", "operator"),
    [
        ("omta0021.jcom.zaq.ne.jp", "jcom"),
        ("zaqc0000201.zaq.ne.jp", None),
        ("192-0-2-7.rev.home.ne.jp", None),
        ("mogw0001.ocn.ad.jp", "ocn"),
        ("p1234-ipngn1000marunouchi.tokyo.ocn.ne.jp", None),
        ("ms-omx01.so-net.ne.jp", "so-net"),
        ("p7cdba100.tokyff01.ap.so-net.ne.jp", None),
        ("hsmtpd-def.xspmail.jp", "iij"),
        ("mta-snd-e01.mail.nifty.com", "nifty"),
        ("mta-snd-w04.biglobe.ne.jp", "biglobe"),
        ("www262.sakura.ne.jp", "sakura"),
        ("os3-123-4567.vs.sakura.ne.jp", None),
        ("snd00007.auone-net.jp", "au-one-net"),
        ("kd192000002007.ppp-bb.dion.ne.jp", None),
        ("mail01.asahi-net.or.jp", "asahi-net"),
        ("y000007.ppp.asahi-net.or.jp", None),
        ("mvs4.plala.or.jp", "plala"),
        ("i192-0-2-7.s41.a027.ap.plala.or.jp", None),
        ("sv16000.xserver.jp", "xserver"),
        ("smtp-proxy001.phy.lolipop.jp", "lolipop"),
    ],
)
def test_a_pool_is_mail_hosts_and_not_its_customers_lines(book: RuleBook, host: str, operator: str | None) -> None:
    found = book.operator_of_pool(host)
    assert (found.id if found else None) == operator
