"""Which part of a host name is the organisation: the public suffix list, private section included."""

import ipaddress
from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=16384)
def organisation(name: str) -> str:
    """The registrable domain of a host or domain name; the name itself where it has none (an address, a bare word)."""
    name = name.lower().strip(".")
    try:
        ipaddress.ip_network(name, strict=False)
    except ValueError:
        return _suffixes().privatesuffix(name) or name
    return name


def domain_of(address: str | None) -> str:
    """The domain of a mail address in lower case; "" where it has none."""
    return (address or "").rpartition("@")[2].lower().strip(".>")
