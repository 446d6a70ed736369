"""Which part of a host name is the organisation: the public suffix list, private section included.

Source: publicsuffix.org/list, "Format" and "Algorithm". The list's lines are looked up as they stand: making objects of
ten thousand rules takes longer than a small log.
"""

import ipaddress
from functools import cache, lru_cache
from pathlib import Path

import publicsuffixlist


@cache
def _rules() -> frozenset[str]:
    """The list's lines; what are comments looks like no name."""
    return frozenset(Path(publicsuffixlist.PSLFILE).read_text(encoding="utf-8").split("\n"))


def _private_suffix(name: str) -> str | None:
    """The public suffix and one label more; None where there is no more."""
    given = labels = name.split(".")
    if "" in labels:
        return None
    if "xn--" in name:
        try:
            labels = name.encode().decode("idna").split(".")
        except UnicodeError:
            labels = given
    rules = _rules()
    size = 1  # labels of the suffix; where no rule matches it is the last one
    for first in range(len(labels)):
        rest = ".".join(labels[first:])
        if f"!{rest}" in rules:
            size = len(labels) - first - 1
        elif rest in rules or f"*.{rest}" in rules or f"*.{'.'.join(labels[first + 1 :])}" in rules:
            size = len(labels) - first
        else:
            continue
        break
    return ".".join(given[-size - 1 :]) if len(labels) > size else None


def _is_network(name: str) -> bool:
    """Whether it is an address or a network."""
    if ":" not in name and not name[-1:].isdigit():
        return False  # at once: nearly all names
    try:
        ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=16384)
def organisation(name: str) -> str:
    """The registrable domain of a host or domain name; the name itself where it has none (an address, a bare word)."""
    name = name.lower().strip(".")
    return name if _is_network(name) else _private_suffix(name) or name


def domain_of(address: str | None) -> str:
    """The domain of a mail address in lower case; "" where it has none."""
    return (address or "").rpartition("@")[2].lower().strip(".>")
