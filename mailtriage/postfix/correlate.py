"""What other lines tell about a failure: sender, login, client, message ID by queue ID; the client's unverified name.

Most lines of a log are never asked about. So only the place of those that might be is noted, by queue ID or process;
a line is taken apart once a failure needs it, which also shows whether it is what it seemed to be or was forged within
another's text. A fact is told to a failure at most ``HORIZON`` bytes behind it (``AFTERGLOW`` for a message that qmgr
removed), wherever reading began: who has read so many bytes before a line knows of it all that there is to know. So
memory is bounded, and a log may be read in parts. A queue ID that is used again begins a new message.

Sources: smtpd/smtpd.c, cleanup/cleanup_message.c, qmgr/qmgr_active.c; smtpd_peer.c (name warnings come before
``connect from``).
"""

import re

from mailtriage.model.event import Event
from mailtriage.postfix.build import complete
from mailtriage.postfix.fields import Fields
from mailtriage.postfix.notes import Notes
from mailtriage.postfix.parse import read
from mailtriage.syslog.head import parse_head
from mailtriage.syslog.program import postfix_program

AFTERGLOW = 256 * 1024  # syslog may put a message's last lines in another order

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
# What a failure is told by its message.
_OWN = ("sender", "sasl_username", "sasl_method", "client_name", "client_addr", "client_port", "message_id", "size",
        "nrcpt", "orig_queue_id", "orig_client")  # fmt: skip
_OF_CLIENT = ("client_name", "client_addr", "client_port", "sasl_username", "sasl_method", "orig_client")
# What a message is told by the one it was before a content filter or a forwarding.
_HANDED_ON = ("sasl_username", "sasl_method", "client_name", "client_addr", "client_port")
_LAST_TRY = ("recipient", "orig_to", "code", "dsn", "reply", "relay_name", "relay_addr", "relay_port")
# These lines as they nearly always are; what could be read in two ways is not among them.
_ID_LINE = re.compile(rb"message-id=([!-;=?-~]+|<[!-;=?-~]+>)")
_QUEUED_LINE = re.compile(rb"from=<([!#-;=?-\[\]-~]*)>, size=(\d{1,18}), nrcpt=(\d{1,9})(?: \(queue active\))?")
_CLIENT_LINE = re.compile(
    rb"client=([!-+\--Z^-~]+)\[([0-9a-fA-F.:]+)\](?::(\d{1,5}))?"
    rb"(?:, sasl_method=([!-+\--<>-~]+), sasl_username=([!-+\--<>-~]+))?"
)
_LONGEST_STAMP = 40  # characters
_DEPTH = 4  # filters and forwardings, one behind the other


class Correlator(Notes):
    """Completes failures, in place. ``inferred`` names the fields that came from other lines.

    Give it the blocks of a log in order (``block``); then for each line in order what it says if it is a failure
    (``told``), and the places where PATTERNS end in it (``note``). The files of a rotated set, oldest first, are best
    fed to one correlator, with offsets that go on: mail lives on over a rotation.
    """

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
            elif offset - gone > min(AFTERGLOW, self._horizon):
                return
        facts = self._origin(queue_id, offset, low, host, _DEPTH) if born != gone or not gone else {}
        if known > born and (said := self._usual(_ID_LINE, known, low, host, key)):
            facts["message_id"] = said[1].decode()
        elif known > born and (fields := self._said(known, low, host, queue_id)):
            facts["message_id"] = fields.get("message_id")
        if queued > born and (said := self._usual(_QUEUED_LINE, queued, low, host, key)):
            facts["sender"], facts["size"], facts["nrcpt"] = said[1].decode(), int(said[2]), int(said[3])
        elif queued > born and (fields := self._said(queued, low, host, queue_id)) and fields["event"] == "qmgr":
            facts["sender"] = fields["sender"]
            facts["size"], facts["nrcpt"] = fields.get("size"), fields.get("nrcpt")
        for name in _OWN:
            if facts.get(name) is not None and getattr(event, name) is None:
                changes[name] = facts[name]
        if event.event == "expired":
            self._last_try(event, max(born, low), host, changes)

    def _origin(self, queue_id: str, until: int, low: int, host: str | None, depth: int) -> Fields:
        """Where a message came from as far as lines before ``until`` tell: its client, or that of the message that it
        was before a filter or a forwarding."""
        born = self._client.get(queue_id.encode()) or 0
        facts: Fields = {}
        begun = None
        if born < until and (usual := self._usual(_CLIENT_LINE, born, low, host, queue_id.encode())):
            begun = {"event": "client", "client_name": usual[1].decode(), "client_addr": usual[2].decode()}
            if usual[3]:
                begun["client_port"] = int(usual[3])
            if usual[4]:
                begun["sasl_method"], begun["sasl_username"] = usual[4].decode(), usual[5].decode()
        elif born < until:
            begun = self._said(born, low, host, queue_id)
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

    def _usual(
        self, form: re.Pattern[bytes], at: int, low: int, host: str | None, queue_id: bytes
    ) -> re.Match[bytes] | None:
        """The text behind the queue ID of a line, where all of it is as usual: what ``_said`` reads, more quickly."""
        line = self._line(at, low) if at else None
        if line is None or host is None:
            return None
        start = 16 if line[3:4] == b" " else line.find(b" ", 19, 40) + 1
        name, _, rest = line[start:].partition(b" ")
        tag, _, rest = rest.partition(b"[")
        pid, colon, text = rest.partition(b"]: ")
        if not colon or not pid.isdigit() or not text.startswith(queue_id + b": ") or name != host.encode():
            return None
        if b" " in tag or start < 16 or postfix_program(tag.decode("utf-8", "replace")) is None:
            return None
        return form.fullmatch(text, len(queue_id) + 2)

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

    def neighbours(self, writer: bytes, place: bytes, name: bytes, addr: bytes, offset: int) -> tuple[str, str] | None:
        """All that neighbours tell of a refusal before there is a queue ID, where that is ``detail`` and ``ptr_name``
        ("" for what they do not tell); None where only ``told`` can say.

        ``writer`` is host and tag, ``place`` "tag[pid"; the client's name and address are as logged.
        """
        low = offset - self._horizon
        if self._logins.get(place):
            return None
        if name != b"unknown":
            return "", ""
        at, names = self._connects.get(place) or (0, None)
        line = self._line(at, low) if at else None
        if line is None:
            return "", ""
        usual = b" %b%b: connect from unknown[%b]" % (writer, place[place.rfind(b"[") :] + b"]", addr)
        if not line.endswith(usual) or len(line) - len(usual) >= _LONGEST_STAMP:
            return None
        if names is None:
            return "no_ptr", ""
        said = self._any(names[0], low, writer.partition(b" ")[0].decode()) if names[0] and not names[1] else None
        if said is None or said.get("client_addr") != addr.decode() or "queue_id" in said or "ptr_name" not in said:
            return None
        return said.get("detail") or "ptr_unresolvable", said["ptr_name"]

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
