"""The beginning of a rule, made from a reply: what varies is masked, the rest is matched word by word."""

import json
import re
from typing import NamedTuple

from mailtriage.postfix.reply import parse_reply
from mailtriage.rules.normal import normalize_and_shape

_SAID = re.compile(r"[^a-z0-9]+")
_STAND_INS = (
    ("192\\.0\\.2\\.1", r"(?P<own_ip>[\d.]{7,15})"),
    ("2001:db8::1", r"(?P<own_ip>[0-9a-f:]{2,45})"),
    ("<user@example\\.org>", r"<[^<>\s]{1,256}>"),
    ("a0b1c2d3e4f5g6", r"[\w-]{1,200}"),
)


class Skeleton(NamedTuple):
    """A pack to be finished by hand."""

    id: str
    toml: str


def skeleton(
    text: str,
    *,
    relay: str | None = None,
    direction: str | None = None,
    code: str | None = None,
    dsn: str | None = None,
    why: str,
    step: str,
) -> Skeleton:
    """A pack with one rule that matches this reply; ``why`` and ``step`` stand where words are to be written."""
    reply = parse_reply(text) if text.startswith(("host ", "connect to ", "lost connection", "conversation")) else None
    if reply is not None:
        text, relay = reply.text, relay or reply.host
        code, dsn = reply.code or code, reply.dsn or dsn
    normal, form = normalize_and_shape(text, code, dsn)
    name = _operator(relay)
    sample = f"{normal.code or ''} {normal.dsn or ''} {normal.text}".strip()
    table = {"text": " ".join(sample.split())} | ({"relay": relay} if relay else {})
    lines = [
        "[operator]",
        f"id = {_quoted(name)}",
        f"name = {_quoted(name.title())}",
        'kind = "mailbox"  # mailbox hoster filter blocklist postfix server software',
        f"mx = [{_quoted('.'.join(relay.split('.')[-2:])) if relay and '.' in relay else ''}]",
        "",
        "[[rule]]",
        f"id = {_quoted(name + '.new')}",
        'cause = "policy"  # mailtriage explain CAUSE',
        f"match = {_literal(_pattern(form))}",
        *([f"direction = [{_quoted(direction)}]"] if direction and direction != "internal" else []),
        'act = "our_admin"  # our_admin our_user their_admin their_user nobody',
        'fault = "ours"  # sender ours our_user receiver nobody',
        'links = []  # { kind = "lookup", url = "https://…/?ip={own_ip}", bare = "https://…/" }',
        f"samples = [{{ {', '.join(f'{k} = {_quoted(v)}' for k, v in table.items())} }}]",
        "misses = []",
        "",
        "[rule.text.en]",
        f"why = {_quoted(why)}",
        f"steps = [{_quoted(step)}]",
    ]
    return Skeleton(name, "\n".join(lines) + "\n")


def _operator(relay: str | None) -> str:
    labels = [label for label in (relay or "").lower().split(".") if label]
    return _SAID.sub("-", labels[-2]).strip("-") or "mine" if len(labels) >= 2 else "mine"


def _pattern(form: str) -> str:
    """The words of a shape, with its stand-ins as classes; only the first address is read out."""
    pattern = re.escape(form[:300]).replace("\\ ", " ").replace("\\-", "-")
    for stand_in, group in _STAND_INS:
        bare = re.sub(r"\(\?P<\w+>(.*)\)$", r"\1", group)
        first = "(?P<own_ip>" not in pattern
        pattern = pattern.replace(stand_in, group if first else bare, 1).replace(stand_in, bare)
    return pattern


def _literal(pattern: str) -> str:
    """A TOML literal string."""
    return f"'''{pattern}'''" if "'''" not in pattern and not pattern.endswith("'") else _quoted(pattern)


def _quoted(text: str) -> str:
    """A TOML basic string (JSON's escapes are TOML's)."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
