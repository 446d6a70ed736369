"""What other lines tell about a failure: sender, login, client, message ID by queue ID; the client's unverified name.

One pass in file order. What is not mentioned for a while is forgotten: after ``HORIZON`` lines of Postfix, soon after
qmgr removed the message, and when its queue ID (which Postfix uses again) or its process begins anew. So memory is
bounded, and what is known at a line depends on the lines before it alone. Sources: smtpd/smtpd.c,
cleanup/cleanup_message.c, qmgr/qmgr_active.c; smtpd_peer.c (name warnings come before ``connect from``).
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from mailtriage.model.event import FAILURES, Event
from mailtriage.postfix.build import amend

HORIZON = 250_000  # lines after which a message or session that nobody mentions is forgotten
AFTERGLOW = 2_000  # lines for which a removed message is remembered: syslog may put its last lines in another order

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
# What a failure is told by its message.
_OWN = ("sender", "sasl_username", "sasl_method", "client_name", "client_addr", "client_port", "message_id", "size",
        "nrcpt", "orig_queue_id", "orig_client")  # fmt: skip
# What a message is told by the one it was before a content filter or a forwarding.
_HANDED_ON = ("sasl_username", "sasl_method", "client_name", "client_addr", "client_port")
_LAST_TRY = ("recipient", "orig_to", "code", "dsn", "reply", "relay_name", "relay_addr", "relay_port")
_BAD_NAMES = ("numeric hostname: ", "valid_hostname: ", "valid_hostaddr: ")

Key = tuple[str | None, str]
Place = tuple[str | None, str | None, int | None]


class _Message:
    """What was said about one queue ID since it came into use."""

    __slots__ = ("deferred", "facts", "guessed", "line", "several")

    def __init__(self, line: int) -> None:
        self.line = line
        self.facts: dict[str, Any] = {}
        self.deferred: Event | None = None  # the last attempt that failed for now
        self.guessed = False  # which message it was before is known by its message ID alone
        self.several = False  # more than one recipient was deferred


class _Session:
    """One client of one smtpd process."""

    __slots__ = ("client", "detail", "line", "login", "method", "ptr_name")

    def __init__(self, line: int) -> None:
        self.line = line
        self.ptr_name: str | None = None
        self.detail = "no_ptr"
        self.client: Event | None = None  # its connect line
        self.login: str | None = None
        self.method: str | None = None


class Correlator:
    """Fills in failures. Feed every event in file order; ``inferred`` names the fields that came from other lines.

    The files of a rotated set, oldest first, are best fed to one correlator: mail lives on over a rotation.
    """

    def __init__(self, horizon: int = HORIZON) -> None:
        self._horizon = horizon
        self._line = 0
        self._live: OrderedDict[Key, _Message] = OrderedDict()
        self._removed: OrderedDict[Key, _Message] = OrderedDict()
        self._sessions: OrderedDict[Place, _Session] = OrderedDict()
        self._names: OrderedDict[Place, tuple[int, Event]] = OrderedDict()  # name warnings that await their connect
        self._by_id: OrderedDict[tuple[str | None, str], tuple[int, Key]] = OrderedDict()

    def feed(self, event: Event) -> Event:
        """Note what an event tells, and return it with what is known by then."""
        self._line += 1
        line = self._line
        self._forget(line)
        message = self._message(event, line) if event.queue_id is not None else None
        session = self._session(event, line) if event.program == "smtpd" else None
        if event.event not in FAILURES:
            return event
        changes: dict[str, Any] = {}
        if message is not None:
            _tell(event, message, changes)
        if session is not None:
            _introduce(event, session, changes)
        if message is not None and event.event == "delivery" and event.status in ("deferred", "SOFTBOUNCE"):
            message.several |= message.deferred is not None and message.deferred.recipient != event.recipient
            message.deferred = event
        if not changes:
            return event
        inferred = (*event.inferred, *(name for name in changes if name != "direction"))
        return amend(event, **changes, inferred=inferred)

    def _message(self, event: Event, line: int) -> _Message | None:
        key: Key = (event.host, event.queue_id or "")
        kind = event.event
        if kind == "removed":
            message = self._live.pop(key, None)
            if message is not None:
                message.line = line
                self._removed[key] = message
            return message
        begins = kind == "client" or (kind == "cleanup" and event.program == "pickup")
        if begins:
            message = None
        else:
            message = self._live.get(key)
            if message is None and kind not in ("cleanup", "qmgr"):
                message = self._removed.get(key)
                if message is not None:
                    return message
        if message is None:
            message = _Message(line)
            self._live[key] = message
        message.line = line
        self._live.move_to_end(key)
        self._learn(event, key, message, line)
        return message

    def _learn(self, event: Event, key: Key, message: _Message, line: int) -> None:
        facts = message.facts
        kind = event.event
        if kind == "client":
            for name in ("client_name", "client_addr", "client_port", "sasl_username", "sasl_method", "orig_client"):
                value = getattr(event, name)
                if value is not None:
                    facts[name] = value
            if event.orig_queue_id is not None:
                self._join(message, (event.host, event.orig_queue_id))
        elif kind == "qmgr":
            facts["sender"] = event.sender
            if event.size is not None:
                facts["size"] = event.size
            if event.nrcpt is not None:
                facts["nrcpt"] = event.nrcpt
        elif kind == "cleanup":
            if event.sender is not None:
                facts.setdefault("sender", event.sender)
            if event.message_id is not None:
                self._identify(event.message_id, key, message, line)
        elif kind == "delivery" and event.next_queue_id is not None:
            following = self._live.get((event.host, event.next_queue_id))
            if following is not None and event.direction in ("internal", "local"):
                self._join(following, key)

    def _identify(self, message_id: str, key: Key, message: _Message, line: int) -> None:
        """Note a message ID; the same ID in the hands of this machine's filter or alias table is the same mail."""
        message.facts.setdefault("message_id", message_id)
        mark = (key[0], message_id)
        known = self._by_id.get(mark)
        client = message.facts.get("client_addr")
        if known is not None and known[1] != key and (client is None or client in _LOOPBACK):
            self._join(message, known[1], guess=True)
        if known is None or client not in (None, *_LOOPBACK):
            self._by_id[mark] = (line, key)
            self._by_id.move_to_end(mark)

    def _join(self, message: _Message, earlier: Key, guess: bool = False) -> None:
        """Tell a message what is known of the one it was before."""
        before = self._live.get(earlier) or self._removed.get(earlier)
        if before is None or before is message:
            return
        facts = message.facts
        if ("sasl_username" in facts or "orig_queue_id" in facts) and (guess or not message.guessed):
            return
        message.guessed = guess
        facts["orig_queue_id"] = before.facts.get("orig_queue_id", earlier[1])
        for name in _HANDED_ON:
            if name in before.facts:
                facts[name] = before.facts[name]
            else:
                facts.pop(name, None)

    def _session(self, event: Event, line: int) -> _Session | None:
        place: Place = (event.host, event.process, event.pid)
        kind = event.event
        if kind == "connect":
            session = _Session(line)
            session.client = event
            warned = self._names.pop(place, None)
            if warned is not None:
                warning = warned[1]
                same = warning.client_addr is None or warning.client_addr == event.client_addr
                session.ptr_name = warning.ptr_name if same else None
                session.detail = (warning.detail or "ptr_unresolvable") if same else "no_ptr"
            self._sessions[place] = session
            self._sessions.move_to_end(place)
            return session
        current = self._sessions.get(place)
        if current is None:
            if event.severity == "warning" and (event.ptr_name or (event.text or "").startswith(_BAD_NAMES)):
                held = self._names.get(place)
                if held is None or held[1].ptr_name is None:
                    self._names[place] = (line, event)
                    self._names.move_to_end(place)
            return None
        if kind == "disconnect":
            del self._sessions[place]
            return current
        current.line = line
        self._sessions.move_to_end(place)
        if kind == "client" and event.sasl_username is not None:
            current.login, current.method = event.sasl_username, event.sasl_method
        return current

    def _forget(self, line: int) -> None:
        _drop(self._live, line - self._horizon)
        _drop(self._removed, line - min(AFTERGLOW, self._horizon))
        _drop(self._sessions, line - self._horizon)
        for held in (self._names, self._by_id):
            while held:
                first: Any = next(iter(held))
                if held[first][0] >= line - self._horizon:
                    break
                del held[first]

    def __len__(self) -> int:
        """How many things are remembered."""
        return len(self._live) + len(self._removed) + len(self._sessions) + len(self._names) + len(self._by_id)


