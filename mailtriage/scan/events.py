"""Events one by one, in file order, with their causes and with what their neighbours tell: for ``--events``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailtriage.model.event import Event
from mailtriage.postfix.correlate import Correlator
from mailtriage.postfix.stream import events
from mailtriage.rules.advice import advise
from mailtriage.rules.book import Classification, RuleBook
from mailtriage.scan import meaning
from mailtriage.scan.chunk import ScanPlan
from mailtriage.sources.interface import Source
from mailtriage.sources.reading import Reader
from mailtriage.syslog.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Told:
    """An event with its meaning, its time and its place."""

    event: Event
    source: str
    line: int
    time: datetime | None = None
    cause: str | None = None
    detail: str | None = None
    rule: str | None = None
    operator: str | None = None
    via: str | None = None
    lookup_url: str | None = None
    inferred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldLife:
    """What happened to one message, in order; without queue ID: attempts that never became one."""

    queue_ids: tuple[str, ...]
    lines: tuple[Told, ...]

    def first(self, name: str) -> Any:
        """The first value that an event's field has."""
        return next((v for told in self.lines if (v := getattr(told.event, name)) is not None), None)

    @property
    def recipients(self) -> tuple[str, ...]:
        """All recipients, each once."""
        return tuple(dict.fromkeys(told.event.recipient for told in self.lines if told.event.recipient))

    @property
    def outcome(self) -> str:
        """sent, deferred, bounced, expired, refused, or unknown: the worst last word on any recipient."""
        last: dict[str | None, str] = {}
        for told in self.lines:
            event = told.event
            if event.event == "delivery" and event.direction != "internal":
                last[event.recipient] = event.status or ""
            elif event.event == "expired":
                last = dict.fromkeys(last or [None], "expired")
            elif event.failed:
                last[event.recipient] = "refused"
        ranks = ("bounced", "expired", "force-expired", "refused", "deferred", "sent")
        return next((rank for rank in ranks if rank in last.values()), "unknown")


class Lines:
    """The numbered lines of a source; ``offset`` is where the line that was given last begins."""

    def __init__(self, source: Source) -> None:
        self._reader = Reader(source)
        self.offset = 0

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        number = 0
        for block in self._reader:
            self.offset = block.offset
            data, begin = block.data, 0
            while begin < len(data):
                end = data.find(b"\n", begin) + 1 or len(data)
                number += 1
                yield number, data[begin:end]
                self.offset += end - begin
                begin = end


def tell(
    sources: Sequence[Source],
    book: RuleBook,
    calendar: Calendar | None,
    plan: ScanPlan,
    *,
    every: bool = False,
    own_ip: str | None = None,
) -> Iterator[Told]:
    """The refused and failed attempts of all sources; ``every``: one event for every line of Postfix."""
    correlator = Correlator()
    for number, source in enumerate(sources):
        if not source.follows:
            correlator = Correlator()
        lines = Lines(source)
        for line, event in events(lines, correlator):
            if not (every or event.failed):
                continue
            time = calendar.date(number, lines.offset, event.stamp) if event.stamp and calendar else None
            if plan.since is not None or plan.until is not None:
                at = round(time.timestamp() * 1e6) if time else None
                if at is not None and not (plan.since or at) <= at <= (plan.until or at):
                    continue
            yield told(event, source.name, line, time, book, own_ip)


def told(event: Event, source: str, line: int, time: datetime | None, book: RuleBook, own_ip: str | None) -> Told:
    """An event with what the rules say of it."""
    inferred = event.inferred
    if event.stamp is not None and not event.stamp.dated:
        inferred = ("time", *inferred)
    if not event.failed:
        return Told(event, source, line, time, inferred=inferred)
    found = meaning.classify(book, event)
    return Told(
        event, source, line, time, found.cause, event.detail or found.detail, found.rule.id if found.rule else None,
        found.operator, found.via, _lookup(found, own_ip), inferred,
    )  # fmt: skip


def _lookup(found: Classification, own_ip: str | None) -> str | None:
    if found.rule is None or not any(link.kind == "lookup" for link in found.rule.links):
        return None
    advice = advise(found, {"own_ip": own_ip} if own_ip else {})
    return next((link.url for link in advice.links if link.kind == "lookup"), None)
