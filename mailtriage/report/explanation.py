"""An explanation as text, as markdown and as a record."""

import json
from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len, set_cell_size

from mailtriage.model.finding import Step
from mailtriage.report.facts import aside
from mailtriage.report.safe import plain
from mailtriage.report.wrap import wrap
from mailtriage.texts.catalog import Texts
from mailtriage.triage.explain import Explanation

SCHEMA = "mailtriage.explanation/1"


def record(one: Explanation) -> dict[str, Any]:
    """The record: absent means unknown, as in the other records."""
    found, advice, rule = one.found, one.advice, one.found.rule
    out: dict[str, Any] = {
        "schema": SCHEMA,
        "input": one.input,
        "kind": one.kind,
        "cause": found.cause,
        "detail": found.detail,
        "rule": rule.id if rule else None,
        "tier": found.tier if rule else None,
        "operator": found.operator,
        "via": found.via,
        "direction": found.direction,
        "code": one.code,
        "dsn": one.dsn,
        "to": one.recipient,
        "own_ip": found.own_ip,
        "count": one.times,
        "fault": found.fault if rule else None,
        "act": found.act if rule else None,
        "temporary": rule.temporary if rule else None,
        "typical_wait": advice.wait,
        "why": advice.why,
        "steps": [_step(s) for s in advice.steps],
        "links": [{"kind": link.kind, "url": link.url, "label": link.label} for link in advice.links],
        "request_text": advice.request,
        "user_text": advice.user,
        "nearest": list(one.nearest),
    }
    return {key: value for key, value in out.items() if value not in (None, "", [])}


def _step(step: Step) -> dict[str, str]:
    out = {"id": step.id, "text": step.text, "command": step.command, "url": step.url}
    return {key: value for key, value in out.items() if value}


def jsonl(found: list[Explanation]) -> Iterator[str]:
    """One record a line."""
    for one in found:
        yield json.dumps(record(one), ensure_ascii=False)


def _facts(one: Explanation, texts: Texts) -> Iterator[tuple[str, str]]:
    """What is short: label and value."""
    found, rule = one.found, one.found.rule
    names = texts.say("explain.via", operator=found.operator, via=found.via) if found.via else found.operator
    cause = texts.say("explain.cause", cause=found.cause, words=texts.say(f"cause.{found.cause}"))
    if not one.unknown and one.kind != "ordinary":
        yield "cause", cause + aside(found.detail or "", texts)
    if names:
        yield "operator", names
    if one.kind in ("line", "reply", "bounce", "code") and found.generic:
        yield "sure", texts.say(f"explain.tier.{found.tier}")
    if one.dsn and (meaning := _registry(one.dsn, texts)):
        yield "dsn", f"{one.dsn}: {meaning}"
    if one.code and texts.has(f"explain.reply_code.{one.code}"):
        yield "code", f"{one.code}: {texts.say(f'explain.reply_code.{one.code}')}"
    if one.recipient:
        yield "recipient", one.recipient
    if one.times > 1:
        yield "times", texts.say("explain.times", count=one.times)
    if rule and not one.unknown:
        yield "act", texts.say(f"explain.act.{found.act}")
        if rule.temporary is not None:
            yield "temporary", texts.say(f"explain.temporary.{str(rule.temporary).lower()}")
    if one.advice.wait:
        yield "wait", one.advice.wait
    if rule:
        yield "rule", rule.id


def _registry(dsn: str, texts: Texts) -> str | None:
    """What the registry of enhanced status codes says."""
    class_, _, rest = dsn.partition(".")
    key = f"explain.dsn.x{rest.replace('.', '_')}"
    if not texts.has(key):
        return None
    return texts.say("explain.dsn_said", meaning=texts.say(key), kind=texts.say(f"explain.dsn_class.{class_}"))


def text(found: list[Explanation], texts: Texts, width: int = 80) -> Iterator[str]:
    """For a person: wrapped, but for what is to be copied."""
    for number, one in enumerate(found):
        if number:
            yield ""
        yield from _text(one, texts, width)


