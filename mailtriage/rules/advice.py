"""From a rule's words to advice for one case: placeholders filled, links made, nothing left open.

What a case does not know is said in words ("the recipient's address"), left out (a link, a URL) or, in a command,
shown in capitals (``OWN_IP``) for the reader to replace. Values may come out of a log and so from strangers: they are
percent-encoded in links, and a command only takes those that no shell could misread.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from mailtriage.model.finding import Link, Step
from mailtriage.rules.book import Classification
from mailtriage.rules.exceptions import case_values, change
from mailtriage.rules.pack import LinkTemplate, Rule, StepText
from mailtriage.rules.words import words_of
from mailtriage.rules.zones import text_without_keys
from mailtriage.texts.catalog import FALLBACK, Texts

# Always known to a rule's words; a pattern's named groups come on top (docs/rules.md).
PLACEHOLDERS = (
    "own_ip", "own_host", "own_domain", "domain", "domains", "relay", "recipient", "sender", "client_ip", "client_name",
    "helo", "lookup", "removal", "documentation", "contact", "form", "count", "code", "dsn", "reply", "list",
    "operator", "via", "size", "rate", "ref", "own_user", "client_pattern", "client_network", "queue_id", "time",
    "sender_domain",
)  # fmt: skip

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]{0,40})\}")
# Scripts without spaces between words set a space beside a name in Latin letters, and none beside one of their own.
_WIDE = "\u3000-\u30ff\u3400-\u9fff\uff00-\uffef"
_IN_WIDE = rf"((?<=[{_WIDE}]) )?{_PLACEHOLDER.pattern}( (?=[{_WIDE}]))?"  # takes long to compile: only where needed
_GROUP = re.compile(r"\(\?P<(\w+)>")
_HARMLESS = re.compile(r"[\w.:@/+=%^][\w.:@/+=%^-]*(?:, ?[\w.:@/+=%^][\w.:@/+=%^-]*)*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to tell the reader about a case; every text is ready to print (but not yet escaped for a format)."""

    why: str
    steps: tuple[Step, ...] = ()
    links: tuple[Link, ...] = ()
    wait: str | None = None  # typical, in words
    request: str | None = None  # to paste into the operator's form
    user: str | None = None  # for the user who is hurt
    title: str | None = None  # of a finding (rules of kind ``server``)


@lru_cache(maxsize=8)
def texts_of(lang: str) -> Texts:
    """The words of a language, read once."""
    return Texts(lang)


class _Case:
    """The values of one case, put into templates of every kind."""

    def __init__(self, values: Mapping[str, str], names: frozenset[str], texts: Texts) -> None:
        self.values = dict(values)
        self.names = names
        self.texts = texts

    def fill(self, template: str, put: Callable[[re.Match[str]], str]) -> str:
        return _PLACEHOLDER.sub(put, template) if "{" in template else template

    def _in_text(self, name: str, before: str = "", after: str = "") -> str:
        if value := self.values.get(name):
            return f"{before}{value}{after}"
        key = f"rules.placeholder.{name}"
        word = self.texts.say(key) if self.texts.has(key) else name.replace("_", " ")
        return f"{before if word[0].isascii() else ''}{word}{after if word[-1].isascii() else ''}"

    def _in_command(self, match: re.Match[str]) -> str:
        name = match[1]
        value = self.values.get(name, "")
        if _HARMLESS.fullmatch(value):
            return value
        return name.upper() if name in self.names or value else match[0]

    def text(self, template: str) -> str:
        if max(template, default="") < _WIDE[0]:
            return self.fill(template, lambda found: self._in_text(found[1]))
        return re.sub(_IN_WIDE, lambda found: self._in_text(found[2], found[1] or "", found[3] or ""), template)

    def request(self, template: str) -> str:
        """A text for the operator: a line in ASCII alone stands in English, and so do the names of unknown values."""
        english = _Case(self.values, self.names, texts_of(FALLBACK))
        lines = template.splitlines(keepends=True)
        return "".join((english if line.isascii() else self).text(line) for line in lines)

    def command(self, template: str) -> str:
        return self.fill(template, self._in_command)

    def url(self, template: str) -> str | None:
        """The address, or None where it lacks a value."""
        if any(not self.values.get(name) for name in _PLACEHOLDER.findall(template)):
            return None
        return self.fill(template, lambda m: quote(unquote(self.values[m[1]]), safe=":"))

    def link(self, link: LinkTemplate) -> str | None:
        return self.url(link.url) or (self.url(link.bare) if link.bare else None)

    def step(self, number: int, rule_id: str, step: StepText) -> Step:
        url = step.url
        if url and (whole := _PLACEHOLDER.fullmatch(url)):
            url = self.values.get(whole[1])  # a link of the rule, already made
        elif url:
            url = self.url(url)
        command = self.exception(step.exception) or (step.command and self.command(step.command))
        return Step(f"{rule_id}.{number}", self.text(step.text), command, url)

    def exception(self, change_id: str | None) -> str | None:
        """The tried Postfix lines of an exception, or None where they lack a value."""
        filled = change(change_id).filled(case_values(self.values)) if change_id else None
        return filled.to_paste() if filled else None


