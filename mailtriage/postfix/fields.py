"""The building blocks of Postfix's lines: queue IDs, clients, relays, envelope addresses, codes.

Sources: global/mail_queue.h and global/safe_ultostr.c (queue IDs), smtpd/smtpd_peer.c (clients), global/log_adhoc.c.
"""

import re
from typing import Any, NamedTuple

Fields = dict[str, Any]  # arguments of model.event.Event

_FIGURES = frozenset("0123456789")

MAX_NAME = 512  # characters of a host name that are believed
MAX_ADDRESS = 128  # characters between the brackets of name[address]

# An envelope address in external form: what is no atom stands in quotes, as one unit (Postfix 3.5 and later).
ADDRESS = r'(?:[^ \t<>"\\]++|"(?:[^"\\]++|\\.)*+")*+'

_QUOTED = re.compile(ADDRESS, re.DOTALL)
_DSN = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_RELAY_PORT = re.compile(r":(\d{1,5})$")


class Peer(NamedTuple):
    """``name[address]:port`` as smtpd, smtp and lmtp write it; ``[address]:port`` (postscreen) has no name."""

    name: str | None
    addr: str
    port: int | None
    end: int  # position behind it


def peer(text: str, start: int) -> Peer | None:
    """Read a peer at a position; None where there is none. ``:unknown`` in the port's place gives no port."""
    bracket = text.find("[", start, start + MAX_NAME)
    if bracket < 0:
        return None
    close = text.find("]", bracket, bracket + MAX_ADDRESS)
    name = text[start:bracket]
    if close < 0 or " " in name:
        return None
    end = close + 1
    port = None
    if text[end : end + 1] == ":":
        last = end + 1
        while text[last : last + 1] in _FIGURES and last - end < 7:
            last += 1
        if last > end + 1:
            port = number(text[end + 1 : last])
            end = last
        elif text.startswith("unknown", end + 1):
            end += 8
    return Peer(name or None, text[bracket + 1 : close], port, end)


def client_fields(found: Peer) -> Fields:
    """The event fields of a client."""
    fields: Fields = {"client_addr": found.addr}
    if found.name is not None:
        fields["client_name"] = found.name
    if found.port is not None:
        fields["client_port"] = found.port
    return fields


def relay_fields(relay: str) -> Fields:
    """The event fields of ``relay=``: ``host[address]:port``, ``host[private/socket]``, a service's name, or none."""
    if relay == "none" or not relay:
        return {}
    bracket = relay.find("[")
    if bracket < 0:
        host, colon, port = relay.rpartition(":")
        if colon and (value := number(port)) is not None and len(port) < 6:
            return {"relay_name": host, "relay_port": value}
        return {"relay_name": relay}
    close = relay.find("]", bracket)
    if close < 0:
        return {"relay_name": relay[:bracket], "relay_addr": relay[bracket + 1 :]}
    fields: Fields = {"relay_addr": relay[bracket + 1 : close]}
    if bracket:
        fields["relay_name"] = relay[:bracket]
    if found := _RELAY_PORT.fullmatch(relay, close + 1):
        fields["relay_port"] = int(found[1])
    return fields


def split_queue_id(text: str) -> tuple[str | None, str] | None:
    """Split ``queue ID: rest``; the ID is None for NOQUEUE. None where the text does not begin with an ID.

    Taken leniently: logs that somebody edited hold IDs that Postfix could not have made.
    """
    colon = text.find(": ", 0, 256)
    if colon < 5:
        return None
    word = text[:colon]
    if word == "NOQUEUE":
        return None, text[colon + 2 :]
    if is_queue_id(word):
        return word, text[colon + 2 :]
    return None


def is_queue_id(word: str) -> bool:
    """Whether a word may be a queue ID: letters and digits of which one is a digit, or capitals alone."""
    return 4 < len(word) < 256 and word.isalnum() and word.isascii() and (word.isupper() or not word.isalpha())


def is_address(text: str) -> bool:
    """Whether a text is one envelope address in external form: blanks and ``<>`` only within a quoted local part."""
    if '"' in text or "\\" in text:
        return _QUOTED.fullmatch(text) is not None
    return not (">" in text or "<" in text or " " in text or "\t" in text)


def quoted_end(text: str, start: int) -> int:
    """Position behind the longest run of characters at ``start`` that may belong to an address."""
    found = _QUOTED.match(text, start)
    return found.end() if found else start


def codes(text: str) -> tuple[str | None, str | None, str]:
    """Split ``550 5.1.1 reason`` into reply code, enhanced status code and the rest; what is missing is None."""
    code = None
    head = text[:3]
    if head.isdigit() and head.isascii() and head[0] in "245" and text[3:4] in (" ", "-", ""):
        code, text = head, text[4:]
    if text[1:2] == "." and (found := _DSN.match(text)):
        end = found.end()
        if text[end : end + 1] in (" ", ""):
            return code, found[0], text[end + 1 :]
    return code, None, text


def number(text: str) -> int | None:
    """A whole number of at most eighteen digits, else None."""
    return int(text) if 0 < len(text) < 19 and text.isascii() and text.isdigit() else None


def seconds(text: str) -> float | None:
    """A duration such as ``0.05`` or ``1021``; None for anything else."""
    if len(text) < 20 and text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    return None
