"""What is ours: addresses, domains, users; and where each is known from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from mailtriage.model.report import Known as KnownFact
from mailtriage.scan.tally import Tally
from mailtriage.triage.organisation import domain_of

_ENOUGH = 3  # deliveries before a domain that was seen is taken for ours


@dataclass(frozen=True, slots=True)
class Given:
    """What the user, the configuration and this machine say, with the origin of each."""

    ips: tuple[KnownFact, ...] = ()
    domains: tuple[KnownFact, ...] = ()


@dataclass(frozen=True)
class Own:
    """What is ours."""

    ips: tuple[KnownFact, ...]
    domains: tuple[KnownFact, ...]
    logins: frozenset[str]  # SASL user names that logged in

    @property
    def ip(self) -> str | None:
        return self.ips[0].value if self.ips else None

    @cached_property
    def domain_names(self) -> frozenset[str]:
        return frozenset(known.value for known in self.domains)

    def has(self, address: str | None) -> bool:
        """Whether a mail address is in a domain of ours."""
        return domain_of(address) in self.domain_names if address else False


def learn(tally: Tally, given: Given) -> Own:
    """Put together what was given and what the log teaches.

    Addresses: given, those that other replies name as ours, those that postconf names. Domains: given, else of local
    deliveries and logins, else a domain that both receives and sends here.
    """
    said = [KnownFact(ip, "reply") for ip in _replied(tally)]
    asked = [known for known in given.ips if known.origin == "postconf"]
    ips = _unique([*(known for known in given.ips if known.origin != "postconf"), *said, *asked])
    domains = given.domains or tuple(KnownFact(name, "learnt") for name in _domains(tally))
    return Own(tuple(ips), _unique(domains), frozenset(tally.known.logins) | _refused_logins(tally))


def _unique(known: Iterable[KnownFact]) -> tuple[KnownFact, ...]:
    seen: dict[str, KnownFact] = {}
    for one in known:
        seen.setdefault(one.value, one)
    return tuple(seen.values())


def _refused_logins(tally: Tally) -> set[str]:
    """Users that had logged in when they were refused (Postfix 3.10 writes sasl_username= into such lines)."""
    return {
        key.party
        for key, group in tally.groups.items()
        if key.direction == "submission" and key.trust == "user" and key.cause != "auth_failed"
        if any(
            line.text.rstrip(">").endswith(f"sasl_username={mark}{key.party}")
            for line in group.ends
            for mark in ("", "<")
        )
    }


def _replied(tally: Tally) -> Sequence[str]:
    counted: dict[str, int] = {}
    for key, group in tally.groups.items():
        if key.direction == "outbound" and "own_ip" in group.captures:
            for ip in group.captures["own_ip"]:
                counted[ip] = counted.get(ip, 0) + group.count
    return sorted(counted, key=lambda ip: (-counted[ip], ip))


def _domains(tally: Tally) -> list[str]:
    known = tally.known
    certain = {name for name, count in known.local.items() if count >= _ENOUGH and "." in name}
    certain |= {domain_of(login) for login in {*known.logins, *_refused_logins(tally)} if "@" in login}
    certain.discard("")
    if certain:
        return sorted(certain, key=lambda name: (-known.local[name], name))
    received: dict[str, int] = {}
    for key, group in tally.groups.items():
        if key.direction == "inbound" and key.cause not in ("relay_denied", "auth_failed"):
            for recipient in group.recipients:
                name = domain_of(recipient)
                received[name] = received.get(name, 0) + 1
    both = {
        name
        for name, count in known.carried.items()
        if count >= _ENOUGH and (received.get(name, 0) >= _ENOUGH or known.taken[name] >= 10)
    }
    return sorted(both, key=lambda name: (-received.get(name, 0), name))[:20]
