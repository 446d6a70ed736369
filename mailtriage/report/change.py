"""What ``watch`` prints: a finding under the word for what became of it, and as a record with ``change``."""

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from mailtriage.report.card import Card
from mailtriage.report.jsonl import line
from mailtriage.report.record import finding_record
from mailtriage.texts.catalog import Texts
from mailtriage.triage.changes import Change

CARD = 9  # lines at most
_STYLE = {"opened": "bold red", "worse": "bold red", "returned": "bold red", "closed": "bold green"}


def text(change: Change, now: datetime | None, texts: Texts, width: int, command: str | None) -> Iterator[Text]:
    """A change in at most ten lines; ``command`` shows all of it, None where nobody can read it again."""
    finding = change.finding
    words = texts.say(f"report.change.{change.change}", before=change.before, count=finding.count)
    head = Text((texts.date(now, "full_time") + "  ") if now else "")
    yield head.append(words, style=_STYLE[change.change])
    card = Card(finding, texts, width)
    if change.change == "closed":
        yield from [*card.title(), *card.facts(2)]
    else:
        yield from card.lines(CARD, f"{command} --finding {finding.id}" if command else None, again=command is not None)


def record(change: Change) -> str:
    """One record a line: the finding as promised, and ``change``."""
    schema, *rest = finding_record(change.finding).items()
    return line(dict([schema, ("change", change.change), *rest]))
