"""Every command of every step: the shell reads it, its programs are known ones, its blanks can be filled."""

import shutil
import subprocess

import pytest

from tools.typed import PLACEHOLDER, PROGRAMS, Typed, all_typed

# What a configuration line may begin with where a step names no file: restrictions, and rows of Postfix' tables.
RESTRICTIONS = ("check_", "reject_", "permit_", "warn_if_reject ")
# Blanks that a case, a rule's pattern or a judgement fills; whatever else looks like one is a slip of the pen.
_BLANKS = """
about address alias client client_cidr client_ip client_name client_pattern command directory domain entry file
first first_domain from_domain helo host line list mail_host mailbox name nexthop object own_domain own_host own_ip
own_user
parameter port queue_id recipient recipient_domain recipient_local relay relay_host relay_ip second sender
sender_domain service target transport type user
"""
BLANKS = frozenset(_BLANKS.split())


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


def test_every_blank_is_one_that_a_case_fills() -> None:
    open_ = [(t.where, name) for t in all_typed() for name in PLACEHOLDER.findall(t.text) if name not in BLANKS]
    assert not [one for one in open_ if one[1] not in ("print",)]


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
