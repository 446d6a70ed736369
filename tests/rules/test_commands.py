"""Every command of every step: the shell reads it, its programs are known ones, its blanks can be filled."""

import re
import shutil
import subprocess

import pytest

from mailtriage.rules.advice import PLACEHOLDERS
from mailtriage.rules.shelf import load_book
from tools.typed import PLACEHOLDER, PROGRAMS, Typed, all_typed

_GROUP = re.compile(r"\(\?P<(\w+)>")
# What a configuration line may begin with where a step names no file: restrictions, and rows of Postfix' tables.
RESTRICTIONS = ("check_", "reject_", "permit_", "warn_if_reject ")


def test_the_shell_reads_every_command() -> None:
    whole = "\n".join(f"step{n}() {{\n{typed.shell or ':'}\n}}" for n, typed in enumerate(all_typed()))
    if not shutil.which("bash"):
        pytest.skip("needs bash, the shell of most administrators")
    done = subprocess.run(["bash", "-n"], input=whole, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_every_program_is_a_known_one() -> None:
    filled = ("COMMAND",)  # the program that a log line names
    unknown = [(t.where, words[0]) for t in all_typed() for words in t.simple_commands if words[0] not in PROGRAMS]
    assert not [one for one in unknown if one[1] not in filled]


def test_every_blank_of_a_rule_is_one_that_a_case_fills() -> None:
    """What the findings' own words (texts/) may name is tested with the languages."""
    groups = {
        name.rstrip("0123456789") for r in load_book()[0].rules.values() for p in r.match for name in _GROUP.findall(p)
    }
    rules = [typed for typed in all_typed() if typed.where.startswith("rules/")]
    asked = {(t.where, name) for t in rules for name in PLACEHOLDER.findall(t.text)}
    assert not {one for one in asked if one[1] not in groups | set(PLACEHOLDERS) | {"print"}}


def test_lines_for_a_file_are_restrictions_parameters_or_rows_of_a_table_or_zone() -> None:
    odd = [
        (t.where, line)
        for t in all_typed()
        for place, line in t.lines
        if place in ("", "main.cf")
        and not line.startswith(RESTRICTIONS)
        and not (line.partition(" = ")[1] and line.partition(" = ")[0].replace("_", "").isalnum())
        and not (len(line.split()) == 2 and place == "")
        and not (place == "" and " IN " in line)
        and line != "{mail_host}"
    ]
    assert not odd


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("postconf -e a=1 && postfix reload", [["postconf", "-e", "a=1"], ["postfix", "reload"]]),
        ("postconf -n | grep 'x|y'; df -h   # by the way", [["postconf", "-n"], ["grep", "x|y"], ["df", "-h"]]),
        (
            "postmap -q {recipient} $(postconf -h b)",
            [["postconf", "-h", "b"], ["postmap", "-q", "RECIPIENT", "INSIDE"]],
        ),
        ("# /etc/postfix/t\n{domain}  slow:\npostmap /etc/postfix/t", [["postmap", "/etc/postfix/t"]]),
    ],
)
def test_taken_apart(text: str, commands: list[list[str]]) -> None:
    assert list(Typed("", text).simple_commands) == commands
