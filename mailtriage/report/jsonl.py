"""``--format jsonl`` and ``json``: records for other programs. ASCII-safe control characters, one object a line."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from mailtriage.model.finding import Finding
from mailtriage.model.report import Report
from mailtriage.report.record import LIFE_SCHEMA, REPORT_SCHEMA, event_record, finding_record, report_record
from mailtriage.scan.events import Told, ToldLife


def line(record: dict[str, Any]) -> str:
    """A record on one line."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).translate(_UNSAFE) + "\n"


# JSON escapes what is below U+0020; terminals also obey these.
_UNSAFE = {
    code: f"\\u{code:04x}"
    for code in [*range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F]
}


def findings(found: Iterable[Finding]) -> Iterator[str]:
    """One finding a line."""
    return (line(finding_record(finding)) for finding in found)


def events(told: Iterable[Told]) -> Iterator[str]:
    """One event a line."""
    return (line(event_record(one)) for one in told)


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
