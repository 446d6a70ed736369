"""``mailtriage rules``: list, show, test, new."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailtriage.cli.rules import command
from mailtriage.rules.book import Query
from mailtriage.rules.load import parse_pack
from mailtriage.rules.shelf import load_book

PACK = """
[operator]
id = "mine"
name = "Mine"
kind = "mailbox"
[[rule]]
id = "mine.odd"
cause = "policy"
match = 'quite odd words'
samples = [{sample}]
[rule.text.en]
why = "So it is."
"""


@pytest.fixture(autouse=True)
def rules_d(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "mailtriage" / "rules.d"
    folder.mkdir(parents=True)
    return folder


def run(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(command, args, input=stdin, standalone_mode=False)


def test_list_filters() -> None:
    lines = run(
        "list", "--operator", "apple", "--cause", "ip_reputation", "--direction", "outbound"
    ).stdout.splitlines()
    assert "apple.proofpoint-blocked" in [line.split()[0] for line in lines]
    assert {line.split()[1] for line in lines} == {"ip_reputation"}
    assert not run("list", "--operator", "apple", "--direction", "inbound").stdout
    (record,) = (
        json.loads(line)
        for line in run("list", "--operator", "Apple", "--json").stdout.splitlines()
        if "apple.proofpoint-blocked" in line
    )
    assert record["via"] == "Proofpoint"
    assert record["samples"]


def test_show() -> None:
    shown = run("show", "apple.proofpoint-blocked")
    assert shown.return_value == 0
    assert "ipcheck" in shown.stdout
    unknown = run("show", "apple.proofpoint-bloked")
    assert unknown.return_value == 1
    assert "apple.proofpoint-blocked" in unknown.stderr


def test_test_includes_the_users_packs(rules_d: Path) -> None:
    (rules_d / "mine.toml").write_text(PACK.replace("{sample}", '"550 quite odd words"'))
    assert run("test", "--operator", "mine").return_value == 0
    (rules_d / "mine.toml").write_text(PACK.replace("{sample}", '"550 other words", "550 quite odd words"'))
    failed = run("test", "--operator", "mine")
    assert failed.return_value == 1
    assert "other words" in failed.stdout


def test_broken_packs_are_named_and_left_out(rules_d: Path) -> None:
    (rules_d / "broken.toml").write_text("[operator]\nid = 1\n")
    result = run("test", "--operator", "apple")
    assert "broken.toml" in result.stderr
    assert result.return_value == 1
    assert run("list", "--operator", "apple").return_value == 0


@pytest.mark.parametrize(
    "text",
    [
        "550 5.7.9 Wunderlich refusal of 203.0.113.25 for <a@example.com> (id 4f6Rj3cF2z5WV4H)",
        "Apr 11 06:14:46 mx postfix/smtp[2]: B7E93A0012: to=<a@example.com>, relay=mx1.odd-mail.example[192.0.2.7]:25,"
        " delay=2, delays=0/0/1/0, dsn=5.0.0, status=bounced (host mx1.odd-mail.example[203.0.113.7] said: 550"
        " Wunderlich 'refusal'; \"quoted\" \\ 100% [x] (in reply to RCPT TO command))",
        "550 it''' ends so '",
    ],
)
def test_a_new_rule_matches_what_it_was_made_from(rules_d: Path, text: str) -> None:
    made = run("new", stdin=text)
    assert made.return_value == 0, made.output
    (rules_d / "new.toml").write_text(made.stdout)
    operator, (rule,) = parse_pack(made.stdout, "new.toml", user_pack=True)
    book, broken = load_book([rules_d])
    assert not broken
    found = book.classify(Query(rule.samples[0].text, "outbound", relay=rule.samples[0].relay))
    assert found.rule is not None
    assert found.rule.id == f"{operator.id}.new"
    assert run("test", "--operator", operator.id).return_value == 0


def test_new_wants_something() -> None:
    assert CliRunner().invoke(command, ["new"], input="").exit_code == 2
