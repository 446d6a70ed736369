"""The title of what several days saw: said again with the numbers of all of them."""

from dataclasses import replace
from typing import Any

from mailtriage.model.finding import Finding, Saying
from mailtriage.texts.catalog import Texts

NAMES = 50


def title(saying: Saying, texts: Texts) -> str:
    """The title in words."""
    words = {name: texts.say(key, count=saying.values.get(name, 0)) for name, key in saying.words.items()}
    return texts.say(saying.key, **saying.values | words)


def retold(old: Finding, whole: Finding) -> Finding:
    """``whole``, which is ``old`` and what came later, under a title that is true of both."""
    saying, before = whole.saying, old.saying
    texts = Texts(whole.lang)
    if saying is None or title(saying, texts) != whole.title:
        return whole  # the judgement gave it a title of its own
    if before is None or before.key != saying.key:
        before = Saying(saying.key)
    numbers = {
        name: tuple(sorted({*some, *before.numbers.get(name, ())})[:NAMES]) for name, some in saying.numbers.items()
    }
    values: dict[str, Any] = saying.values | {name: _fact(whole, name) for name in saying.facts}
    for name, some in saying.numbers.items():
        union = len({*some, *before.numbers.get(name, ())})
        values[name] = max(union, saying.values.get(name, 0), before.values.get(name, 0))
    said = replace(saying, values=values, numbers=numbers)
    return replace(whole, title=title(said, texts), saying=said)


def _fact(finding: Finding, name: str) -> int:
    number = {"count": finding.count, "messages": finding.messages}.get(name)
    return finding.distinct.get(name, 0) if number is None else number
