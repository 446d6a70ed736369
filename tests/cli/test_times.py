"""--since and --until are read in the zone of --tz, as the stamps are."""

from pathlib import Path

import pytest

from tests.cli.conftest import Call

LINE = (
    "Apr 11 {time} mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 450 4.7.25 Client host "
    "rejected: cannot find your hostname, [192.0.2.9]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>\n"
)


@pytest.mark.parametrize("zone", ["UTC", "+09:00", "America/New_York", "-03:30"])
def test_since_in_the_zone_of_the_stamps(call: Call, tmp_path: Path, zone: str) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LINE.format(time="09:00:00") + LINE.format(time="12:00:00"))
    for order in (("--tz", zone, "--since", "2026-04-11 10:00"), ("--since", "2026-04-11 10:00", "--tz", zone)):
        done = call("scan", "--events", "--format", "jsonl", "--year", "2026", *order, log)
        assert done.status == 0
        assert [line.count("T12:00:00") for line in done.out.splitlines()] == [1]
