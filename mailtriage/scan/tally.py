"""What a pass over the log brings home: a closed list of facts that add up.

Counts add, first and last are the smallest and largest place, sets are bottom-k samples. Merging is associative and
commutative, so that chunks may come home in any order. A new fact needs a page in docs/decisions/.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mailtriage.model.report import Unread
from mailtriage.model.stamp import Stamp
from mailtriage.scan.sample import Sample, digest, scattered
from mailtriage.syslog.calendar import Run
from mailtriage.syslog.head import parse_head

HOUR = 3_600_000_000  # microseconds
LATE = 100.0  # seconds; Postfix tries a deferred mail again after 300 (minimal_backoff_time), less the time it took


class Place(NamedTuple):
    """Where a line stands. Places are ordered as the lines are."""

    source: int  # number of the source in the order of time
    offset: int  # of the line's first byte
    row: int  # newlines since the counting last began anew (Tally.rows); the parent makes a line number of it
    stamp: Stamp | None


def place_hash(source: int, offset: int) -> int:
    """What decides whether a line is in an even sample of lines."""
    return scattered((source << 48) + offset)


class GroupKey(NamedTuple):
    """What makes attempts one trouble: same log, same way, same meaning, same party."""

    host: str  # who wrote the lines
    direction: str  # inbound, submission, outbound, local, internal; server (says of itself), queue (sent, but)
    cause: str
    rule: str  # id, or "" where no rule knows it
    operator: str
    via: str
    party: str  # pool, relay, user, object: without what varies (digits)
    trust: str  # how the party's name is known: client, ptr, helo, net, relay, domain, user, object
    outcome: str  # reject, bounced, deferred, expired, hold, discard, ...; or the severity word of a server trouble


class Mail(NamedTuple):
    """One attempt on one mail, as far as lines say."""

    place: Place
    sender: str | None
    recipient: str | None
    queue_id: str | None
    client: str | None
    delay: float | None = None


class Line(NamedTuple):
    """A line of the log as evidence."""

    place: Place
    raw: str  # verbatim

    @property
    def text(self) -> str:
        """``tag[pid]: text`` without what others put around it: JSON with its escapes, a container's prefix."""
        head = parse_head(self.raw.encode("utf-8", "replace"))
        if head is None or head.tag is None:
            return self.raw
        return f"{head.tag}[{head.pid}]: {head.text}" if head.pid is not None else f"{head.tag}: {head.text}"


_CELL = 8  # numbers: key; attempts; of the first of them offset, microseconds, kind of the stamp; the same of the last
_NO_ZONE = 10_000  # minutes that no zone is away


