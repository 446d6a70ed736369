"""Entries of systemd's journal as ``journalctl -o json`` and ``-o export`` write them (systemd.journal-fields(7)).

A value may be text, null (too long), an array of byte values (not UTF-8), or an array of those (a repeated field).
"""

from collections.abc import Mapping
from typing import Any

from mailtriage.model.stamp import Stamp
from mailtriage.syslog.head import Head, _unfold


def from_entry(entry: Mapping[str, Any]) -> Head | None:
    """Make the head of one entry; None where it has no message."""
    message = _text(entry.get("MESSAGE"))
    if message is None:
        return None
    tag = _text(entry.get("SYSLOG_IDENTIFIER")) or _text(entry.get("_COMM"))
    pid = _number(entry.get("SYSLOG_PID"))
    if pid is None:
        pid = _number(entry.get("_PID"))
    flags = ("not_utf8",) if "\ufffd" in message else ()
    stamp = _stamp(entry)
    return _unfold(Head(stamp, _text(entry.get("_HOSTNAME")), tag, pid, message.rstrip("\r\n"), 1, flags))


def _stamp(entry: Mapping[str, Any]) -> Stamp | None:
    micros = _number(entry.get("_SOURCE_REALTIME_TIMESTAMP"))
    if micros is None:
        micros = _number(entry.get("__REALTIME_TIMESTAMP"))
    return Stamp(micros, True, 0, 6) if micros is not None else None


def _number(value: object) -> int | None:
    text = _text(value)
    if text is not None and len(text) < 18 and text.isascii() and text.isdecimal():
        return int(text)
    return None


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        if all(isinstance(item, int) and 0 <= item < 256 for item in value):
            return bytes(value).decode("utf-8", "replace")
        return _text(value[0]) if not isinstance(value[0], list) or value[0] else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62:
        return str(value)
    return None
