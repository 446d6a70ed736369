"""Every attempt counts once: the digest, however often it runs, agrees with a scan of everything; so does a part."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import pytest

from tests.cli.conftest import Call

FIXTURES = Path(__file__).parents[2] / "fixtures"
WEEK = FIXTURES / "family-week.log"
COUNTS = ("count", "messages", "distinct", "state", "episodes", "lost", "title")
# What takes more than a day and the one before to see: the digest tells it otherwise (docs/digest.md).
WIDER = ("mistyped_address",)


def by_id(text: str) -> dict[str, Mapping[str, object]]:
    found = map(json.loads, text.splitlines())
    return {one["id"]: one for one in found if one.get("severity", "info") != "info"}


def remembered(call: Call, state: Path) -> dict[str, Mapping[str, object]]:
    return by_id(call("digest", "--status", "--format", "jsonl", "--state", state).out)


def told(one: Mapping[str, object]) -> dict[str, object]:
    return {name: one.get(name) for name in COUNTS}


def sum_of(found: Mapping[str, Mapping[str, object]]) -> object:
    return sum(int(str(one["count"])) for one in found.values()), len(found)


def in_parts(lines: Sequence[str], length: int) -> list[str]:
    """The lines in parts: those whose stamps begin with the same ``length`` characters."""
    return ["".join(part) for _, part in groupby(lines, key=lambda line: line[:length])]


def whole(lines: Sequence[str]) -> list[str]:
    return ["".join(lines)]


def daily(lines: Sequence[str]) -> list[str]:
    return in_parts(lines, len("2026-04-11"))


def every_ten_hours(lines: Sequence[str]) -> list[str]:
    return in_parts(lines, len("2026-04-11T0"))


def interrupted(lines: Sequence[str]) -> list[str]:
    """Parts that end within lines."""
    text = "".join(lines)
    size = len(text) // 7 + 1
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.mark.parametrize("cadence", [whole, daily, every_ten_hours, interrupted])
def test_the_family_week_is_told_as_a_scan_tells_it(call: Call, tmp_path: Path, cadence: object) -> None:
    scanned = by_id(call("scan", WEEK, "--format", "jsonl").out)
    log, state = tmp_path / "mail.log", tmp_path / "digest.db"
    for part in cadence(WEEK.read_text().splitlines(keepends=True)):  # type: ignore[operator]
        with log.open("a") as file:
            file.write(part)
        call("digest", log, "--state", state)
    found = remembered(call, state)
    for identity, one in scanned.items():
        if one["kind"] not in WIDER:
            assert told(found[identity]) == told(one)
    assert sum_of(found) == sum_of(scanned)


def logins(day: int, hour: int, count: int, network: int) -> list[str]:
    """Mail of one login from a network of its own."""
    head = f"2026-04-{day:02d}T{hour:02d}"
    return [
        f"{head}:{n % 60:02d}:{n // 60:02d}.000000+09:00 mail.shirao.example postfix/submission/smtpd[201]: "
        f"{day:02X}{hour:02X}{n:04X}{network:02X}: client=unknown[198.{network}.100.{n % 200 + 1}], "
        "sasl_method=PLAIN, sasl_username=taro@shirao.example\n"
        for n in range(count)
    ]


def test_a_login_that_was_taken_over_is_counted_once(call: Call, tmp_path: Path) -> None:
    usual = {day: logins(day, 9, 2, 51) for day in range(5, 11)}
    taken = {day: [line for net in range(60, 70) for line in logins(day, 12, 20 - day, net)] for day in (8, 9)}
    log, state = tmp_path / "mail.log", tmp_path / "digest.db"
    for day, lines in usual.items():
        with log.open("a") as file:
            file.writelines([*lines, *taken.get(day, [])])
        call("digest", log, "--state", state)
    (scanned,) = by_id(call("scan", log, "--format", "jsonl").out).values()
    (found,) = remembered(call, state).values()
    assert scanned["kind"] == found["kind"] == "login_taken_over"
    assert scanned["count"] == sum(map(len, taken.values()))
    # On the second day nothing is left in sight of the time before: its owner's own mail is counted in.
    assert found["count"] == scanned["count"] + len(usual[9])


def test_a_mail_that_waits_for_days_is_one_mail(call: Call, tmp_path: Path) -> None:
    log, state = tmp_path / "mail.log", tmp_path / "digest.db"
    for day in range(5, 9):
        with log.open("a") as file:
            for hour in (3, 9, 15, 21):
                head = f"2026-04-{day:02d}T{hour:02d}:00"
                file.write(
                    f"{head}:01.000000+09:00 mx postfix/qmgr[9]: 4fXyZ12AbCz9: from=<taro@shirao.example>, size=900, "
                    "nrcpt=1 (queue active)\n"
                    f"{head}:31.000000+09:00 mx postfix/smtp[8]: 4fXyZ12AbCz9: to=<a@slow.example>, relay=none, "
                    f"delay={(day - 5) * 86400 + hour * 3600}, delays=0/0/30/0, dsn=4.4.1, status=deferred (connect to "
                    "mx.slow.example[192.0.2.7]:25: Connection timed out)\n"
                )
        call("digest", log, "--state", state)
    (found,) = (one for one in remembered(call, state).values() if one["kind"] == "failure")
    assert (found["count"], found["messages"]) == (16, 1)


def test_since_counts_nothing_before_it(call: Call) -> None:
    found = by_id(call("scan", WEEK, "--since", "2026-04-11 09:00", "--tz", "+09:00", "--format", "jsonl").out)
    (mother,) = (one for one in found.values() if one["kind"] == "lost_smtp_setting")
    hour = [line for line in WEEK.read_text().splitlines() if line > "2026-04-11T09" and "from=<mother@" in line]
    assert mother["count"] == len(hour) > 1
    assert str(mother["first_seen"]) >= "2026-04-11T09"