def _text(one: Explanation, texts: Texts, width: int) -> Iterator[str]:
    advice = one.advice
    quote = plain(one.input.splitlines()[0] if one.input else "")
    yield texts.say("explain.quote", text=quote if len(quote) <= 600 else quote[:599] + "…")
    if one.unknown:
        yield from wrap(texts.say("explain.nearest" if one.nearest else "explain.unknown"), width)
        for near in one.nearest:
            yield f"  mailtriage explain {near}"
        yield ""
    facts = list(_facts(one, texts))
    labels = {name: texts.say(f"explain.label.{name}") for name, _ in facts} | {"why": texts.say("explain.label.why")}
    indent = max(map(cell_len, labels.values())) + 2
    for name, value in [*facts, ("why", advice.why)]:
        yield from _hanging(set_cell_size(labels[name], indent), plain(value), width)
    if advice.steps:
        yield ""
        yield texts.say("explain.label.steps")
        for number, step in enumerate(advice.steps, 1):
            head = f"{number:>2}. "
            yield from _hanging(head, plain(step.text), width)
            yield from (" " * len(head) + plain(line) for line in (step.command or "").splitlines())
            if step.url:
                yield " " * len(head) + plain(step.url)
    shown = {step.url for step in advice.steps}
    if links := [link for link in advice.links if link.url not in shown]:
        yield ""
        for link in links:
            yield plain(link.label)
            yield f"    {plain(link.url)}"
    for name, words in (("request", advice.request), ("user", advice.user)):
        if words:
            yield ""
            yield texts.say(f"explain.label.{name}")
            yield from (f"    {plain(line)}" for line in words.strip().splitlines())


def _hanging(head: str, words: str, width: int) -> Iterator[str]:
    lines = wrap(words, max(width - cell_len(head), 30))
    yield head + next(lines, "")
    yield from (" " * cell_len(head) + line for line in lines)


def markdown(found: list[Explanation], texts: Texts) -> Iterator[str]:
    """For a ticket or a page. What strangers wrote stands in code, where nothing has a meaning."""
    for number, one in enumerate(found):
        if number:
            yield ""
        yield f"## {_md(texts.say(f'cause.{one.found.cause}'))}"
        yield ""
        yield from _fence(one.input)
        yield ""
        if one.unknown:
            yield texts.say("explain.nearest" if one.nearest else "explain.unknown")
            yield from (f"- {_code('mailtriage explain ' + near)}" for near in one.nearest)
            yield ""
        for name, value in _facts(one, texts):
            yield f"- **{texts.say(f'explain.label.{name}')}** {_md(value)}"
        yield ""
        yield _md(one.advice.why)
        if one.advice.steps:
            yield ""
        for index, step in enumerate(one.advice.steps, 1):
            yield f"{index}. {_md(step.text)}"
            if step.url:
                yield f"   <{step.url}>"
            if step.command:
                yield from (f"   {line}" for line in _fence(step.command))
        if one.advice.links:
            yield ""
        for link in one.advice.links:
            yield f"- {_md(link.label)}: <{link.url}>"
        for name, words in (("request", one.advice.request), ("user", one.advice.user)):
            if words:
                yield ""
                yield f"**{texts.say(f'explain.label.{name}')}**"
                yield ""
                yield from _fence(words.strip())


def _fence(words: str) -> Iterator[str]:
    longest = max((len(run) for run in words.replace("\n", " ").split() if set(run) == {"`"}), default=2)
    fence = "`" * max(longest + 1, 3)
    yield fence
    yield from (plain(line) for line in words.splitlines())
    yield fence


def _code(words: str) -> str:
    return f"`{plain(words).replace('`', chr(39))}`"


def _md(words: str) -> str:
    """A sentence with the signs that markdown would obey made plain."""
    return "".join("\\" + c if c in "\\`*_[]<>#|" else c for c in plain(words))
