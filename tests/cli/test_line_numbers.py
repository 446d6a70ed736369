"""Lines are numbered as an editor numbers them, also behind one that is too long to be read whole."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailtriage.cli.frame import group

FILLER = "Apr 11 06:14:00 mx postfix/smtpd[1]: connect from mail.example.com[192.0.2.1]\n"
LONG = "Apr 11 06:14:01 mx postfix/smtpd[1]: " + "x" * 200_000 + "\n"
BOUNCE = (
    "Apr 11 06:14:46 mx postfix/smtp[2211]: B7E93A0012: to=<hanako@icloud.com>, relay=mx3.mail.icloud.com[17.57.1.1]:25"
    ", delay=2, delays=0.12/0.01/1.3/0.55, dsn=5.7.0, status=bounced (host mx3.mail.icloud.com[17.57.1.1] said: 550 "
    "5.7.0 Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=203.0.113.25 (in reply to MAIL FROM "
    "command))\n"
)


@pytest.mark.parametrize("options", [("scan",), ("scan", "--events"), ("scan", "--chunk-size", "5000")])
def test_behind_a_line_that_is_too_long(options: tuple[str, ...], tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(FILLER * 40 + LONG + FILLER * 40 + BOUNCE)
    result = CliRunner().invoke(group, [*options, "--format", "jsonl", str(log)])
    records = [json.loads(line) for line in result.stdout.splitlines()]
    lines = [one.get("line") or one["evidence"][0]["line"] for one in records if one["cause"] == "ip_reputation"]
    assert lines == [82]
