"""Tokens for people, nothing else changed."""

import pytest

from mailtriage.report.redact import Redactor

OWN = "203.0.113.25"


@pytest.mark.parametrize(
    ("text", "gone", "kept"),
    [
        ("mail of taro@shirao.example", "taro", "@shirao.example"),
        ("from=<jiro+list@example.net>", "jiro+list", "@example.net"),
        ("unknown[198.51.100.7]: refused", "198.51.100.7", "unknown["),
        ("at 06:14:46 from 2001:db8::7 again", "2001:db8::7", "06:14:46"),
        ("host dsl-198-51-100-7.isp.example", "198-51-100-7", "isp.example"),
        (f"our {OWN} is blocked", "nothing", OWN),
        ("postmaster@example.net", "nothing", "postmaster@example.net"),
        ("sasl_username=hanako,", "hanako", "sasl_username="),
    ],
)
def test_text(text: str, gone: str, kept: str) -> None:
    out = Redactor([OWN], ["hanako"]).text(text)
    assert gone not in out
    assert kept in out


def test_the_same_stays_the_same() -> None:
    redactor = Redactor()
    assert redactor.text("a@x.example") == Redactor().text("A@x.example")
    assert redactor.text("a@x.example") != redactor.text("b@x.example")
