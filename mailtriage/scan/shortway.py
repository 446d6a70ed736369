"""The short way for lines that come by the million and differ only in who and where: refusals, failed logins.

One expression cuts such a line, as bytes, into what varies (client, sender, recipient, names) and a *shape*, what is
left of it. The first of a shape is parsed and classified in full; only where both ways agree on every field does the
short way stand for the like of it. Whatever could be read in two ways (quotes, blanks, brackets, bytes that are not
ASCII, anything forged) is not cut here. Lines of one group wait and are counted together (``Waiting``).
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from mailtriage.model.event import Event
from mailtriage.rules.book import Classification, public_address
from mailtriage.scan.meaning import plain_name
from mailtriage.scan.party import network
from mailtriage.scan.sample import digest
from mailtriage.scan.tally import HOUR, Group, GroupKey, Line, Mail, Place, Tally, place_hash
from mailtriage.scan.usual import ADDRESS, NAME, WORD, matcher, stamp_of
from mailtriage.syslog.head import Head

LIMIT = 4096  # shapes that are remembered; beyond it the memory starts anew, which changes speed and never an answer
EVIDENCE_LENGTH = 2000

_refused = matcher(
    rb"NOQUEUE: reject: RCPT from (" + NAME + rb")\[(" + ADDRESS + rb")\]: ([^\x00-\x1f\x7f-\xff]*?); from=<("
    + WORD + rb"*+)> to=<(" + WORD + rb"++)> proto=(E?SMTP) helo=<(" + WORD + rb"++)>\r?$"
)  # fmt: skip
_login = matcher(
    rb"warning: (" + NAME + rb")\[(" + ADDRESS + rb')\]: SASL ([^\x00-\x1f\x7f-\xff<>",]*+)(?:(, sasl_username=)('
    + WORD + rb"++))?\r?$"
)  # fmt: skip
_mismatch = matcher(
    rb"warning: hostname (" + WORD + rb"{1,255}) does not resolve to address ([0-9a-fA-F.:]*[0-9a-fA-F])"
    rb"(?:: ([^\x00-\x1f\x7f-\xff]{1,200}))?\r?$"
)  # fmt: skip

# How a value that a rule reads out of the text is got from a line of the same shape: it stands in every one of them,
# or is a part of the cut (by its number), whole, before its @ or behind it, or has the address within: name, value
# where it is constant or the frame of the address, number of the part or -1, one of: "", "local", "domain", "within".
Recipe = tuple[str, str, int, str]


class Cut(NamedTuple):
    """What varies in a line, and its shape. A failed login has no recipient, and its user name for a sender."""

    hour: bytes  # the stamp's begin down to the hour, and its zone
    writer: bytes  # host and tag
    pid: bytes
    name: bytes
    addr: bytes
    sender: bytes
    recipient: bytes
    helo: bytes
    shape: bytes


class Known:
    """What a shape means."""

    __slots__ = ("code", "direction", "dsn", "found", "host", "recipes")

    def __init__(self, host: str, event: Event, direction: str, found: Classification, recipes: list[Recipe]) -> None:
        self.host, self.direction, self.found, self.recipes = host, direction, found, tuple(recipes)
        self.code, self.dsn = event.code or "", event.dsn or ""


def refusal(data: bytes, start: int, stop: int) -> Cut | None:
    """Cut the line data[start:stop]; None where it is no refusal of the most usual form."""
    found = _refused(data, start, stop)
    return _refusal(*found.groups()) if found else None


def login(data: bytes, start: int, stop: int) -> Cut | None:
    """The same for a failed login."""
    found = _login(data, start, stop)
    if found is None:
        return None
    hour, zone, writer, pid, name, addr, said, mark, user = found.groups(b"")
    return Cut(hour + zone, writer, pid, name, addr, user, b"", b"", mark + b" " + said)


def mismatch(data: bytes, start: int, stop: int) -> tuple[bytes, int, str, str, str | None] | None:
    """Writer, process ID, name, address and reason of a host name warning; None where it is none."""
    found = _mismatch(data, start, stop)
    if found is None:
        return None
    _, _, writer, pid, name, addr, reason = found.groups()
    return writer, int(pid), name.decode(), addr.decode(), reason.decode() if reason else None


def _refusal(
    hour: bytes, zone: bytes, writer: bytes, pid: bytes, name: bytes, addr: bytes, said: bytes, sender: bytes,
    recipient: bytes, proto: bytes, helo: bytes,
) -> Cut | None:  # fmt: skip
    if b"; from=<" in said:
        return None
    # Rules see stand-ins for host addresses, for mail addresses in brackets and for the HELO name: they decide nothing.
    shape = said.replace(addr, b"\x01") if addr in said else said
    if b"<" in shape:
        if sender in shape and b"@" in sender and 3 < len(sender) < 250:
            shape = shape.replace(b"<" + sender + b">", b"\x02")
        if recipient in shape and b"@" in recipient and 3 < len(recipient) < 250:
            shape = shape.replace(b"<" + recipient + b">", b"\x03")
        if b"Helo command rejected" in shape or shape.endswith(b"Host not found"):
            if not plain_name(helo.decode()):
                return None
            shape = shape.replace(b"<" + helo + b">", b"\x04", 1)
    elif shape.endswith(b"Host not found") and not plain_name(helo.decode()):
        return None
    return Cut(hour + zone, writer, pid, name, addr, sender, recipient, helo, proto + b" " + shape)


def known(cut: Cut, head: Head, event: Event, direction: str, found: Classification) -> Known | None:
    """What other lines of this shape mean, where that is certain: both ways read the same."""
    if not agrees(cut, head, event) or direction == "submission":
        return None
    ways = recipes(cut, found)
    return Known(head.host or "", event, direction, found, ways) if ways is not None else None


def agrees(cut: Cut, head: Head, event: Event) -> bool:
    """Whether the long way reads the same out of the line, and nothing else."""
    name, addr, sender, recipient, helo = (part.decode() for part in cut[3:8])
    if f"{head.host} {head.tag}" != cut.writer.decode() or str(head.pid) != cut.pid.decode():
        return False
    if event.event == "sasl_failure":
        named = event.sasl_username or "", event.sender, event.recipient, event.helo
        same = named == (sender, None, None, None) and event.sasl_method is not None and event.relay_name is None
    else:
        named = event.sender or "", event.recipient, event.helo, event.sasl_username
        same = named == (sender, recipient, helo, None) and event.sender is not None
        same = same and event.event == "reject" and event.direction in ("inbound", "submission")
    return (
        same and (event.client_name, event.client_addr) == (name, addr)
        and event.client_port is None and event.queue_id is None and event.orig_to is None and event.repeat == 1
        and event.ptr_name is None and event.detail is None and not event.flags and not event.inferred
    )  # fmt: skip


def _part(value: str, which: str) -> str:
    if not which:
        return value
    local, at, domain = value.rpartition("@")
    return (local if which == "local" else domain) if at else ""


def recipes(cut: Cut, found: Classification) -> list[Recipe] | None:
    """How to get what the rule reads out of the text from other lines of this shape; None where that is not certain."""
    out: list[Recipe] = []
    # A rule reads the text alone: of what varies, only what has a stand-in there.
    parts = [
        part.decode() if sign in cut.shape or (number == 1 and not cut.recipient) else ""
        for number, (part, sign) in enumerate(zip(cut[3:8], (b"\0", b"\x01", b"\x02", b"\x03", b"\x04"), strict=True))
    ]
    shape = cut.shape.decode()
    whole = [part.decode() for part in cut[3:8] if part]
    for name, value in found.captures.items():
        ways = [
            (number, which)
            for number, part in enumerate(parts)
            for which in ("", "local", "domain")
            if part and _part(part, which) == value
        ]
        inside = [number for number, part in enumerate(parts) if part and part in value and part != value]
        constant = value in shape and not any(part in value or value in part for part in whole)
        if constant:
            out.append((name, value, -1, ""))
        elif len(ways) == 1:
            out.append((name, "", *ways[0]))
        elif inside == [1] and not ways and (form := value.replace(parts[1], "\x01")) in shape:
            out.append((name, form, 1, "within"))
        else:
            return None
    return out


# A line that was cut and waits: offset, row, hour, name, address, sender, recipient, HELO name, party's name as shown,
# the line.
Seen = tuple[int, int, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes]


class Touched(Protocol):
    """What counts attempts at places."""

    def touch(self, place: Place, count: int) -> None: ...


class Waiting:
    """Lines of one shape and one group that wait to be counted together."""

    __slots__ = ("detail", "key", "known", "lines")

    def __init__(self, known: Known, party: str, trust: str, detail: str) -> None:
        self.known, self.detail = known, detail
        self.lines: list[Seen] = []
        found, login = known.found, known.direction == "server"
        self.key = GroupKey(
            known.host, "inbound" if login else known.direction, "auth_failed" if login else found.cause,
            found.rule.id if found.rule else "", "Postfix" if login else found.operator or "",
            "" if login else found.via or "", party, trust, "sasl_failure" if login else "reject",
        )  # fmt: skip

    def count(self, tally: Tally, source: int) -> None:
        """Add the lines to their group: what ``longway`` does with each, for all of them at once."""
        lines, group, known = self.lines, tally.group(self.key), self.known
        touch(group, lines, source)
        if known.direction == "server":
            group.senders.add_all({line[5] for line in lines if line[5]})
        else:
            group.codes[known.code, known.dsn] += len(lines)
            if self.detail:
                group.details[self.detail] += len(lines)
            _mails(group, lines, source)
            group.senders.add_all({line[5] for line in lines})
            group.recipients.add_all({line[6] for line in lines})
        group.clients.add_all({line[4] for line in lines})
        group.names.add_all({line[8] for line in lines})
        _evidence(group, lines, source)
        for recipe in known.recipes:
            part = recipe[2]
            read(group, recipe, {line[3:8][part] for line in lines} if part >= 0 else set())


def read(group: Group, recipe: Recipe, values: set[bytes]) -> None:
    """Count in what a rule reads out of lines whose part has these values."""
    name, value, part, which = recipe
    if part < 0:
        capture(group, name, value)
    elif not which and name != "own_ip":
        group.capture_all(name, values)
    else:
        for one in values:
            text = one.decode()
            capture(group, name, value.replace("\x01", text) if which == "within" else _part(text, which))


def capture(group: Group, name: str, value: str) -> None:
    """Count in what a rule read; an address of ours that is none is none."""
    if name == "own_ip":
        address = public_address(value)
        if address is None:
            return
        value = address
    group.capture(name, value)


def _place(line: Any, source: int) -> Place:
    return Place(source, line[0], line[1], stamp_of(line[9]))


def touch(group: Touched, lines: Sequence[Any], source: int) -> None:
    """Count lines, in order, into the hours of a group (of each: offset, row, hour, and the line at 9)."""
    hour, begin = lines[0][2], 0
    for at, line in enumerate(lines):
        if line[2] != hour:
            _hour(group, lines[begin:at], source)
            hour, begin = line[2], at
    _hour(group, lines[begin:], source)


def _hour(group: Touched, lines: Sequence[Any], source: int) -> None:
    start = _place(lines[0], source)
    if len(lines) == 1:
        group.touch(start, 1)
        return
    stop = _place(lines[-1], source)
    if start.stamp is None or stop.stamp is None or start.stamp.micros // HOUR != stop.stamp.micros // HOUR:
        for line in lines:  # a zone whose hours are not those of UTC
            group.touch(_place(line, source), 1)
        return
    group.touch(start, len(lines) - 1)
    group.touch(stop, 1)


_PLAIN_V4 = re.compile(
    rb"((?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){2})"
    rb"\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$"
).match


def network_of(addr: bytes) -> bytes:
    """What ``party.network`` says, quickly for the usual IPv4 address."""
    plain = _PLAIN_V4(addr)
    return plain[1] + b".0/24" if plain else network(addr.decode()).encode()


def _mails(group: Group, lines: list[Seen], source: int) -> None:
    messages, mails = group.messages, group.mails
    for line in lines:
        _, _, _, _, addr, sender, recipient, _, _, _ = line
        message = b" ".join((network_of(addr), sender, recipient))
        key = digest(message)
        if messages.wants_key(key):
            messages.put(key, message.decode())
        if mails.could_keep(key):  # of the same mail the first is kept, whichever bucket is counted first
            mail = Mail(_place(line, source), sender.decode(), recipient.decode(), None, addr.decode())
            mails.put(key, message.decode(), mail)


def _evidence(group: Group, lines: list[Seen], source: int) -> None:
    evidence = group.evidence
    for line in lines:
        key = place_hash(source, line[0])
        if evidence.wants_key(key):
            evidence.put(key, f"{source}:{line[0]}", _kept(line, source))
    group.keep_end(_kept(lines[0], source))
    if len(lines) > 1:
        group.keep_end(_kept(lines[-1], source))


def _kept(line: Seen, source: int) -> Line:
    return Line(_place(line, source), line[9][:EVIDENCE_LENGTH].decode("utf-8", "replace").rstrip("\r"))
