"""Findings to JSON and back, whole: what the state keeps."""

import json
import types
import typing
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any

from mailtriage.model.finding import Finding


def dump(finding: Finding) -> str:
    """A finding as text."""
    return json.dumps(_out(finding), ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Finding:
    """A finding from text. Raises ValueError, TypeError or KeyError for what is none."""
    found: Finding = _in(Finding, json.loads(text))
    return found


def _out(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: _out(got) for name, got in pairs if got is not None and got != () and got != {}}
    if isinstance(value, tuple):
        return [_out(one) for one in value]
    return value


@cache
def _hints(noun: Any) -> dict[str, Any]:
    return typing.get_type_hints(noun)


def _in(hint: Any, value: Any) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _in(next(arg for arg in args if arg is not type(None)), value)
    if origin is tuple:
        return tuple(_in(args[0], one) for one in value)
    if origin is dict:
        return dict(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if is_dataclass(hint):
        noun: Any = hint
        known = _hints(noun)
        given = {name: _in(known[name], one) for name, one in value.items() if name in known}
        needed = {
            field.name: None
            for field in fields(noun)
            if field.name not in given and type(None) in typing.get_args(known[field.name])
        }
        return noun(**needed, **given)
    return value
