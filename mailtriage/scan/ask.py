"""Ask: a second look at the bytes, for the few things that triage wants to know of what went well.

A question is a literal to find, conditions on the event of such a line, and the fields to count by. What comes back
adds up like a tally. Questions are bounded in number (MAX_QUESTIONS), so that one look answers them all.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailtriage.model.event import Event
from mailtriage.postfix.parse import parse
from mailtriage.scan import success
from mailtriage.scan.chunk import WINDOW, Chunk, ScanPlan
from mailtriage.scan.inner import compiled_loop
from mailtriage.scan.party import wide
from mailtriage.scan.pointer import Literals
from mailtriage.scan.sample import Sample
from mailtriage.scan.session import sender_before
from mailtriage.scan.shortway import touch
from mailtriage.scan.span import Span
from mailtriage.scan.tally import HOUR, Hours, Mail, Place, place_hash
from mailtriage.scan.usual import stamp_of
from mailtriage.sources.reading import Reader
from mailtriage.syslog.head import parse_head

MAX_QUESTIONS = 500
MAIL_LIMIT = 64
TEN = HOUR // 6
PATIENCE = 8192  # lines that wait before they are counted
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
    under (``client_wide``: the client's wide network). ``sender``: look back for the envelope sender where the line
    does not name it. ``tens``: count by ten minutes, too. ``earlier``: whether lines older than those that are judged
    may answer (see Survey.partial); what is counted as trouble must not. ``lead``: what stands before a literal, with
    nothing but a host name's letters between.
    """

    id: str
    literals: tuple[str, ...]
    events: frozenset[str]
    where: tuple[tuple[str, str, str], ...] = ()
    by: tuple[str, ...] = ()
    sender: bool = False
    tens: bool = False
    earlier: bool = True
    lead: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "literals", (*self.literals, *filter(None, map(_escaped, self.literals))))

    @property
    def plain(self) -> bool:
        """Whether it looks at nothing but what the short way cuts out of lines."""
        return {*(name for name, _, _ in self.where), *self.by} <= success.NAMES | {"client_wide"}

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


