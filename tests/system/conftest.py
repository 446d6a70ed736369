"""Programs that play journalctl and postconf, found through PATH like the real ones."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Put a Python script on PATH under a name; returns where its arguments are written, one call a line."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(name: str, code: str) -> Path:
        path, calls = folder / name, tmp_path / f"{name}.calls"
        path.write_text(
            f"#!{sys.executable}\nimport os, sys, time\nout = sys.stdout.buffer\n"
            f"with open({str(calls)!r}, 'a') as f: print(*sys.argv[1:], file=f)\n{code}\n"
        )
        path.chmod(0o755)
        return calls

    return put


def entry(number: int, message: str = "connect from a.example", **fields: str) -> bytes:
    """An entry of the journal's export format."""
    values = {
        "__CURSOR": f"s=1;i={number};t={1_775_865_600_000_000 + number:x};x=1",
        "__REALTIME_TIMESTAMP": str(1_775_865_600_000_000 + number),
        "_HOSTNAME": "mx",
        "SYSLOG_IDENTIFIER": "postfix/smtpd",
        "SYSLOG_PID": "42",
        "MESSAGE": message,
        **fields,
    }
    out = b""
    for name, value in values.items():
        data = value.encode("utf-8", "surrogateescape")
        if "\n" in value or "\udc80" <= max(value, default="") <= "\udcff":
            out += name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n"
        else:
            out += name.encode() + b"=" + data + b"\n"
    return out + b"\n"


def line(number: int, message: str = "connect from a.example") -> bytes:
    """The line that such an entry becomes."""
    return b"2026-04-11T00:00:00.%06d+00:00 mx postfix/smtpd[42]: %s\n" % (number, message.encode())
