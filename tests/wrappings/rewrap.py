"""The same log as syslog daemons, journals, containers and packers would have written it."""

import bz2
import gzip
import io
import json
import lzma
import re
import tarfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import zstandard

_LINE = re.compile(r"(\d{4}-\S+) (\S+) ([^\s\[:]+)(?:\[(\d+)\])?: (.*)")


class Entry(NamedTuple):
    """One line of the log, in parts."""

    time: datetime
    host: str
    tag: str
    pid: str
    text: str

    @property
    def head(self) -> str:
        return f"{self.tag}[{self.pid}]" if self.pid else self.tag

    @property
    def line(self) -> str:
        """As RFC 3164 has it."""
        return f"{self.time:%b} {self.time.day:2} {self.time:%H:%M:%S} {self.host} {self.head}: {self.text}"

    @property
    def rfc3339(self) -> str:
        return self.time.isoformat(timespec="microseconds")

    @property
    def nanos(self) -> str:
        return f"{self.time:%Y-%m-%dT%H:%M:%S}.123456789Z"

    @property
    def micros(self) -> int:
        return int(self.time.timestamp()) * 1_000_000


def entries(text: str) -> list[Entry]:
    """Take a log apart, in UTC and whole seconds."""
    found = []
    for line in text.splitlines():
        if match := _LINE.fullmatch(line):
            time = datetime.fromisoformat(match[1]).astimezone(UTC).replace(microsecond=0)
            found.append(Entry(time, match[2], match[3], match[4] or "", match[5]))
    return found


def _json_entry(one: Entry) -> dict[str, str]:
    return {
        "__CURSOR": f"s=1;i={one.micros:x}", "__REALTIME_TIMESTAMP": str(one.micros + 900), "_BOOT_ID": "b" * 32,
        "PRIORITY": "6", "SYSLOG_FACILITY": "2", "SYSLOG_IDENTIFIER": one.tag, "SYSLOG_PID": one.pid, "_PID": one.pid,
        "_HOSTNAME": one.host, "_TRANSPORT": "syslog", "MESSAGE": one.text,
        "_SOURCE_REALTIME_TIMESTAMP": str(one.micros),
    }  # fmt: skip


def _export(log: Sequence[Entry]) -> str:
    out = []
    for one in log:
        fields = {name: value for name, value in _json_entry(one).items() if value}
        out.append("".join(f"{name}={value}\n" for name, value in fields.items()))
    return "\n".join(out) + "\n"


def _rfc5424(one: Entry) -> str:
    return f"<22>1 {one.rfc3339} {one.host} {one.tag} {one.pid or '-'} - - {one.text}"


