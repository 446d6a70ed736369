"""The normal form of a reply, and its shape."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtriage.rules import normal
from mailtriage.rules.normal import Normal, normalize, normalize_and_shape, shape


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("550 5.7.1 No", Normal("550", "5.7.1", "No")),
        (
            "550-5.7.26 This mail 550-5.7.26 is blocked. 550 5.7.26 See",
            Normal("550", "5.7.26", "This mail is blocked. See"),
        ),
        ("554-gmx.net says 554-No service 554 IP", Normal("554", None, "gmx.net says No service IP")),
        ("sorry, no mailbox (#5.1.1)", Normal(None, "5.1.1", "sorry, no mailbox (#5.1.1)")),
        ("550 #5.1.0 Address rejected.", Normal("550", "5.1.0", "Address rejected.")),
        ("5.7.1 No", Normal(None, "5.7.1", "No")),
        ("550 Blocked ??? see  page", Normal("550", None, "Blocked - see page")),
        ("550 Blocked – see", Normal("550", None, "Blocked - see")),
        ("550 Sender\u2019s \u201cpolicy\u201d", Normal("550", None, 'Sender\'s "policy"')),
        ("550", Normal("550", None, "")),
        ("5505 apples", Normal(None, None, "5505 apples")),
        ("", Normal(None, None, "")),
    ],
)
def test_normal_form(text: str, expected: Normal) -> None:
    assert normalize(text) == expected


def test_what_the_line_says_counts_where_the_text_says_nothing() -> None:
    assert normalize("No", "451", "4.3.0") == Normal("451", "4.3.0", "No")
    assert normalize("550 5.1.1 No", "451", "4.3.0") == Normal("550", "5.1.1", "No")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Client host [203.0.113.7] blocked", "Client host [192.0.2.1] blocked"),
        ("127.0.0.2 is an answer", "127.0.0.2 is an answer"),
        ("1.2.3.4.5 is none", "1.2.3.4.5 is none"),
        ("[2001:db8:1::25]: no", "[2001:db8::1]: no"),
        ("<bob@example.com>: no", "<user@example.org>: no"),
        ("id=4f6Rj3cF2z5WV4H end", "id=a0b1c2d3e4f5g6 end"),
        ("UCEPROTECT-Level2 stays", "UCEPROTECT-Level2 stays"),
    ],
)
def test_shape(text: str, expected: str) -> None:
    assert shape(text) == expected


@given(st.text(alphabet="0123456789.:[]<>@aF-_ \t\n?#(5)", max_size=80))
def test_words_can_be_looked_at_one_by_one(text: str) -> None:
    found, form = normalize_and_shape(text)
    assert form == shape(found.text)
    assert form == normal._MASK.sub(normal._stand_in, found.text)


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    found, _ = normalize_and_shape(text)
    assert not re.search(r"\s\s|^\s|\s$", found.text)
