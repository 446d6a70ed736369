"""The short way for lines of what went well, as ``shortway`` has it for refusals: a second look asks for many of them.

Deliveries, accepted clients and mails that the queue manager takes up, of the most usual form. What could be read in
two ways is not cut here.
"""

from typing import NamedTuple

from mailtriage.model.event import Event
from mailtriage.scan.usual import ADDRESS, NAME, WORD, matcher

_FORMS = {
    "client": (
        rb"([0-9A-Za-z]{6,20}): client=(" + NAME + rb")\[(" + ADDRESS + rb")\](?::\d{1,5})?"
        rb"(?:, sasl_method=[A-Za-z0-9-]{1,40}, sasl_username=(" + WORD + rb"++))?\r?$"
    ),
    "qmgr": rb"([0-9A-Za-z]{6,20}): from=<(" + WORD + rb"*+)>, size=\d+, nrcpt=\d+ \(queue active\)\r?$",
    "sent": (
        rb"([0-9A-Za-z]{6,20}): to=<(" + WORD + rb"++)>, relay=(" + NAME + rb")\[(" + ADDRESS + rb")\]:\d{1,5}, "
        rb"(?:conn_use=\d++, )?delay=(\d++(?:\.\d++)?), delays=[0-9./]++, dsn=2\.\d{1,3}\.\d{1,3}, "
        rb"status=sent \([^\x00-\x1f\x7f-\xff]*\)$"
    ),
}
_FIELDS = {
    "client": ("queue_id", "client_name", "client_addr", "sasl_username"),
    "qmgr": ("queue_id", "sender"),
    "sent": ("queue_id", "recipient", "relay_name", "relay_addr", "delay"),
}
NAMES = frozenset(name for names in _FIELDS.values() for name in names)  # of fields that a line of them may have
_match = {kind: matcher(text) for kind, text in _FORMS.items()}


class Cut(NamedTuple):
    """A line that was cut: what kind of event it tells of, who wrote it, and its fields (absent ones left out)."""

    kind: str
    hour: bytes
    writer: bytes
    fields: dict[str, bytes]


def cut(data: bytes, start: int, stop: int) -> Cut | None:
    """Cut the line data[start:stop]; None where it is none of these in the most usual form."""
    text = data.find(b"]: ", start + 16, start + 200) + 3
    behind = data.find(b": ", text, text + 24) + 2
    if data.startswith(b"client=", behind):
        kind = "client"
    elif data.startswith(b"to=<", behind):
        kind = "sent"
    elif data.startswith(b"from=<", behind):
        kind = "qmgr"
    else:
        return None
    found = _match[kind](data, start, stop)
    if found is None:
        return None
    hour, zone, writer, _, *values = found.groups()
    fields = {name: value for name, value in zip(_FIELDS[kind], values, strict=True) if value is not None}
    return Cut(kind, hour + zone, writer, fields)


def agrees(cut: Cut, event: Event) -> bool:
    """Whether the long way reads the same out of the line."""
    kind = event.event
    if kind == "delivery":
        kind = "failed" if event.failed else "sent"
    for name in (
        "queue_id", "client_name", "client_addr", "sasl_username", "sender", "recipient", "relay_name", "relay_addr",
        "delay",
    ):  # fmt: skip
        value = cut.fields.get(name)
        got = getattr(event, name)
        if name == "delay" and value is not None and got is not None:
            if float(value) != got:
                return False
        elif (value.decode() if value is not None else None) != got:
            return False
    return kind == cut.kind and event.repeat == 1 and not event.flags and event.orig_to is None
