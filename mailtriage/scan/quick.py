"""The short way from a refusal to its event: most differ from one that was understood only in who and where.

The first of a shape (mailtriage.scan.refusal) is parsed and classified in full. Where the cut names every field that
varies, the others are those of the first, and so is what the rules say.
"""

from typing import NamedTuple

from mailtriage.model.event import Event
from mailtriage.postfix.build import make_event
from mailtriage.postfix.fields import Fields
from mailtriage.rules.book import Classification
from mailtriage.scan import refusal
from mailtriage.syslog.head import Head

_START = len("NOQUEUE: reject: RCPT from ")


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
        self._known: dict[tuple[str | None, str], _Known] = {}

    def event(self, head: Head) -> Understood | refusal.Cut | None:
        """The event of a line and what it means, where its shape is known; else how it is cut, for ``learn``."""
        cut = refusal.cut(head.text) if head.text.startswith("NOQUEUE: ") else None
        if cut is None:
            return None
        known = self._known.get((head.tag, cut.shape))
        if known is None:
            return cut
        text = head.text
        start = _START + len(cut.name) + len(cut.addr) + 4 + known.codes
        event = make_event(
            stamp=head.stamp, host=head.host, process=head.tag, pid=head.pid, repeat=head.repeat,
            client_name=cut.name, client_addr=cut.addr, helo=cut.helo, sender=cut.sender, recipient=cut.recipient,
            reason=text[start : text.find("; from=<", start)], **known.fields,
        )  # fmt: skip
        return Understood(event, known.found)

    def learn(self, head: Head, cut: refusal.Cut, event: Event, found: Classification, lookup: str | None) -> None:
        """Remember what a shape means, where mailtriage.scan.refusal.agrees; not where there is a page to look the
        client up, for its address varies."""
        if event.reason is None or head.flags:
            return
        said = head.text[_START + len(cut.name) + len(cut.addr) + 4 : head.text.find("; from=<")]
        codes = len(said) - len(event.reason)
        if codes < 0 or said[codes:] != event.reason or lookup is not None:
            return
        if len(self._known) >= refusal.LIMIT:
            self._known.clear()
        names = ("event", "program", "severity", "direction", "stage", "proto", "code", "dsn")
        fields = {name: value for name in names if (value := getattr(event, name)) is not None}
        self._known[head.tag, cut.shape] = _Known(fields, codes, found)
