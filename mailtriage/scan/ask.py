"""Ask: a second look at the bytes, for the few things that triage wants to know of what went well.

A question is a literal to find, conditions on the event of such a line, and the fields to count by. What comes back
adds up like a tally. Questions are bounded in number (MAX_QUESTIONS), so that one look answers them all.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailtriage.model.event import Event
from mailtriage.postfix.parse import parse
from mailtriage.scan.chunk import WINDOW, Chunk, ScanPlan
from mailtriage.scan.pointer import Literals
from mailtriage.scan.sample import Sample
from mailtriage.scan.session import sender_before
from mailtriage.scan.tally import HOUR, Hours, Mail, Place
from mailtriage.sources.reading import Reader
from mailtriage.syslog.head import parse_head

MAX_QUESTIONS = 500
MAIL_LIMIT = 64
# What stands in every line of a kind of event: lines without it need not be taken apart.
_MARKS = {
    "sent": b"status=sent", "client": b"client=", "qmgr": b"size=", "reject": b"reject", "milter_reject": b"reject",
    "failed": b"status=", "sasl_failure": b"authentication failed",
}  # fmt: skip


def _escaped(literal: str) -> str | None:
    """The literal as docker's json-file driver writes it; None where that is the same."""
    escaped = literal.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return escaped if escaped != literal else None


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for. ``id`` comes back with the facts.

    ``literals``: one of them stands in every line that answers. ``events``: kinds of events that count. ``where``:
    (field, how, value) with how one of is, ends, has; all must hold. ``by``: fields whose values the facts are counted
    under. ``sender``: look back for the envelope sender where the line does not name it.
    """

    id: str
    literals: tuple[str, ...]
    events: frozenset[str]
    where: tuple[tuple[str, str, str], ...] = ()
    by: tuple[str, ...] = ()
    sender: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "literals", (*self.literals, *filter(None, map(_escaped, self.literals))))

    def marks(self) -> tuple[bytes, ...]:
        """One of these stands in every line that answers; empty where nothing can be said."""
        marks = tuple({_MARKS.get(event, b"") for event in self.events})
        return () if b"" in marks else marks

    def fits(self, event: Event) -> bool:
        """Whether an event answers the question."""
        kind = event.event
        if kind == "delivery":
            kind = "failed" if event.failed else "sent"
        if kind not in self.events:
            return False
        return all(_holds(getattr(event, name), how, value) for name, how, value in self.where)


def _holds(got: object, how: str, value: str) -> bool:
    if got is None:
        return how == "isnt"
    text = str(got).lower()
    if how == "is":
        return text == value
    if how == "isnt":
        return text != value
    if how == "ends":
        return text == value or text.endswith((f".{value}", f"@{value}"))
    return value in text


@dataclass(slots=True)
class Fact:
    """What was found under one value: how often, first and last, when, and a few examples."""

    count: int = 0
    first: Place | None = None
    last: Place | None = None
    hours: Hours = field(default_factory=Hours)
    tens: Counter[tuple[int, int]] = field(default_factory=Counter)  # (source, ten minutes) → count
    mails: Sample = field(default_factory=lambda: Sample(MAIL_LIMIT))
    senders: Sample = field(default_factory=lambda: Sample(MAIL_LIMIT))
    recipients: Sample = field(default_factory=lambda: Sample(MAIL_LIMIT))
    clients: Sample = field(default_factory=lambda: Sample(MAIL_LIMIT))
    names: Sample = field(default_factory=lambda: Sample(MAIL_LIMIT))

    def take(self, event: Event, place: Place, sender: str | None) -> None:
        """Count an event in."""
        self.count += event.repeat
        self.first = place if self.first is None else min(self.first, place)
        self.last = place if self.last is None else max(self.last, place)
        self.hours.touch(place, event.repeat)
        if place.stamp is not None:
            self.tens[place.source, place.stamp.micros // (HOUR // 6)] += event.repeat
        mail = Mail(place, sender, event.recipient, event.queue_id, event.client_addr, event.delay)
        self.mails.add(f"{place.source}:{place.offset}", mail)
        for kept, value in (
            (self.senders, sender), (self.recipients, event.recipient),
            (self.clients, event.client_addr or event.relay_addr), (self.names, event.client_name or event.relay_name),
        ):  # fmt: skip
            if value:
                kept.add(value)

    def merge(self, other: "Fact") -> None:
        self.count += other.count
        for mine, theirs, choose in (("first", other.first, min), ("last", other.last, max)):
            old = getattr(self, mine)
            if theirs is not None:
                setattr(self, mine, theirs if old is None else choose(old, theirs))
        self.hours.merge(other.hours)
        self.tens.update(other.tens)
        for name in ("mails", "senders", "recipients", "clients", "names"):
            getattr(self, name).merge(getattr(other, name))


class Answers:
    """Facts by question and by the values of its ``by`` fields."""

    def __init__(self) -> None:
        self.facts: dict[str, dict[tuple[str, ...], Fact]] = {}  # by question, then by values

    def fact(self, question: str, values: tuple[str, ...]) -> Fact:
        """The fact of these values, made when missing."""
        facts = self.facts.setdefault(question, {})
        fact = facts.get(values)
        if fact is None:
            fact = facts[values] = Fact()
        return fact

    def merge(self, other: "Answers") -> None:
        for question, facts in other.facts.items():
            mine = self.facts.setdefault(question, {})
            for values, fact in facts.items():
                if values in mine:
                    mine[values].merge(fact)
                else:
                    mine[values] = fact

    def of(self, question: str) -> Iterator[tuple[tuple[str, ...], Fact]]:
        """The facts of a question, by values, in a stable order."""
        facts = self.facts.get(question, {})
        return iter([(values, facts[values]) for values in sorted(facts)])

    def one(self, question: str) -> Fact | None:
        """The fact of a question that counts by nothing."""
        return self.facts.get(question, {}).get(())


class Asker:
    """Questions made ready for looking."""

    def __init__(self, questions: tuple[Question, ...], hyperscan: bool = True) -> None:
        by_literal: dict[str, list[Question]] = {}
        for question in questions:
            for literal in question.literals:
                by_literal.setdefault(literal, []).append(question)
        self._questions = list(by_literal.values())
        self._asked: dict[frozenset[int], list[tuple[Question, tuple[bytes, ...]]]] = {}
        self.pointer = Literals([literal.encode() for literal in by_literal], hyperscan)

    def asked_of(self, found: frozenset[int]) -> list[tuple[Question, tuple[bytes, ...]]]:
        """The questions whose literals stand in a line, each once, with their marks."""
        asked = self._asked.get(found)
        if asked is None:
            once = {question.id: question for number in sorted(found) for question in self._questions[number]}
            asked = self._asked[found] = [(question, question.marks()) for question in once.values()]
        return asked


def answer(chunk: Chunk, questions: tuple[Question, ...], plan: ScanPlan) -> Answers:
    """Answer questions from the lines that begin in a chunk."""
    answers = Answers()
    asker = Asker(questions, plan.hyperscan)
    for block in Reader(chunk.source, chunk.start, chunk.end, context=WINDOW):
        shift = block.offset - block.begin
        for start, stop, found in asker.pointer.lines(block.buffer, block.begin, block.end):
            raw = bytes(block.buffer[start:stop])
            asked = [q for q, marks in asker.asked_of(found) if not marks or any(mark in raw for mark in marks)]
            head = parse_head(raw) if asked else None
            event = parse(head) if head is not None else None
            if event is None:
                continue
            place = Place(chunk.number, start + shift, 0, event.stamp)
            sender = event.sender
            for question in asked:
                if not question.fits(event):
                    continue
                if sender is None and question.sender and event.queue_id:
                    sender = sender_before(block.buffer, block.context, start, event.queue_id)
                values = tuple(
                    str(sender if name == "sender" else getattr(event, name) or "").lower() for name in question.by
                )
                answers.fact(question.id, values).take(event, place, sender)
    return answers
