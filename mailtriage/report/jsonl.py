"""``--format jsonl`` and ``json``: records for other programs. ASCII-safe control characters, one object a line."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from mailtriage.model.finding import Finding
from mailtriage.model.report import Report
from mailtriage.report.record import LIFE_SCHEMA, REPORT_SCHEMA, event_record, finding_record, report_record
from mailtriage.scan.events import Told, ToldLife

if TYPE_CHECKING:
    from mailtriage.report.redact import Redactor


def line(record: dict[str, Any]) -> str:
    """A record on one line."""
    return _safe(json.dumps(record, ensure_ascii=False, separators=(",", ":"))) + "\n"


# JSON escapes what is below U+0020; terminals also obey these.
_UNSAFE = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def _safe(text: str) -> str:
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def findings(found: Iterable[Finding]) -> Iterator[str]:
    """One finding a line."""
    return (line(finding_record(finding)) for finding in found)


@dataclass(frozen=True, slots=True)
class EventLine:
    """Makes a line of an event, as bytes; none of one that is not wanted. Picklable, so that workers do it."""

    causes: tuple[str, ...] = ()  # wanted; empty: all
    directions: tuple[str, ...] = ()
    hide: "Redactor | None" = None

    def __call__(self, told: Told) -> bytes:
        if (self.causes and told.cause not in self.causes) or (
            self.directions and told.event.direction not in self.directions
        ):
            return b""
        return event_line(told if self.hide is None else self.hide.noun(told))


@cache
def _encoder() -> Callable[[Any], bytes]:
    import msgspec

    return msgspec.json.Encoder().encode


def event_line(told: Told) -> bytes:
    """An event on one line."""
    data = _encoder()(event_record(told))
    if data.isascii() and b"\x7f" not in data:
        return data + b"\n"
    return (_safe(data.decode()) + "\n").encode()


def lives(found: Iterable[ToldLife]) -> Iterator[str]:
    """One message's life a line."""
    for life in found:
        record = {
            "schema": LIFE_SCHEMA, "queue_ids": list(life.queue_ids), "outcome": life.outcome,
            "from": life.first("sender"), "to": list(life.recipients), "message_id": life.first("message_id"),
            "size": life.first("size"), "events": [event_record(told) for told in life.lines],
        }  # fmt: skip
        yield line({key: value for key, value in record.items() if value is not None and value != []})


def whole(report: Report, found: Iterable[Finding]) -> str:
    """One object: what was read, and all findings."""
    return line({
        "schema": REPORT_SCHEMA,
        "report": report_record(report),
        "findings": [finding_record(finding) for finding in found],
    })  # fmt: skip
