"""The short way from a refusal to its event: most differ from one that was understood only in who and where.

The first of a shape (mailtriage.scan.shortway) is parsed and classified in full. Where the cut names every field that
varies, the others are those of the first, and so is what the rules say; and where neighbours tell nothing more, its
record is that of the first with other values in it.
"""

import string
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from mailtriage.model.event import Event
from mailtriage.postfix.build import amend, make_event
from mailtriage.postfix.fields import Fields
from mailtriage.rules.book import Classification
from mailtriage.scan import shortway
from mailtriage.scan.events import Told, told
from mailtriage.scan.usual import stamp_of
from mailtriage.syslog.head import Head

_START = len("]: NOQUEUE: reject: RCPT from []: ")
# Stand-ins for what varies, in the order of shortway.Cut; each stands in the record once, or the record is not used.
_TIME = datetime(2222, 2, 2, 2, 2, 2, 222222, tzinfo=UTC)
_PID, _LINE = 987654321012, 987654321013
_TEXTS = {name: f"qz{name}qz" for name in ("client_name", "client_addr", "helo", "reason", "sender", "recipient")}
_PTR_NAME = "qzptr_nameqz"
_SAFE = frozenset(string.ascii_letters + string.digits + ".-_")


class Known:
    """What a shape means: the fields that do not vary, the length of the codes before the reason."""

    __slots__ = ("codes", "fields", "forms", "found", "place")

    def __init__(self, place: bytes, fields: Fields, codes: int, found: Classification) -> None:
        self.place, self.fields, self.codes, self.found = place, fields, codes, found
        self.forms: dict[tuple[str, bool, bool], bytes | None] = {}  # records; None: not to be used


class Understood(NamedTuple):
    """A line whose shape is known."""

    line: bytes
    cut: shortway.Cut
    known: Known

    @property
    def event(self) -> Event:
        """The whole event."""
        cut = self.cut
        return make_event(
            stamp=stamp_of(self.line), pid=int(cut.pid), client_name=cut.name.decode(),
            client_addr=cut.addr.decode(), helo=cut.helo.decode(), sender=cut.sender.decode(),
            recipient=cut.recipient.decode(), reason=_said(self.line, cut)[self.known.codes :].decode(),
            **self.known.fields,
        )  # fmt: skip

    def record(
        self, encode: Callable[[Told], bytes], told: tuple[str, str], time: datetime, dated: bool, source: str, row: int
    ) -> bytes | None:
        """What ``encode`` makes of the event with the detail and the client's name that neighbours tell; None where
        that is not certain."""
        known, cut, (detail, ptr_name) = self.known, self.cut, told
        if not _SAFE.issuperset(ptr_name):
            return None
        key = detail, bool(ptr_name), dated
        try:
            form = known.forms[key]
        except KeyError:
            form = known.forms[key] = _form(self.event, known, encode, detail, ptr_name, source)
        if not form:
            return form
        reason = _said(self.line, cut)[known.codes :]
        if b'"' in reason or b"\\" in reason:
            return None
        name = (cut.name, cut.addr, ptr_name.encode()) if ptr_name else (cut.name, cut.addr)
        return form % (
            time.isoformat().encode(), cut.pid, *name, cut.helo, reason, cut.sender, cut.recipient, b"%d" % row,
        )  # fmt: skip


def _form(
    event: Event, known: Known, encode: Callable[[Told], bytes], detail: str, ptr_name: str, source: str
) -> bytes | None:
    """The record of a shape, with ``%b`` for what varies."""
    changes: Fields = {"detail": detail} if detail else {}
    if ptr_name:
        changes["ptr_name"] = _PTR_NAME
    if changes:
        changes["inferred"] = tuple(changes)
    one = told(amend(event, pid=_PID, **_TEXTS, **changes), source, _LINE, _TIME, known.found, None)
    form = encode(one)
    if not form:
        return form
    form = form.replace(b"%", b"%%")
    at = 0
    texts = [*_TEXTS.values()]
    order = [_TIME.isoformat(), str(_PID), *texts[:2], *([_PTR_NAME] if ptr_name else []), *texts[2:], str(_LINE)]
    for word in map(str.encode, order):
        place = form.find(word, at)
        if place < 0 or form.count(word) != 1:
            return None
        form, at = form[:place] + b"%b" + form[place + len(word) :], place
    return form


class Shapes:
    """Refusals that were understood. What it remembers changes speed and never an answer."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, bytes], Known] = {}

    def look(self, line: bytes) -> Understood | shortway.Cut | None:
        """A line whose shape is known; else how it is cut, for ``learn``."""
        cut = shortway.refusal(line, 0, len(line)) if b": NOQUEUE: reject: RCPT from " in line else None
        if cut is None:
            return None
        known = self._known.get((cut.writer, cut.shape))
        return cut if known is None else Understood(line, cut, known)

    def learn(
        self, line: bytes, head: Head, cut: shortway.Cut, event: Event, found: Classification, lookup: str | None
    ) -> None:
        """Remember what a shape means, where mailtriage.scan.shortway.agrees; not where there is a page to look the
        client up, for its address varies."""
        said = _said(line, cut)
        reason = (event.reason or "").encode()
        if not reason or not said.endswith(reason) or lookup is not None or head.flags:
            return
        if len(self._known) >= shortway.LIMIT:
            self._known.clear()
        names = ("event", "host", "process", "program", "severity", "direction", "stage", "proto", "code", "dsn")
        fields = {name: value for name in names if (value := getattr(event, name)) is not None}
        place = f"{head.tag}[".encode()
        self._known[cut.writer, cut.shape] = Known(place, fields, len(said) - len(reason), found)


def _said(line: bytes, cut: shortway.Cut) -> bytes:
    """The text of a refusal, codes in front."""
    start = line.find(b"]: ") + _START + len(cut.name) + len(cut.addr)
    return line[start : line.find(b"; from=<", start)]
