"""``mailtriage explain``: a paste goes in, the same explanation as in the report comes out."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailtriage.cli.explain import command

BLOCKED = "550 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip=203.0.113.25"
DELIVERY = (
    "Apr 11 06:14:46 m postfix/smtp[11]: B7E93A0012: to=<taro@icloud.com>, relay=mx3.mail.icloud.com[17.172.34.64]:25,"
    " delay=2, delays=0.1/0/1.3/0.5, dsn=5.7.0, status=bounced (host mx3.mail.icloud.com[17.172.34.64] said:"
    f" {BLOCKED} (in reply to MAIL FROM command))"
)
REJECT = (
    "NOQUEUE: reject: RCPT from unknown[203.0.113.66]: 450 4.7.25 Client host rejected: cannot find your hostname,"
    " [203.0.113.66]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x.example>"
)
CALM = "Apr 11 06:14:40 mx postfix/smtpd[22]: connect from mail.example.com[203.0.113.4]"
BOUNCE = """Return-Path: <>
From: MAILER-DAEMON@mail.example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

Your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; hanako@example.com
Action: failed
Status: 5.2.2
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 552 5.2.2 The mailbox of this user
    is full

Final-Recipient: rfc822; ok@example.com
Action: delivered
Status: 2.0.0

--B--
"""


def explain(*args: str, stdin: str = "") -> tuple[int, list[dict]]:  # type: ignore[type-arg]
    result = CliRunner().invoke(command, ["--format", "jsonl", *args], input=stdin, standalone_mode=False)
    assert result.exception is None, result.output
    return result.return_value, [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (BLOCKED, "reply", {"cause": "ip_reputation", "own_ip": "203.0.113.25", "code": "550", "dsn": "5.7.0"}),
        (DELIVERY, "line", {"rule": "apple.proofpoint-blocked", "operator": "Apple", "via": "Proofpoint"}),
        (REJECT, "line", {"cause": "unresolvable_client_hostname", "act": "their_admin", "to": "b@example.org"}),
        (f"host mx.example.com[203.0.113.9] said: {BLOCKED} (in reply to RCPT TO command)", "reply", {"code": "550"}),
        (f"({BLOCKED})", "reply", {"cause": "ip_reputation"}),
        ("550-5.1.1 No such\n550 5.1.1 user here", "reply", {"cause": "user_unknown"}),
        ("5.2.2", "code", {"cause": "mailbox_full", "tier": "enhanced_code", "dsn": "5.2.2"}),
        ("#5.2.2", "code", {"cause": "mailbox_full"}),
        ("5.7.1", "code", {"cause": "unclassified"}),
        ("550", "code", {"cause": "unclassified", "code": "550"}),
        ("550 5.1.1", "code", {"cause": "user_unknown"}),
        ("mailbox_full", "cause", {"cause": "mailbox_full"}),
        ("Mailbox-Full", "cause", {"cause": "mailbox_full"}),
        ("apple.proofpoint-blocked", "rule", {"rule": "apple.proofpoint-blocked", "operator": "Apple"}),
        (BOUNCE, "bounce", {"cause": "mailbox_full", "to": "hanako@example.com", "dsn": "5.2.2"}),
        (BOUNCE[BOUNCE.index("Final") : BOUNCE.index("--B--")], "bounce", {"to": "hanako@example.com"}),
    ],
)
def test_what_can_be_pasted(text: str, kind: str, expected: dict[str, str]) -> None:
    for status, found in (explain(text), explain(stdin=text), explain("-", stdin=text)):
        assert status == 0
        assert found[0]["kind"] == kind
        assert {key: found[0].get(key) for key in expected} == expected
        assert found[0]["why"]
        assert found[0]["steps"]


def test_several_lines_are_explained_each_once() -> None:
    status, found = explain(stdin="\n".join([CALM, DELIVERY, REJECT, DELIVERY.replace("B7E93A0012", "C7E93A0012")]))
    assert status == 0
    assert [(one["cause"], one["count"]) for one in found] == [
        ("ip_reputation", 2), ("unresolvable_client_hostname", 1),
    ]  # fmt: skip


def test_the_address_goes_into_the_link() -> None:
    assert explain(BLOCKED)[1][0]["links"][0]["url"] == "https://ipcheck.proofpoint.com/?ip=203.0.113.25"
    bare = explain("proofpoint.reputation")[1][0]["links"][0]["url"]
    filled = explain("proofpoint.reputation", "--own-ip", "198.51.100.7")[1][0]["links"][0]["url"]
    assert "198.51.100.7" in filled
    assert "198.51.100.7" not in bare


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("user_unknwn", "user_unknown"),
        ("apple.proofpoint-bloked", "apple.proofpoint-blocked"),
        ("zzz", None),
        ("554 qwertz asdfgh", None),
    ],
)
def test_an_unknown_thing_gets_the_nearest_known_ones(text: str, near: str | None) -> None:
    status, (found,) = explain(text)
    assert status == 1
    assert found["kind"] == "unknown"
    assert near is None or found["nearest"][0] == near


def test_a_file_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "bounce.eml").write_text(BOUNCE)
    assert explain(str(tmp_path / "bounce.eml"))[1][0]["cause"] == "mailbox_full"


@pytest.mark.parametrize("format_", ["text", "markdown"])
@pytest.mark.parametrize("text", [BLOCKED, DELIVERY, BOUNCE, "greylist", "4.7.25", "nonsense words"])
def test_formats_for_people(format_: str, text: str) -> None:
    result = CliRunner().invoke(command, ["--format", format_, text], standalone_mode=False)
    assert result.exception is None
    assert not any(len(line) > 100 and "http" not in line and "“" not in line for line in result.stdout.split("\n")[:3])
    assert "{" not in result.stdout.replace("${", "").split("What to do")[0]


def test_a_strangers_signs_do_nothing() -> None:
    text = "550 5.1.1 User unknown \x1b[31m<script>`**x**`\u202e"
    for format_ in ("text", "markdown"):
        result = CliRunner().invoke(command, ["--format", format_, text], standalone_mode=False)
        assert "\x1b" not in result.stdout
        assert "\u202e" not in result.stdout


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_is_wrong_usage(text: str) -> None:
    assert CliRunner().invoke(command, [], input=text).exit_code == 2
    assert CliRunner().invoke(command, ["--own-ip", "10.0.0.1", "550"]).exit_code == 2
