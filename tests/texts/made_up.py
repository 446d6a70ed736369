"""A made-up language: English with every word of its texts in brackets, so that a sentence from elsewhere shows."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mailtriage.texts.catalog import ROOT

LANG = "qx"
_KEPT = re.compile(r"(\{[^{}]*\}|\s+)")
_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


def make(root: Path) -> Path:
    """A folder of languages with English as it is and the made-up one beside it."""
    for path in (ROOT / "en").rglob("*.toml"):
        name = path.relative_to(ROOT / "en")
        text = path.read_text(encoding="utf-8")
        for lang, words in (("en", text), (LANG, write(wrapped(tomllib.loads(text))))):
            target = root / lang / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(words, encoding="utf-8")
    return root


def wrapped(value: Any, key: str = "") -> Any:
    """Every word of every text as ⟦word⟧; commands, addresses and values stay."""
    if isinstance(value, Mapping):
        return {name: wrapped(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [wrapped(one, key) for one in value]
    if not isinstance(value, str) or key in ("command", "url", "exception"):
        return value
    return "".join(part if not part or _KEPT.fullmatch(part) else f"⟦{part}⟧" for part in _KEPT.split(value))


def write(table: Mapping[str, Any]) -> str:
    """TOML with every value inline."""
    return "\n".join(f"{_key(name)} = {_value(one)}" for name, one in table.items()) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)} = {_value(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _quoted(str(value))


def _key(name: str) -> str:
    return name if _BARE.match(name) else _quoted(name)


def _quoted(text: str) -> str:
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in text) + '"'
