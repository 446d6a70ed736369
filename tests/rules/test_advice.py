"""Words of a rule for one case: filled, linked, and never with an open placeholder."""

import re

import pytest

from mailtriage.rules.advice import advise
from mailtriage.rules.book import Classification, Query, RuleBook
from mailtriage.rules.load import parse_pack
from mailtriage.rules.shelf import load_book

PACK = r"""
[operator]
id = "example"
name = "Example Mail"
kind = "mailbox"
[[rule]]
id = "example.blocked"
cause = "ip_reputation"
match = 'blocked (?P<own_ip>[0-9a-f.:]{2,45}) ref (?P<ref>[\w%/.-]{1,40})'
links = [
  { kind = "lookup", url = "https://example.com/?ip={own_ip}", bare = "https://example.com/" },
  { kind = "form", url = "https://example.com/form?mail={recipient}&ref={ref}" },
]
samples = ["blocked 192.0.2.1 ref 1"]
[rule.text.en]
why = "{own_host} with {own_ip} is blocked for {recipient}."
steps = [
  { text = "Look up {own_ip}.", url = "{lookup}" },
  { text = "Write.", url = "{form}" },
  { text = "Ask.", url = "https://example.com/ask/{helo}" },
  { text = "Try {helo}.", command = "dig -x {own_ip}; postmap -q {helo} hash:/x; awk '{print}' {domains}" },
]
request = "Release {own_ip} ({ref}) {strange_word}."
"""


@pytest.fixture(scope="module")
def book() -> RuleBook:
    operator, rules = parse_pack(PACK, "example.toml")
    return RuleBook(rules, [operator])


def test_everything_known(book: RuleBook) -> None:
    found = book.classify(Query("550 blocked 2001:db8::25 ref a/b"))
    advice = advise(found, {"own_host": "mail.example.org", "recipient": "a+b@example.com", "helo": "x.example"})
    assert advice.why == "mail.example.org with 2001:db8::25 is blocked for a+b@example.com."
    assert [link.url for link in advice.links] == [
        "https://example.com/?ip=2001:db8::25",
        "https://example.com/form?mail=a%2Bb%40example.com&ref=a%2Fb",
    ]
    assert [step.url for step in advice.steps] == [
        advice.links[0].url, advice.links[1].url, "https://example.com/ask/x.example", None,
    ]  # fmt: skip
    assert advice.steps[3].command == ("dig -x 2001:db8::25; postmap -q x.example hash:/x; awk '{print}' DOMAINS")
    assert advice.request == "Release 2001:db8::25 (a/b) strange word."
    assert [s.id for s in advice.steps][:2] == ["example.blocked.1", "example.blocked.2"]


def test_what_is_not_known_is_left_out_or_said_in_words(book: RuleBook) -> None:
    found = book.classify(Query("550 blocked 10.0.0.1 ref 1"))
    advice = advise(found)
    assert advice.why == "your server's name with your server's address is blocked for the recipient."
    assert [link.url for link in advice.links] == ["https://example.com/"]
    assert [step.url for step in advice.steps] == ["https://example.com/", None, None, None]
    assert advice.steps[3].command == "dig -x OWN_IP; postmap -q HELO hash:/x; awk '{print}' DOMAINS"


def test_the_servers_own_address_fills_in_for_one_that_cannot_be_public(book: RuleBook) -> None:
    found = book.classify(Query("550 blocked 10.0.0.1 ref 1"))
    assert advise(found, {"own_ip": "203.0.113.25"}).links[0].url == "https://example.com/?ip=203.0.113.25"


def test_a_request_keeps_to_its_own_language() -> None:
    """Names of unknown values are English in the operator's lines, and the reader's in lines of the reader's."""
    found = load_book()[0].classify(Query("550 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip=203.0.113.5"))
    request = advise(found, lang="ja").request or ""
    english, _, japanese = request.partition("Thank you.")
    assert "203.0.113.5 (your server's name)" in english
    assert english.isascii()
    assert "このサーバーの名前" in japanese


@pytest.mark.parametrize(
    ("values", "words"),
    [({}, "理由に〈このサーバーのアドレス〉または"), ({"own_ip": "203.0.113.25"}, "理由に 203.0.113.25 または")],
)
def test_no_space_between_words_of_a_script_that_has_none(values: dict[str, str], words: str) -> None:
    rule = load_book()[0].rules["microsoft.network-blocked"]
    assert words in advise(Classification(rule.cause, rule), values, lang="ja").why


@pytest.mark.parametrize("helo", ["$(reboot)", "a;b", "-rf", "x y", "`id`", "a'b", "a\nb", "x|y", "a>b"])
def test_a_strangers_words_never_reach_a_command(book: RuleBook, helo: str) -> None:
    found = book.classify(Query("550 blocked 203.0.113.9 ref 1"))
    assert advise(found, {"helo": helo}).steps[3].command == (
        "dig -x 203.0.113.9; postmap -q HELO hash:/x; awk '{print}' DOMAINS"
    )


def test_unclassified_has_words_too() -> None:
    advice = advise(Classification("unclassified", None))
    assert advice.why
    assert len(advice.steps) > 1


def test_no_rule_of_ours_leaves_a_placeholder_open() -> None:
    book, _ = load_book()
    for rule in book.rules.values():
        for values in ({}, {"own_ip": "203.0.113.25"}):
            advice = advise(Classification(rule.cause, rule), values)
            words = [advice.why, advice.request, advice.user, advice.title, advice.wait]
            words += [w for s in advice.steps for w in (s.text, s.url)] + [link.url for link in advice.links]
            assert advice.why, rule.id
            assert advice.steps, rule.id
            for word in words:
                assert not re.search(r"\{[a-z_]+\}", word or ""), (rule.id, word)
