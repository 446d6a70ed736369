"""The long way: one line parsed and asked of the rules, then counted in its group."""

from collections.abc import Mapping
from typing import NamedTuple

from mailtriage.model.event import Event
from mailtriage.postfix.reply import parse_reply
from mailtriage.rules.book import Classification, RuleBook
from mailtriage.scan import meaning, party, session, shortdelivery
from mailtriage.scan.census import is_queue_id, outline
from mailtriage.scan.sample import digest
from mailtriage.scan.shortway import EVIDENCE_LENGTH, capture
from mailtriage.scan.tally import LATE, Group, GroupKey, Line, Mail, Place, Tally, place_hash
from mailtriage.syslog.head import Head

# Deliveries by local(8) that lead nowhere.
NOWHERE = (
    "delivered to file: /dev/null", "delivered to command: /bin/true", "delivered to command: /usr/bin/true",
    "delivered to command: exit 0", "delivered to command: cat >/dev/null", "delivered to command: cat > /dev/null",
)  # fmt: skip
TROUBLES = 4096  # texts of warnings that are remembered

Trouble = tuple[GroupKey | None, Classification, Event, str | None]
Same = tuple[str | None, str | None, str, int]


class Spot(NamedTuple):
    """A line and where it stands: data[start:stop], with data[low:start] to look back at."""

    place: Place
    raw: bytes
    data: bytes
    low: int
    start: int


class DeliveryMeans(NamedTuple):
    """What a failed delivery was counted as."""

    key: GroupKey
    code: str | None
    host: str | None
    client: str | None


