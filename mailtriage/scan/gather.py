"""Gather: one pass over a chunk's bytes, home with a tally.

Every line that refuses, fails, warns, tries a login or arrives late is counted in its group: by the short way, many at
once, where the like of it is known, else by the long way. Of the others only their number is known.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from mailtriage.model.event import Event
from mailtriage.postfix.parse import parse
from mailtriage.rules.book import RuleBook
from mailtriage.rules.shelf import load_book
from mailtriage.scan import census, meaning, party, session, shortdelivery, shortway, success
from mailtriage.scan.chunk import WINDOW, Chunk, ScanPlan
from mailtriage.scan.inner import compiled_loop
from mailtriage.scan.longway import LongWay, Spot
from mailtriage.scan.party import is_host_name
from mailtriage.scan.pointer import pointed, pointer
from mailtriage.scan.shortway import Cut, Known, Waiting
from mailtriage.scan.span import Span
from mailtriage.scan.tally import Place, Tally
from mailtriage.scan.usual import stamp_of
from mailtriage.sources.interface import Block, Rest
from mailtriage.sources.reading import Reader
from mailtriage.syslog.head import Head, parse_head
from mailtriage.syslog.loss import lost_lines

PATIENCE = 8192  # lines that wait before they are counted
STRETCH = 16 * 1024 * 1024  # bytes after which newlines are counted anew, so that a line's number is soon found
Party = tuple[str, str, bytes]


@lru_cache(maxsize=4)
def rule_book(user_packs: tuple[str, ...]) -> RuleBook:
    """The rules, loaded once in each process."""
    return load_book(Path(folder) for folder in user_packs)[0]


def gather(chunk: Chunk, plan: ScanPlan) -> Tally:
    """Tally the lines that begin in a chunk."""
    worker = Gatherer(chunk, plan)
    reader = Reader(chunk.source, chunk.start, chunk.end, context=WINDOW)
    return worker.gather(reader, reader)


def gather_rest(number: int, rest: Rest, plan: ScanPlan) -> Tally:
    """Tally what a stream brings after its spool was full: it passes once, and cannot be asked about."""
    worker = Gatherer(Chunk(number, rest.source, rest.source.size), plan)
    return worker.gather(rest.blocks(context=WINDOW), rest)


class Gatherer:
    """The state of one pass over one chunk."""

    def __init__(self, chunk: Chunk, plan: ScanPlan) -> None:
        self.chunk, self.plan = chunk, plan
        self.tally = Tally()
        self._book = rule_book(plan.user_packs)
        self._pointer = pointer(hyperscan=plan.hyperscan)
        self._sessions = session.Sessions()
        self._long = LongWay(self.tally, self._book, self._sessions)
        self._stretch, self._row = chunk.start, 0  # where the counting of newlines began anew, and how many since
        self._census = census.Census(chunk.number, chunk.start, self.tally, plan.hyperscan)
        self._span = Span(chunk.source, plan)
        self._first_block = True
        # What was understood before, by what it looks like. All of it changes speed and never an answer.
        self._shapes: dict[tuple[bytes, bytes], Known] = {}
        self._deliveries: dict[tuple[bytes, bytes], shortdelivery.Known] = {}
        self._warners: dict[bytes, str | None] = {}
        self._parties: dict[tuple[bytes, ...], Party] = {}
        self._waiting: dict[tuple[Known, str, str, str], Waiting] = {}
        self._patience = PATIENCE
        compiled = compiled_loop()
        self._failures = compiled and compiled.Failures(
            self.tally, chunk.number, self._sessions, self._warners, self._span, self._line
        )

    def gather(self, blocks: Iterable[Block], reader: Reader | Rest) -> Tally:
        """The tally of all blocks."""
        for block in blocks:
            self.feed(block)
        return self.finish(reader)

    def finish(self, reader: Reader | Rest) -> Tally:
        """The tally, complete."""
        self._count_waiting()
        tally = self.tally
        tally.rows.setdefault(self.chunk.number, {})[self._stretch] = self._row
        tally.counts.broken += reader.cut
        tally.unread += [(self.chunk.number, unread) for unread in reader.unread]
        self._census.finish()
        tally.settle()
        for group in tally.groups.values():
            group.trim()
        self._failures = None  # it holds on to this one, and to all the lines that waited
        return tally

    def feed(self, block: Block) -> None:
        """Take in the next lines. What stands before them in the block serves for looking back."""
        data = bytes(memoryview(block.buffer)[: block.end])
        low, begin, end, shift = block.context, block.begin, block.end, block.offset - block.begin
        if self._first_block and low < begin:
            for start, stop in pointed(self._pointer, data, low, begin):
                self._remember(data[start:stop], start + shift)
        self._first_block = False
        if block.offset - self._stretch >= STRETCH:
            self.tally.rows.setdefault(self.chunk.number, {})[self._stretch] = self._row
            self._stretch, self._row = block.offset, 0
        before = row = self._row
        if self._failures is not None:
            ends = self._pointer.ends(data, begin, end)
            self._row = self._failures.lines(data, low, begin, end, shift, row, ends)
        else:
            counted, count, line = begin, data.count, self._line
            for start, stop in pointed(self._pointer, data, begin, end):
                row += count(b"\n", counted, start)
                counted = start
                line(data, low, start, stop, start + shift, row)
            self._row = row + count(b"\n", counted, end)
        self._census.feed(block, self._row - before)
        self._row += block.cut  # the rest of a line that is too long, and its newline, are passed over

    def _remember(self, raw: bytes, offset: int) -> None:
        head = parse_head(raw)
        if head and head.text.startswith("warning: ") and (found := session.read_mismatch(offset, head.text[9:])):
            self._sessions.note(head.host, head.pid, found)

    def _line(self, data: bytes, low: int, start: int, stop: int, offset: int, row: int) -> None:
        text = data.find(b"]: ", start + 16, start + 200) + 3
        kind = data[text : text + 4]
        cut: Cut | shortdelivery.Cut | None = None
        if kind == b"NOQU":
            cut = shortway.refusal(data, start, stop)
        elif kind == b"warn":
            if data[text + 9 : text + 18] == b"hostname ":
                if self._mismatch(data, start, stop, offset):
                    return
            else:
                cut = shortway.login(data, start, stop)
        elif (cut := shortdelivery.cut(data, start, stop)) is not None:
            shapes = self._deliveries
            means = shapes.get((cut.writer, cut.shape))
            if means is None:
                means = shapes.get((cut.writer, shortdelivery.outline(cut.shape)))
            if means is not None:
                self.tally.counts.examined += 1
                raw = data[start:stop]
                stamp = stamp_of(raw)
                if not self._span.bounded or self._span.holds(stamp):
                    place = Place(self.chunk.number, offset, row, stamp)
                    self._long.delivery_again(cut, means, Spot(place, raw, data, low, start))
                return
        if isinstance(cut, Cut) and (known := self._shapes.get((cut.writer, cut.shape))) is not None:
            self.tally.counts.examined += 1
            raw = data[start:stop]
            if not self._span.bounded or self._span.holds(stamp_of(raw)):
                self._wait(cut, known, data, low, start, offset, row, raw)
            return
        raw = data[start:stop]
        head = parse_head(raw)
        if head is None:
            return
        if not self._span.bounded or self._span.holds(head.stamp):
            line = Spot(Place(self.chunk.number, offset, row, head.stamp), raw, data, low, start)
        else:
            line = None
        if self._long.known_trouble(head, line):
            self.tally.counts.examined += 1
            return
        self._alone(head, cut, offset, line)

    def _mismatch(self, data: bytes, start: int, stop: int, offset: int) -> bool:
        """Take in a host name warning, where the long way took in another of the same writer."""
        found = shortway.mismatch(data, start, stop)
        if found is None or (host := self._warners.get(found[0])) is None:
            return False
        _, pid, name, addr, reason = found
        self.tally.counts.examined += 1
        self._sessions.note(host, pid, session.Mismatch(offset, name, addr, session.detail(reason)))
        return True

    def _alone(self, head: Head, cut: Cut | shortdelivery.Cut | None, offset: int, line: Spot | None) -> None:
        """A line that goes the long way; None where it lies outside the time that was asked for."""
        self.tally.counts.suppressed += lost_lines(head)
        event = parse(head)
        if event is None:
            return
        self.tally.counts.examined += 1
        if event.event == "warning" and (found := session.read_mismatch(offset, event.text or "")):
            self._sessions.note(event.host, event.pid, found)
            if not event.flags and event.repeat == 1 and len(self._warners) < shortway.LIMIT:
                self._warners[f"{head.host} {head.tag}".encode()] = event.host
        elif line is None:
            return
        elif event.event == "delivery" and not event.failed:
            self._long.success(event, line)
            if self._failures is not None:
                self._learn_sender(event, head, line)
        elif event.failed:
            means = meaning.classify(self._book, event)
            delivery = self._long.failure(event, means, line)
            if isinstance(cut, Cut):
                self._learn(cut, shortway.known(cut, head, event, meaning.way(event), means))
            elif cut is not None and delivery is not None:
                self._learn_delivery(cut, shortdelivery.known(cut, head, event, means, *delivery))
        elif event.event in ("warning", "sasl_failure", "other"):
            means = meaning.classify(self._book, event)
            if isinstance(cut, Cut) and (means.rule is not None or event.severity is not None):
                self._learn(cut, shortway.known(cut, head, event, meaning.way(event), means))
            self._long.trouble(event, means, head, line)

    def _learn_sender(self, event: Event, head: Head, line: Spot) -> None:
        cut = success.cut(line.data, line.start, line.start + len(line.raw))
        if cut is not None and success.agrees(cut, event) and f"{head.host} {head.tag}" == cut.writer.decode():
            self._failures.learn_sender(cut.writer, event.host or "")

    def _learn_delivery(self, cut: shortdelivery.Cut, known: shortdelivery.Known | None) -> None:
        if known is None:
            return
        if len(self._deliveries) >= shortdelivery.LIMIT:
            self._deliveries.clear()
        self._deliveries[cut.writer, shortdelivery.outline(cut.shape)] = known
        if self._failures is not None:
            self._failures.learn_delivery(cut, known)

    def _learn(self, cut: Cut, known: Known | None) -> None:
        if known is None:
            return
        if len(self._shapes) >= shortway.LIMIT:
            self._shapes.clear()
        self._shapes[cut.writer, cut.shape] = known
        if self._failures is not None:
            self._failures.learn(cut, known)

    def _wait(
        self, cut: Cut, known: Known, data: bytes, low: int, start: int, offset: int, row: int, raw: bytes
    ) -> None:
        """Put a line of a known shape aside, to be counted with the like of it."""
        hour, _, pid, name, addr, sender, recipient, helo, _ = cut
        warned = None
        login = known.direction == "server"
        if name == b"unknown" and not login:
            warned = self._sessions.mismatch(known.host, int(pid), addr.decode(), offset)
        detail = ""
        if known.found.cause == "unresolvable_client_hostname" and not login:
            if warned is not None:
                detail = warned.detail
            elif session.connected(data, low, start, int(pid), addr.decode()):
                detail = "no_ptr"
        else:
            detail = known.found.detail or ""
        by_name: tuple[bytes, ...]
        if name != b"unknown":
            by_name = (name,)
        elif warned is not None:
            by_name = (warned.name.encode(), b"")
        else:
            by_name = (helo, b"", b"")
        found = self._parties.get(by_name)
        if found is None and warned is None and name == b"unknown" and not is_host_name(helo.decode()):
            net = shortway.network_of(addr)
            found = net.decode(), "net", net
        elif found is None:
            if len(self._parties) >= shortway.LIMIT:
                self._parties.clear()
            ptr = warned.name if warned else None
            who, how, shown_as = party.client_party(name.decode(), addr.decode(), ptr, helo.decode() or None)
            found = who, how, shown_as.encode()
            self._parties[by_name] = found
        party_name, trust, shown = found
        where = (known, party_name, trust, detail)
        waiting = self._waiting.get(where)
        if waiting is None:
            waiting = self._waiting[where] = Waiting(known, party_name, trust, detail)
        waiting.lines.append((offset, row, hour, name, addr, sender, recipient, helo, shown, raw))
        self._patience -= 1
        if self._patience <= 0:
            self._count_waiting()

    def _count_waiting(self) -> None:
        if self._failures is not None:
            self._failures.count()
        for waiting in self._waiting.values():
            waiting.count(self.tally, self.chunk.number)
        self._waiting.clear()
        self._patience = PATIENCE
