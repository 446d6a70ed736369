"""What this machine's Postfix says is its own: addresses and domains, by postconf."""

import ipaddress
import re

from mailtriage.system.postconf import parameters

_ADDRESSES = ("smtp_bind_address", "smtp_bind_address6", "proxy_interfaces", "inet_interfaces")
_DOMAINS = ("mydestination", "virtual_mailbox_domains", "virtual_alias_domains", "relay_domains", "mydomain")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)


def own() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses and domains of this Postfix, those that are written out; lookup tables are not opened.

    Source: postconf(5). Both are empty where there is no Postfix.
    """
    values = parameters([*_ADDRESSES, *_DOMAINS])
    addresses: list[str] = []
    for name in _ADDRESSES:
        for word in re.split(r"[\s,]+", values.get(name, "")):
            try:
                addresses.append(str(ipaddress.ip_address(word.strip("[]"))))
            except ValueError:
                continue
    words = [word for name in _DOMAINS for word in re.split(r"[\s,]+", values.get(name, ""))]
    domains = [word.lower() for word in words if _HOST.fullmatch(word) and not word.lower().endswith(".localdomain")]
    return tuple(dict.fromkeys(addresses)), tuple(dict.fromkeys(domains))
