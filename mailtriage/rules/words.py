"""A rule's words in one language, from where they stand: the pack, the language's own file, the cause; else English."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from mailtriage.rules.pack import Rule, RuleText, StepText
from mailtriage.texts.catalog import FALLBACK, Texts

PACKS = Path(__file__).parent / "packs"
_FIELDS = tuple(f.name for f in fields(RuleText))


@lru_cache(maxsize=256)
def _foreign(lang: str, operator: str) -> Mapping[str, Any]:
    """What ``packs/<lang>/<operator>.toml`` says, by rule id; empty where there is no such file."""
    try:
        return tomllib.loads((PACKS / lang / f"{operator}.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def rule_text(table: Mapping[str, Any]) -> RuleText:
    """A table of words as a noun; what is missing stays empty."""
    steps = tuple(
        StepText(s) if isinstance(s, str) else StepText(s["text"], s.get("command"), s.get("url"), s.get("exception"))
        for s in table.get("steps", ())
    )
    rest = {key: table.get(key) for key in _FIELDS if key not in ("why", "steps")}
    return RuleText(table.get("why", ""), steps, **rest)


@lru_cache(maxsize=8)
def _texts(lang: str) -> Texts:
    return Texts(lang)


def _of_cause(cause: str, lang: str, direction: str | None) -> Iterator[RuleText]:
    """The words that stand under the cause itself, the way the mail went first."""
    texts = _texts(lang)
    side = "inbound" if direction in ("inbound", "submission") else "outbound"
    for key in (f"rules.cause.{cause}.{side}", f"rules.cause.{cause}"):
        if isinstance(table := texts.raw(key), Mapping):
            yield rule_text(table)


def _sources(rule: Rule, lang: str, direction: str | None) -> Iterator[RuleText]:
    """Where words may stand, best first."""
    english = rule.text.get(FALLBACK)
    if lang != FALLBACK:
        if own := rule.text.get(lang):
            yield own
        foreign = _foreign(lang, rule.operator.id)
        if isinstance(table := foreign.get(rule.id), Mapping):
            yield rule_text(table)
        # Words that a rule took over with ``like`` are translated once, at the rule that they come from.
        for base, keys in rule.borrowed:
            if isinstance(table := foreign.get(base), Mapping):
                yield rule_text({k: v for k, v in table.items() if k in keys})
        if english is None:
            yield from _of_cause(rule.cause, lang, direction)
    if english is not None:
        yield english
    yield from _of_cause(rule.cause, FALLBACK, direction)


def words_of(rule: Rule, lang: str = FALLBACK, direction: str | None = None) -> RuleText:
    """The words of a rule: each field from the best place that has it."""
    taken: dict[str, Any] = {}
    for source in _sources(rule, lang, direction):
        for key in _FIELDS:
            # A rule with its own reason shall not get the steps of its cause, written for the general case.
            if key not in taken and (value := getattr(source, key)):
                taken[key] = value
        if rule.text and "why" in taken and source is rule.text.get(FALLBACK):
            break
    return RuleText(**{"why": "", **taken})
