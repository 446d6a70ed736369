"""Every text with which Postfix itself refuses, defers, warns or dies is known for what it is."""

from collections import Counter
from pathlib import Path

import pytest

from mailtriage.rules.advice import advise
from mailtriage.rules.book import Query, RuleBook
from mailtriage.rules.exceptions import all_changes
from mailtriage.rules.load import load_pack
from mailtriage.rules.shelf import load_book, pack_files

TEXTS = Path(__file__).with_name("postfix_texts.txt").read_text(encoding="utf-8").splitlines()
CASES = [line.split(" | ", 3) for line in TEXTS if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_book()[0]


@pytest.mark.parametrize(("head", "cause", "rule", "text"), CASES, ids=[case[3][:60] for case in CASES])
def test_postfix_text(book: RuleBook, head: str, cause: str, rule: str, text: str) -> None:
    direction, program, code, dsn = (None if field == "-" else field for field in head.split())
    got = book.classify(Query(text, direction, code, dsn, None, program))
    assert (got.cause, got.rule and got.rule.id) == (cause, rule)


def test_every_rule_for_the_server_says_how_loud_it_is(book: RuleBook) -> None:
    silent = [
        rule.id
        for rule in book.rules.values()
        if rule.operator.kind == "server" and not (rule.kind and rule.severity and rule.text["en"].title)
    ]
    assert not silent


def test_no_rule_takes_the_id_of_another_pack() -> None:
    ids = Counter(rule.id for path in pack_files() for rule in load_pack(path)[1])
    assert not [rule for rule, times in ids.items() if times > 1]


def test_exceptions_that_steps_name_exist(book: RuleBook) -> None:
    known = {change.id for change in all_changes()}
    steps = [step for rule in book.rules.values() for text in rule.text.values() for step in text.steps]
    assert {step.exception for step in steps if step.exception} <= known


def test_tried_lines_are_printed_where_the_case_has_their_values(book: RuleBook) -> None:
    refused = "Client host rejected: cannot find your hostname, [203.0.113.7]"
    found = book.classify(Query(refused, "inbound", "450", "4.7.25", None, "smtpd"))
    known = {"client_ip": "203.0.113.7", "client_name": "omta7.isp.example", "pool_regex": r"omta[0-9]+\.isp\.example"}
    commands = [step.command for step in advise(found, known).steps]
    assert any(command and "203.0.113.7/32    OK" in command.splitlines() for command in commands)
    assert any(command and r"/^omta[0-9]+\.isp\.example$/    DUNNO" in command.splitlines() for command in commands)
    # An address or name that could mean something else in a table or shell is not filled in.
    hostile = [step.command or "" for step in advise(found, {"client_name": "x/ OK;rm", "pool_regex": ".*"}).steps]
    assert not any(";rm" in command or "/^.*$/" in command for command in hostile)


# Strangers choose the addresses in a reply: what they write there must not decide what the reply means.
@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('<": Relay access denied"@shirao.example>: Recipient address rejected: User unknown', "user_unknown"),
        ('<"spf fail dmarc spam"@shirao.example>: Recipient address rejected: User unknown', "user_unknown"),
        ("<blocked using zen.spamhaus.org>: Helo command rejected: Invalid name", "helo_invalid"),
        ("<virus@firm.example>: Sender address rejected: Domain not found", "sender_domain_not_found"),
        ("<quota-exceeded@shirao.example>: Recipient address rejected: Greylisted", "greylist"),
    ],
)
def test_a_strangers_address_does_not_decide(book: RuleBook, text: str, cause: str) -> None:
    assert book.classify(Query(text, "inbound", "550", "5.7.1", None, "smtpd")).cause == cause
