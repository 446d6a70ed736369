"""Postfix lines of an exception, filled for one case."""

import pytest

from mailtriage.rules.exceptions import all_changes
from mailtriage.rules.lines import lines
from mailtriage.rules.shelf import load_book
from mailtriage.texts.catalog import Texts

TEXTS = Texts()


def test_one_address() -> None:
    assert lines("unresolvable_client_hostname.address", {"client_ip": "203.0.113.7"}, TEXTS) == (
        "# /etc/postfix/client_ok.cidr\n"
        "203.0.113.7/32    OK\n"
        "# /etc/postfix/main.cf, smtpd_client_restrictions: before reject_unknown_client_hostname\n"
        "check_client_access cidr:/etc/postfix/client_ok.cidr\n"
        "postfix reload\n"
        "postmap -q 203.0.113.7 cidr:/etc/postfix/client_ok.cidr    # OK"
    )


@pytest.mark.parametrize(
    "values",
    [
        {"pattern": "omta*.jcom.zaq.ne.jp"},
        {"client_pattern": "omta*.jcom.zaq.ne.jp", "client_name": "omta0014.jcom.zaq.ne.jp"},
        {"client_name": "omta0014.jcom.zaq.ne.jp"},
    ],
)
def test_a_pool(values: dict[str, str]) -> None:
    found = lines("unresolvable_client_hostname.pool", values, TEXTS)
    assert found is not None
    assert r"/^omta[0-9]+\.jcom\.zaq\.ne\.jp$/    DUNNO" in found


@pytest.mark.parametrize(
    "values",
    [
        {}, {"client_ip": "1.2.3.4;reboot"}, {"client_ip": "$(id)"}, {"client_name": "mail.example.com"},
        {"pattern": "a*.x/ OK.example.com"}, {"pattern": "JCOM"},
    ],
)  # fmt: skip
def test_what_is_missing_or_hostile_is_not_filled_in(values: dict[str, str]) -> None:
    assert lines("unresolvable_client_hostname.pool", values, TEXTS) is None
    assert lines("unresolvable_client_hostname.address", values, TEXTS) is None
    assert lines("no.such", values, TEXTS) is None


def test_steps_name_exceptions_that_there_are() -> None:
    known = {one.id for one in all_changes()}
    book, _ = load_book()
    for rule in book.rules.values():
        for text in rule.text.values():
            assert {step.exception for step in text.steps if step.exception} <= known, rule.id
