"""What this machine's Postfix says is its own, from a postconf that is a real program."""

import os
from pathlib import Path

import pytest

from mailtriage.system.postfix_here import own

ANSWER = """\
smtp_bind_address = 203.0.113.25
proxy_interfaces =
inet_interfaces = all, [2001:db8::25]
mydestination = mail.shirao.example, localhost.localdomain, localhost
virtual_mailbox_domains = shirao.example, hash:/etc/postfix/domains
mydomain = shirao.example
"""


def test_addresses_and_domains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "postconf"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{ANSWER}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert own() == (("203.0.113.25", "2001:db8::25"), ("mail.shirao.example", "shirao.example"))


def test_without_postfix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert own() == ((), ())
