"""What judgements of incoming mail share: pools and their expressions, organisations, times, parts of cases."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Fact
from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.address import unwrap
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.organisation import domain_of, organisation

_DIGITS = re.compile(r"\d+")
CROWD = 4  # addresses of ours
_LABEL = re.compile(r"^[a-z0-9_-]+$")
# RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291: addresses that no stranger can come from.
_PRIVATE = tuple(
    ipaddress.ip_network(net)
    for net in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
_PRIVATE_BEGINS = ("10.", "172.", "192.168.", "100.", "169.254.", "f", "F")
_HERE = tuple(ipaddress.ip_network(net) for net in ("127.0.0.0/8", "::1/128"))


@lru_cache(maxsize=4096)
def private(address: str) -> bool:
    """Whether an address is of a private network (loopback is not)."""
    return address.startswith(_PRIVATE_BEGINS) and _within(address, _PRIVATE)


@lru_cache(maxsize=4096)
def loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    return (address.startswith("127.") or ":" in address) and _within(address, _HERE)


def _within(address: str, nets: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in net for net in nets if net.version == parsed.version)


def client_cidr(clients: Iterable[str]) -> str | None:
    """The network that holds several clients, where they share a /24 (IPv4) or a /64; one client alone: its /32."""
    addresses = list(clients)
    try:
        first = ipaddress.ip_address(addresses[0])
        if len(addresses) == 1:
            return f"{first}/{first.max_prefixlen}"
        net = ipaddress.ip_network(f"{first}/{24 if first.version == 4 else 64}", strict=False)
        return str(net) if all(ipaddress.ip_address(other) in net for other in addresses[1:]) else None
    except (ValueError, IndexError):
        return None


def pool_regex(names: Iterable[str]) -> str | None:
    """An expression for the whole names of a pool, not anchored: digits of the host part as ``[0-9]+``, dots escaped.

    Labels that differ in more than digits become ``[0-9a-z-]+``. None where the names have no organisation or no form
    in common, or hold what could be syntax. A single name stands for itself.
    """
    lowered = sorted({name.lower().strip(".") for name in names})
    org = organisation(lowered[0]) if lowered else ""
    if "." not in org or any(organisation(name) != org for name in lowered):
        return None
    hosts = [name.removesuffix(org).rstrip(".").split(".") if name != org else [] for name in lowered]
    if len({len(labels) for labels in hosts}) != 1 or not all(_LABEL.match(label) for h in hosts for label in h):
        return None
    out = []
    for labels in zip(*hosts, strict=True):
        shapes = {_DIGITS.sub("[0-9]+", label) if len(lowered) > 1 else label for label in labels}
        out.append(shapes.pop() if len(shapes) == 1 else "[0-9a-z-]+")
    if len(lowered) > 1 and out and out[0] == "[0-9a-z-]+" and len(out) == 1:
        # The organisation's every host would fit: that is no pool.
        return None if len(lowered) < 3 else "\\.".join([*out, *org.split(".")])
    return "\\.".join([*out, *org.split(".")])


def own_words(finding: Finding) -> Finding:
    """A finding without the request and user text of the rule: they speak to a sender that has no fault in it."""
    return replace(finding, request_text=None, user_text=None)


def case_organisation(case: Case) -> str:
    """The organisation of a case's client names; "" where the client has no name."""
    names = case.group.names.members()
    return organisation(names[0]) if names and case.key.trust != "net" else ""


def hosted(desk: Desk) -> set[str]:
    """Providers that bring mail of many addresses of ours, none of which logs in here: these are hosted there.

    One person's program may lose its server, two in a family; not the whole house.
    """
    crowd: dict[str, set[str]] = {}
    for case in desk.cases:
        if case.key.direction != "inbound" or case.key.trust != "client":
            continue
        names, senders = case.group.names.members(), case.group.senders.members()
        # What strangers send through the same hosts speaks for an access provider.
        if names and desk.book.operator_of_pool(names[0]) and all(map(desk.own.has, senders)):
            crowd.setdefault(case_organisation(case), set()).update(sender.lower() for sender in senders)
    logins = {login.lower() for login in desk.own.logins}
    return {
        who
        for who, senders in crowd.items()
        if len(senders) >= CROWD and not {name for s in senders for name in (s, s.partition("@")[0])} & logins
    }


def sender_organisations(senders: Iterable[str]) -> set[str]:
    """The organisations that envelope senders write from, wrappings taken off."""
    found = {domain_of(unwrap(sender).address) for sender in senders if sender}
    return {organisation(domain) for domain in found if "." in domain}


def span(desk: Desk, group: Group | Fact) -> float:
    """Seconds between the first and the last attempt."""
    first, last = desk.when(group.first), desk.when(group.last)
    return (last - first).total_seconds() if first and last else 0.0


def permanent(case: Case) -> bool:
    """Whether at least one refusal was for good."""
    return any(code.startswith("5") for code, _ in case.group.codes)


def part(desk: Desk, case: Case, belongs: Callable[[GroupKey, Group], bool]) -> Case | None:
    """Take the groups that belong out of a case into one of their own; None where there are none."""
    inside = [(key, group) for key, group in case.groups if belongs(key, group)]
    if not inside:
        return None
    if len(inside) == len(case.groups):
        return case
    outside = [pair for pair in case.groups if pair not in inside]
    taken, rest = Case(case.key), Case(case.key)
    for key, group in inside:
        taken.add(key, group)
    for key, group in outside:
        rest.add(key, group)
    desk.cases[desk.cases.index(case)] = rest
    desk.cases.append(taken)
    return taken
