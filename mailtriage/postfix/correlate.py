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
from collections.abc import Iterator
from typing import Any

from mailtriage.model.event import Event
from mailtriage.postfix.build import amend
from mailtriage.postfix.parse import parse
from mailtriage.syslog.head import parse_head

HORIZON = 16 * 1024 * 1024
AFTERGLOW = 256 * 1024  # syslog may put a message's last lines in another order

# What a line to be noted holds. No two can overlap, and each has one end.
PATTERNS = (
    rb": client=", rb"message-id=", rb": from=", rb": removed", rb": uid=", rb"[^s]connect from ", rb"queued as ",
    rb"forwarded as ", rb"status=(?:deferred|SOFTBOUNCE)", rb"warning: hostname ", rb"verification failed: ",
    rb"address not listed for hostname ", rb"warning: (?:numeric hostname|valid_hostname|valid_hostaddr): ",
)  # fmt: skip
_CLIENT, _ID, _QUEUED, _REMOVED, _PICKUP, _CONNECT, _ONWARD, _FORWARDED, _DEFERRED = range(9)
_BAD_NAME = len(PATTERNS) - 1
_LENGTHS = tuple(map(len, PATTERNS))

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
# What a failure is told by its message.
_OWN = ("sender", "sasl_username", "sasl_method", "client_name", "client_addr", "client_port", "message_id", "size",
        "nrcpt", "orig_queue_id", "orig_client")  # fmt: skip
_OF_CLIENT = ("client_name", "client_addr", "client_port", "sasl_username", "sasl_method", "orig_client")
# What a message is told by the one it was before a content filter or a forwarding.
_HANDED_ON = ("sasl_username", "sasl_method", "client_name", "client_addr", "client_port")
_LAST_TRY = ("recipient", "orig_to", "code", "dsn", "reply", "relay_name", "relay_addr", "relay_port")
_MOST = 16  # lines with the same message ID, attempts for the same message that are looked at
_DEPTH = 4  # filters and forwardings, one behind the other

