"""Where the lines stand that may say something about a failure: by queue ID, message ID and process.

Most are never asked about, so nothing of them is kept but their place, and of the log what is within the horizon.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from mailtriage.syslog.head import parse_head

HORIZON = 8 * 1024 * 1024  # bytes that a fact reaches

# What a line to be noted holds. No two can overlap, and each has one end.
PATTERNS = (
    rb": client=", rb": message-id=", rb": from=", rb": removed", rb": uid=", rb": resent-message-id=",
    rb"[^s]connect from ", rb"queued as ", rb"forwarded as ", rb"status=(?:deferred|SOFTBOUNCE)",
    rb"warning: hostname ", rb"verification failed: ", rb"address not listed for hostname ",
    rb"warning: (?:numeric hostname|valid_hostname|valid_hostaddr): ",
)  # fmt: skip
_CLIENT, _ID, _QUEUED, _REMOVED, _PICKUP, _RESENT, _CONNECT, _ONWARD, _FORWARDED, _DEFERRED = range(10)
_BAD_NAME = len(PATTERNS) - 1
_LENGTHS = tuple(map(len, PATTERNS))
_IDS = (_ID, _RESENT)

_MOST = 16  # lines with the same message ID, attempts for the same message that are looked at


class _Table:
    """What was noted last under each key; what is older than the horizon goes with the turn after the next."""

    __slots__ = ("new", "old")

    def __init__(self) -> None:
        self.new: dict[bytes, Any] = {}
        self.old: dict[bytes, Any] = {}

    def get(self, key: bytes) -> Any:
        return self.new.get(key) or self.old.get(key)

    def pop(self, key: bytes) -> Any:
        return self.new.pop(key, None) or self.old.pop(key, None)

    def add(self, key: bytes, offset: int) -> None:
        """Keep the last of several."""
        self.new[key] = (offset, *(self.get(key) or ())[: _MOST - 1])

    def turn(self) -> None:
        self.old, self.new = self.new, {}


class Notes:
    """The places. Give it the blocks of a log in order (``block``), and where PATTERNS end in them (``note``)."""

    def __init__(self, horizon: int = HORIZON) -> None:
        self._horizon = horizon
        self._offsets: list[int] = []
        self._blocks: list[bytes] = []
        self._data, self._base = b"", 0
        self._turned = 0
        # By queue ID: where the last line of a kind stands (offsets of the end of what was noted).
        self._client, self._id, self._queued, self._removed = _Table(), _Table(), _Table(), _Table()
        self._onward, self._deferred = _Table(), _Table()  # the first by the ID under which it goes on
        self._same_id = _Table()  # by message ID
        self._connects, self._names, self._logins = _Table(), _Table(), _Table()  # by "tag[pid"
        self._tables = (
            self._client, self._id, self._queued, self._removed, self._onward, self._deferred, self._same_id,
            self._connects, self._names, self._logins,
        )  # fmt: skip

    def __len__(self) -> int:
        """How many things are remembered."""
        return sum(len(table.new) + len(table.old) for table in self._tables)

    def block(self, data: bytes, offset: int) -> None:
        """Go on to ``data``, whole lines of which the first begins at ``offset``."""
        self._data, self._base = data, offset
        self._blocks.append(data)
        self._offsets.append(offset)
        while len(self._offsets) > 1 and self._offsets[1] < offset - self._horizon:
            del self._blocks[0], self._offsets[0]
        if offset - self._turned > self._horizon:
            self._turned = offset
            for table in self._tables:
                table.turn()

    def note(self, ends: Sequence[tuple[int, int]], first: int, until: int) -> int:
        """Note where PATTERNS end in the block: (position, number of the pattern), in order, from ``first`` on and up
        to a position. Other numbers are passed over. Returns which comes next."""
        data, base = self._data, self._base
        rfind, find = data.rfind, data.find
        queued, client, known, removed = self._queued.new, self._client.new, self._id.new, self._removed.new
        for index in range(first, len(ends)):
            end, number = ends[index]
            if end > until:
                return index
            if number <= _RESENT:
                word = end - _LENGTHS[number]
                queue_id = data[rfind(b" ", 0, word) + 1 : word]
                if not queue_id.isalnum():
                    queue_id = _last_word(queue_id)
                if number == _QUEUED:
                    queued[queue_id] = base + end
                elif number == _REMOVED:
                    removed[queue_id] = base + end
                elif number in _IDS:
                    known[queue_id] = base + end
                    message_id = data[end : find(b"\n", end)]
                    if len(message_id) > 2:
                        self._same_id.add(message_id, base + end)
                else:
                    client[queue_id] = base + end
                    if number == _CLIENT and find(b", sasl_username=", end, find(b"\n", end)) > 0:
                        self._logins.new[self._place(end)] = base + end
            elif number == _CONNECT:
                if data[end - 16 : end - 13] == b"]: ":
                    place = data[rfind(b" ", 0, end - 16) + 1 : end - 16]
                else:
                    place = self._place(end)
                names = self._names.pop(place) if self._names.new or self._names.old else None
                self._connects.new[place] = base + end, names
            else:
                self._note_rarely(number, end)
        return len(ends)

    def _note_rarely(self, number: int, end: int) -> None:
        data, offset = self._data, self._base + end
        if number <= _FORWARDED:
            self._onward.new[_first_word(data[end : end + 40])] = offset
        elif number == _DEFERRED:
            start = data.rfind(b"\n", 0, end) + 1
            self._deferred.add(_last_word(data[start : max(start, data.find(b": to=", start, end))]), offset)
        elif number <= _BAD_NAME:
            place = self._place(end)
            name, bad_name = self._names.pop(place) or (0, 0)
            self._names.new[place] = (name, offset) if number == _BAD_NAME else (offset, bad_name)

    def _place(self, at: int) -> bytes:
        """Which process wrote the line around a place in the block."""
        data = self._data
        start = data.rfind(b"\n", 0, at) + 1
        host = start + 16 if data[start + 3 : start + 4] == b" " else data.find(b" ", start + 19, start + 40) + 1
        text = data.find(b"]: ", host, at)
        writer = data[host:text] if host and text > 0 else b""
        if writer.count(b" ") == 1 and writer[-1:].isdigit():
            return writer.partition(b" ")[2]
        head = parse_head(data[start : data.find(b"\n", at)])
        return f"{head.tag}[{head.pid}".encode() if head is not None else b""

    def lines_before(self, at: int) -> Iterator[bytes]:
        """The lines before the one that begins at an offset, the last first."""
        for number in range(len(self._blocks) - 1, -1, -1):
            data = self._blocks[number]
            stop = min(len(data), at - self._offsets[number]) - 1
            while stop >= 0:
                start = data.rfind(b"\n", 0, stop) + 1
                yield data[start:stop]
                stop = start - 1

    def _line(self, at: int, low: int) -> bytes | None:
        number = bisect_right(self._offsets, at - 1) - 1
        if at < low or number < 0 or at - 1 - self._offsets[number] >= len(self._blocks[number]):
            return None
        data, place = self._blocks[number], at - 1 - self._offsets[number]
        stop = data.find(b"\n", place)
        return data[data.rfind(b"\n", 0, place) + 1 : stop if stop >= 0 else len(data)]


def _first_word(text: bytes) -> bytes:
    """The letters and digits at the start."""
    end = 0
    while text[end : end + 1].isalnum():
        end += 1
    return text[:end]


def _last_word(text: bytes) -> bytes:
    """The letters and digits at the end."""
    start = len(text)
    while text[start - 1 : start].isalnum():
        start -= 1
    return text[start:]