class Hours:
    """Attempts by the hour of the wall clock: how many, and the first and the last of each.

    Bare numbers in the order of sources and hours, for there are many: 64 bytes an hour.
    """

    __slots__ = ("_cells",)

    def __init__(self) -> None:
        self._cells = array("q")

    def __len__(self) -> int:
        return len(self._cells) // _CELL

    def touch(self, place: Place, count: int) -> None:
        """Count attempts at a place; one without a stamp belongs to no hour."""
        source, offset, _, stamp = place
        if stamp is None:
            return
        micros, dated, zone, digits = stamp
        kind = ((_NO_ZONE if zone is None else zone) + _NO_ZONE) << 5 | digits << 1 | dated
        self._put((source << 40) + micros // HOUR, count, offset, micros, kind, offset, micros, kind)

    def _put(
        self, key: int, count: int, start: int, begin: int, kind: int, stop: int, end: int, other: int
    ) -> None:  # fmt: skip
        cells = self._cells
        at = len(cells)
        if cells and cells[at - _CELL] >= key:  # else it is the latest, as nearly always
            at = bisect_left(range(0, at, _CELL), key, key=cells.__getitem__) * _CELL
            if cells[at] == key:
                cells[at + 1] += count
                if start < cells[at + 2]:
                    cells[at + 2 : at + 5] = array("q", (start, begin, kind))
                if stop > cells[at + 5]:
                    cells[at + 5 : at + 8] = array("q", (stop, end, other))
                return
        cells[at:at] = array("q", (key, count, start, begin, kind, stop, end, other))

    def merge(self, other: "Hours") -> None:
        if not self._cells:
            self._cells = other._cells[:]
            return
        numbers = iter(other._cells)
        for cell in zip(*[numbers] * _CELL, strict=True):
            self._put(*cell)

    @property
    def by_hour(self) -> dict[tuple[int, int], tuple[int, Place, Place]]:
        """By source and hour since 1970: attempts, the place of the first and of the last (without their rows)."""
        found = {}
        numbers = iter(self._cells)
        for key, count, start, begin, kind, stop, end, other in zip(*[numbers] * _CELL, strict=True):
            source, hour = key >> 40, key & 0xFFFFFFFFFF
            first, last = Place(source, start, 0, _stamp(begin, kind)), Place(source, stop, 0, _stamp(end, other))
            found[source, hour] = (count, first, last)
        return found


def _stamp(micros: int, kind: int) -> Stamp:
    zone = (kind >> 5) - _NO_ZONE
    return Stamp(micros, bool(kind & 1), None if zone == _NO_ZONE else zone, kind >> 1 & 15)


@dataclass(slots=True)
class Limits:
    """How large the sets of a group may grow. Small for inbound: a flood brings new parties with every line."""

    distinct: int = 64
    evidence: int = 12
    mails: int = 64


WIDE = Limits(distinct=512, evidence=20, mails=256)
NARROW = Limits(distinct=48, evidence=12, mails=24)


_SAMPLES = ("messages", "senders", "recipients", "clients", "names", "relays", "mails", "evidence")


class Group:
    """The attempts of one trouble."""

    __slots__ = (
        "captures", "clients", "codes", "count", "details", "ends", "evidence", "first", "hours", "last", "mails",
        "messages", "names", "recipients", "relays", "senders",
    )  # fmt: skip

    def __init__(self, limits: Limits) -> None:
        self.count = 0
        self.first: Place | None = None
        self.last: Place | None = None
        self.messages = Sample(limits.distinct)  # queue IDs, or client net + sender + recipient
        self.senders = Sample(limits.distinct)
        self.recipients = Sample(limits.distinct)
        self.clients = Sample(limits.distinct)  # addresses
        self.names = Sample(limits.distinct)  # host names of clients, as known by the key's ``trust``
        self.relays = Sample(limits.distinct)
        self.captures: dict[str, Sample] = {}  # what the rule read out of the texts
        self.codes: Counter[tuple[str, str]] = Counter()
        self.details: Counter[str] = Counter()
        self.hours = Hours()
        self.mails = Sample(limits.mails)  # by message and recipient → Mail
        self.evidence = Sample(limits.evidence)  # by place → Line
        self.ends: list[Line] = []  # its first and its last line

    def touch(self, place: Place, count: int) -> None:
        """Count attempts at a place."""
        self.count += count
        if self.first is None or place < self.first:
            self.first = place
        if self.last is None or place > self.last:
            self.last = place
        self.hours.touch(place, count)

    def keep_end(self, line: Line) -> None:
        """Keep a line where it is the first or the last so far."""
        ends = self.ends
        if len(ends) == 2 and line.place > ends[1].place:
            ends[1] = line
        else:
            self.keep_ends(line)

    def keep_ends(self, *lines: Line) -> None:
        """Keep the first and the last of the lines seen so far."""
        both = [*self.ends, *lines]
        self.ends = both if len(both) < 2 else [min(both), max(both)]

    def show(self, line: Line) -> None:
        """Keep a line as evidence, one that was asked about or is as good as any."""
        self.evidence.add(f"{line.place.source}:{line.place.offset}", line)
        self.keep_end(line)

    def captured(self, name: str) -> Sample:
        """The values that the rule read out of texts under this name."""
        if name not in self.captures:
            self.captures[name] = Sample(32)
        return self.captures[name]

    def capture(self, name: str, value: str) -> None:
        """Count in a value that the rule read out of a text."""
        self.captured(name).add(value)

    def capture_all(self, name: str, values: Iterable[bytes]) -> None:
        """The same for many, as they stand in the log."""
        self.captured(name).add_all(values)

    def trim(self) -> None:
        """Give up what the sets keep beyond their limits."""
        for name in _SAMPLES:
            getattr(self, name).settle()
        for seen in self.captures.values():
            seen.settle()

    def merge(self, other: "Group") -> None:
        """Add a group, be it of other limits; exact as far as both are. The other stays as it is."""
        self.count += other.count
        self.keep_ends(*other.ends)
        if other.first is not None and (self.first is None or other.first < self.first):
            self.first = other.first
        if other.last is not None and (self.last is None or other.last > self.last):
            self.last = other.last
        for name in _SAMPLES:
            getattr(self, name).merge(getattr(other, name))
        for key, seen in other.captures.items():
            self.captures.setdefault(key, Sample(seen.limit)).merge(seen)
        self.codes.update(other.codes)
        self.details.update(other.details)
        self.hours.merge(other.hours)


@dataclass(slots=True)
class Counts:
    """Lines by what they are: read = postfix + other + broken."""

    read: int = 0
    postfix: int = 0
    other: int = 0
    broken: int = 0
    examined: int = 0
    suppressed: int = 0  # lines that syslog itself says it threw away

    def add(self, other: "Counts") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Known:
    """What samples of the log (at fixed places) teach about this server."""

    hosts: Counter[str] = field(default_factory=Counter)
    logins: Counter[str] = field(default_factory=Counter)  # SASL user names that succeeded
    local: Counter[str] = field(default_factory=Counter)  # recipients' domains of local deliveries
    taken: Counter[str] = field(default_factory=Counter)  # recipients' domains of what was delivered at all, not local
    carried: Counter[str] = field(default_factory=Counter)  # senders' domains of what the queue took up
    handed: Counter[str] = field(default_factory=Counter)  # hosts that took mail on port 587 or 465: smarthosts

    def add(self, other: "Known") -> None:
        for name in self.__slots__:
            getattr(self, name).update(getattr(other, name))


CROWD = 3000  # groups of one direction that are kept apart
REST = "rest"  # the trust of a group of parties that are not
_HIGHEST = (2, 0)
_CHEAP = frozenset({"helo", "net", "domain"})  # names that cost a stranger nothing


def rank(key: GroupKey) -> tuple[int, int]:
    """Which groups stay when there are too many: names that cost something first, then an even sample."""
    return (1 if key.trust in _CHEAP else 0), digest("\0".join(key))


def rest_of(key: GroupKey) -> GroupKey:
    """The key of the group that takes in what is not kept apart: all but the party."""
    return GroupKey(*key[:6], "", REST, key.outcome)


class Tally:
    """All that a pass brings home."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.groups: dict[GroupKey, Group] = {}
        self.ceilings: dict[str, tuple[int, int]] = {}  # by direction: ranks from here on are in the rest
        self._grown = 0
        self.known = Known()
        self.late = Sample(20_000)  # queue ID → (delay, Mail) of mail that arrived late
        self.waits: dict[tuple[str, str], list[float]] = {}  # (host, part of delays) → mails, seconds, longest
        self.first: dict[int, Place] = {}  # by source: its first and last stamped line
        self.last: dict[int, Place] = {}
        self.turns: dict[int, list[Run]] = {}  # by source: stretches without a turn of the year
        self.pulse: dict[
            int, dict[int, tuple[int, Stamp]]
        ] = {}  # by source: the first stamp of every 64 KiB, its offset
        self.rows: dict[int, dict[int, int]] = {}  # by source: where a counting began → newlines since
        self.unread: list[tuple[int, Unread]] = []

    def home(self, key: GroupKey) -> GroupKey:
        """The key itself, or that of the rest, where what has this key is counted by now."""
        ceiling = self.ceilings.get(key.direction)
        if ceiling is not None and key.trust != REST and key not in self.groups and rank(key) >= ceiling:
            return rest_of(key)
        return key

    def group(self, key: GroupKey) -> Group:
        """The group of this key, made when missing; beyond CROWD that of the rest (docs/decisions/crowds.md)."""
        group = self.groups.get(key)
        if group is None:
            if self._grown > CROWD:
                self.settle()
            home = self.home(key)
            if home is not key:
                return self.group(home)
            group = self.groups[key] = Group(NARROW if key.direction == "inbound" else WIDE)
            self._grown += 1
        return group

    def note_waits(self, host: str, delays: Sequence[float]) -> None:
        """Note which parts of ``delays`` of a delivery were long."""
        for part, seconds in zip("abcd", delays, strict=False):
            if seconds >= LATE:
                wait = self.waits.setdefault((host, part), [0.0, 0.0, 0.0])
                wait[0] += 1
                wait[1] += seconds
                wait[2] = max(wait[2], seconds)

    def settle(self) -> None:
        """Bring the groups down to the CROWD of lowest rank in each direction; the others go into the rest."""
        self._grown = 0
        if len(self.groups) <= CROWD and not self.ceilings:
            return
        ranked: dict[str, list[tuple[tuple[int, int], GroupKey]]] = {}
        for key in self.groups:
            if key.trust != REST:
                ranked.setdefault(key.direction, []).append((rank(key), key))
        for direction, ranks in ranked.items():
            ceiling = self.ceilings.get(direction, _HIGHEST)
            if len(ranks) > CROWD:
                ranks.sort()
                ceiling = self.ceilings[direction] = min(ceiling, ranks[CROWD][0])
            for place, key in ranks:
                if place >= ceiling:
                    group = self.groups.pop(key)
                    rest = self.groups.get(rest_of(key))
                    if rest is None:
                        self.groups[rest_of(key)] = group
                    else:
                        rest.merge(group)

    def name_senders(self) -> None:
        """Fill in the senders of deliveries from the mails that were kept: their lines do not name them."""
        for group in self.groups.values():
            found = [mail.sender for _, mail in group.mails.items() if mail.queue_id and mail.sender is not None]
            for sender in found:
                group.senders.add(sender)
            if found and not group.mails.exact:
                group.senders.thin()

    def merge(self, other: "Tally") -> None:
        """Add what another chunk brought home."""
        self.counts.add(other.counts)
        for key, group in other.groups.items():
            mine = self.groups.get(key)
            if mine is None:
                self.groups[key] = group
            else:
                mine.merge(group)
        for direction, ceiling in other.ceilings.items():
            self.ceilings[direction] = min(self.ceilings.get(direction, _HIGHEST), ceiling)
        self.settle()
        self.known.add(other.known)
        self.late.merge(other.late)
        for wait, (mails, seconds, longest) in other.waits.items():
            old = self.waits.get(wait, [0.0, 0.0, 0.0])
            self.waits[wait] = [old[0] + mails, old[1] + seconds, max(old[2], longest)]
        for source, place in other.first.items():
            self.first[source] = min(self.first.get(source, place), place)
        for source, place in other.last.items():
            self.last[source] = max(self.last.get(source, place), place)
        for source, rows in other.rows.items():
            self.rows.setdefault(source, {}).update(rows)
        for source, pulse in other.pulse.items():
            mine_pulse = self.pulse.setdefault(source, {})
            for block, stamped in pulse.items():
                mine_pulse[block] = min(mine_pulse.get(block, stamped), stamped)
        for source, turns in other.turns.items():
            self.turns[source] = sorted({*self.turns.get(source, []), *turns})
        self.unread += other.unread
