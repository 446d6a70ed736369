"""The life of a message, from connect to its last delivery, across queue IDs; or of all of one person's.

A first look finds the lines that name what is asked for; their queue IDs, and those that these lead to (forwarding,
content filters, bounces), are looked for again until there are no more. Refusals before a queue ID exists stand alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mailtriage.model.event import Event
from mailtriage.postfix.parse import parse
from mailtriage.scan.pointer import Expression, pointed
from mailtriage.sources.interface import Source
from mailtriage.sources.reading import Reader
from mailtriage.syslog.head import parse_head

MOST_IDS = 100  # queue IDs that are looked for at a time
MOST_LIVES = 500
ROUNDS = 6  # how often a queue ID may lead to others
_QUEUE_ID = re.compile(
    r"(?:[0-9A-F]{6,21}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]+)"
)


@dataclass(frozen=True, slots=True)
class Line:
    """An event and where it stands."""

    source: int
    offset: int
    number: int  # 1-based
    event: Event


@dataclass(slots=True)
class Life:
    """What happened to one message (or to attempts that never became one), in order."""

    queue_ids: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def kind_of(wanted: str) -> str:
    """What a text names: queue_id, message_id, address, ip, domain."""
    if _QUEUE_ID.fullmatch(wanted):
        return "queue_id"
    if wanted.startswith("<") and wanted.endswith(">") and "@" in wanted:
        return "message_id"
    if "@" in wanted:
        return "address"
    return "ip" if re.fullmatch(r"[0-9a-fA-F:.]*[:.][0-9a-fA-F:.]*", wanted) else "domain"


def trace(sources: Sequence[Source], wanted: str) -> list[Life]:
    """The lives that have to do with what is wanted, in the order of the log."""
    kind = kind_of(wanted)
    plain = wanted.strip("<>").lower()
    named = [line for line in _look(sources, [wanted.strip("<>")]) if _names(line.event, kind, plain)]
    lives: dict[tuple[str | None, str], Life] = {}
    alone = [line for line in named if line.event.queue_id is None]
    found = {(line.event.host, line.event.queue_id) for line in named if line.event.queue_id}
    if kind == "queue_id":
        found.add((None, wanted))
    known: set[str] = set()
    lines: dict[tuple[int, int], Line] = {}
    for _ in range(ROUNDS):
        new = sorted({queue_id for _, queue_id in found if queue_id} - known)[: MOST_LIVES - len(known)]
        if not new:
            break
        known.update(new)
        for at in range(0, len(new), MOST_IDS):
            for line in _look(sources, new[at : at + MOST_IDS]):
                if line.event.queue_id in known or line.event.next_queue_id in known:
                    lines[line.source, line.offset] = line
                    found.update((line.event.host, q) for q in _leads_to(line.event))
    for line in sorted(lines.values(), key=lambda line: (line.source, line.offset)):
        _place(lives, line)
    joined = _join(lives)
    joined += [Life([], [line]) for line in alone if line.event.failed or kind in ("ip", "domain", "address")]
    return sorted(_collapse(joined), key=lambda life: (life.lines[0].source, life.lines[0].offset))


def _look(sources: Sequence[Source], literals: Sequence[str]) -> Iterator[Line]:
    """The events of all lines that hold one of the literals."""
    pointer = Expression(tuple(re.escape(text.encode()) for text in literals) + tuple(
        re.escape(text.lower().encode()) for text in literals if text.lower() != text
    ))  # fmt: skip
    for number, source in enumerate(sources):
        row = 0
        for block in Reader(source):
            counted = block.begin
            for start, stop in pointed(pointer, block.buffer, block.begin, block.end):
                row += block.buffer.count(b"\n", counted, start)
                counted = start
                head = parse_head(bytes(block.buffer[start:stop]))
                event = parse(head) if head is not None else None
                if event is not None:
                    yield Line(number, block.offset - block.begin + start, row + 1, event)
            row += block.buffer.count(b"\n", counted, block.end) + block.cut


def _names(event: Event, kind: str, wanted: str) -> bool:
    """Whether an event names what is wanted in a field of its own, not somewhere in its text."""
    if kind == "queue_id":
        return wanted in ((event.queue_id or "").lower(), (event.next_queue_id or "").lower())
    if kind == "message_id":
        return (event.message_id or "").strip("<>").lower() == wanted
    addresses = [a.lower() for a in (event.sender, event.recipient, event.orig_to, event.sasl_username) if a]
    if kind == "address":
        return wanted in addresses
    if kind == "ip":
        return wanted in ((event.client_addr or "").lower(), (event.relay_addr or "").lower())
    hosts = [h.lower() for h in (event.client_name, event.relay_name, event.ptr_name) if h]
    return any(a.endswith((f"@{wanted}", f".{wanted}")) for a in addresses) or any(
        h == wanted or h.endswith(f".{wanted}") for h in hosts
    )


def _leads_to(event: Event) -> Iterable[str]:
    return [q for q in (event.queue_id, event.next_queue_id, event.orig_queue_id) if q]


def _place(lives: dict[tuple[str | None, str], Life], line: Line) -> None:
    """Put a line to its queue ID's present life; a removed one ends, and the ID may be used again."""
    queue_id = line.event.queue_id or line.event.next_queue_id or ""
    key = (line.event.host, queue_id)
    life = lives.get(key)
    if life is not None and life.lines[-1].event.event == "removed" and line.event.event in ("client", "cleanup"):
        lives[line.event.host, f"{queue_id}#{life.lines[-1].offset}"] = lives.pop(key)
        life = None
    if life is None:
        life = lives[key] = Life([queue_id])
    life.lines.append(line)


def _join(lives: dict[tuple[str | None, str], Life]) -> list[Life]:
    """Make one life of those that lead to each other."""
    owner: dict[str, Life] = {}
    for life in lives.values():
        for queue_id in life.queue_ids:
            owner.setdefault(queue_id, life)
    for life in list(lives.values()):
        for line in list(life.lines):
            for other_id in (line.event.next_queue_id, line.event.orig_queue_id):
                other = owner.get(other_id or "")
                mine = owner.get(life.queue_ids[0], life)
                if other is None or other is mine:
                    continue
                mine.lines += other.lines
                mine.queue_ids += [q for q in other.queue_ids if q not in mine.queue_ids]
                for queue_id in other.queue_ids:
                    owner[queue_id] = mine
                other.lines = []
    out = [life for life in lives.values() if life.lines]
    for life in out:
        life.lines.sort(key=lambda line: (line.source, line.offset))
    return out


def _collapse(lives: Iterable[Life]) -> list[Life]:
    """Attempts without queue ID that were the same mail, again and again, become one life."""
    out: list[Life] = []
    same: dict[tuple[object, ...], Life] = {}
    for life in lives:
        if life.queue_ids:
            out.append(life)
            continue
        event = life.lines[0].event
        key = (event.event, event.sender, event.recipient, event.reason and event.reason[:40], event.host)
        if key in same:
            same[key].lines += life.lines
        else:
            same[key] = life
            out.append(life)
    return out
