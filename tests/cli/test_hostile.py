"""Text chosen by strangers, from the log to every output: harmless on a terminal, and nobody's fields but its own."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call

EVIL = "\x1b]0;owned\x07\x1b[2J[red]x[/red]\\012<script>‮\u2066\x9b31m"
STAMP = "Apr 11 09:0{n}:00 mx postfix/"
LINES = [
    "smtpd[7]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 450 4.7.25 Client host rejected: cannot find your "
    "hostname, [192.0.2.9]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<" + EVIL + ">",
    "smtpd[7]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 450 4.7.25 Client host rejected: cannot find your "
    "hostname, [192.0.2.9]; from=<" + EVIL + "@example.com> to=<b@example.org> proto=ESMTP "
    "helo=<x> from=<forged@victim.example> to=<forged@victim.example>>",
    "smtp[8]: B7E93A0012: to=<c@icloud.com>, relay=mx3.mail.icloud.com[17.172.34.64]:25, delay=2, "
    "delays=0.1/0/1.3/0.5, dsn=5.7.0, status=bounced (host mx3.mail.icloud.com[17.172.34.64] said: 550 5.7.0 Blocked "
    "- see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=203.0.113.25 " + EVIL + " status=sent (250 ok) "
    "https://evil.example/?ip=203.0.113.25 (in reply to MAIL FROM command))",
    "smtpd[9]: warning: " + EVIL,
    "smtpd[9]: fatal: " + EVIL,
    "smtp[8]: B7E93A0013: to=<" + "x" * 1_000_000 + "@icloud.com>, relay=none, status=deferred (" + EVIL + ")",
]
_FORBIDDEN = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u202e", "\u2066"} - {"\n", "\t"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_text("".join(STAMP.format(n=n) + line + "\n" for n, line in enumerate(LINES)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "args",
    [
        ["scan", "--format", "line"], ["scan", "--format", "text"], ["scan", "--details"],
        ["scan", "--format", "jsonl"],
        ["scan", "--format", "json"], ["scan", "--events"], ["scan", "--events", "--all"], ["scan", "--redact"],
        ["trace", "192.0.2.9"], ["trace", "B7E93A0012"], ["trace", "--format", "jsonl", "B7E93A0012"],
    ],
)  # fmt: skip
def test_every_output_is_harmless(call: Call, log: Path, args: list[str]) -> None:
    done = call(*args, log)
    assert done.status == 0
    assert done.out
    assert not _FORBIDDEN & set(done.out + done.err)


def test_forged_fields_win_nowhere(call: Call, log: Path) -> None:
    events = [json.loads(line) for line in call("scan", "--events", log).out.splitlines()]
    assert not any("forged" in event.get(name, "") for event in events for name in ("from", "to"))
    bounced = next(event for event in events if event.get("queue_id") == "B7E93A0012")
    assert (bounced["status"], bounced["to"]) == ("bounced", "c@icloud.com")
    findings = [json.loads(line) for line in call("scan", "--format", "jsonl", log).out.splitlines()]
    urls = [link["url"] for finding in findings for link in finding.get("links", [])]
    urls += [step["url"] for finding in findings for step in finding.get("steps", []) if "url" in step]
    assert any(url.endswith("ip=203.0.113.25") for url in urls)
    assert not any("evil" in url for url in urls)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "shift_jis"])
def test_a_terminal_that_is_not_utf8(run: "Call", log: Path, encoding: str) -> None:
    done = run("scan", "--format", "text", log, env={"PYTHONIOENCODING": encoding, "LC_ALL": "C", "TERM": "dumb"})
    assert done.returncode == 0  # type: ignore[attr-defined]
    text = done.stdout.decode(encoding)  # type: ignore[attr-defined]
    assert "Blocked" in text
    assert "\x1b" not in text
