"""JSON Schemas of the promised records, made from the nouns themselves, so that they cannot drift apart."""

import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from typing import Any

from mailtriage.model.event import DIRECTIONS, EVENTS, Event
from mailtriage.model.finding import ACTORS, FAULTS, SEVERITIES, STATES, Finding
from mailtriage.model.report import Report
from mailtriage.model.vocabulary import CAUSES
from mailtriage.report.record import EVENT_EXTRA, FINDING_SCHEMA, HIDDEN, NAMES, REPORT_SCHEMA
from mailtriage.triage.changes import CHANGES

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_VALUES: dict[str, tuple[str, ...]] = {
    "cause": CAUSES, "severity": SEVERITIES, "state": STATES, "fault": FAULTS, "act": ACTORS,
    "event": tuple(sorted(EVENTS)),
}  # fmt: skip


def schema(record: str) -> dict[str, Any]:
    """The schema of a record: event, finding or report. Fields and values are only ever added."""
    head = {"$schema": _DRAFT, "title": f"mailtriage {record}"}
    if record == "finding":
        body = _class(Finding)
        # ``change`` is only in what watch prints.
        changed = {"type": "string", "enum": list(CHANGES)}
        body["properties"] = {"schema": {"const": FINDING_SCHEMA}, "change": changed, **body["properties"]}
        body["required"] = ["schema", *body["required"]]
        return head | body
    if record == "event":
        body = _class(Event)
        del body["properties"]["severity"]  # the word is part of the text
        extra: dict[str, Any] = {name: {"type": kind} for name, kind in EVENT_EXTRA.items()}
        extra["cause"] = {"type": "string", "enum": list(CAUSES)}
        extra["time"] = {"type": "string", "format": "date-time"}
        body["properties"] |= extra
        body["properties"]["direction"] = {"type": "string", "enum": list(DIRECTIONS)}
        body["required"] = ["event", "source", "line"]
        return head | body
    return head | {
        "type": "object",
        "properties": {
            "schema": {"const": REPORT_SCHEMA},
            "report": _class(Report),
            "findings": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["schema", "report", "findings"],
    }


def _class(noun: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(noun)
    hidden = HIDDEN if noun in (Event, Finding) else frozenset()
    properties, required = {}, []
    for field in fields(noun):
        if field.name in hidden:
            continue
        name = NAMES.get(field.name, field.name)
        properties[name] = _type(hints[field.name], field.name)
        optional = type(None) in typing.get_args(hints[field.name])
        if field.default is MISSING and field.default_factory is MISSING and not optional:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required}


def _type(hint: Any, name: str) -> dict[str, Any]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _type(next(arg for arg in args if arg is not type(None)), name)
    if origin is tuple:
        return {"type": "array", "items": _type(args[0], "")}
    if origin is dict:
        return {"type": "object", "additionalProperties": _type(args[1], "")}
    if is_dataclass(hint):
        return _class(hint)
    if hint is datetime:
        return {"type": "string", "format": "date-time"}
    kind = {str: "string", int: "integer", float: "number", bool: "boolean"}[hint]
    return {"type": kind, "enum": list(_VALUES[name])} if name in _VALUES else {"type": kind}
