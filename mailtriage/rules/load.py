"""Read a pack: TOML in, nouns out, every mistake with its file, rule and field."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mailtriage.model.finding import ACTORS, FAULTS, SEVERITIES
from mailtriage.model.vocabulary import CAUSES
from mailtriage.rules import literal, sense
from mailtriage.rules.pack import (
    DIRECTIONS,
    KINDS,
    TURNS,
    LinkTemplate,
    Operator,
    PackError,
    Rule,
    RuleText,
    Sample,
    StepText,
)

# Which way a pack's rules look where they do not say.
_LOOKS = {
    "mailbox": ("outbound",), "hoster": ("outbound",), "filter": ("outbound",), "blocklist": ("outbound",),
    "postfix": ("inbound", "submission"), "server": ("server",), "software": ("outbound",), "generic": (),
}  # fmt: skip
_OPERATOR_KEYS = {"id", "name", "kind", "mx", "domains", "pools", "zones", "signs", "shares", "url", "reads", "lines"}
_RULE_KEYS = {
    "id", "cause", "direction", "match", "says", "needs_relay", "code", "dsn", "program", "stage", "detail", "via",
    "kind", "severity", "temporary", "act", "fault", "links", "samples", "misses", "text", "like", "turn",
}  # fmt: skip
_SAMPLE_KEYS = {"text", "code", "dsn", "relay", "program", "direction"}
_LINK_KINDS = ("lookup", "removal", "documentation", "contact", "form")
_INHERITED = ("links", "act", "fault", "temporary", "via", "severity", "kind")


class _Reader:
    """Takes one file's tables apart; knows where it is for the messages."""

    def __init__(self, place: str, user_pack: bool) -> None:
        self.place = place
        self.user_pack = user_pack
        self.rule: str | None = None

    def fail(self, key: str | None, problem: str) -> PackError:
        return PackError(self.place, self.rule, key, problem)

    def strings(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.fail(key, "must be a string or a list of strings")
        return tuple(value)

    def string(self, table: Mapping[str, Any], key: str) -> str | None:
        value = table.get(key)
        if value is not None and not isinstance(value, str):
            raise self.fail(key, "must be a string")
        return value

    def known(self, table: Mapping[str, Any], keys: Iterable[str], where: str) -> None:
        for key in table:
            if key not in keys:
                raise self.fail(f"{where}{key}", "is no key of the format")

    def one_of(self, key: str, value: str | None, allowed: Iterable[str]) -> None:
        if value is not None and value not in allowed:
            raise self.fail(key, f"{value!r} is none of: {', '.join(allowed)}")

    def operator(self, table: Mapping[str, Any]) -> Operator:
        self.known(table, _OPERATOR_KEYS, "operator.")
        id_, name, kind = (self.string(table, key) for key in ("id", "name", "kind"))
        if not id_ or not name or not kind:
            raise self.fail("operator", "needs id, name and kind")
        self.one_of("operator.kind", kind, KINDS)
        mx, domains, pools, zones, lines = (
            tuple(v.lower().strip(".") for v in self.strings(table, key))
            for key in ("mx", "domains", "pools", "zones", "lines")
        )
        signs = tuple(v.lower() for v in self.strings(table, "signs"))
        shares = self.strings(table, "shares")
        url, reads = self.string(table, "url"), self.strings(table, "reads")
        return Operator(id_, name, kind, mx, domains, pools, zones, signs, shares, url, reads, lines)

    def patterns(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        patterns = self.strings(table, key)
        for pattern in patterns:
            try:
                re.compile(pattern, re.IGNORECASE)
            except re.error as err:
                raise self.fail(key, f"is no regular expression: {err}") from err
            # A user's own ``match`` runs against the clock; ``says`` does not.
            if (not self.user_pack or key == "says") and literal.unbounded(pattern):
                raise self.fail(key, "repeats without bound: write {0,80} in place of * or +")
        return patterns

    def sample(self, value: Any, key: str) -> Sample:
        if isinstance(value, str):
            return Sample(value)
        if not isinstance(value, dict) or not isinstance(value.get("text"), str):
            raise self.fail(key, "must be a string or a table with a text")
        expect = {k: str(v) for k, v in value.items() if k not in _SAMPLE_KEYS}
        code, dsn, relay, program, direction = (
            self.string(value, k) for k in ("code", "dsn", "relay", "program", "direction")
        )
        return Sample(value["text"], code, dsn, relay, program, direction, expect)

    def samples(self, table: Mapping[str, Any], key: str) -> tuple[Sample, ...]:
        values = table.get(key, [])
        if not isinstance(values, list):
            raise self.fail(key, "must be a list")
        return tuple(self.sample(value, key) for value in values)

    def links(self, table: Mapping[str, Any]) -> tuple[LinkTemplate, ...]:
        links = []
        for link in table.get("links", []):
            self.known(link, ("kind", "url", "bare"), "links.")
            self.one_of("links.kind", link.get("kind"), _LINK_KINDS)
            if not re.match(r"(?:https?://|mailto:)", link.get("url", "")):
                raise self.fail("links.url", "must begin with https://, http:// or mailto:")
            links.append(LinkTemplate(link["kind"], link["url"], link.get("bare")))
        return tuple(links)

    def text(self, table: Mapping[str, Any]) -> RuleText:
        self.known(table, ("why", "steps", "title", "wait", "request", "user"), "text.")
        why = self.string(table, "why")
        if not why:
            raise self.fail("text.why", "is missing")
        steps = []
        for step in table.get("steps", []):
            if isinstance(step, str):
                steps.append(StepText(step))
            else:
                self.known(step, ("text", "command", "url", "exception"), "text.steps.")
                steps.append(StepText(step["text"], step.get("command"), step.get("url"), step.get("exception")))
        rest = (self.string(table, key) for key in ("title", "wait", "request", "user"))
        return RuleText(why, tuple(steps), *rest)

    def parse_rule(self, table: dict[str, Any], operator: Operator, seen: Mapping[str, dict[str, Any]]) -> Rule:
        self.rule = table.get("id") or "?"
        self.known(table, _RULE_KEYS, "")
        if like := table.get("like"):
            if like not in seen:
                raise self.fail("like", f"{like!r} is no earlier rule of this pack")
            table = _inherit(table, seen[like])
        cause = self.string(table, "cause")
        self.one_of("cause", cause, CAUSES)
        self.one_of("act", table.get("act"), ACTORS)
        self.one_of("fault", table.get("fault"), FAULTS)
        self.one_of("severity", table.get("severity"), SEVERITIES)
        self.one_of("turn", table.get("turn"), TURNS)
        for direction in self.strings(table, "direction"):
            self.one_of("direction", direction, DIRECTIONS)
        samples = self.samples(table, "samples")
        if not cause or not table.get("id"):
            raise self.fail(None, "needs an id and a cause")
        if not samples:
            raise self.fail("samples", "is missing: a rule without samples does not load")
        patterns, says = self.patterns(table, "match"), self.patterns(table, "says")
        codes, dsns = self.strings(table, "code"), self.strings(table, "dsn")
        if not patterns and not says and not codes and not dsns:
            raise self.fail("match", "needs match, says, code or dsn: a rule must not match everything")
        texts = {lang: self.text(text) for lang, text in table.get("text", {}).items()}
        if "en" not in texts and operator.kind != "generic":
            raise self.fail("text.en", "is missing")
        self.known(table, _RULE_KEYS, "")
        return Rule(
            id=table["id"], cause=cause, operator=operator,
            direction=self.strings(table, "direction") or _LOOKS[operator.kind],
            match=patterns, says=tuple(map(sense.pattern, says)),
            needs_relay=bool(table.get("needs_relay", False)), turn=self.string(table, "turn"),
            code=codes, dsn=dsns,
            program=self.strings(table, "program"), stage=self.strings(table, "stage"),
            detail=self.string(table, "detail"), via=self.string(table, "via"), kind=self.string(table, "kind"),
            severity=self.string(table, "severity"), temporary=table.get("temporary"),
            act=table.get("act", "our_admin"), fault=table.get("fault", "ours"),
            links=self.links(table), samples=samples, misses=self.samples(table, "misses"), text=texts,
            borrowed=_borrowed(table, seen), position=len(seen),
            user_pack=self.user_pack, place=self.place,
        )  # fmt: skip


def _inherit(table: dict[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """What ``like`` takes over: the base's advice, never what it matches."""
    out = {key: base[key] for key in _INHERITED if key in base} | table
    texts = dict(base.get("text", {}))
    for lang, text in table.get("text", {}).items():
        texts[lang] = {**texts.get(lang, {}), **text}
    return out | {"text": texts}


def _borrowed(
    table: Mapping[str, Any], seen: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The rules that ``like`` leads to, step by step, each with the English words that are the same there."""
    mine, chain, base = table.get("text", {}).get("en", {}), [], table.get("like")
    while base:  # an earlier rule of the pack each time, so this ends
        theirs = seen[base].get("text", {}).get("en", {})
        if same := tuple(key for key in mine if key in theirs and mine[key] == theirs[key]):
            chain.append((base, same))
        base = seen[base].get("like")
    return tuple(chain)


def parse_pack(text: str, place: str, user_pack: bool = False) -> tuple[Operator, tuple[Rule, ...]]:
    """Take a pack's TOML text apart.

    Raises PackError, which names the file, the rule and the field.
    """
    reader = _Reader(place, user_pack)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise PackError(place, None, None, str(err)) from err
    reader.known(data, ("operator", "rule"), "")
    operator = reader.operator(data.get("operator", {}))
    rules: list[Rule] = []
    seen: dict[str, dict[str, Any]] = {}
    for table in data.get("rule", []):
        rule = reader.parse_rule(table, operator, seen)
        if rule.id in seen:
            raise PackError(place, rule.id, "id", "stands twice in this pack")
        base = seen.get(table.get("like", ""))
        seen[rule.id] = _inherit(table, base) if base else table
        rules.append(rule)
    return operator, tuple(rules)


def load_pack(path: Path, user_pack: bool = False) -> tuple[Operator, tuple[Rule, ...]]:
    """Read one pack. Raises PackError; OSError where the file cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as err:
        raise PackError(str(path), None, None, "is not UTF-8") from err
    return parse_pack(text, str(path), user_pack)