# A line that answers and waits to be counted: offset, 0, hour, name of client or relay, address, sender, recipient,
# queue ID, delay, the line. The first three and the last stand where ``shortway`` has them.
Row = tuple[int, int, bytes, bytes, bytes, bytes | None, bytes, bytes, bytes, bytes]


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
    rows: list[Row] = field(default_factory=list)  # that wait to be counted

    def touch(self, place: Place, count: int) -> None:
        """Count attempts at a place."""
        self.count += count
        self.first = place if self.first is None else min(self.first, place)
        self.last = place if self.last is None else max(self.last, place)
        self.hours.touch(place, count)

    def take(self, event: Event, place: Place, sender: str | None, tens: bool) -> None:
        """Count an event in."""
        self.touch(place, event.repeat)
        if tens and place.stamp is not None:
            self.tens[place.source, place.stamp.micros // TEN] += event.repeat
        key = place_hash(place.source, place.offset)
        if self.mails.could_keep(key):
            mail = Mail(place, sender, event.recipient, event.queue_id, event.client_addr, event.delay)
            self.mails.put(key, f"{place.source}:{place.offset}", mail)
        for kept, value in (
            (self.senders, sender), (self.recipients, event.recipient),
            (self.clients, event.client_addr or event.relay_addr), (self.names, event.client_name or event.relay_name),
        ):  # fmt: skip
            if value:
                kept.add(value)

    def _count_tens(self, rows: list[Row], source: int) -> None:
        """Count by ten minutes, with one stamp parsed for all lines of such a stretch."""
        begins: Counter[bytes] = Counter()
        for row in rows:
            hour, raw = row[2], row[9]
            if raw[10:11] != b"T":
                begins[hour + raw[9:11] + b"0:00"] += 1
            elif hour.endswith((b"15", b"45")):  # a zone that is not of whole ten minutes
                begins[hour[:13] + raw[13:16] + b":00" + hour[13:] + b" "] += 1
            else:
                begins[hour[:13] + raw[13:15] + b"0:00" + hour[13:] + b" "] += 1
        for begin, count in begins.items():
            stamp = stamp_of(begin)
            if stamp is not None:
                self.tens[source, stamp.micros // TEN] += count

    def count_rows(self, source: int, tens: bool) -> None:
        """Count the lines that wait: what ``take`` does with each, for all of them at once."""
        rows = self.rows
        if not rows:
            return
        touch(self, rows, source)
        if tens:
            self._count_tens(rows, source)
        mails = self.mails
        for row in rows:
            key = place_hash(source, row[0])
            if mails.could_keep(key):
                offset, _, _, _, addr, sender, recipient, queue_id, delay, raw = row
                mail = Mail(
                    Place(source, offset, 0, stamp_of(raw)), None if sender is None else sender.decode(),
                    recipient.decode() or None, queue_id.decode(), addr.decode() if not delay and addr else None,
                    float(delay) if delay else None,
                )  # fmt: skip
                mails.put(key, f"{source}:{offset}", mail)
        for kept, number in ((self.names, 3), (self.clients, 4), (self.senders, 5), (self.recipients, 6)):
            kept.add_all({row[number] for row in rows if row[number]})  # type: ignore[misc]
        self.rows = []

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
        by_literal: dict[tuple[str, str], list[Question]] = {}
        for question in questions:
            for literal in question.literals:
                by_literal.setdefault((literal, question.lead), []).append(question)
        self.questions = list(by_literal.values())  # by a literal's number
        self._asked: dict[frozenset[int], list[Question]] = {}
        literals = [literal.encode() for literal, _ in by_literal]
        self.pointer = Literals(literals, hyperscan, [lead.encode() for _, lead in by_literal])

    def asked_of(self, found: frozenset[int]) -> list[Question]:
        """The questions whose literals stand in a line, each once."""
        asked = self._asked.get(found)
        if asked is None:
            if len(self._asked) >= PATIENCE:
                self._asked.clear()
            once = {question.id: question for number in sorted(found) for question in self.questions[number]}
            asked = self._asked[found] = list(once.values())
        return asked


def answer(chunk: Chunk, questions: tuple[Question, ...], plan: ScanPlan) -> Answers:
    """Answer questions from the lines that begin in a chunk."""
    return Answerer(chunk, questions, plan).answer()


class Answerer:
    """The state of one look at one chunk."""

    def __init__(self, chunk: Chunk, questions: tuple[Question, ...], plan: ScanPlan) -> None:
        self._chunk = chunk
        self._asker = Asker(questions, plan.hyperscan)
        self._tens = {question.id: question.tens for question in questions}
        self._answers = Answers()
        # Questions whose conditions look at nothing but what they count by: lines alike in that have the same fact.
        self._alike = {q.id for q in questions if {name for name, _, _ in q.where} <= set(q.by)}
        self._marks = {q.id: q.marks() for q in questions}
        self._plain = {q.id: q.plain for q in questions}
        self._facts: dict[tuple[str | bytes | None, ...], Fact] = {}
        self._writers: dict[tuple[bytes, str], bool] = {}  # whether both ways read alike what it writes of a kind
        self._patience = PATIENCE
        self._span = Span(chunk.source, plan)
        compiled, asker = compiled_loop(), self._asker
        self._successes = compiled and compiled.Successes(
            self._answers, chunk.number, asker, self._writers, self._span, self._slow
        )

    def answer(self) -> Answers:
        """The answers of all blocks."""
        chunk, asker = self._chunk, self._asker
        for block in Reader(chunk.source, chunk.start, chunk.end, context=WINDOW):
            data, low, shift = bytes(memoryview(block.buffer)[: block.end]), block.context, block.offset - block.begin
            if self._successes is not None:
                hits = asker.pointer.hits(data, block.begin, block.end)
                self._successes.lines(data, low, block.begin, block.end, shift, hits)
                continue
            for start, stop, found in asker.pointer.lines(data, block.begin, block.end):
                asked = asker.asked_of(found)
                if not self._short(asked, data, start, stop, start + shift):
                    self._slow(asked, data, low, start, stop, start + shift)
            if self._patience <= 0:
                self._count()
        if self._successes is not None:
            self._successes.count()
            self._successes = None  # it holds on to this one
        self._count()
        return self._answers

    def _count(self) -> None:
        for question, facts in self._answers.facts.items():
            for fact in facts.values():
                fact.count_rows(self._chunk.number, self._tens[question])
        self._patience = PATIENCE

    def _short(self, asked: list[Question], data: bytes, start: int, stop: int, offset: int) -> bool:
        """Answer from a line of the usual form; False where it is none, or of a writer not known yet."""
        cut = success.cut(data, start, stop)
        if cut is None or not self._writers.get((cut.writer, cut.kind)):
            return False
        get = cut.fields.get
        named = "sender" in cut.fields
        if any(cut.kind in one.events and (not self._plain[one.id] or (one.sender and not named)) for one in asked):
            return False
        row: Row | None = None
        fact: Fact | None
        key: tuple[str | bytes | None, ...] | None
        for question in asked:
            if cut.kind not in question.events:
                continue
            if not question.earlier and self._span.bounded and not self._span.holds(stamp_of(data[start:stop])):
                continue
            fact, key = None, None
            if question.by and question.id in self._alike:
                key = (question.id, *[get("client_addr" if name == "client_wide" else name) for name in question.by])
                fact = self._facts.get(key)
            if fact is None and not all(_holds(_text(get(name)), how, value) for name, how, value in question.where):
                continue
            if row is None:
                row = (
                    offset, 0, cut.hour, get("client_name") or get("relay_name", b""),
                    get("client_addr") or get("relay_addr", b""), get("sender"), get("recipient", b""),
                    get("queue_id", b""), get("delay", b""), data[start:stop],
                )  # fmt: skip
            if fact is None:
                values = tuple([_value(name, cut.fields) for name in question.by]) if question.by else ()
                fact = self._answers.fact(question.id, values)
                if key is not None:
                    if len(self._facts) >= PATIENCE:
                        self._facts.clear()
                    self._facts[key] = fact
            fact.rows.append(row)
            self._patience -= 1
        return True

    def _slow(self, asked: list[Question], data: bytes, low: int, start: int, stop: int, offset: int) -> None:
        """Answer from a line that is parsed, where it may be one that answers."""
        raw = data[start:stop]
        possible = [one for one in asked if not (marks := self._marks[one.id]) or any(mark in raw for mark in marks)]
        if possible:
            self._long(possible, data, low, start, offset, raw)

    def _long(self, asked: list[Question], data: bytes, low: int, start: int, offset: int, raw: bytes) -> None:
        head = parse_head(raw)
        event = parse(head) if head is not None else None
        if event is None:
            return
        cut = success.cut(data, start, start + len(raw))
        if cut is not None and head is not None and len(self._writers) < PATIENCE:
            same = success.agrees(cut, event) and f"{head.host} {head.tag}" == cut.writer.decode()
            self._writers[cut.writer, cut.kind] = same and self._writers.get((cut.writer, cut.kind), True)
        place = Place(self._chunk.number, offset, 0, event.stamp)
        sender = event.sender
        for question in asked:
            if not question.fits(event):
                continue
            if not question.earlier and self._span.bounded and not self._span.holds(event.stamp):
                continue
            if sender is None and question.sender and event.queue_id:
                sender = sender_before(data, low, start, event.queue_id)
            values = tuple(_of_event(event, name, sender) for name in question.by)
            self._answers.fact(question.id, values).take(event, place, sender, question.tens)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _value(name: str, fields: dict[str, bytes]) -> str:
    if name == "client_wide":
        return wide(fields.get("client_addr", b"").decode().lower())
    return fields.get(name, b"").decode().lower()


def _of_event(event: Event, name: str, sender: str | None) -> str:
    if name == "client_wide":
        return wide((event.client_addr or "").lower())
    return str(sender if name == "sender" else getattr(event, name) or "").lower()
