"""The short way for deliveries that failed, as ``shortway`` has it for refusals.

What varies is the queue ID, the recipient's mailbox, the relay's address and the long identifiers that a remote server
puts into its reply; host, recipient's domain, codes and words are the shape. The rules see stand-ins for such
identifiers (mailtriage.rules.normal), so they decide nothing.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from mailtriage.model.event import Event
from mailtriage.rules.book import Classification
from mailtriage.scan.tally import GroupKey
from mailtriage.scan.usual import matcher
from mailtriage.syslog.head import Head

LIMIT = 4096  # shapes that are remembered; there is one for each host and domain

_WORD = rb'[^\x00-\x20\x7f-\xff<>"\\;,@\[\]]'
_match = matcher(
    rb"([0-9A-Za-z]{6,20}): to=<(" + _WORD + rb"{3,200})@(" + _WORD + rb"{3,250})>, relay=(none|(" + _WORD
    + rb"++)\[([0-9a-fA-F.:]++)\]:\d{1,5}), (?:conn_use=\d++, )?delay=(\d++(?:\.\d++)?), delays=[0-9./]++, "
    rb"dsn=(\d\.\d{1,3}\.\d{1,3}), status=(bounced|deferred) \(([^\x00-\x1f\x7f-\xff]*+)$"
)  # fmt: skip
_IDS = re.compile(
    rb"(?<!\d)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z?(?!\d)"
    rb"|(?<==)(?=[A-F]{0,11}\d)[0-9A-F]{8,11}(?![\w-])"
    rb"|(?<![\w-])(?=[A-Za-z_-]{0,40}\d[A-Za-z_-]{0,40}\d)[\w-]{12,200}(?![\w-])"
).sub


class _Masked(dict[bytes, bytes]):
    """Words of replies, and what is left of them without identifiers; none of these reaches over a blank."""

    def __missing__(self, word: bytes) -> bytes:
        masked = _IDS(b"\x04", word)
        if masked == word:
            if len(self) >= LIMIT:
                self.clear()
            self[word] = masked
        return masked


_masked = _Masked()


class Cut(NamedTuple):
    """What varies in a delivery line, and its shape, at whose end stands the reply."""

    writer: bytes
    pid: bytes
    queue_id: bytes
    mailbox: bytes
    domain: bytes
    addr: bytes
    delay: bytes
    shape: bytes  # with its identifiers


ADDRESS, RECIPIENT = "\x01", "\x02"  # captures that are the relay's address, the recipient


class Known(NamedTuple):
    """What a shape means."""

    key: GroupKey
    detail: str
    code: str
    dsn: str
    relay: str | None
    captures: Mapping[str, str]


def cut(data: bytes, start: int, stop: int) -> Cut | None:
    """Cut the line data[start:stop]; None where it is no failed delivery of the most usual form."""
    found = _match(data, start, stop)
    if found is None:
        return None
    _, _, writer, pid, queue_id, mailbox, domain, relay, host, addr, delay, dsn, status, said = found.groups(b"")
    if not said.endswith(b")"):
        return None
    if host:
        said = said.replace(host + b"[" + addr + b"]", b"\x01")
    elif said.startswith(b"connect to ") and (close := said.find(b"]")) > 0:
        opening = said.find(b"[") + 1
        addr = said[opening:close]
        said = said[:opening] + b"\x01" + said[close:]
    address = mailbox + b"@" + domain
    if address in said:
        said = said.replace(b"<" + address + b">", b"\x02").replace(address, b"\x03")
    # Whose domain it is decides only where no host answered.
    return Cut(
        writer, pid, queue_id, mailbox, domain, addr, delay, b"\0".join((host or relay + domain, dsn, status, said))
    )


def outline(shape: bytes) -> bytes:
    """A shape without its reply's identifiers."""
    head, _, said = shape.rpartition(b"\0")
    return head + b"\0" + b" ".join(map(_masked.__getitem__, said.split(b" ")))


def known(
    cut: Cut,
    head: Head,
    event: Event,
    found: Classification,
    key: GroupKey,
    code: str | None,
    relay: str | None,
    client: str | None,
) -> Known | None:
    """What other lines of this shape mean, where that is certain: both ways read the same."""
    recipient = (cut.mailbox + b"@" + cut.domain).decode()
    if f"{head.host} {head.tag}" != cut.writer.decode() or str(head.pid) != cut.pid.decode():
        return None
    if (event.queue_id, event.recipient, event.orig_to) != (cut.queue_id.decode(), recipient, None):
        return None
    if (
        (event.relay_addr or client or "") != cut.addr.decode()
        or event.repeat != 1
        or event.flags
        or event.sender is not None
    ):
        return None
    if key.direction != "outbound":
        return None
    shape = outline(cut.shape).decode()
    address = cut.addr.decode()
    varies = [part.decode() for part in (cut.queue_id, cut.mailbox, cut.addr) if part]
    captures = {}
    for name, value in found.captures.items():
        if value == address:
            value = ADDRESS
        elif value == recipient:
            value = RECIPIENT
        elif value not in shape or any(part in value or value in part for part in varies):
            return None
        captures[name] = value
    return Known(
        key, found.detail or "", code or "", event.dsn or "", relay, captures,
    )  # fmt: skip


def captures(cut: Cut, known: Known) -> Mapping[str, str]:
    """What the rule would read out of another line of a known shape."""
    if ADDRESS not in known.captures.values() and RECIPIENT not in known.captures.values():
        return known.captures
    stands = {ADDRESS: cut.addr.decode(), RECIPIENT: (cut.mailbox + b"@" + cut.domain).decode()}
    return {name: stands.get(value, value) for name, value in known.captures.items()}
