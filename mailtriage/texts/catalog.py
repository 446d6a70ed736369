"""The words of one language: a key and values go in, a sentence comes out.

A key names a file and a place in it: ``finding.lost_smtp_setting.title`` is ``title`` in
``texts/<lang>/finding/lost_smtp_setting.toml``, ``report.now`` is ``now`` in ``texts/<lang>/report.toml``. A text that
depends on a number is a table by CLDR plural category (``one``, ``few``, ``other``), chosen by the value ``count``.
What a language lacks is taken from English, key by key.
"""

import re
import string
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from mailtriage.texts.plural import category

ROOT = Path(__file__).parent
FALLBACK = "en"


@lru_cache(maxsize=512)
def _load(path: Path) -> Mapping[str, Any] | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


class _Values(dict[str, Any]):
    """Leaves a placeholder without a value as it is, so that a gap is seen rather than raised."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


_FORMAT = string.Formatter()
_VALUE = re.compile(r"\{[a-z_]+\}")
_MARK = "\ufdd0"  # no character: never in a text
_WIDE = r"[\u3000-\u9fff\uff00-\uffef]"
# A blank parts a value from full-width letters around it; where the value is full-width too, or empty, there is none.
_GAP = f"(?<={_WIDE})(?: {_MARK}{_MARK} | ?{_MARK}{_MARK}|{_MARK}{_MARK} | {_MARK}|{_MARK} )(?={_WIDE})"


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Put values into ``{placeholders}``. Never raises for a missing one: it stays as written."""
    if "{" not in template:
        return template
    if max(template) >= "\u3000" and "{{" not in template:  # full-width letters may stand in it
        marked = _VALUE.sub(lambda found: f"{_MARK}{found[0]}{_MARK}", template)
        return re.sub(_GAP, "", _FORMAT.vformat(marked, (), _Values(values))).replace(_MARK, "")
    return _FORMAT.vformat(template, (), _Values(values))


def languages(root: Path = ROOT) -> tuple[str, ...]:
    """The languages there are, by the names of their folders."""
    return tuple(sorted(p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith("_")))


class Texts:
    """The words of one language, with English behind them."""

    def __init__(self, lang: str = FALLBACK, root: Path = ROOT) -> None:
        self.lang = lang
        self._roots = {one: root / one for one in (lang, FALLBACK)}
        self._cache: dict[str, tuple[str, Any]] = {}

    def raw(self, key: str) -> Any:
        """What stands under a key: a string, a list, a plural table; None where no language has it."""
        return self._look(key)[1]

    def _look(self, key: str) -> tuple[str, Any]:
        """The language that has a key, and what stands there."""
        if key not in self._cache:
            found = ((lang, _find(root, key)) for lang, root in self._roots.items())
            self._cache[key] = next((pair for pair in found if pair[1] is not None), (self.lang, None))
        return self._cache[key]

    def has(self, key: str) -> bool:
        return self.raw(key) is not None

    def say(self, key: str, **values: Any) -> str:
        """The sentence under a key with its values put in. An unknown key is shown as itself."""
        template = self.template(key, values.get("count", 0))
        return fill(template, values) if template != key else key

    def template(self, key: str, count: Any = 0) -> str:
        """The sentence under a key as it is written; where it depends on a number, the one for ``count``."""
        lang, template = self._look(key)
        if isinstance(template, Mapping):
            template = template.get(category(lang, count), template.get("other", key))
        return key if template is None else str(template)

    def lines(self, key: str, **values: Any) -> list[str]:
        """The sentences of a list under a key."""
        template = self.raw(key)
        return [fill(str(one), values) for one in template] if isinstance(template, list) else []

    def date(self, when: datetime, form: str = "minute") -> str:
        """A date in words: form is ``day``, ``minute``, ``time`` or another key below ``dates.``."""
        months = self.raw("dates.months")
        return self.say(
            f"dates.{form}",
            year=when.year, month=months[when.month - 1], month_number=when.month, day=when.day,
            hour=f"{when.hour:02d}", minute=f"{when.minute:02d}", second=f"{when.second:02d}",
        )  # fmt: skip

    def length(self, seconds: float) -> str:
        """A length of time in words, in the largest unit of which there are two."""
        for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
            if seconds >= 2 * size:
                return self.say(f"dates.length.{unit}", count=round(seconds / size))
        return self.say("dates.length.seconds", count=round(seconds))


def _find(root: Path, key: str) -> Any:
    """Look a key up: the longest run of parts that names a file, then the tables in it; at last a whole file."""
    parts = key.split(".")
    for n in (*range(len(parts) - 1, 0, -1), len(parts)):
        table: Any = _load(root.joinpath(*parts[:n]).with_suffix(".toml"))
        if table is None:
            continue
        for part in parts[n:]:
            table = table.get(part) if isinstance(table, Mapping) else None
        if table is not None:
            return table
    return None
