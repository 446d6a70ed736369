"""Gather: one pass over a chunk's bytes, home with a tally.

Every line that refuses, fails, warns, tries a login or arrives late is taken apart once, asked of the rules and
counted in its group; of the others only their number is known.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from mailtriage.model.event import Event
from mailtriage.model.stamp import Stamp
from mailtriage.postfix.parse import parse
from mailtriage.postfix.reply import parse_reply
from mailtriage.rules.book import Classification, RuleBook, public_address
from mailtriage.rules.shelf import load_book
from mailtriage.scan import census, meaning, party, refusal, session
from mailtriage.scan.chunk import WINDOW, Chunk, ScanPlan
from mailtriage.scan.pointer import pointer
from mailtriage.scan.tally import Group, GroupKey, Line, Mail, Place, Tally
from mailtriage.sources.interface import Block, Rest
from mailtriage.sources.reading import Reader
from mailtriage.syslog.calendar import Calendar
from mailtriage.syslog.calendar import Source as Dated
from mailtriage.syslog.head import Head, parse_head
from mailtriage.syslog.loss import lost_lines

LATE = 100.0  # seconds; Postfix tries a deferred mail again after 300 (minimal_backoff_time), less the time it took
EVIDENCE_LENGTH = 2000
# Deliveries by local(8) that lead nowhere.
NOWHERE = (
    "delivered to file: /dev/null", "delivered to command: /bin/true", "delivered to command: /usr/bin/true",
    "delivered to command: exit 0", "delivered to command: cat >/dev/null", "delivered to command: cat > /dev/null",
)  # fmt: skip
TROUBLES = 4096  # texts of warnings that are remembered

Trouble = tuple[GroupKey | None, Classification, Event, str | None]


@lru_cache(maxsize=4)
def rule_book(user_packs: tuple[str, ...]) -> RuleBook:
    """The rules, loaded once in each process."""
    return load_book(Path(folder) for folder in user_packs)[0]


def gather(chunk: Chunk, plan: ScanPlan) -> Tally:
    """Tally the lines that begin in a chunk."""
    worker = Gatherer(chunk, plan)
    reader = Reader(chunk.source, chunk.start, chunk.end, context=WINDOW)
    for block in reader:
        worker.feed(block)
    return worker.finish(reader)


def gather_rest(number: int, rest: Rest, plan: ScanPlan) -> Tally:
    """Tally what a stream brings after its spool was full: it passes once, and cannot be asked about."""
    worker = Gatherer(Chunk(number, rest.source, rest.source.size), plan)
    for block in rest.blocks(context=WINDOW):
        worker.feed(block)
    return worker.finish(rest)


class Gatherer:
    """The state of one pass over one chunk."""

    def __init__(self, chunk: Chunk, plan: ScanPlan) -> None:
        self.chunk, self.plan = chunk, plan
        self.tally = Tally()
        self._book = rule_book(plan.user_packs)
        self._pointer = pointer(hyperscan=plan.hyperscan)
        self._sessions = session.Sessions()
        self._row = 0
        self._census = census.Census(chunk.number, chunk.start, self.tally, plan.hyperscan)
        # Dates for --since and --until alone: they depend on the stamp and the file's time, never on the chunk.
        self._dates = Calendar((Dated((), chunk.source.mtime or None),), year=plan.year, tz=plan.zone)
        self._window = plan.since is not None or plan.until is not None
        self._first_block = True
        # What was understood before, by what it looks like. Both change speed and never an answer.
        self._shapes: dict[tuple[str | None, str], refusal.Known] = {}
        self._troubles: dict[tuple[str | None, str | None, str, int], Trouble] = {}

    def feed(self, block: Block) -> None:
        """Take in the next lines. What stands before them in the block serves for looking back."""
        buffer, shift = block.buffer, block.offset - block.begin
        begin = block.begin
        if self._first_block and block.context < begin:
            self._first_block = False
            for start, stop in self._pointer.lines(buffer, block.context, begin):
                self._remember(bytes(buffer[start:stop]), start + shift)
        self._first_block = False
        before, counted = self._row, begin
        for start, stop in self._pointer.lines(buffer, begin, block.end):
            self._row += buffer.count(b"\n", counted, start)
            counted = start
            self._line(block, start, stop, start + shift)
        self._row += buffer.count(b"\n", counted, block.end)
        self._census.feed(block, self._row - before)

    def finish(self, reader: Reader | Rest) -> Tally:
        """The tally, complete."""
        tally = self.tally
        tally.rows[self.chunk.number] = {self.chunk.start: self._row}
        tally.counts.broken += reader.cut
        tally.unread += [(self.chunk.number, unread) for unread in reader.unread]
        self._census.finish()
        tally.settle()
        return tally

    def _remember(self, raw: bytes, offset: int) -> None:
        head = parse_head(raw)
        if head and head.text.startswith("warning: ") and (found := session.read_mismatch(offset, head.text[9:])):
            self._sessions.note(head.host, head.pid, found)

    def _line(self, block: Block, start: int, stop: int, offset: int) -> None:
        raw = bytes(block.buffer[start:stop])
        head = parse_head(raw)
        if head is None:
            return
        place = Place(self.chunk.number, offset, self._row, head.stamp)
        refused = refusal.cut(head.text)
        if refused is not None and (known := self._shapes.get((head.tag, refused.shape))):
            self.tally.counts.examined += 1
            if not self._window or self._inside(head.stamp):
                self._refusal(head, refused, known, place, raw, block, start)
            return
        if (trouble := self._troubles.get((head.host, head.tag, head.text, head.repeat))) is not None:
            self.tally.counts.examined += 1
            if not self._window or self._inside(head.stamp):
                self._again(trouble, place, raw)
            return
        self.tally.counts.suppressed += lost_lines(head)
        event = parse(head)
        if event is None:
            return
        self.tally.counts.examined += 1
        if event.event == "warning" and (found := session.read_mismatch(offset, event.text or "")):
            self._sessions.note(event.host, event.pid, found)
            return
        if self._window and not self._inside(event.stamp):
            return
        if event.event == "delivery" and not event.failed:
            self._success(event, place, raw, block, start)
        elif event.failed:
            means = meaning.classify(self._book, event)
            self._learn_shape(head.tag, refused, event, means)
            self._failure(event, means, place, raw, block, start)
        elif event.event in ("warning", "sasl_failure", "other"):
            self._trouble(event, head, place, raw)

    def _inside(self, stamp: Stamp | None) -> bool:
        if stamp is None:
            return True
        at = stamp.micros if stamp.dated else round(self._dates.date(0, 0, stamp).timestamp() * 1e6)
        return (self.plan.since or at) <= at <= (self.plan.until or at)

    def _learn_shape(self, tag: str | None, refused: refusal.Cut | None, event: Event, found: Classification) -> None:
        """Remember what a shape means, where that is certain."""
        if refused is None or not refusal.agrees(refused, event):
            return
        recipes = refusal.recipes(refused, found)
        if recipes is None:
            return
        if len(self._shapes) >= refusal.LIMIT:
            self._shapes.clear()
        known = refusal.Known(found, meaning.way(event), event.code or "", event.dsn or "", recipes)
        self._shapes[tag, refused.shape] = known

    def _refusal(
        self, head: Head, refused: refusal.Cut, known: refusal.Known, place: Place, raw: bytes, block: Block, start: int
    ) -> None:
        """A refusal of a shape that is known: ``_failure`` in short."""
        found, direction, code, dsn, _ = known
        if direction == "server":
            self._login(head, refused, known, place, raw)
            return
        host, addr, sender, recipient = head.host or "", refused.addr, refused.sender, refused.recipient
        warned = None
        if refused.name == "unknown":
            warned = self._sessions.mismatch(head.host, head.pid, addr, place.offset)
        name, trust, shown = party.client_party(refused.name, addr, warned.name if warned else None, refused.helo)
        if direction == "submission":
            name, trust = sender or name, "user"
        rule = found.rule
        group = self.tally.group(GroupKey(
            host, direction, found.cause, rule.id if rule else "", found.operator or "", found.via or "", name, trust,
            "reject",
        ))  # fmt: skip
        repeat = head.repeat
        group.touch(place, repeat)
        if found.cause == "unresolvable_client_hostname":
            if warned is not None:
                detail = warned.detail
            else:
                detail = "no_ptr" if session.connected(block.buffer, block.context, start, head.pid, addr) else ""
            group.details[detail] += repeat
        elif found.detail:
            group.details[found.detail] += repeat
        group.codes[code, dsn] += repeat
        message = f"{party.network(addr)} {sender} {recipient}"
        group.messages.add(message)
        message = f"{message} {recipient}"
        if group.mails.wants(message):
            group.mails.add(message, Mail(place, sender, recipient, None, addr))
        _put(group, sender, recipient, addr, shown, None)
        self._evidence(group, place, raw, refusal.captures(refused, known))

    def _login(self, head: Head, cut: refusal.Cut, known: refusal.Known, place: Place, raw: bytes) -> None:
        """A failed login of a shape that is known: ``_trouble`` in short."""
        name, trust, shown = party.client_party(cut.name, cut.addr, None, None)
        rule = known.found.rule
        group = self.tally.group(GroupKey(
            head.host or "", "inbound", "auth_failed", rule.id if rule else "", "Postfix", "", name, trust,
            "sasl_failure",
        ))  # fmt: skip
        group.touch(place, head.repeat)
        _put(group, cut.sender or None, None, cut.addr, shown, None)
        self._evidence(group, place, raw, refusal.captures(cut, known))

    def _failure(self, event: Event, found: Classification, place: Place, raw: bytes, block: Block, start: int) -> None:
        """A mail that was refused, failed or put aside."""
        direction = meaning.way(event)
        helo = event.helo
        if event.event in ("delivery", "expired"):
            reply = parse_reply(event.reply or "")
            host = event.relay_name or reply.host
            name, trust = self._other_side(event, found, host, direction)
            if event.sender is None and event.queue_id:
                sender = session.sender_before(block.buffer, block.context, start, event.queue_id)
            else:
                sender = event.sender
            outcome, code, client = (
                event.status or event.event,
                reply.code or event.code,
                event.relay_addr or reply.addr,
            )
            relay, shown = host, None
        else:
            found_mismatch = None
            if event.client_name in (None, "unknown"):
                found_mismatch = self._sessions.mismatch(event.host, event.pid, event.client_addr, place.offset)
            ptr = found_mismatch.name if found_mismatch else event.ptr_name
            name, trust, shown = party.client_party(event.client_name, event.client_addr, ptr, helo)
            if direction == "submission":
                name, trust = event.sasl_username or event.sender or name, "user"
            sender, outcome, code, client, relay = event.sender, event.event, event.code, event.client_addr, None
        key = GroupKey(
            event.host or "", direction, found.cause, found.rule.id if found.rule else "", found.operator or "",
            found.via or "", name, trust, outcome,
        )  # fmt: skip
        group = self.tally.group(key)
        group.touch(place, event.repeat)
        if found.cause == "unresolvable_client_hostname":
            group.details[self._detail(event, found_mismatch, block, start)] += event.repeat
        elif found.detail:
            group.details[found.detail] += event.repeat
        group.codes[code or "", event.dsn or ""] += event.repeat
        recipient = event.recipient
        if event.queue_id and event.event in ("delivery", "expired"):
            message = event.queue_id
        else:
            message = f"{party.network(event.client_addr or '')} {sender} {recipient}"
        group.messages.add(message)
        group.mails.add(f"{message} {recipient}", Mail(place, sender, recipient, event.queue_id, client, event.delay))
        _put(group, sender, recipient, client, shown, relay)
        self._evidence(group, place, raw, found.captures.items())

    def _other_side(self, event: Event, found: Classification, host: str | None, direction: str) -> tuple[str, str]:
        """The party of a delivery: the operator that answered, else its host, else the recipient's domain."""
        if direction == "local":
            return (event.recipient or "").lower(), "mailbox"
        if home := self._book.operator_of_relay(host):
            return home.id, "operator"
        if host and not event.relay_addr and party.network(host) == host and "." not in host:
            host = None
        if host:
            return party.pool_id(host), "relay"
        domain = (event.recipient or "").rpartition("@")[2].lower()
        if home := self._book.operator_of_domain(domain):
            return home.id, "operator"
        return domain, "domain"

    def _detail(self, event: Event, found: session.Mismatch | None, block: Block, start: int) -> str:
        if found is not None:
            return found.detail
        if event.detail:
            return event.detail
        if session.connected(block.buffer, block.context, start, event.pid, event.client_addr):
            return "no_ptr"
        return ""

    def _success(self, event: Event, place: Place, raw: bytes, block: Block, start: int) -> None:
        """A delivery that worked, but late, or only in name."""
        if event.program == "discard" or event.reply == "discarded":
            self._aside(event, place, raw, block, start, "policy", "discarded")
        elif (event.reply or "").startswith(NOWHERE):
            self._aside(event, place, raw, block, start, "policy", "nowhere")
        if event.delay is None or event.delay < LATE or event.direction == "internal":
            return
        mail = Mail(place, event.sender, event.recipient, event.queue_id, event.relay_name, event.delay)
        self.tally.late.add(event.queue_id or "", mail)
        for part, seconds in zip("abcd", event.delays or (), strict=False):
            if seconds < LATE:
                continue
            wait = self.tally.waits.setdefault((event.host or "", part), [0.0, 0.0, 0.0])
            wait[0] += 1
            wait[1] += seconds
            wait[2] = max(wait[2], seconds)
            if part == "b":
                self._aside(event, place, raw, block, start, "system_error", "waited")

    def _aside(
        self, event: Event, place: Place, raw: bytes, block: Block, start: int, cause: str, outcome: str
    ) -> None:
        """Count a delivery that worked in name only, or that our own queue held up: direction ``queue``."""
        group = self.tally.group(GroupKey(event.host or "", "queue", cause, "", "", "", "", "own_server", outcome))
        group.touch(place, event.repeat)
        sender = event.sender
        if sender is None and event.queue_id:
            sender = session.sender_before(block.buffer, block.context, start, event.queue_id)
        if event.queue_id:
            group.messages.add(event.queue_id)
        mail = Mail(place, sender, event.recipient, event.queue_id, None, event.delay)
        group.mails.add(f"{event.queue_id} {event.recipient}", mail)
        _put(group, sender, event.recipient, None, None, event.relay_name)
        self._evidence(group, place, raw, ())

    def _trouble(self, event: Event, head: Head, place: Place, raw: bytes) -> None:
        """What the server says of itself."""
        found = meaning.classify(self._book, event)
        if len(self._troubles) >= TROUBLES:
            self._troubles.clear()
        same = (head.host, head.tag, head.text, head.repeat)
        if found.rule is None and event.severity is None:
            self._troubles[same] = None, found, event, None
            return
        outcome = event.severity or "info"
        if event.event == "sasl_failure":
            if found.rule is not None or event.severity is not None:
                self._learn_shape(head.tag, refusal.cut(head.text), event, found)
            name, trust, shown = party.client_party(event.client_name, event.client_addr, None, None)
            key = GroupKey(
                event.host or "", "inbound", "auth_failed", found.rule.id if found.rule else "", "Postfix", "", name,
                trust, "sasl_failure",
            )  # fmt: skip
        else:
            thing = found.captures.get("object", "")
            if census.is_queue_id(thing):
                thing = ""  # one trouble, however many mails
            shown = None
            if found.rule is None:
                thing = census.outline(event.text or "")
            key = GroupKey(
                event.host or "", "server", found.cause, found.rule.id if found.rule else "", "", "", thing,
                event.program or "", outcome,
            )  # fmt: skip
        self._troubles[same] = key, found, event, shown
        self._again(self._troubles[same], place, raw)

    def _again(self, trouble: Trouble, place: Place, raw: bytes) -> None:
        """A text that was understood before: only its time and place are new."""
        key, found, event, shown = trouble
        if key is None:
            return
        group = self.tally.group(key)
        group.touch(place, event.repeat)
        if event.queue_id:
            group.messages.add(event.queue_id)
        _put(group, event.sasl_username or event.sender, event.recipient, event.client_addr, shown, event.relay_name)
        self._evidence(group, place, raw, found.captures.items())

    def _evidence(self, group: Group, place: Place, raw: bytes, captures: Iterable[tuple[str, str]]) -> None:
        line = Line(place, raw[:EVIDENCE_LENGTH].decode("utf-8", "replace").rstrip("\r"))
        group.evidence.add(f"{place.source}:{place.offset}", line)
        group.keep_end(line)
        for name, value in captures:
            if name == "own_ip":
                if (address := public_address(value)) is None:
                    continue
                value = address
            group.capture(name, value)


def _put(
    group: Group, sender: str | None, recipient: str | None, client: str | None, name: str | None, relay: str | None
) -> None:
    if sender is not None:
        group.senders.add(sender)
    if recipient is not None:
        group.recipients.add(recipient)
    if client:
        group.clients.add(client)
    if name:
        group.names.add(name)
    if relay:
        group.relays.add(relay)