def _docker_json(one: Entry) -> str:
    """As its driver writes: with < and > escaped."""
    record = json.dumps({"log": one.line + "\n", "stream": "stdout", "time": one.nanos}, separators=(",", ":"))
    return record.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _mixed(log: Sequence[Entry]) -> str:
    """A file that several writers wrote, one after the other and line by line."""
    ways: tuple[Callable[[Entry], str], ...] = (
        lambda one: one.line,
        LINES["rfc3339"],
        _rfc5424,
        LINES["priority"],
        LINES["journal-json"],
        _docker_json,
        LINES["cri"],
    )
    return "".join(ways[number // 5 % len(ways)](one) + "\n" for number, one in enumerate(log))


LINES: dict[str, Callable[[Entry], str]] = {
    "rfc3164": lambda one: one.line,
    "rfc3339": lambda one: f"{one.rfc3339} {one.host} {one.head}: {one.text}",
    "rfc3339-zulu": lambda one: f"{one.time:%Y-%m-%dT%H:%M:%S}Z {one.host} {one.head}: {one.text}",
    "rfc5424": _rfc5424,
    "rfc5424-unframed": lambda one: _rfc5424(one).removeprefix("<22>"),
    "priority": lambda one: f"<22>{one.line}",
    "priority-rfc3339": lambda one: f"<22>{one.rfc3339} {one.host} {one.head}: {one.text}",
    "facility": lambda one: one.line.replace(one.host, f"{one.host} mail.info", 1),
    "journal-short-iso": lambda one: f"{one.time:%Y-%m-%dT%H:%M:%S+0000} {one.host} {one.head}: {one.text}",
    "journal-short-iso-precise": lambda one: f"{one.rfc3339} {one.host} {one.head}: {one.text}",
    "journal-short-precise": lambda one: one.line.replace(f"{one.time:%H:%M:%S}", f"{one.time:%H:%M:%S}.000001", 1),
    "journal-short-full": lambda one: f"{one.time:%a %Y-%m-%d %H:%M:%S} UTC {one.host} {one.head}: {one.text}",
    "journal-short-unix": lambda one: f"{one.micros / 1e6:.6f} {one.host} {one.head}: {one.text}",
    "journal-json": lambda one: json.dumps(_json_entry(one)),
    "docker-json-file": _docker_json,
    "docker-json-inner-rfc3339": lambda one: json.dumps(
        {"log": f"{one.rfc3339} {one.host} {one.head}: {one.text}\n", "stream": "stderr", "time": one.nanos}
    ),
    "docker-timestamps": lambda one: f"{one.nanos} {one.line}",
    "compose": lambda one: f"mailserver-1  | {one.line}",
    "compose-timestamps": lambda one: f"mailserver-1  | {one.nanos} {one.line}",
    "compose-in-syslog": lambda one: f"{one.line[:15]} dockerhost docker-compose[20]: mailserver-1  | {one.line}",
    "docker-in-syslog": lambda one: f"{one.rfc3339} dockerhost docker/mailserver[20]: {one.line}",
    "docker-in-syslog-by-id": lambda one: f"{one.line[:15]} dockerhost 9f3e21aa0c1b[20]: {one.line}",
    "cri": lambda one: f"{one.nanos} stdout F {one.line}",
    "kubectl-prefix": lambda one: f"[pod/mail-0/postfix] {one.line}",
    "postlogd": lambda one: one.line,
    "crlf": lambda one: one.line + "\r",
    "spreadsheet": lambda one: '"' + one.line.replace('"', '""') + '"',
}


def _text(way: Callable[[Entry], str]) -> Callable[[Sequence[Entry]], bytes]:
    return lambda log: "".join(way(one) + "\n" for one in log).encode()


def _plain(log: Sequence[Entry]) -> bytes:
    return _text(LINES["rfc3164"])(log)


def _tar(log: Sequence[Entry]) -> bytes:
    """Two rotated logs in an archive, as a support person gets them."""
    half = len(log) // 2
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, part in (("var/log/mail.log", log[half:]), ("var/log/mail.log.1", log[:half])):
            member = tarfile.TarInfo(name)
            data = _plain(part)
            member.size, member.mtime = len(data), int(part[-1].time.timestamp())
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


FILES: dict[str, Callable[[Sequence[Entry]], bytes]] = {
    **{name: _text(way) for name, way in LINES.items()},
    "journal-export": lambda log: _export(log).encode(),
    "mixed": lambda log: _mixed(log).encode(),
    "no-newline-at-the-end": lambda log: _plain(log).rstrip(b"\n"),
    "byte-order-mark": lambda log: b"\xef\xbb\xbf" + _plain(log),
    "utf-16": lambda log: _plain(log).decode().encode("utf-16"),
    "gz": lambda log: gzip.compress(_plain(log)),
    "gz-members": lambda log: gzip.compress(_plain(log[:99])) + gzip.compress(_plain(log[99:])),
    "bz2": lambda log: bz2.compress(_plain(log)),
    "xz": lambda log: lzma.compress(_plain(log)),
    "zst": lambda log: zstandard.ZstdCompressor().compress(_plain(log)),
    "tar.gz": _tar,
    "gz-of-docker-json": lambda log: gzip.compress(_text(_docker_json)(log)),
}


def wrappings() -> Iterator[str]:
    """Their names."""
    yield from FILES