def _names(rule: Rule) -> frozenset[str]:
    return frozenset(PLACEHOLDERS).union(*(_GROUP.findall(p) for p in rule.match))


def lookup_url(classification: Classification, own_ip: str | None = None) -> str | None:
    """The first page on which to look up the address that a reply is about; None where its rule has none."""
    rule = classification.rule
    if rule is None or not any(template.kind == "lookup" for template in rule.links):
        return None
    case = _Case(_known(classification, {"own_ip": own_ip} if own_ip else {}), frozenset(), texts_of("en"))
    return next((url for link in rule.links if link.kind == "lookup" and (url := case.link(link))), None)


def _known(classification: Classification, values: Mapping[str, str]) -> dict[str, str]:
    """What is known of a case: what the caller says, and on top of it what the reply said."""
    captures = {k: v for k, v in classification.captures.items() if k != "own_ip"}
    known = {k: str(v) for k, v in values.items() if v} | captures
    if "reply" in known:
        known["reply"] = text_without_keys(known["reply"])
    if "@" in (sender := known.get("sender", "")):
        known.setdefault("sender_domain", sender.rpartition("@")[2])
    for name in ("operator", "via", "own_ip"):
        if value := getattr(classification, name):
            known[name] = value
    return known


def advise(classification: Classification, values: Mapping[str, str] = {}, lang: str = "en") -> Advice:
    """The advice of a rule for a case.

    ``values`` are what the caller knows (``own_ip``, ``own_host``, ``domain``, ``recipient``, ``client_ip`` …, see
    docs/rules.md); what the reply itself said comes on top, but for an ``own_ip`` that no mail can have come from.
    """
    texts = texts_of(lang)
    known = _known(classification, values)
    rule = classification.rule
    if rule is None:
        case = _Case(known, frozenset(PLACEHOLDERS), texts)
        return Advice(
            why=case.text(texts.say("rules.unclassified.why")),
            steps=tuple(
                Step(f"unclassified.{n}", case.text(line))
                for n, line in enumerate(texts.lines("rules.unclassified.steps"), 1)
            ),
        )
    case = _Case(known, _names(rule), texts)
    speaker = classification.via or classification.operator or rule.operator.name
    links = [
        Link(template.kind, url, texts.say(f"rules.link.{template.kind}", operator=speaker))
        for template in rule.links
        if (url := case.link(template))
    ]
    for link in reversed(links):
        case.values[link.kind] = link.url  # the first of a kind wins
    words = words_of(rule, lang, classification.direction)
    return Advice(
        why=case.text(words.why),
        steps=tuple(case.step(n, rule.id, step) for n, step in enumerate(words.steps, 1)),
        links=tuple(links),
        wait=words.wait and case.text(words.wait),
        request=words.request and case.request(words.request),
        user=words.user and case.text(words.user),
        title=words.title and case.text(words.title),
    )
