"""The rule engine: which rule knows this reply?

Precedence, highest first; the first that has a rule that holds, wins:

1. a user's own pack;
2. the operator of the relay host: rules of its own pack, then of those that it shares a platform with. Where no relay
   host tells, the words that an operator's servers put into every reply do (``signs``);
3. an operator and the filter behind it (``via``) where the text names both; then a filter or a blocklist that it names;
4. our own Postfix's restrictions, and server troubles;
5. another operator that the text names (no ``needs_relay``);
6. a server software's wording;
7. the operator of a recipient's address in the text, where no relay host tells;
8. generic wording; then, also generic, the enhanced status code; then the reply code.

Within a step a rule with a longer required word wins, then one with more conditions, then the first by id. A rule
whose ``turn`` is first or last comes before or after all others of its step. Last: for words that an administrator
chose, where only the place tells. Generic wording wins in the order of its file.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mailtriage.rules import literal
from mailtriage.rules.normal import Normal, normalize, shape
from mailtriage.rules.pack import Operator, Rule

_STEP = {"filter": 3, "blocklist": 3, "postfix": 4, "server": 4, "mailbox": 5, "hoster": 5, "software": 6, "generic": 7}
_CACHE_LIMIT = 20_000  # shapes; beyond it the cache starts anew, which changes speed and never an answer
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d/]|\.\d)")
# Causes that lie in the sending server: the address in such a reply is ours.
_ABOUT_THE_SERVER = frozenset(
    ("ip_reputation", "dnsbl", "reverse_dns", "auth_spf", "rate_limit", "connection_limit", "helo_invalid")
)
_PRIVATE = tuple(
    ipaddress.ip_network(n)
    for n in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Query:
    """A reply to be known. Everything but the text may be missing (a pasted reply has no more)."""

    text: str  # the reply alone, as logged; codes in front are taken off
    direction: str | None = None  # inbound, submission, outbound, local, server
    code: str | None = None
    dsn: str | None = None
    relay: str | None = None  # host name of the server that answered
    program: str | None = None  # smtpd, smtp, ...
    stage: str | None = None
    domain: str | None = None  # the recipient's, where no relay answered


@dataclass(frozen=True, slots=True)
class Classification:
    """What a reply means."""

    cause: str
    rule: Rule | None  # None: unclassified
    operator: str | None = None
    via: str | None = None
    captures: Mapping[str, str] = field(default_factory=dict)
    direction: str | None = None  # as asked

    @property
    def tier(self) -> str:
        """How sure the answer is: ``rule`` (somebody's own wording), ``wording``, ``enhanced_code``, ``reply_code``
        (generic: nobody's own rule knew it), ``none``."""
        if self.rule is None:
            return "none"
        if self.rule.operator.kind != "generic" or self.rule.user_pack:
            return "rule"
        return "wording" if self.rule.match else "enhanced_code" if self.rule.dsn else "reply_code"

    @property
    def generic(self) -> bool:
        """Whether no rule of an operator, a filter, Postfix or a server software knew the reply."""
        return self.tier not in ("rule", "none")

    @property
    def detail(self) -> str | None:
        return self.rule.detail if self.rule else None

    @property
    def own_ip(self) -> str | None:
        """The address that the reply names as ours; a private or malformed one does not count."""
        return public_address(self.captures.get("own_ip"))


UNCLASSIFIED = Classification("unclassified", None)


def public_address(text: str | None) -> str | None:
    """The address in its usual spelling if it can be one that the world sees, else None.

    Documentation and benchmark ranges count as public: they stand for public ones in examples.
    """
    try:
        address = ipaddress.ip_address((text or "").strip("[]"))
    except ValueError:
        return None
    if any(address in net for net in _PRIVATE if net.version == address.version):
        return None
    return str(address)


_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@([\w.-]{3,253}\w)")


def _sole_address(text: str) -> dict[str, str]:
    """The server's address as a reply names it without a rule that knows where: the only one in the text."""
    named = {address for found in _IPV4.findall(text) if (address := public_address(found))}
    return {"own_ip": named.pop()} if len(named) == 1 and " said: " not in text else {}


class _Entry:
    """A rule made ready: compiled on first use, with the words it needs."""

    __slots__ = ("_compiled", "codes", "dsns", "rank", "rule", "words")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        sets = [literal.required(p) for p in rule.match]
        self.words: tuple[str, ...] = tuple(frozenset().union(*sets)) if sets and all(sets) else ()
        self._compiled: tuple[re.Pattern[str], ...] | None = None
        conditions = bool(rule.code) + bool(rule.dsn) + bool(rule.program) + bool(rule.stage) + rule.needs_relay
        longest = min((len(w) for w in self.words), default=0)
        order = 1 if rule.match else 2 if rule.dsn else 3
        order = {"first": 0, "last": 4}.get(rule.turn or "", order)
        exact = -max((len(d) for d in rule.dsn + rule.code), default=0) if order in (2, 3) else 0
        place = rule.position if rule.operator.kind == "generic" else 0
        self.rank = (order, exact, place, -longest, -conditions, rule.id)

    def compiled(self) -> tuple[re.Pattern[str], ...]:
        if self._compiled is None:
            self._compiled = tuple(re.compile(p, re.IGNORECASE) for p in self.rule.match)
        return self._compiled

    def search(self, text: str) -> re.Match[str] | None:
        return next((m for p in self.compiled() if (m := p.search(text))), None)

    def holds(self, query: Query, normal: Normal, text: str, lowered: str, at_home: bool) -> bool:
        """Whether the rule holds for a text (its shape) under the query's other conditions."""
        rule = self.rule
        if rule.needs_relay and not at_home:
            return False
        if query.direction and rule.direction and query.direction not in rule.direction:
            return False
        if rule.program and (query.program or rule.turn == "last") and query.program not in rule.program:
            return False
        if rule.stage and query.stage and query.stage not in rule.stage:
            return False
        if rule.code and not (normal.code and normal.code.startswith(rule.code)):
            return False
        if rule.dsn and not (normal.dsn and _dsn_fits(normal.dsn, rule.dsn)):
            return False
        if not rule.match:
            return True
        if self.words and not any(word in lowered for word in self.words):
            return False
        return self.search(text) is not None


def _dsn_fits(dsn: str, wanted: Iterable[str]) -> bool:
    anyclass = "X" + dsn[1:]
    return any(
        (dsn.startswith(w) or anyclass.startswith(w)) if w.endswith(".") else w in (dsn, anyclass) for w in wanted
    )


def _suffixes(host: str) -> Iterable[str]:
    """The host itself and every shorter end of it, at label borders."""
    host = host.lower().rstrip(".")
    yield host
    while "." in host:
        host = host.split(".", 1)[1]
        yield host


class RuleBook:
    """All packs, made ready to be asked."""

    def __init__(self, rules: Iterable[Rule], operators: Iterable[Operator] = ()) -> None:
        self.rules: dict[str, Rule] = {}
        self.operators: dict[str, Operator] = {o.id: o for o in operators}
        for rule in rules:
            # A user's rule takes the place of ours with the same id.
            if rule.id not in self.rules or rule.user_pack:
                self.rules[rule.id] = rule
        for rule in self.rules.values():
            self.operators.setdefault(rule.operator.id, rule.operator)
        entries = sorted((_Entry(rule) for rule in self.rules.values()), key=lambda e: e.rank)
        self._user = [e for e in entries if e.rule.user_pack]
        self._steps: dict[int, list[_Entry]] = {}
        self._home: dict[str, list[_Entry]] = {}
        for entry in entries:
            if not entry.rule.user_pack:
                step = _STEP[entry.rule.operator.kind]
                # Who knows both the operator and the filter behind it knows more than the filter's own pack.
                step = 2 if step == 5 and entry.rule.via and not entry.rule.needs_relay else step
                self._steps.setdefault(step, []).append(entry)
                self._home.setdefault(entry.rule.operator.id, []).append(entry)
        own = {id_: tuple(found) for id_, found in self._home.items()}
        for operator in self.operators.values():
            if shared := [e for id_ in operator.shares for e in own.get(id_, ())]:
                # Own wordings first, then those of the same platform, then what goes by codes alone.
                both = [(e.rank[0], e.rule.operator is not operator, e.rank, e) for e in (*own[operator.id], *shared)]
                self._home[operator.id] = [e for *_, e in sorted(both, key=lambda b: b[:3])]
        self._by_mx = {end: o for o in self.operators.values() for end in o.mx}
        self._by_domain = {end: o for o in self.operators.values() for end in o.domains}
        self._by_pool = {end: o for o in self.operators.values() for end in o.pools}
        self._by_zone = {zone: o for o in self.operators.values() for zone in o.zones}
        self._signs = [(sign, o) for o in self.operators.values() for sign in o.signs]
        self._cache: dict[tuple[object, ...], _Entry | None] = {}

    def operator_of_relay(self, host: str | None) -> Operator | None:
        """The operator whose servers have such a name (the longest end wins)."""
        return next((o for end in _suffixes(host) if (o := self._by_mx.get(end))), None) if host else None

    def operator_of_domain(self, domain: str | None) -> Operator | None:
        """The operator that hosts this recipient domain by itself."""
        return self._by_domain.get(domain.lower()) if domain else None

    def operator_of_pool(self, host: str | None) -> Operator | None:
        """The operator whose mail comes from hosts of such a name."""
        return next((o for end in _suffixes(host) if (o := self._by_pool.get(end))), None) if host else None

    def operator_of_zone(self, zone: str | None) -> Operator | None:
        """The operator of a DNSBL zone, also below a customer's key (``key.zen.dq.spamhaus.net``)."""
        return next((o for end in _suffixes(zone) if (o := self._by_zone.get(end))), None) if zone else None

    def operator_of_text(self, text: str) -> Operator | None:
        """The operator whose servers put such words into every reply (``- gsmtp``)."""
        lowered = text.lower()
        return next((o for sign, o in self._signs if sign in lowered), None)

    def _of_recipient(self, text: str) -> Operator | None:
        """The operator of the first address in a reply, where it can be the recipient's."""
        found = _ADDRESS.search(text)
        return self.operator_of_domain(found[1]) if found and "sender" not in text.lower() else None

    def generic_layer(self) -> "RuleBook":
        """The generic rules alone: what a reply would mean if nobody's own rule knew it."""
        return RuleBook(r for r in self.rules.values() if r.operator.kind == "generic" and not r.user_pack)

    def classify(self, query: Query) -> Classification:
        """What a reply means. Never raises; what no rule knows is ``unclassified``."""
        normal = normalize(query.text, query.code, query.dsn)
        home = self.operator_of_relay(query.relay) or (
            self.operator_of_domain(query.domain) if not query.relay else None
        )
        signed = recipient = None
        if home is None and query.direction in (None, "outbound"):
            signed = self.operator_of_text(normal.text)
            recipient = self._of_recipient(normal.text) if signed is None and not query.relay else None
        likely = home or signed
        form = shape(normal.text)
        key = (
            form,
            normal.code,
            normal.dsn,
            query.direction,
            query.program,
            query.stage,
            likely and likely.id,
            recipient and recipient.id,
        )
        try:
            entry = self._cache[key]
        except KeyError:
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            entry = self._cache[key] = self._find(query, normal, form, likely, recipient)
        home = home or signed
        if entry is None:
            return Classification("unclassified", None, home.name if home else None, direction=query.direction)
        found = entry.search(normal.text)
        captures = {k.rstrip("0123456789"): v for k, v in found.groupdict().items() if v} if found else {}
        if "own_ip" not in captures and query.direction in (None, "outbound") and entry.rule.cause in _ABOUT_THE_SERVER:
            captures |= _sole_address(normal.text)
        if signed and entry.rule.operator.id in signed.shares:
            home = entry.rule.operator  # servers of one platform sign alike; the wording tells them apart
        return self._answer(entry.rule, captures, home, query.direction)

    def _find(
        self, query: Query, normal: Normal, form: str, home: Operator | None, recipient: Operator | None
    ) -> _Entry | None:
        lowered = form.lower()

        def first(entries: Iterable[_Entry], at: Operator | None = home) -> _Entry | None:
            at_home = (at.id, *at.shares) if at else ()
            return next(
                (e for e in entries if e.holds(query, normal, form, lowered, e.rule.operator.id in at_home)), None
            )

        found = first(self._user)
        if found is None and home is not None:
            found = first(self._home.get(home.id, ()))
        for step in range(2, 8):
            if found is None and step == 7 and recipient is not None:
                found = first(self._home.get(recipient.id, ()), recipient)
            if found is not None:
                return found
            found = first(self._steps.get(step, ()))
        return found

    def _answer(
        self, rule: Rule, captures: Mapping[str, str], home: Operator | None, direction: str | None
    ) -> Classification:
        speaker: str | None = rule.operator.name
        via = rule.via
        if rule.operator.kind in ("filter", "blocklist") and home and home is not rule.operator:
            speaker, via = home.name, rule.operator.name
        elif home and (rule.operator.kind == "software" or rule.operator.id in home.shares):
            speaker = home.name
        elif rule.operator.kind == "generic":
            speaker = home.name if home else None
        if listed := self.operator_of_zone(captures.get("list")):
            if rule.operator.kind in ("postfix", "generic") and not (home and rule.operator.kind == "generic"):
                speaker = listed.name
            elif listed.name != speaker:
                via = via or listed.name
        return Classification(rule.cause, rule, speaker, via, captures, direction)
