"""A log that falls silent for hours, though the server is busy otherwise."""

from pathlib import Path

import pytest

from tests.triage.server_story import findings


def written(path: Path, silent: range, every: int = 4) -> Path:
    """Two days with a connection every so many seconds, none in the hours of ``silent``."""
    with path.open("w", encoding="utf-8") as out:
        for second in range(0, 48 * 3600, every):
            hour = second // 3600
            if hour in silent:
                continue
            stamp = f"Apr {11 + hour // 24} {hour % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
            out.write(f"{stamp} mail postfix/smtpd[7]: connect from mail.friend.example[192.0.2.180] \n")
    return path


@pytest.mark.parametrize(
    ("silent", "severity"), [(range(20, 27), "low"), (range(10, 24), "medium"), (range(20, 22), None), (range(0), None)]
)
def test_a_pause_is_told_when_it_is_long_for_this_log(tmp_path: Path, silent: range, severity: str | None) -> None:
    found = [one for one in findings(written(tmp_path / "mail.log", silent)) if one.kind == "silent_since"]
    assert [one.severity for one in found] == ([severity] if severity else [])


def test_it_says_from_when_to_when(tmp_path: Path) -> None:
    (one,) = findings(written(tmp_path / "mail.log", range(20, 27)))
    assert "12 Apr" in one.title
    assert one.party.kind == "own_server"


def test_a_pause_between_two_rotated_files_is_seen(tmp_path: Path) -> None:
    whole = written(tmp_path / "all.log", range(14, 24)).read_text(encoding="utf-8").splitlines(keepends=True)
    first = [line for line in whole if line.startswith("Apr 11")]
    (tmp_path / "mail.log.1").write_text("".join(first), encoding="utf-8")
    (tmp_path / "mail.log").write_text("".join(whole[len(first) :]), encoding="utf-8")
    found = findings(tmp_path / "mail.log.1", tmp_path / "mail.log")
    assert [one.kind for one in found if one.kind == "silent_since"] == ["silent_since"]


@pytest.mark.parametrize(("silent", "severity"), [(range(20, 36), "medium"), (range(20, 26), None), (range(0), None)])
def test_a_small_log_is_asked(tmp_path: Path, silent: range, severity: str | None) -> None:
    lines = []
    for quarter in range(4 * 24 * 4):
        if quarter // 4 not in silent:
            day, hour, minute = 11 + quarter // 96, quarter // 4 % 24, quarter % 4 * 15
            lines.append(f"Apr {day} {hour:02d}:{minute:02d}:00 mail postfix/smtpd[7]: connect from mx[192.0.2.180]\n")
    path = tmp_path / "mail.log"
    path.write_text("".join(lines), encoding="utf-8")
    found = [one for one in findings(path) if one.kind == "silent_since"]
    assert [one.severity for one in found] == ([severity] if severity else [])
