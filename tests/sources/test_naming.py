"""Rotated sets in order of time."""

import random

import pytest

from mailtriage.sources import naming

SETS = {
    "logrotate": ["mail.log.10.gz", "mail.log.9.gz", "mail.log.2.gz", "mail.log.1", "mail.log"],
    "logrotate with dates": ["maillog-20251231", "maillog-20260104.xz", "maillog-20260111", "maillog"],
    "with hours": ["maillog-2026041100.gz", "maillog-2026041101.gz", "maillog"],
    "with seconds of the epoch": ["mail.log-1775865600.gz", "mail.log-1775952000", "mail.log"],
    "newsyslog": ["maillog.7.bz2", "maillog.1.bz2", "maillog.0.bz2", "maillog"],
    "SUSE": ["mail-20260401.xz", "mail-20260408.xz", "mail"],
    "date in the middle": ["mail-2026-04-09.log.zst", "mail-2026-04-10.log", "mail-2026-04-11.log"],
    "a file a month": ["mail-2025-12.log", "mail-2026-01.log"],
    "old": ["maillog.old", "maillog"],
    "uncompressed beside compressed": ["mail.log.3.gz", "mail.log.2", "mail.log.1.gz", "mail.log"],
}


@pytest.mark.parametrize("names", SETS.values(), ids=SETS)
def test_order(names: list[str]) -> None:
    shuffled = random.Random(4).sample(names, len(names))
    ordered = naming.in_order((f"/var/log/{name}", 0.0) for name in shuffled)
    assert [name for name, _ in ordered] == [f"/var/log/{name}" for name in names]
    assert [follows for _, follows in ordered] == [False] + [True] * (len(names) - 1)


def test_two_logs_stay_apart() -> None:
    ordered = naming.in_order([("b/mail.log", 2.0), ("a/mail.log", 1.0), ("b/mail.log.1", 0.0)])
    assert ordered == [("b/mail.log.1", False), ("b/mail.log", True), ("a/mail.log", False)]


def test_two_manners_of_rotation_go_by_time() -> None:
    files = [("mail.log", 9.0), ("mail.log.1", 5.0), ("mail.log-20260411", 7.0), ("mail.log.2.gz", 3.0)]
    assert [name for name, _ in naming.in_order(files)] == [
        "mail.log.2.gz",
        "mail.log.1",
        "mail.log-20260411",
        "mail.log",
    ]


@pytest.mark.parametrize(
    ("names", "left_out"),
    [
        (["mail.log", "mail.warn", "mail.err"], {"mail.warn": "mail.log", "mail.err": "mail.log"}),
        (["mail.log", "mail.log.1", "mail.err.1"], {"mail.err.1": "mail.log.1"}),
        (["mail.log", "mail.err.1"], {}),
        (["mail.err"], {}),
        (["mail", "mail.warn"], {"mail.warn": "mail"}),
    ],
)
def test_extracts(names: list[str], left_out: dict[str, str]) -> None:
    assert naming.extracts(names) == left_out


@pytest.mark.parametrize(
    ("names", "logs"),
    [
        (["mail.log", "mail.log.1", "syslog", "dpkg.log", "mailman.log"], ["mail.log", "mail.log.1"]),
        (["maillog", "maillog-20260411.gz", "messages"], ["maillog", "maillog-20260411.gz"]),
        (["mx1.txt", "notes.txt"], ["mx1.txt"]),
        (["server-a.log", ".hidden"], ["server-a.log"]),
        (["mail-2026-04-11.log", "postfix.log", "postfixadmin.php"], ["mail-2026-04-11.log", "postfix.log"]),
    ],
)
def test_which_are_mail_logs(names: list[str], logs: list[str]) -> None:
    assert naming.mail_logs(names) == logs