Facts = dict[str, Any]


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
    """Fills in failures. ``inferred`` names the fields that came from other lines.

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

    def note(self, number: int, end: int) -> None:
        """Note that PATTERNS[number] ends at ``end`` in the block."""
        data, offset = self._data, self._base + end
        if number <= _PICKUP:
            if number != _ID:
                word = end - _LENGTHS[number]
            else:
                word = end - 13 if data[end - 13 : end - 11] == b": " else end - 20  # resent-message-id=
            queue_id = data[data.rfind(b" ", max(0, word - 260), max(0, word)) + 1 : word]
            if not queue_id.isalnum():
                queue_id = _last_word(queue_id)
            if number == _ID:
                self._id.new[queue_id] = offset
                message_id = data[end : data.find(b"\n", end)]
                if len(message_id) > 2:
                    self._same_id.add(message_id, offset)
            elif number == _QUEUED:
                self._queued.new[queue_id] = offset
            elif number == _REMOVED:
                self._removed.new[queue_id] = offset
            else:
                self._client.new[queue_id] = offset
                if number == _CLIENT and data.find(b", sasl_username=", end, data.find(b"\n", end)) > 0:
                    self._logins.new[self._place(end)] = offset
        elif number == _CONNECT:
            if data[end - 16 : end - 13] == b"]: ":
                place = data[data.rfind(b" ", max(0, end - 200), end - 16) + 1 : end - 16]
            else:
                place = self._place(end)
            self._connects.new[place] = offset, self._names.pop(place) if self._names.new or self._names.old else None
        elif number <= _FORWARDED:
            self._onward.new[_first_word(data[end : end + 40])] = offset
        elif number == _DEFERRED:
            start = data.rfind(b"\n", 0, end) + 1
            self._deferred.add(_last_word(data[start : max(start, data.find(b": to=", start, end))]), offset)
        else:
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
        changes: Facts = {}
        if event.queue_id is not None:
            self._of_message(event, offset, low, changes)
        if event.program == "smtpd":
            self._of_session(event, low, changes)
        if not changes:
            return event
        inferred = (*event.inferred, *(name for name in changes if name != "direction"))
        return amend(event, **changes, inferred=inferred)

    def _event(self, offset: int | None, low: int, host: str | None, queue_id: str | None) -> Event | None:
        """What the line at an offset says, where it is near enough, of the same host and of that queue ID."""
        event = self._any(offset, low, host) if offset else None
        return event if event is not None and event.queue_id == queue_id else None

    def _of_message(self, event: Event, offset: int, low: int, changes: Facts) -> None:
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
        if known > born and (said := self._event(known, low, host, queue_id)) and said.message_id is not None:
            facts["message_id"] = said.message_id
        if queued > born and (said := self._event(queued, low, host, queue_id)) and said.event == "qmgr":
            facts["sender"] = said.sender
            facts["size"], facts["nrcpt"] = said.size, said.nrcpt
        for name in _OWN:
            if facts.get(name) is not None and getattr(event, name) is None:
                changes[name] = facts[name]
        if event.event == "expired":
            self._last_try(event, max(born, low), host, changes)

    def _origin(self, queue_id: str, until: int, low: int, host: str | None, depth: int) -> Facts:
        """Where a message came from as far as lines before ``until`` tell: its client, or that of the message that it
        was before a filter or a forwarding."""
        born = self._client.get(queue_id.encode()) or 0
        begun = self._event(born, low, host, queue_id) if born < until else None
        facts: Facts = {}
        if begun is not None and begun.event == "client":
            facts = {name: value for name in _OF_CLIENT if (value := getattr(begun, name)) is not None}
        elif begun is not None and begun.event == "cleanup":
            facts = {"sender": begun.sender}
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
        self, queue_id: str, begun: Event | None, born: int, until: int, low: int, host: str | None
    ) -> tuple[str | None, int]:
        """Which message another one was before, and the offset of the line that says so.

        Postfix says it itself, or the delivery that handed it on; else it is the last one from elsewhere that has the
        same message ID, where a filter or alias table of this machine gave it back.
        """
        if begun is not None and begun.orig_queue_id is not None:
            return begun.orig_queue_id, born
        at = self._onward.get(queue_id.encode()) or 0
        if low <= at < until and at > born and (handing := self._delivery(at, low, host, queue_id)) is not None:
            return handing.queue_id, at
        if begun is not None and (begun.event != "client" or begun.client_addr not in _LOOPBACK):
            return None, 0
        known = self._id.get(queue_id.encode()) or 0
        said = self._event(known, low, host, queue_id) if born < known < until else None
        if said is None or said.message_id is None:
            return None, 0
        for at in self._same_id.get(said.message_id.encode()) or ():
            if low <= at < known and (other := self._any(at, low, host)) is not None and other.queue_id is not None:
                its = self._client.get(other.queue_id.encode()) or 0
                source = self._event(its, low, host, other.queue_id) if its < at else None
                if other.queue_id != queue_id and source is not None and source.client_addr not in _LOOPBACK:
                    return other.queue_id, known
        return None, 0

    def _any(self, at: int, low: int, host: str | None) -> Event | None:
        """The event of a line of whatever queue ID."""
        number = bisect_right(self._offsets, at - 1) - 1
        if at < low or number < 0 or at - 1 - self._offsets[number] >= len(self._blocks[number]):
            return None
        data, place = self._blocks[number], at - 1 - self._offsets[number]
        stop = data.find(b"\n", place)
        head = parse_head(data[data.rfind(b"\n", 0, place) + 1 : stop if stop >= 0 else len(data)])
        return parse(head) if head is not None and head.host == host else None

    def _delivery(self, at: int, low: int, host: str | None, following: str) -> Event | None:
        """The delivery by which a mail went on under another queue ID of ours."""
        event = self._any(at, low, host)
        if event is None or event.event != "delivery" or event.next_queue_id != following:
            return None
        return event if event.direction in ("internal", "local") and event.queue_id else None

    def _last_try(self, event: Event, low: int, host: str | None, changes: Facts) -> None:
        """Tell a mail that expired its last attempt, where all attempts were for one recipient."""
        tries = [
            said
            for at in self._deferred.get((event.queue_id or "").encode()) or ()
            if (said := self._event(at, low, host, event.queue_id)) is not None and said.event == "delivery"
        ]
        if tries and len({said.recipient for said in tries}) == 1:
            for name in _LAST_TRY:
                if getattr(event, name) is None and (value := getattr(tries[0], name)) is not None:
                    changes[name] = value

    def _of_session(self, event: Event, low: int, changes: Facts) -> None:
        """Add what a session's lines say of its client."""
        place = f"{event.process}[{event.pid}".encode()
        at, names = self._connects.get(place) or (0, None)
        client = self._event(at, low, event.host, None)
        if client is None or client.event != "connect":
            return
        if event.client_addr is None:
            for name in ("client_name", "client_addr", "client_port"):
                if (value := getattr(client, name)) is not None:
                    changes[name] = value
        if event.client_name == "unknown" and event.detail is None:
            said = [one for where in names or () if (one := self._event(where, low, event.host, None)) is not None]
            warning = next((one for one in said if one.ptr_name), next(iter(said), None))
            if warning is None or warning.client_addr not in (None, client.client_addr):
                changes["detail"] = "no_ptr"
            else:
                changes["detail"] = warning.detail or "ptr_unresolvable"
                if warning.ptr_name is not None:
                    changes["ptr_name"] = warning.ptr_name
        if event.sasl_username is None and (since := self._logins.get(place) or 0) > at:
            login = self._any(since, low, event.host)
            if login is not None and login.event == "client" and login.sasl_username is not None:
                changes["sasl_username"] = login.sasl_username
                if login.sasl_method is not None:
                    changes["sasl_method"] = login.sasl_method
                if event.direction == "inbound":
                    changes["direction"] = "submission"


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
