"""What the steps tell people to type, typed into a real Postfix: the parameters exist, and Postfix takes the change."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.lab import Lab
from tools.typed import PLACEHOLDER, PROGRAMS, Typed, all_typed

# Services that a step speaks of and that only some servers have.
MASTER_CF = """\
smtps inet n - n - - smtpd
smtpd pass - - n - - smtpd
smtp-amavis unix - - n - 2 smtp
policyd-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf
slow unix - - n - - smtp
ipv4 unix - - n - - smtp
"""
VALUES = {
    "own_ip": "203.0.113.25", "own_host": "mail.shirao.example", "own_domain": "shirao.example",
    "domain": "example.org", "relay": "mx.example.org", "recipient": "taro@shirao.example",
    "recipient_domain": "shirao.example", "recipient_local": "taro", "sender": "anna@example.org",
    "sender_domain": "example.org", "client": "198.51.100.14",
    "client_ip": "198.51.100.14", "client_cidr": "198.51.100.14/32", "client_name": "mail.example.org",
    "client_pattern": r"omta[0-9]+\.example\.org", "name": "shirao.example", "list": "bl.example.org",
    "helo": "x.example", "user": "www-data",
    "own_user": "taro@shirao.example", "first_domain": "example.org", "file": "/etc/postfix/users", "port": "25",
    "parameter": "relayhost", "first": "relayhost", "second": "mynetworks", "transport": "smtp", "object": "relayhost",
}  # fmt: skip
# Run as they are; every other program is a stub that does nothing, so that no step touches the machine.
REAL = frozenset(("postconf", "postfix", "postmap", "echo", "printf", "grep", "head", "tr", "cut"))
STUBS = "".join(f"{name}() {{ :; }}\n" for name in sorted(PROGRAMS - REAL) if name.isalnum() and name != "cd")
COMPLAINTS = re.compile(r"\b(?:warning|error|fatal|usage)\b", re.IGNORECASE)


def _changes(typed: Typed) -> bool:
    return any(
        words[0] == "postconf" and (words[1:2] in (["-e"], ["-X"]) or any("=" in word for word in words[1:]))
        for words in typed.simple_commands
    )


def _fill(text: str) -> str:
    return PLACEHOLDER.sub(lambda m: VALUES.get(m[1], m[0]), text)


def _age(*paths: Path) -> None:
    """Postfix waits some seconds before it reads a file that is younger."""
    for path in paths:
        os.utime(path, (time.time() - 10, time.time() - 10))


CHANGES = [typed for typed in all_typed() if _changes(typed)]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(master_cf=MASTER_CF) as lab:
        lab.write_map("hash:sasl_passwd", "")
        lab.write_map("hash:tls_policy", "")
        lab.write_map("hash:NAME", "")  # where a step leaves the name of a table to the reader
        yield lab


def test_every_parameter_that_is_asked_for_exists(lab: Lab) -> None:
    asked: dict[str, str] = {}
    for typed in all_typed():
        for words in typed.simple_commands:
            if words[0] == "postconf" and not {"-M", "-P", "-F", "-Mf"} & set(words):
                for word in words[1:]:
                    if re.fullmatch(r"[a-z0-9][a-z0-9_]+(?: *=.*)?", word):
                        asked.setdefault(word.partition("=")[0].strip(), typed.where)
    known = set(lab.run("postconf", "-d", "-H").split())
    ours = {
        f"{transport}{name}"
        for transport in ("slow", "policyd-spf")
        for name in (
            "_destination_concurrency_limit",
            "_destination_rate_delay",
            "_destination_recipient_limit",
            "_time_limit",
        )
    }
    assert {name: where for name, where in asked.items() if name not in known | ours} == {}
    assert len(asked) > 100


@pytest.mark.parametrize("typed", CHANGES, ids=lambda typed: typed.text.splitlines()[0][:60])
def test_change_is_taken(lab: Lab, typed: Typed) -> None:
    files = {name: lab.path(f"etc/postfix/{name}") for name in ("main.cf", "master.cf")}
    before = {name: path.read_bytes() for name, path in files.items()}
    blanks = {name.upper(): VALUES[name] for name in PLACEHOLDER.findall(typed.text) if name in VALUES}
    if "lmdb:" in typed.shell and "lmdb" not in lab.run("postconf", "-m").split():
        pytest.skip("this Postfix knows no lmdb: tables")
    services = bool({"-M", "-P", "-F"} & {word for words in typed.simple_commands for word in words})
    try:
        for place in {place for place, _ in typed.lines if place.startswith("/etc/postfix/")} - {
            "/etc/postfix/master.cf"
        }:
            lab.path(place).write_text("".join(f"{_fill(line)}\n" for at, line in typed.lines if at == place))
        stubs = STUBS if services else f"{STUBS}postfix() {{ :; }}\n"  # a reload takes its time; services need it
        said = lab.run("sh", "-c", stubs + _fill(typed.shell), check=False)
        assert not COMPLAINTS.search(said.replace("refreshing the Postfix mail system", "")), said
        _age(*files.values())
        for words in typed.simple_commands:
            for name, equals, value in (word.partition("=") for word in words[2:] if words[:2] == ["postconf", "-e"]):
                if equals and not {"INSIDE", "EXISTING"} & set(re.findall(r"[A-Z]+", value)):
                    wanted = re.sub(r"\b[A-Z_]{4,}\b", lambda m: blanks.get(m[0], m[0]), value.strip())
                    assert lab.run("postconf", "-h", name.strip()).strip() == wanted
        for command in (("postconf", "-n"), ("postconf", "-M"), ("postconf", "-P")):
            assert "warning" not in (said := lab.run(*command)), said
    finally:
        for name, path in files.items():
            path.write_bytes(before[name])
        _age(*files.values())


def test_postfix_lives_after_all_of_it(lab: Lab) -> None:
    lab.reload()
    assert "fatal:" not in lab.log()
    assert lab.smtp(client_addr="192.0.2.99").accepted
