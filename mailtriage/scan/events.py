"""Events one by one, in file order, with their causes and with what their neighbours tell: for ``--events``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailtriage.model.event import Event
from mailtriage.rules.book import Classification


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


def told(
    event: Event, source: str, line: int, time: datetime | None, found: Classification | None, lookup: str | None
) -> Told:
    """An event with what the rules say of it (``found``, of a failure, and where to ``lookup``)."""
    inferred = event.inferred
    if event.stamp is not None and not event.stamp.dated:
        inferred = ("time", *inferred)
    if found is None:
        return Told(event, source, line, time, inferred=inferred)
    return Told(
        event, source, line, time, found.cause, event.detail or found.detail, found.rule.id if found.rule else None,
        found.operator, found.via, lookup, inferred,
    )  # fmt: skip
