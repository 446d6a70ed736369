"""Who is on the other side: the key under which attempts of one party come together.

A pool's hosts differ in their digits alone (omta0014, omta0021), so digits are left out of the key. Which part of a
name is the organisation needs the public suffix list and is decided later, by triage.
"""

import re
from functools import lru_cache

_DIGITS = re.compile(r"\d+")
_PLAIN_V4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!$)|$)){3}")
_LITERAL = re.compile(r"^\[?(?:ipv6:)?[0-9a-f.:]+\]?$", re.IGNORECASE)
_HOST = re.compile(r"^[a-z0-9_*](?:[a-z0-9_.*-]{0,250}[a-z0-9*])?$")


def _cut(name: str) -> tuple[str, str]:
    """A lower-case host name cut before its organisation, guessed without the public suffix list."""
    labels = name.lower().strip(".").split(".")
    tail = 3 if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3 else 2
    return ".".join(labels[:-tail]), ".".join(labels[-tail:])


@lru_cache(maxsize=8192)
def pool_id(name: str) -> str:
    """A host name without the digits of its host part: "omta0014.jcom.zaq.ne.jp" → "omta.jcom.zaq.ne.jp"."""
    host, organisation = _cut(name)
    host = _DIGITS.sub("", host).strip(".-")
    return f"{host}.{organisation}" if host else organisation


def pool_pattern(names: list[str]) -> str | None:
    """The pattern of a pool's host names: digits of the host part as ``*``, where there is more than one name."""
    if not names:
        return None
    if len({name.lower() for name in names}) == 1:
        return names[0].lower()
    host, organisation = _cut(min(names))
    host = _DIGITS.sub("*", host)
    return f"{host}.{organisation}" if host else organisation


@lru_cache(maxsize=8192)
def network(address: str) -> str:
    """The /24 of an IPv4 address, the /64 of an IPv6 address; the text itself where it is no address."""
    start, _, last = address.rpartition(".")
    if _PLAIN_V4.fullmatch(start) and last.isdecimal() and last.isascii() and len(last) < 4 and int(last) < 256:
        return f"{start}.0/24" if last == "0" or last[0] != "0" else address
    return _network_v6(address, 8)


@lru_cache(maxsize=8192)
def wide(address: str) -> str:
    """The /16 of an IPv4 address, the /40 of an IPv6 address: about one access provider's region."""
    parts = address.split(".")
    if len(parts) == 4 and _PLAIN_V4.fullmatch(".".join(parts[:3])):
        return f"{parts[0]}.{parts[1]}.0.0/16"
    return _network_v6(address, 5)


def _network_v6(address: str, size: int) -> str:
    """The network of an IPv6 address, so many bytes of it; the text itself where it is none."""
    if ":" not in address:
        return address
    import socket  # takes a while to load, and most logs have no such address

    try:
        packed = socket.inet_pton(socket.AF_INET6, address)
    except (OSError, ValueError):
        return address
    return f"{socket.inet_ntop(socket.AF_INET6, packed[:size] + bytes(16 - size))}/{8 * size}"


def is_host_name(text: str | None) -> bool:
    """Whether a text looks like a full host name (not an address, not a bare word)."""
    if not text or "." not in text:
        return False
    lowered = text.lower().rstrip(".")
    return bool(_HOST.match(lowered)) and not _LITERAL.match(lowered)


def client_party(name: str | None, address: str | None, ptr_name: str | None, helo: str | None) -> tuple[str, str, str]:
    """The party of a client: its key, how the name is known, and the name itself.

    In order of trust: the verified name, the PTR name that does not resolve back, the HELO name (anybody can say any),
    else the network.
    """
    if name and name != "unknown":
        return pool_id(name), "client", name
    if ptr_name:
        return pool_id(ptr_name), "ptr", ptr_name
    if is_host_name(helo):
        return pool_id(str(helo)), "helo", str(helo)
    net = network(address or "unknown")
    return net, "net", net
