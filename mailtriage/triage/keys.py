"""A customer's key of a blocklist stands in log lines (mailtriage.rules.zones), and a report is there to be shown."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from mailtriage.rules.zones import text_without_keys, without_key

T = TypeVar("T")

# Zones as smtpd(8), postscreen(8) and dnsblog(8) name them, whoever runs the list.
_NAMED = re.compile(r"(?<=blocked using )[\w.-]{20,255}|(?<=listed by domain )[\w.-]{20,255}")
_SHORT = 16  # letters; in fewer stands no zone with a key
_SIGNS = ("blocked using ", "listed by domain ")


def masked(text: str) -> str:
    """A text without keys."""
    if len(text) < _SHORT:
        return text
    text = text_without_keys(text)
    for sign in _SIGNS:
        if sign in text:
            return _NAMED.sub(lambda found: without_key(found[0]), text)
    return text


def without_keys(value: T) -> T:
    """A finding or another noun without keys, at whatever depth."""
    return cast(T, everywhere(value, masked))


def everywhere(value: Any, change: Callable[[str], str]) -> Any:
    """A noun with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple([everywhere(one, change) for one in value])
    if isinstance(value, Mapping):
        return {key: everywhere(one, change) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: everywhere(getattr(value, f.name), change) for f in fields(value)})
    return value