def _drop(table: OrderedDict[Any, Any], before: int) -> None:
    for key in _older(table, before):
        del table[key]


def _older(table: OrderedDict[Any, Any], before: int) -> Iterator[Any]:
    while table:
        key = next(iter(table))
        if table[key].line >= before:
            return
        yield key


def _tell(event: Event, message: _Message, changes: dict[str, Any]) -> None:
    for name in _OWN:
        value = message.facts.get(name)
        if value is not None and getattr(event, name) is None:
            changes[name] = value
    last = message.deferred
    if event.event == "expired" and last is not None and not message.several:
        for name in _LAST_TRY:
            value = getattr(last, name)
            if value is not None and getattr(event, name) is None:
                changes[name] = value


def _introduce(event: Event, session: _Session, changes: dict[str, Any]) -> None:
    client = session.client
    if client is not None and event.client_addr is None:
        for name in ("client_name", "client_addr", "client_port"):
            value = getattr(client, name)
            if value is not None:
                changes[name] = value
    if event.client_name == "unknown" and event.detail is None:
        changes["detail"] = session.detail
        if session.ptr_name is not None:
            changes["ptr_name"] = session.ptr_name
    if session.login is not None and event.sasl_username is None:
        changes["sasl_username"] = session.login
        if session.method is not None:
            changes["sasl_method"] = session.method
        if event.direction == "inbound":
            changes["direction"] = "submission"
