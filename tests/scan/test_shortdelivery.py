"""The short way for failed deliveries: two lines of one kind have one shape, and what varies comes back."""

import pytest

from mailtriage.scan import shortdelivery

STAMP = "Apr 11 06:14:46"
HEAD = "mx postfix/smtp[2211]: "
BLOCKED = (
    "{queue}: to=<{to}>, relay=mx3.mail.icloud.com[{addr}]:25, delay=2, delays=0.12/0.01/1.3/0.55, dsn=5.7.0, "
    "status=bounced (host mx3.mail.icloud.com[{addr}] said: 550 5.7.0 Blocked - see "
    "https://support.proofpoint.com/dnsbl-lookup.cgi?ip=203.0.113.25 (in reply to MAIL FROM command))"
)
GOOGLE = (
    "{queue}: to=<{to}>, relay=gmail-smtp-in.l.google.com[{addr}]:25, delay=1.5, delays=0.6/0.01/0.65/0.28, dsn=5.1.1, "
    "status=bounced (host gmail-smtp-in.l.google.com[{addr}] said: 550-5.1.1 The account <{to}> does not exist. "
    "{id} - gsmtp (in reply to RCPT TO command))"
)
MICROSOFT = (
    "{queue}: to=<{to}>, relay=outlook-com.olc.protection.outlook.com[{addr}]:25, delay=1, delays=0.1/0/0.5/0.4, "
    "dsn=5.7.1, status=bounced (host outlook-com.olc.protection.outlook.com[{addr}] said: 550 5.7.1 not sent (S3150). "
    "[MxId={mx}] [AB1CD2EF3GH4.eop-eur04.prod.protection.outlook.com {time}Z 08DC59AB12CD34EF] "
    "(in reply to MAIL FROM command))"
)
TIMEOUT = (
    "{queue}: to=<{to}>, relay=none, delay=31, delays=0.6/0.01/21/9.0, dsn=4.4.1, status=deferred (connect to "
    "mx4.example.net[{addr}]:25: Connection timed out)"
)
ONE = {
    "queue": "B7E93A0012", "to": "hanako@example.net", "addr": "192.0.2.1", "id": "d2e1a72fcca58-6ecf00028si",
    "mx": "11BD21D8E", "time": "2026-04-11T06:14:46.123",
}  # fmt: skip
OTHER = {
    "queue": "4VDx0028zZ", "to": "jiro.sato@example.net", "addr": "2001:db8::7", "id": "2adb3069b0e04-516d170b46asi",
    "mx": "0A1B2C3D4", "time": "2026-05-01T23:59:00.001",
}  # fmt: skip


def cut(text: str, stamp: str = STAMP) -> shortdelivery.Cut | None:
    line = f"{stamp} {HEAD}{text}".encode()
    return shortdelivery.cut(line, 0, len(line))


@pytest.mark.parametrize("form", [BLOCKED, GOOGLE, MICROSOFT, TIMEOUT])
@pytest.mark.parametrize("stamp", [STAMP, "2026-04-11T06:14:46+09:00"])
def test_the_like_of_it_has_the_same_shape(form: str, stamp: str) -> None:
    first, second = cut(form.format(**ONE)), cut(form.format(**OTHER), stamp)
    assert first is not None
    assert second is not None
    assert shortdelivery.outline(first.shape) == shortdelivery.outline(second.shape)
    assert (first.queue_id, first.mailbox, first.addr) == (b"B7E93A0012", b"hanako", b"192.0.2.1")


def test_another_host_code_or_status_is_another_shape() -> None:
    texts = [
        BLOCKED, BLOCKED.replace("mx3.", "mx4."), BLOCKED.replace("dsn=5.7.0", "dsn=4.7.0"),
        BLOCKED.replace("bounced", "deferred"), BLOCKED.replace("203.0.113.25", "203.0.113.26"),
    ]  # fmt: skip
    shapes = {shortdelivery.outline(found.shape) for text in texts if (found := cut(text.format(**ONE)))}
    assert len(shapes) == len(texts)


@pytest.mark.parametrize(
    "text",
    [
        BLOCKED.format(**(ONE | {"to": '"a, relay=none"@example.net'})),
        BLOCKED.format(**ONE).replace(", relay", ", orig_to=<x@example.net>, relay"),
        BLOCKED.format(**ONE) + " behind",
        BLOCKED.format(**ONE).replace("Blocked", "Bl\u00f6cked"),
        BLOCKED.format(**ONE).replace("bounced", "sent"),
    ],
)
def test_what_is_not_of_the_usual_form_goes_the_long_way(text: str) -> None:
    assert cut(text) is None
