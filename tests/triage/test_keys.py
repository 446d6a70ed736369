# ruff: noqa: E501
"""A customer's key of a blocklist is never shown."""

import json

import pytest

from mailtriage.report.record import finding_record
from mailtriage.report.redact import Redactor
from mailtriage.triage.keys import masked
from tests.triage.stories import Log, judged

KEY = "ab3defghijklmn0pqrstuvwxyz"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"blocked using {KEY}.zen.dq.spamhaus.net;", "blocked using zen.dq.spamhaus.net;"),
        (f"listed by domain {KEY}.combined.mail.abusix.zone as", "listed by domain combined.mail.abusix.zone as"),
        (f"query 7.113.0.203.{KEY}.zen.dq.spamhaus.net: timeout", "query zen.dq.spamhaus.net: timeout"),
        (f"blocked using {KEY}.dnsbl.example;", "blocked using dnsbl.example;"),
        ("blocked using combined.mail.abusix.zone", "blocked using combined.mail.abusix.zone"),
        ("blocked using zen.spamhaus.org", "blocked using zen.spamhaus.org"),
        ("blocked using blackholes.mail-abuse.com", "blocked using blackholes.mail-abuse.com"),
    ],
)  # fmt: skip
def test_masked(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert KEY not in Redactor().text(text)


def test_no_finding_shows_a_key() -> None:
    log = Log().family()
    for number in range(6):
        client = f"mail-ed1-f4{number}.google.com[209.85.208.4{number}]"
        text = f"554 5.7.1 Service unavailable; Client host [{{ip}}] blocked using {KEY}.zen.dq.spamhaus.net; Error: open resolver; https://check.spamhaus.org/returnc/pub/"
        log.later(minutes=30).refuse(client, f"pat{number}@gmail.com", "bea@example.org", text)
        log.refuse(f"h{number}.dyn.telco.example[198.19.3.{number + 1}]", "a@b.example", "bea@example.org", text)
    findings = judged(log).findings
    assert findings
    assert KEY not in json.dumps([finding_record(finding) for finding in findings])
