"""What other lines tell about a failure: sender, login, client, message ID by queue ID; the client's unverified name.

Most lines of a log are never asked about. So only the place of those that might be is noted, by queue ID or process;
a line is taken apart once a failure needs it, which also shows whether it is what it seemed to be or was forged within
another's text. A fact is told to a failure at most ``HORIZON`` bytes behind it (``AFTERGLOW`` for a message that qmgr
removed), wherever reading began: who has read so many bytes before a line knows of it all that there is to know. So
memory is bounded, and a log may be read in parts. A queue ID that is used again begins a new message.

Sources: smtpd/smtpd.c, cleanup/cleanup_message.c, qmgr/qmgr_active.c; smtpd_peer.c (name warnings come before
``connect from``).
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from mailtriage.model.event import Event
from mailtriage.postfix.build import complete
from mailtriage.postfix.fields import Fields
from mailtriage.postfix.parse import read
from mailtriage.syslog.head import parse_head

HORIZON = 8 * 1024 * 1024
AFTERGLOW = 256 * 1024  # syslog may put a message's last lines in another order

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

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
# What a failure is told by its message.
_OWN = ("sender", "sasl_username", "sasl_method", "client_name", "client_addr", "client_port", "message_id", "size",
        "nrcpt", "orig_queue_id", "orig_client")  # fmt: skip
_OF_CLIENT = ("client_name", "client_addr", "client_port", "sasl_username", "sasl_method", "orig_client")
# What a message is told by the one it was before a content filter or a forwarding.
_HANDED_ON = ("sasl_username", "sasl_method", "client_name", "client_addr", "client_port")
_LAST_TRY = ("recipient", "orig_to", "code", "dsn", "reply", "relay_name", "relay_addr", "relay_port")
_MOST = 16  # lines with the same message ID, attempts for the same message that are looked at
_LONGEST_STAMP = 40  # characters
_DEPTH = 4  # filters and forwardings, one behind the other


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


class Correlator:
    """Completes failures, in place. ``inferred`` names the fields that came from other lines.

    Give it the blocks of a log in order (``block``); then for each line in order what it says if it is a failure
    (``told``), and the places where PATTERNS end in it (``note``). The files of a rotated set, oldest first, are best
    fed to one correlator, with offsets that go on: mail lives on over a rotation.
    """

    def __init__(self, horizon: int = HORIZON) -> None:
        self._horizon = horizon
        self._afterglow = min(AFTERGLOW, horizon)
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

    def told(self, event: Event, offset: int) -> Event:
        """A failure, whose line begins at ``offset``, with what is known of it."""
        low = offset - self._horizon
        changes: Fields = {}
        if event.queue_id is not None:
            self._of_message(event, offset, low, changes)
        if event.program == "smtpd":
            self._of_session(event, low, changes)
        if not changes:
            return event
        inferred = (*event.inferred, *(name for name in changes if name != "direction"))
        return complete(event, inferred=inferred, **changes)

    def _said(self, at: int, low: int, host: str | None, queue_id: str | None) -> Fields | None:
        """What the line at an offset says, where it is near enough, of the same host and of that queue ID."""
        said = self._any(at, low, host) if at else None
        return said if said is not None and said.get("queue_id") == queue_id else None

    def _of_message(self, event: Event, offset: int, low: int, changes: Fields) -> None:
        host, queue_id = event.host, event.queue_id or ""
        key = queue_id.encode()
        born, known, queued = self._client.get(key) or 0, self._id.get(key) or 0, self._queued.get(key) or 0
        gone = self._removed.get(key) or 0
        if gone > born:
            if max(known, queued) > gone:
                born = gone
            elif offset - gone > self._afterglow:
                return
        facts = self._origin(queue_id, offset, low, host, _DEPTH) if born != gone or not gone else {}
        if known > born and (said := self._said(known, low, host, queue_id)):
            facts["message_id"] = said.get("message_id")
        if queued > born and (said := self._said(queued, low, host, queue_id)) and said["event"] == "qmgr":
            facts["sender"] = said["sender"]
            facts["size"], facts["nrcpt"] = said.get("size"), said.get("nrcpt")
        for name in _OWN:
            if facts.get(name) is not None and getattr(event, name) is None:
                changes[name] = facts[name]
        if event.event == "expired":
            self._last_try(event, max(born, low), host, changes)

    def _origin(self, queue_id: str, until: int, low: int, host: str | None, depth: int) -> Fields:
        """Where a message came from as far as lines before ``until`` tell: its client, or that of the message that it
        was before a filter or a forwarding."""
        born = self._client.get(queue_id.encode()) or 0
        begun = self._said(born, low, host, queue_id) if born < until else None
        facts: Fields = {}
        if begun is not None and begun["event"] == "client":
            facts = {name: begun[name] for name in _OF_CLIENT if name in begun}
        elif begun is not None and begun["event"] == "cleanup":
            facts = {"sender": begun.get("sender")}
        if "sasl_username" in facts or depth == 0:
            return facts
        before, at = self._before(queue_id, begun, born, until, low, host)
        if before is None or before == queue_id:
            return facts
        facts["orig_queue_id"] = before
        if low <= (self._client.get(before.encode()) or low - 1) < at:
            handed = self._origin(before, at, low, host, depth - 1)
            facts["orig_queue_id"] = handed.get("orig_queue_id", before)
            for name in _HANDED_ON:
                facts.pop(name, None)
                if name in handed:
                    facts[name] = handed[name]
        return facts

    def _before(
        self, queue_id: str, begun: Fields | None, born: int, until: int, low: int, host: str | None
    ) -> tuple[str | None, int]:
        """Which message another one was before, and the offset of the line that says so.

        Postfix says it itself, or the delivery that handed it on; else it is the last one from elsewhere that has the
        same message ID, where a filter or alias table of this machine gave it back.
        """
        if begun is not None and "orig_queue_id" in begun:
            return begun["orig_queue_id"], born
        at = self._onward.get(queue_id.encode()) or 0
        if born < at < until and (handing := self._delivery(at, low, host, queue_id)) is not None:
            return handing["queue_id"], at
        if begun is not None and (begun["event"] != "client" or begun.get("client_addr") not in _LOOPBACK):
            return None, 0
        known = self._id.get(queue_id.encode()) or 0
        said = self._said(known, low, host, queue_id) if born < known < until else None
        if said is None or "message_id" not in said:
            return None, 0
        for at in self._same_id.get(said["message_id"].encode()) or ():
            other = (self._any(at, low, host) or {}).get("queue_id") if at < known else None
            if other is not None and other != queue_id:
                its = self._client.get(other.encode()) or 0
                source = self._said(its, low, host, other) if its < at else None
                if source is not None and source.get("client_addr") not in _LOOPBACK:
                    return other, known
        return None, 0

    def _any(self, at: int, low: int, host: str | None) -> Fields | None:
        """What the line at an offset says, of whatever queue ID."""
        line = self._line(at, low)
        head = parse_head(line) if line is not None else None
        return read(head) if head is not None and head.host == host else None

    def _line(self, at: int, low: int) -> bytes | None:
        number = bisect_right(self._offsets, at - 1) - 1
        if at < low or number < 0 or at - 1 - self._offsets[number] >= len(self._blocks[number]):
            return None
        data, place = self._blocks[number], at - 1 - self._offsets[number]
        stop = data.find(b"\n", place)
        return data[data.rfind(b"\n", 0, place) + 1 : stop if stop >= 0 else len(data)]

    def _delivery(self, at: int, low: int, host: str | None, following: str) -> Fields | None:
        """The delivery by which a mail went on under another queue ID of ours."""
        said = self._any(at, low, host)
        if said is None or said["event"] != "delivery" or said.get("next_queue_id") != following:
            return None
        return said if said["direction"] in ("internal", "local") and "queue_id" in said else None

    def _last_try(self, event: Event, low: int, host: str | None, changes: Fields) -> None:
        """Tell a mail that expired its last attempt, where all attempts were for one recipient."""
        tries = [
            said
            for at in self._deferred.get((event.queue_id or "").encode()) or ()
            if (said := self._said(at, low, host, event.queue_id)) is not None and said["event"] == "delivery"
        ]
        if tries and len({said["recipient"] for said in tries}) == 1:
            for name in _LAST_TRY:
                if getattr(event, name) is None and (value := tries[0].get(name)) is not None:
                    changes[name] = value

    def _of_session(self, event: Event, low: int, changes: Fields) -> None:
        """Add what a session's lines say of its client."""
        place = f"{event.process}[{event.pid}".encode()
        since = self._logins.get(place) if event.sasl_username is None else None
        nameless = event.client_name == "unknown" and event.detail is None
        if not nameless and since is None and event.client_addr is not None:
            return
        at, names = self._connects.get(place) or (0, None)
        client = self._client_at(at, low, event) if at else None
        if client is None:
            return
        if event.client_addr is None:
            changes.update(client)
        if nameless:
            said = [one for where in names or () if (one := self._said(where, low, event.host, None)) is not None]
            warning = next((one for one in said if "ptr_name" in one), next(iter(said), None))
            if warning is None or warning.get("client_addr") not in (None, client["client_addr"]):
                changes["detail"] = "no_ptr"
            else:
                changes["detail"] = warning.get("detail") or "ptr_unresolvable"
                if "ptr_name" in warning:
                    changes["ptr_name"] = warning["ptr_name"]
        login = self._any(since, low, event.host) if since is not None and since > at else None
        if login is not None and login["event"] == "client" and "sasl_username" in login:
            changes["sasl_username"] = login["sasl_username"]
            if "sasl_method" in login:
                changes["sasl_method"] = login["sasl_method"]
            if event.direction == "inbound":
                changes["direction"] = "submission"

    def detail(self, writer: bytes, place: bytes, name: bytes, addr: bytes, offset: int) -> str | None:
        """All that neighbours tell of a refusal before there is a queue ID, where that is its ``detail`` alone, or
        nothing (""); None where only ``told`` can say.

        ``writer`` is host and tag, ``place`` "tag[pid"; the client's name and address are as logged.
        """
        low = offset - self._horizon
        if self._logins.get(place):
            return None
        if name != b"unknown":
            return ""
        at, names = self._connects.get(place) or (0, None)
        if names is not None:
            return None
        line = self._line(at, low) if at else None
        if line is None:
            return ""
        usual = b" %b%b: connect from unknown[%b]" % (writer, place[place.rfind(b"[") :] + b"]", addr)
        return "no_ptr" if line.endswith(usual) and len(line) - len(usual) < _LONGEST_STAMP else None

    def _client_at(self, at: int, low: int, event: Event) -> Fields | None:
        """The client of a ``connect from`` line."""
        usual = f" {event.host} {event.process}[{event.pid}]: connect from {event.client_name}[{event.client_addr}]"
        line = self._line(at, low)
        if line is not None and line.endswith(usual.encode()) and len(line) - len(usual) < _LONGEST_STAMP:
            return {"client_addr": event.client_addr}  # what is known already
        said = self._said(at, low, event.host, None)
        if said is None or said["event"] != "connect":
            return None
        return {name: said[name] for name in ("client_name", "client_addr", "client_port") if name in said}


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
