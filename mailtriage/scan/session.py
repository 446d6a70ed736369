"""What a session said before: the host name warning that explains an ``unknown`` client, and a mail's sender.

Looking back goes a fixed window only (mailtriage.scan.chunk.WINDOW), so that the answer does not depend on chunks.
Source: smtpd_peer.c logs the warning before ``connect from``, in the same process.
"""

import re
from typing import NamedTuple

from mailtriage.scan.chunk import WINDOW
from mailtriage.syslog.head import parse_head

_TRIES = 8  # lines looked at before a search in the window is given up
_NEW = re.compile(r"hostname (\S{1,255}) does not resolve to address ([0-9A-Fa-f.:]{2,45})(?:: (.{1,200}))?$")
_OLD = re.compile(r"([0-9A-Fa-f.:]{2,45}): hostname (\S{1,255}) verification failed: (.{1,200})$")
_OLD_OTHER = re.compile(r"([0-9A-Fa-f.:]{2,45}): address not listed for hostname (\S{1,255})$")
_TEMPORARY = ("temporary", "try again", "timed out", "servfail")


class Mismatch(NamedTuple):
    """A host name warning."""

    offset: int
    name: str
    address: str
    detail: str  # ptr_unresolvable, forward_mismatch, dns_temporary


def read_mismatch(offset: int, text: str) -> Mismatch | None:
    """Take a host name warning apart; None for any other text."""
    if found := _NEW.match(text):
        return Mismatch(offset, found[1], found[2], detail(found[3]))
    if found := _OLD.match(text):
        return Mismatch(offset, found[2], found[1], detail(found[3]))
    if found := _OLD_OTHER.match(text):
        return Mismatch(offset, found[2], found[1], "forward_mismatch")
    return None


def detail(reason: str | None) -> str:
    """What a host name warning's reason says of the name."""
    if not reason:
        return "forward_mismatch"
    lowered = reason.lower()
    return "dns_temporary" if any(word in lowered for word in _TEMPORARY) else "ptr_unresolvable"


class Sessions:
    """The warnings of the sessions that are open, by the process that wrote them."""

    def __init__(self) -> None:
        self._by_process: dict[tuple[str | None, int | None], Mismatch] = {}
        self._oldest = 0

    def note(self, host: str | None, pid: int | None, mismatch: Mismatch) -> None:
        self._by_process[host, pid] = mismatch
        if len(self._by_process) > 20_000 and mismatch.offset - self._oldest > WINDOW:
            self._oldest = mismatch.offset
            self._by_process = {k: m for k, m in self._by_process.items() if mismatch.offset - m.offset <= WINDOW}

    def mismatch(self, host: str | None, pid: int | None, address: str | None, offset: int) -> Mismatch | None:
        """The warning of the session that a line at ``offset`` belongs to, where it speaks of that client."""
        found = self._by_process.get((host, pid))
        if found is None or found.address != address or offset - found.offset > WINDOW:
            return None
        return found


def connected(buffer: bytes | bytearray, low: int, at: int, pid: int | None, address: str | None) -> bool:
    """Whether the session's ``connect`` line stands in the window before ``at``."""
    low = max(low, at - WINDOW)
    if buffer.rfind(f"[{pid}]: connect from unknown[{address}]".encode(), low, at) >= 0:
        return True
    needle, end = f"connect from unknown[{address}]".encode(), at  # pid and text are apart in other wrappings
    for _ in range(_TRIES):
        found = buffer.rfind(needle, low, end)
        if found < 0:
            return False
        line = _line_around(buffer, low, found, at)
        head = parse_head(line)
        if head is not None and head.pid == pid and head.text.startswith("connect from unknown["):
            return True
        end = found
    return False


def sender_before(buffer: bytes | bytearray, low: int, at: int, queue_id: str) -> str | None:
    """The envelope sender that the queue manager logged for a queue ID, in the window before ``at``.

    qmgr logs ``from=<…>`` whenever it takes a mail up, so it stands near the failure.
    """
    low = max(low, at - WINDOW)
    needle = f": {queue_id}: from=<".encode()
    found = buffer.rfind(needle, low, at)
    if found < 0:
        return _sender_within(buffer, low, at, queue_id)
    start = found + len(needle)
    stop = buffer.find(b">, ", start, start + 1024)
    return bytes(buffer[start:stop]).decode("utf-8", "replace") if stop >= 0 else None


def _sender_within(buffer: bytes | bytearray, low: int, at: int, queue_id: str) -> str | None:
    """The same in wrappings that put the text in quotes or behind other signs (JSON, RFC 5424)."""
    needle, end = f"{queue_id}: from=".encode(), at
    for _ in range(_TRIES):
        found = buffer.rfind(needle, low, end)
        if found < 0:
            return None
        head = parse_head(_line_around(buffer, low, found, at))
        if head is not None and head.text.startswith(f"{queue_id}: from=<"):
            sender, closed, _ = head.text.partition("<")[2].partition(">, ")
            return sender if closed else None
        end = found
    return None


def _line_around(buffer: bytes | bytearray, low: int, found: int, high: int) -> bytes:
    stop = buffer.find(b"\n", found, high)
    return bytes(buffer[buffer.rfind(b"\n", low, found) + 1 or low : stop if stop >= 0 else high])
