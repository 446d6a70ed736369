"""Blocklist zones that hold a customer's key: the key is a secret, and a report is there to be shown.

Spamhaus DQS (``KEY.zen.dq.spamhaus.net``), Abusix (``KEY.combined.mail.abusix.zone``), Trend Micro
(``KEY.r.mail-abuse.com``); of other lists whatever long label stands before a zone that Postfix names.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

T = TypeVar("T")

SHOWN = "YOUR_KEY"
_ZONES = r"(?:[a-z0-9_-]{1,20}\.){0,2}(?:dq\.spamhaus\.net|mail\.abusix\.zone|mail-abuse\.com)\b"
_KEY = re.compile(
    rf"(?<![\w.-])[A-Za-z0-9]{{10,64}}(?=\.{_ZONES})"
    r"|(?<=blocked using )[A-Za-z0-9]{20,64}(?=\.)|(?<=listed by domain )[A-Za-z0-9]{20,64}(?=\.)"
    # asked of the name server: the address backwards, the key, the zone
    rf"|(?<=\d\.)[A-Za-z0-9]{{10,64}}(?=\.{_ZONES})"
)
_SIGNS = ("dq.spamhaus.net", "abusix.zone", "mail-abuse.com", "blocked using ", "listed by domain ")
_ORDINARY = re.compile(r"[a-z]{1,15}|\d+")  # combined, exploit …: a name of the zone itself


def masked(text: str) -> str:
    """A text without keys."""
    if not any(sign in text for sign in _SIGNS):
        return text
    return _KEY.sub(lambda found: found[0] if _ORDINARY.fullmatch(found[0]) else SHOWN, text)


def without_keys(value: T) -> T:
    """A finding or another noun without keys, at whatever depth."""
    return cast(T, everywhere(value, masked))


def everywhere(value: Any, change: Callable[[str], str]) -> Any:
    """A noun with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(everywhere(one, change) for one in value)
    if isinstance(value, Mapping):
        return {key: everywhere(one, change) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: everywhere(getattr(value, f.name), change) for f in fields(value)})
    return value
