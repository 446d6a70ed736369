"""A rule's words in another language: its own, then those of the rules that it borrows from, step by step."""

import pytest

from mailtriage.rules import words
from mailtriage.rules.load import parse_pack
from mailtriage.rules.words import words_of
from tools import language_coverage as coverage

PACK = """
[operator]
id = "example"
name = "Example"
kind = "mailbox"

[[rule]]
id = "example.first"
cause = "policy"
match = "first"
samples = ["first"]
[rule.text.en]
why = "First."
wait = "an hour"
steps = ["Wait."]

[[rule]]
id = "example.second"
like = "example.first"
cause = "policy"
match = "second"
samples = ["second"]
[rule.text.en]
why = "Second."

[[rule]]
id = "example.third"
like = "example.second"
cause = "policy"
match = "third"
samples = ["third"]
[rule.text.en]
why = "Third."
steps = ["Ask."]
"""


@pytest.mark.parametrize(
    ("foreign", "why", "wait", "steps"),
    [
        ({}, "Third.", "an hour", ["Ask."]),
        ({"example.first": {"why": "1", "wait": "w1", "steps": ["s1"]}}, "Third.", "w1", ["Ask."]),
        ({"example.first": {"wait": "w1"}, "example.second": {"wait": "w2"}}, "Third.", "w2", ["Ask."]),
        ({"example.first": {"wait": "w1"}, "example.third": {"why": "3", "wait": "w3"}}, "3", "w3", ["Ask."]),
        ({"example.second": {"why": "2", "steps": ["s2"]}}, "Third.", "an hour", ["Ask."]),
    ],
)
def test_borrowed_words_are_looked_for_step_by_step(
    foreign: dict[str, dict[str, object]], why: str, wait: str, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where the English is the same at both: a rule's own sentence is no translation of its base's."""
    monkeypatch.setattr(words, "_foreign", lambda lang, operator: foreign)
    third = parse_pack(PACK, "example.toml")[1][2]
    found = words_of(third, "xx")
    assert (found.why, found.wait, [step.text for step in found.steps]) == (why, wait, steps)
    assert third.borrowed == (("example.second", ("wait",)), ("example.first", ("wait",)))


@pytest.mark.parametrize("lang", ["ja"])
def test_what_is_borrowed_is_translated_once(lang: str) -> None:
    """A translation that repeats its base's would be forgotten when that one changes."""
    foreign = coverage.foreign_rules(lang)
    own = {rule: set(words) for _, rule, words in coverage.rules()}
    assert [f"{rule}: {key}" for rule, words in foreign.items() for key in set(words) - own[rule]] == []
