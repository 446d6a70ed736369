"""The short way from a refusal to its event: most differ from one that was understood only in who and where.

The first of a shape (mailtriage.scan.shortway) is parsed and classified in full. Where the cut names every field that
varies, the others are those of the first, and so is what the rules say.
"""

from typing import NamedTuple

from mailtriage.model.event import Event
from mailtriage.postfix.build import make_event
from mailtriage.postfix.fields import Fields
from mailtriage.rules.book import Classification
from mailtriage.scan import shortway
from mailtriage.syslog.head import Head

_START = len("]: NOQUEUE: reject: RCPT from []: ")


class _Known(NamedTuple):
    """What a shape means: the fields that do not vary, the length of the codes before the reason."""

    fields: Fields
    codes: int
    found: Classification


class Understood(NamedTuple):
    """An event and what the rules say of it."""

    event: Event
    found: Classification


class Shapes:
    """Refusals that were understood. What it remembers changes speed and never an answer."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, bytes], _Known] = {}

    def event(self, line: bytes) -> Understood | shortway.Cut | None:
        """The event of a line and what it means, where its shape is known; else how it is cut, for ``learn``."""
        cut = shortway.refusal(line, 0, len(line)) if b": NOQUEUE: reject: RCPT from " in line else None
        if cut is None:
            return None
        known = self._known.get((cut.writer, cut.shape))
        if known is None:
            return cut
        event = make_event(
            stamp=shortway.stamp_of(line), pid=int(cut.pid), client_name=cut.name.decode(),
            client_addr=cut.addr.decode(), helo=cut.helo.decode(), sender=cut.sender.decode(),
            recipient=cut.recipient.decode(), reason=_said(line, cut)[known.codes :].decode(), **known.fields,
        )  # fmt: skip
        return Understood(event, known.found)

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
        self._known[cut.writer, cut.shape] = _Known(fields, len(said) - len(reason), found)


def _said(line: bytes, cut: shortway.Cut) -> bytes:
    """The text of a refusal, codes in front."""
    start = line.find(b"]: ") + _START + len(cut.name) + len(cut.addr)
    return line[start : line.find(b"; from=<", start)]
