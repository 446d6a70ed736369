"""The short way for lines that come by the million and differ only in who and where: refusals, failed logins.

Such a line is cut into what varies (client, sender, recipient, names) and a *shape*, what is left of it. The first of
a shape is parsed and classified in full; only where both ways agree on every field does the short way stand for the
like of it. Whatever could be read in two ways (quotes, blanks, brackets, anything forged) is not cut here.
"""

from typing import NamedTuple

from mailtriage.model.event import Event
from mailtriage.rules.book import Classification
from mailtriage.scan.meaning import plain_name

_REFUSED = "NOQUEUE: reject: RCPT from "
_WARNED = "warning: "
_FORBIDDEN = frozenset('<> \t"\\;,\0\x01\x02\x03\x04')
_ADDRESS = frozenset("0123456789abcdefABCDEF.:")
LIMIT = 4096  # shapes that are remembered; beyond it the memory starts anew, which changes speed and never an answer

# How a value that a rule reads out of the text is got from a line of the same shape: it stands in every one of them,
# or is a part of the cut (by its number), whole, before its @ or behind it.
Recipe = tuple[
    str, str, int, str
]  # name, value where it is constant, number of the part or -1, one of: "", "local", "domain"


class Cut(NamedTuple):
    """What varies in a line, and its shape. A failed login has no recipient, and its user name for a sender."""

    name: str
    addr: str
    sender: str
    recipient: str
    helo: str
    shape: str


class Known(NamedTuple):
    """What a shape means."""

    found: Classification
    direction: str
    code: str
    dsn: str
    recipes: tuple[Recipe, ...]


def cut(text: str) -> Cut | None:
    """Cut a message text; None where it is no refusal or failed login of the most usual form."""
    if text.startswith(_REFUSED):
        return _refusal(text) if text[-1] == ">" else None
    if text.startswith(_WARNED):
        return _login(text)
    return None


def _client(text: str) -> tuple[str, str] | None:
    """``name[address`` cut in two."""
    name, bracket, addr = text.partition("[")
    if bracket and name and addr and _ADDRESS.issuperset(addr) and _FORBIDDEN.isdisjoint(name):
        return name, addr
    return None


def _refusal(text: str) -> Cut | None:
    body, _, tail = text.partition("; from=<")
    sender, _, tail = tail.partition("> to=<")
    recipient, _, tail = tail.partition("> proto=")
    proto, _, helo = tail[:-1].partition(" helo=<")
    if proto not in ("ESMTP", "SMTP") or not helo or not recipient:
        return None
    if not _FORBIDDEN.isdisjoint(sender + recipient + helo):
        return None
    peer, mark, said = body[len(_REFUSED) :].partition("]: ")
    client = _client(peer)
    if not mark or client is None:
        return None
    # Rules see stand-ins for host addresses, for mail addresses in brackets and for the HELO name: they decide nothing.
    shape = said.replace(client[1], "\x01")
    if "@" in sender and 3 < len(sender) < 250:
        shape = shape.replace(f"<{sender}>", "\x02")
    if "@" in recipient and 3 < len(recipient) < 250:
        shape = shape.replace(f"<{recipient}>", "\x03")
    if shape.endswith("Host not found") or ">: Helo command rejected" in shape:
        if not plain_name(helo):
            return None
        shape = shape.replace(f"<{helo}>", "\x04", 1)
    return Cut(*client, sender, recipient, helo, f"{proto} {shape}")


def _login(text: str) -> Cut | None:
    peer, mark, said = text[len(_WARNED) :].partition("]: SASL ")
    client = _client(peer) if mark else None
    if client is None:
        return None
    shape, mark, user = said.partition(", sasl_username=")
    if (mark and not user) or not _FORBIDDEN.isdisjoint(user):
        return None
    return Cut(*client, user, "", "", f"{mark} {shape}")


def agrees(cut: Cut, event: Event) -> bool:
    """Whether the long way reads the same out of the line, and nothing else."""
    if event.event == "sasl_failure":
        named = event.sasl_username or "", event.sender, event.recipient, event.helo
        same = named == (cut.sender, None, None, None) and event.sasl_method is not None and event.relay_name is None
    else:
        named = event.sender or "", event.recipient, event.helo, event.sasl_username
        same = named == (cut.sender, cut.recipient, cut.helo, None) and event.sender is not None
        same = same and event.event == "reject" and event.direction in ("inbound", "submission")
    return (
        same and (event.client_name, event.client_addr) == (cut.name, cut.addr)
        and event.client_port is None and event.queue_id is None and event.orig_to is None
        and event.ptr_name is None and event.detail is None and not event.flags and not event.inferred
    )  # fmt: skip


def _part(value: str, which: str) -> str:
    if not which:
        return value
    local, at, domain = value.rpartition("@")
    return (local if which == "local" else domain) if at else ""


def recipes(cut: Cut, found: Classification) -> tuple[Recipe, ...] | None:
    """How to get what the rule reads out of the text from other lines of this shape; None where that is not certain."""
    out: list[Recipe] = []
    for name, value in found.captures.items():
        ways = [
            (number, which)
            for number in range(5)
            for which in ("", "local", "domain")
            if cut[number] and _part(cut[number], which) == value
        ]
        constant = value in cut.shape and not any(part and (part in value or value in part) for part in cut[:5])
        if constant:
            out.append((name, value, -1, ""))
        elif len(ways) == 1:
            out.append((name, "", *ways[0]))
        else:
            return None
    return tuple(out)


def captures(cut: Cut, known: Known) -> list[tuple[str, str]]:
    """What the rule would read out of a line of a known shape."""
    return [(name, value if number < 0 else _part(cut[number], which)) for name, value, number, which in known.recipes]