class LongWay:
    """Counts single lines into the tally of a chunk."""

    def __init__(self, tally: Tally, book: RuleBook, sessions: session.Sessions) -> None:
        self.tally, self._book, self._sessions = tally, book, sessions
        # What was understood before, by its words. It changes speed and never an answer.
        self._troubles: dict[Same, Trouble] = {}

    def known_trouble(self, head: Head, line: Spot | None) -> bool:
        """Whether exactly this was understood before; counts it where ``line`` is given."""
        trouble = self._troubles.get((head.host, head.tag, head.text, head.repeat))
        if trouble is not None and line is not None:
            self._again(trouble, line)
        return trouble is not None

    def failure(self, event: Event, found: Classification, line: Spot) -> DeliveryMeans | None:
        """A mail that was refused, failed or put aside; of a delivery, what the like of it share."""
        direction = meaning.way(event)
        if event.event in ("delivery", "expired"):
            return self._delivery(event, found, direction, line)
        mismatch = None
        if event.client_name in (None, "unknown"):
            mismatch = self._sessions.mismatch(event.host, event.pid, event.client_addr, line.place.offset)
        ptr = mismatch.name if mismatch else event.ptr_name
        name, trust, shown = party.client_party(event.client_name, event.client_addr, ptr, event.helo)
        if direction == "submission":
            name, trust = event.sasl_username or event.sender or name, "user"
        group = self.tally.group(_key(event, found, direction, name, trust, event.event))
        group.touch(line.place, event.repeat)
        if found.cause == "unresolvable_client_hostname":
            group.details[self._detail(event, mismatch, line)] += event.repeat
        elif found.detail:
            group.details[found.detail] += event.repeat
        group.codes[event.code or "", event.dsn or ""] += event.repeat
        message = f"{party.network(event.client_addr or '')} {event.sender or ''} {event.recipient or ''}"
        group.messages.add(message)
        group.mails.add(message, Mail(line.place, event.sender, event.recipient, event.queue_id, event.client_addr))
        _put(group, event.sender, event.recipient, event.client_addr, shown, None)
        _keep(group, line, found.captures)
        return None

    def _delivery(
        self, event: Event, found: Classification, direction: str, line: Spot
    ) -> DeliveryMeans:  # fmt: skip
        """A delivery that failed; its group's key and what else the like of it share."""
        reply = parse_reply(event.reply or "")
        host = event.relay_name or reply.host
        name, trust = self._other_side(event, found, host, direction)
        outcome, code, client = event.status or event.event, reply.code or event.code, event.relay_addr or reply.addr
        key = _key(event, found, direction, name, trust, outcome)
        group = self.tally.group(key)
        group.touch(line.place, event.repeat)
        if found.detail:
            group.details[found.detail] += event.repeat
        group.codes[code or "", event.dsn or ""] += event.repeat
        self._mail(group, event.queue_id, event.recipient, event.sender, client, event.delay, line)
        _put(group, event.sender, event.recipient, client, None, host)
        _keep(group, line, found.captures)
        return DeliveryMeans(key, code, host, client)

    def _mail(
        self, group: Group, queue_id: str | None, recipient: str | None, sender: str | None, client: str | None,
        delay: float | None, line: Spot,
    ) -> None:  # fmt: skip
        """Count in a mail of a delivery; only for those that are kept is the sender searched, for it costs.

        Tally.name_senders makes the group's senders of them.
        """
        message = queue_id or f"{party.network(client or '')} {sender or ''} {recipient or ''}"
        group.messages.add(message)
        attempt = f"{message} {recipient}"
        key = digest(attempt)
        if group.mails.could_keep(key):
            if sender is None and queue_id:
                sender = session.sender_before(line.data, line.low, line.start, queue_id)
            group.mails.put(key, attempt, Mail(line.place, sender, recipient, queue_id, client, delay))

    def delivery_again(self, cut: shortdelivery.Cut, known: shortdelivery.Known, line: Spot) -> None:
        """A failed delivery of a shape that is known: ``_delivery`` in short."""
        group = self.tally.group(known.key)
        group.touch(line.place, 1)
        if known.detail:
            group.details[known.detail] += 1
        group.codes[known.code, known.dsn] += 1
        recipient, addr = cut.mailbox + b"@" + cut.domain, cut.addr.decode() or None
        self._mail(group, cut.queue_id.decode(), recipient.decode(), None, addr, float(cut.delay), line)
        group.recipients.add_bytes(recipient)
        if addr:
            group.clients.add_bytes(cut.addr)
        if known.relay:
            group.relays.add(known.relay)
        _keep(group, line, shortdelivery.captures(cut, known))

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

    def _detail(self, event: Event, found: session.Mismatch | None, line: Spot) -> str:
        if found is not None:
            return found.detail
        if event.detail:
            return event.detail
        if session.connected(line.data, line.low, line.start, event.pid, event.client_addr):
            return "no_ptr"
        return ""

    def success(self, event: Event, line: Spot) -> None:
        """A delivery that worked, but late, or only in name."""
        if event.program == "discard" or event.reply == "discarded":
            self._aside(event, line, "policy", "discarded")
        elif (event.reply or "").startswith(NOWHERE):
            self._aside(event, line, "policy", "nowhere")
        if event.delay is None or event.delay < LATE or event.direction == "internal":
            return
        mail = Mail(line.place, event.sender, event.recipient, event.queue_id, event.relay_name, event.delay)
        self.tally.late.add(event.queue_id or "", mail)
        self.tally.note_waits(event.host or "", event.delays or ())
        if event.delays and event.delays[1] >= LATE:
            self._aside(event, line, "system_error", "waited")

    def _aside(self, event: Event, line: Spot, cause: str, outcome: str) -> None:
        """Count a delivery that worked in name only, or that our own queue held up: direction ``queue``."""
        group = self.tally.group(GroupKey(event.host or "", "queue", cause, "", "", "", "", "own_server", outcome))
        group.touch(line.place, event.repeat)
        sender = event.sender
        if sender is None and event.queue_id:
            sender = session.sender_before(line.data, line.low, line.start, event.queue_id)
        if event.queue_id:
            group.messages.add(event.queue_id)
        mail = Mail(line.place, sender, event.recipient, event.queue_id, None, event.delay)
        group.mails.add(f"{event.queue_id} {event.recipient}", mail)
        _put(group, sender, event.recipient, None, None, event.relay_name)
        _keep(group, line, {})

    def trouble(self, event: Event, found: Classification, head: Head, line: Spot) -> None:
        """What the server says of itself, and a failed login."""
        if len(self._troubles) >= TROUBLES:
            self._troubles.clear()
        same = (head.host, head.tag, head.text, head.repeat)
        if found.rule is None and event.severity is None:
            self._troubles[same] = None, found, event, None
            return
        rule = found.rule.id if found.rule else ""
        shown = None
        if event.event == "sasl_failure":
            name, trust, shown = party.client_party(event.client_name, event.client_addr, None, None)
            key = GroupKey(
                event.host or "", "inbound", "auth_failed", rule, "Postfix", "", name, trust, "sasl_failure",
            )  # fmt: skip
        else:
            thing = found.captures.get("object", "")
            if found.rule is None:
                thing = outline(event.text or "")
            elif is_queue_id(thing):
                thing = ""  # one trouble, however many mails
            key = GroupKey(
                event.host or "", "server", found.cause, rule, "", "", thing, event.program or "",
                event.severity or "info",
            )  # fmt: skip
        self._troubles[same] = key, found, event, shown
        self._again(self._troubles[same], line)

    def _again(self, trouble: Trouble, line: Spot) -> None:
        """A text that was understood before: only its time and place are new."""
        key, found, event, shown = trouble
        if key is None:
            return
        group = self.tally.group(key)
        group.touch(line.place, event.repeat)
        if event.queue_id:
            group.messages.add(event.queue_id)
        _put(group, event.sasl_username or event.sender, event.recipient, event.client_addr, shown, event.relay_name)
        _keep(group, line, found.captures)


def _key(event: Event, found: Classification, direction: str, name: str, trust: str, outcome: str) -> GroupKey:
    """The group of a failure that means this, of a party known in this way."""
    return GroupKey(
        event.host or "", direction, found.cause, found.rule.id if found.rule else "", found.operator or "",
        found.via or "", name, trust, outcome,
    )  # fmt: skip


def _keep(group: Group, line: Spot, captures: Mapping[str, str]) -> None:
    """Keep a line as evidence where it is the first, the last or in the sample, and what the rule read out of it."""
    place = line.place
    kept = Line(place, line.raw[:EVIDENCE_LENGTH].decode("utf-8", "replace").rstrip("\r"))
    key = place_hash(place.source, place.offset)
    if group.evidence.wants_key(key):
        group.evidence.put(key, f"{place.source}:{place.offset}", kept)
    group.keep_end(kept)
    for name, value in captures.items():
        capture(group, name, value)


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
