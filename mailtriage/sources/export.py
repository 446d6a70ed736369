"""The journal's export format as log lines: one RFC 3339 line an entry.

Source: systemd, JOURNAL_EXPORT_FORMATS, "Journal Export Format": fields are ``NAME=value`` and a newline, or, where
the value is no plain text, ``NAME``, newline, its length as 64 bits little endian, value, newline; an empty line ends
the entry.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from mailtriage.sources.unpack import Damage

LONGEST_FIELD = 16 * 1024 * 1024
LONGEST_MESSAGE = 64 * 1024

_WANTED = frozenset(
    {
        b"MESSAGE",
        b"SYSLOG_IDENTIFIER",
        b"SYSLOG_PID",
        b"_PID",
        b"_COMM",
        b"_HOSTNAME",
        b"__REALTIME_TIMESTAMP",
        b"_SOURCE_REALTIME_TIMESTAMP",
        b"__CURSOR",
    }
)
_UNPRINTABLE = bytes.maketrans(b"\n\r", b"  ")


def lines(pieces: Iterator[bytes], *, seen: Callable[[bytes], None] | None = None) -> Iterator[bytes]:
    """Yield a line for every entry, ended by a newline; ``seen`` is told each entry's cursor, after its line was taken.

    Raises Damage("truncated") where the last entry is not whole, Damage("corrupt") where the format is not kept.
    """
    reader = _Fields(pieces)
    while (entry := reader.entry()) is not None:
        line = _line(entry)
        if line:
            yield line
        if seen is not None and (cursor := entry.get(b"__CURSOR")):
            seen(cursor)


def from_json(data: bytes) -> tuple[bytes, str | None]:
    """Whole lines of ``journalctl -o json``, an entry each -> lines as above, and the last entry's cursor.

    What is no such entry is passed on as it is.
    """
    out = []
    cursor = None
    for raw in data.splitlines():
        try:
            entry = json.loads(raw)
            fields = {name: _value(entry[name.decode()]) for name in _WANTED if name.decode() in entry}
        except (ValueError, TypeError, RecursionError):
            out.append(raw + b"\n")
            continue
        out.append(_line(fields))
        cursor = fields.get(b"__CURSOR", b"").decode("utf-8", "replace") or cursor
    return b"".join(out), cursor


def _value(value: object) -> bytes:
    """Text, or the bytes of what is no text as a list of numbers; a field that an entry has twice is a list of both."""
    if isinstance(value, list):
        first = value[0] if value else ""
        return bytes(value) if isinstance(first, int) else _value(first)
    return str(value if value is not None else "").encode("utf-8", "surrogateescape")


class _Fields:
    """Takes entries off the front of the stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._data = bytearray()
        self._at = 0

    def entry(self) -> dict[bytes, bytes] | None:
        """The next entry's wanted fields; None at the end."""
        fields: dict[bytes, bytes] = {}
        begun = False
        while True:
            line = self._to_newline()
            if line is None:
                if begun:
                    raise Damage("truncated")
                return None
            if not line:
                if begun:
                    return fields
                continue
            begun = True
            name, equals, value = line.partition(b"=")
            if not equals:
                size = int.from_bytes(self._exactly(8), "little")
                if size > LONGEST_FIELD:
                    raise Damage("corrupt")
                value = self._exactly(size)
                if self._exactly(1) != b"\n":
                    raise Damage("corrupt")
            if name in _WANTED:
                fields[name] = value

    def _more(self) -> bool:
        piece = next(self._pieces, b"")
        if self._at:
            del self._data[: self._at]
            self._at = 0
        self._data += piece
        return bool(piece)

    def _to_newline(self) -> bytes | None:
        looked = 0
        while (end := self._data.find(b"\n", self._at + looked)) < 0:
            looked = len(self._data) - self._at
            if looked > LONGEST_FIELD:
                raise Damage("corrupt")
            if not self._more():
                if looked:
                    raise Damage("truncated")
                return None
        line = bytes(self._data[self._at : end])
        self._at = end + 1
        return line

    def _exactly(self, size: int) -> bytes:
        while len(self._data) - self._at < size:
            if not self._more():
                raise Damage("truncated")
        value = bytes(self._data[self._at : self._at + size])
        self._at += size
        return value


def _line(entry: dict[bytes, bytes]) -> bytes:
    """``2026-04-11T06:14:46.123456+00:00 host postfix/smtpd[123]: text``; empty where the entry has no text or time."""
    message = entry.get(b"MESSAGE")
    stamp = entry.get(b"_SOURCE_REALTIME_TIMESTAMP") or entry.get(b"__REALTIME_TIMESTAMP") or b""
    if message is None or not stamp.isdigit() or len(stamp) > 17:
        return b""
    micros = int(stamp)
    time = datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
    tag = entry.get(b"SYSLOG_IDENTIFIER") or entry.get(b"_COMM") or b"-"
    pid = entry.get(b"SYSLOG_PID") or entry.get(b"_PID")
    host = entry.get(b"_HOSTNAME") or b"-"
    head = b"%s %s %s" % (time.isoformat(timespec="microseconds").encode(), _word(host), _word(tag))
    text = message[:LONGEST_MESSAGE].translate(_UNPRINTABLE)
    return head + (b"[%s]" % _word(pid) if pid else b"") + b": " + text + b"\n"


def _word(value: bytes) -> bytes:
    return b"_".join(value.split()) or b"-"
