"""--since in a large log."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailtriage.sources import seek
from mailtriage.sources.opening import open_sources
from mailtriage.sources.reading import Reader

START = datetime(2026, 4, 1, tzinfo=UTC)


def stamped(minutes: int, form: str) -> bytes:
    time = START + timedelta(minutes=minutes)
    stamp = time.isoformat() if form == "dated" else time.astimezone().strftime("%b %e %H:%M:%S")
    return f"{stamp} mx postfix/smtpd[1]: connect from a.example\n".encode()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seek, "LARGE", 100_000)
    monkeypatch.setattr(seek, "NEAR", 1000)


def read(path: Path, since: datetime) -> tuple[bytes, list[str]]:
    result = open_sources([str(path)], since=since)
    data = b"".join(block.data for source in result.sources for block in Reader(source))
    return data, [skipped.reason for skipped in result.skipped]


@pytest.mark.parametrize("form", ["dated", "undated"])
def test_what_is_well_before_is_not_read(tmp_path: Path, form: str) -> None:
    (tmp_path / "mail.log").write_bytes(b"".join(stamped(n, form) for n in range(14400)))
    data, skipped = read(tmp_path / "mail.log", START + timedelta(days=8))
    assert skipped == ["older_part"]
    first = 8 * 1440 - 360  # six hours before
    assert data.endswith(b"".join(stamped(n, form) for n in range(first, 14400)))
    assert data.count(b"\n") < 14400 - first + 100


def test_all_is_read_where_times_are_out_of_order(tmp_path: Path) -> None:
    lines = [stamped(n, "dated") for n in range(10000)]
    (tmp_path / "mail.log").write_bytes(b"".join(lines[5000:] + lines[:5000]))
    data, skipped = read(tmp_path / "mail.log", START + timedelta(days=6))
    assert (len(data), skipped) == (len(b"".join(lines)), [])


def test_a_time_that_is_before_it_all_or_after(tmp_path: Path) -> None:
    log = b"".join(stamped(n, "dated") for n in range(5000))
    (tmp_path / "mail.log").write_bytes(log)
    assert read(tmp_path / "mail.log", START - timedelta(days=3)) == (log, [])
    data, _ = read(tmp_path / "mail.log", START + timedelta(days=20))
    assert log.endswith(data)
