# ruff: noqa: E501
"""Replies taken apart, hostile ones included."""

import pytest

from mailtriage.postfix.reply import parse_reply

HOST = "host mx.example.com[203.0.113.25]"


@pytest.mark.parametrize(
    ("reply", "how", "text", "code", "dsn", "command"),
    [
        (f"{HOST} said: 550 5.7.1 no (in reply to MAIL FROM command)", "said", "550 5.7.1 no", "550", "5.7.1", "MAIL FROM"),
        (f"{HOST} refused to talk to me: 554 go away", "refused", "554 go away", "554", None, None),
        (f"{HOST} said: 550-5.7.26 a 550 5.7.26 b (in reply to end of DATA command)", "said", "550-5.7.26 a 550 5.7.26 b", "550", "5.7.26", "end of DATA"),
        (f"{HOST} said: 550 x (in reply to RCPT TO command) (in reply to DATA command)", "said", "550 x (in reply to RCPT TO command)", "550", None, "DATA"),
        (f"{HOST} said: 550 x (in reply to lies)", "said", "550 x (in reply to lies)", "550", None, None),
        ("delivery temporarily suspended: " + HOST + " refused to talk to me: 421 4.7.0 later", "refused", "421 4.7.0 later", "421", "4.7.0", None),
        ("connect to mx.example.com[203.0.113.25]:25: Connection refused", "connect", "Connection refused", None, None, None),
        ("lost connection with mx.example.com[203.0.113.25] while sending RCPT TO", "lost", "lost connection with mx.example.com[203.0.113.25] while sending RCPT TO", None, None, None),
        ("SASL authentication failed; server mx.example.com[203.0.113.25] said: 535 5.7.8 no", "said", "535 5.7.8 no", "535", "5.7.8", None),
        ('unknown user: "nobody"', "local", 'unknown user: "nobody"', None, None, None),
        ("user host x[1] said: 550 no", "local", "user host x[1] said: 550 no", None, None, None),
    ],
)  # fmt: skip
def test_reply(reply: str, how: str, text: str, code: str | None, dsn: str | None, command: str | None) -> None:
    found = parse_reply(reply)
    assert (found.how, found.text, found.code, found.dsn, found.command) == (how, text, code, dsn, command)
    assert how == "local" or (found.host, found.addr) == ("mx.example.com", "203.0.113.25")
