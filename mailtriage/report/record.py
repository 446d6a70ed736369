"""The promised records (docs/records.md): nouns in, plain dicts with the promised keys out.

Absent means unknown: no nulls, and no empty strings but the null sender's ``from``.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from mailtriage.model.event import Event
from mailtriage.model.finding import Finding
from mailtriage.model.report import Report
from mailtriage.scan.events import Told

FINDING_SCHEMA = "mailtriage.finding/1"
REPORT_SCHEMA = "mailtriage.report/1"
LIFE_SCHEMA = "mailtriage.life/1"
NAMES = {"sender": "from", "recipient": "to"}
HIDDEN = frozenset({"stamp", "text", "program", "quote", "estimated", "mails", "saying"})  # never part of a record
# What an event gets from the rules and from its place.
EVENT_EXTRA = {
    "time": "string", "cause": "string", "detail": "string", "rule": "string", "operator": "string", "via": "string",
    "lookup_url": "string", "source": "string", "line": "integer",
}  # fmt: skip
_EVENT_ORDER = (
    "event", "direction", "stage", "client_name", "client_addr", "client_port", "ptr_name", "helo", "proto",
    "sasl_method", "sasl_username", "sasl_sender", "code", "dsn", "reason", "sender", "recipient", "orig_to",
    "message_id", "size", "nrcpt", "relay_name", "relay_addr", "relay_port", "conn_use", "delay", "delays", "tls",
    "status", "reply", "orig_queue_id", "orig_client", "next_queue_id",
)  # fmt: skip
_EVENT_FIRST = ("host", "process", "pid", "queue_id")
_event_values = attrgetter(*_EVENT_FIRST, *_EVENT_ORDER)
_EVENT_NAMES = tuple(NAMES.get(name, name) for name in (*_EVENT_FIRST, *_EVENT_ORDER))
_TOLD = ("cause", "detail", "rule", "operator", "via", "lookup_url")
_told_values = attrgetter(*_TOLD)


def time_text(when: datetime) -> str:
    """RFC 3339 with offset; a fraction only where there is one."""
    return when.isoformat()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return time_text(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _object(value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return value


def _object(value: Any, hidden: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A dataclass as a dict without what is unknown or empty."""
    out: dict[str, Any] = {}
    for field in fields(value):
        got = getattr(value, field.name)
        if field.name in hidden or got is None or (got == "" and field.name != "sender"):
            continue
        if isinstance(got, tuple | dict) and not got:
            continue
        out[NAMES.get(field.name, field.name)] = _plain(got)
    return out


def finding_record(finding: Finding) -> dict[str, Any]:
    """A finding as promised."""
    return {"schema": FINDING_SCHEMA, **_object(finding, HIDDEN)}


def report_record(report: Report) -> dict[str, Any]:
    """What was read and inferred, as promised."""
    return _object(report)


def event_record(told: Told) -> dict[str, Any]:
    """An event as promised, with its cause and its place."""
    event: Event = told.event
    out: dict[str, Any] = {"time": time_text(told.time)} if told.time is not None else {}
    pairs = zip(_EVENT_NAMES, _event_values(event), strict=True)
    out.update([(name, value) for name, value in pairs if value is not None and (value != "" or name == "from")])
    if event.text is not None and "reason" not in out and event.event in ("warning", "other"):
        out["reason"] = event.text
    if told.cause is not None:
        out.update([(name, value) for name, value in zip(_TOLD, _told_values(told), strict=True) if value is not None])
    if event.repeat > 1:
        out["repeat"] = event.repeat
    if told.inferred:
        out["inferred"] = [NAMES.get(name, name) for name in told.inferred]
    if event.flags:
        out["flags"] = event.flags
    out["source"] = told.source
    out["line"] = told.line
    return out
