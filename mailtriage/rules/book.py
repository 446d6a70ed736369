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
8. generic wording: known wordings, then what the reply says (mailtriage.rules.sense), then loose words; then, also
   generic, the enhanced status code; then the reply code;
9. a server software's frame around an administrator's own words (``turn`` after), where the words told nothing.

Within a step a rule with a longer required word wins, then one with more conditions, then the first by id. A rule
whose ``turn`` is first or last comes before or after all others of its step. Last: for words that an administrator
chose, where only the place tells. Generic wording wins in the order of its file.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from heapq import merge

from mailtriage.rules import prefilter
from mailtriage.rules.entry import GENERIC_STEP, LAST_STEP, USER_STEP, Entry
from mailtriage.rules.frozen import Frozen, Rules, gather, row_at
from mailtriage.rules.normal import STAND_IN_V4, Normal, normalize_and_shape
from mailtriage.rules.pack import Operator, Rule
from mailtriage.rules.sense import EMPTY, Vocabulary, sense
from mailtriage.rules.zones import shown

_CACHE_LIMIT = 20_000  # shapes; beyond it the cache starts anew, which changes speed and never an answer
# Patterns that begin with what they look for are searched fastest; what must not stand before it is looked at after.
_IPV4 = re.compile(r"\d(?<![\d.]\d)\d{0,2}(?:\.\d{1,3}){3}(?![\d/]|\.\d)")
_DOMAIN = re.compile(r"@(?<=[\w.+-]@)([\w.-]{3,253}\w)")
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
# Refused by our own server: whose fault a cause is then, and who must act; but what lies in the server stays ours.
_AT_OUR_DOOR = {"inbound": ("sender", "nobody"), "submission": ("our_user", "our_user")}
_OURS_ANYWAY = frozenset(("system_error", "config_error", "dns_failure", "network", "loop", "mailbox_full"))
_OCTETS = frozenset(map(str, range(256)))
# First octets of which nothing is private, the usual case.
_PUBLIC_V4 = frozenset(str(n) for n in range(1, 224) if n not in (10, 100, 127, 169, 172, 192))


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
        return "wording" if self.rule.match or self.rule.says else "enhanced_code" if self.rule.dsn else "reply_code"

    @property
    def generic(self) -> bool:
        """Whether no rule of an operator, a filter, Postfix or a server software knew the reply."""
        return self.tier not in ("rule", "none")

    @property
    def fault(self) -> str:
        """Whose fault it is. A generic rule is written for mail that we sent; at our own door the sides change."""
        return self._sides[0]

    @property
    def act(self) -> str:
        """Who must act; as for ``fault``."""
        return self._sides[1]

    @property
    def _sides(self) -> tuple[str, str]:
        if self.rule is None:
            return "nobody", "our_admin"
        if self.generic and self.direction in _AT_OUR_DOOR:
            return ("ours", "our_admin") if self.cause in _OURS_ANYWAY else _AT_OUR_DOOR[self.direction]
        return self.rule.fault, self.rule.act

    @property
    def detail(self) -> str | None:
        return self.rule.detail if self.rule else None

    @property
    def own_ip(self) -> str | None:
        """The address that the reply names as ours; a private or malformed one does not count."""
        return public_address(self.captures.get("own_ip"))


UNCLASSIFIED = Classification("unclassified", None)


@lru_cache(maxsize=4096)
def public_address(text: str | None) -> str | None:
    """The address in its usual spelling if it can be one that the world sees, else None.

    Documentation and benchmark ranges count as public: they stand for public ones in examples.
    """
    text = (text or "").strip("[]")
    if (v4 := text.split("."))[3:] and not v4[4:] and v4[0] in _PUBLIC_V4 and all(part in _OCTETS for part in v4):
        return text
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if _is_private(str(address)) else str(address)


@lru_cache(maxsize=4096)
def _directions(direction: str | None, relay: str | None) -> tuple[str, ...]:
    """The directions whose rules may speak; none: all of them. A host of our own (a content filter, a mailbox server)
    says what only our own servers say, too.
    """
    if direction == "outbound" and relay and (relay.lower().startswith("localhost") or _is_private(relay)):
        return ("outbound", "local")
    return (direction,) if direction else ()


def _is_private(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in net for net in _PRIVATE if net.version == address.version)


def _sole_address(text: str) -> dict[str, str]:
    """The server's address as a reply names it without a rule that knows where: the only one in the text."""
    named = {address for found in _IPV4.findall(text) if (address := public_address(found))}
    return {"own_ip": named.pop()} if len(named) == 1 and " said: " not in text else {}


def _number(entry: Entry) -> int:
    return entry.number


def _suffixes(host: str) -> Iterable[str]:
    """The host itself and every shorter end of it, at label borders."""
    host = host.lower().rstrip(".")
    yield host
    while "." in host:
        host = host.split(".", 1)[1]
        yield host


def _of(entries: Iterable[Entry], operators: tuple[int, ...]) -> list[Entry]:
    """The rules of an operator: own wordings, then those of the same platform, then what goes by codes alone."""
    if not operators:
        return []
    found = [e for e in entries if e.operator in operators and e.step != USER_STEP]
    return sorted(found, key=lambda e: (e.order, e.operator != operators[0], e.standing))


class RuleBook:
    """All packs, made ready to be asked."""

    def __init__(
        self,
        rules: Iterable[Rule] = (),
        operators: Iterable[Operator] = (),
        vocabulary: Vocabulary = EMPTY,
        frozen: Frozen | None = None,
    ) -> None:
        """Either rules and operators, or what was made of them earlier (``frozen``)."""
        self._frozen = gather(rules, operators, vocabulary) if frozen is None else frozen
        self.rules = Rules(self._frozen)
        self.operators: dict[str, Operator] = {o.id: o for o in self._frozen.operators}
        self._numbers = {o.id: n for n, o in enumerate(self._frozen.operators)}
        self._entries: list[Entry | None] = [None] * len(self._frozen.ids)
        self._by_mx = {end: o for o in self._frozen.operators for end in o.mx}
        self._by_domain = {end: o for o in self._frozen.operators for end in o.domains}
        self._by_pool: dict[str, Operator | None] = {end: o for o in self._frozen.operators for end in o.pools}
        self._by_pool |= {end: None for o in self._frozen.operators for end in o.lines}
        self._by_zone = {zone: o for o in self._frozen.operators for zone in o.zones}
        self._signs = [(sign, o) for o in self._frozen.operators for sign in o.signs]
        # Caches change speed and never an answer: what they hold follows from the key alone.
        self._found: dict[tuple[object, ...], tuple[int, int] | None] = {}
        self._plain: dict[tuple[object, ...], Classification] = {}
        self._speakers: dict[tuple[int, str | None], tuple[Rule, str | None, str | None]] = {}
        self._signed: dict[str, Operator | None] = {}
        self._homes: dict[tuple[str | None, str | None], Operator | None] = {}
        self._pools: dict[str, Operator | None] = {}

    def operator_of_relay(self, host: str | None) -> Operator | None:
        """The operator whose servers have such a name (the longest end wins)."""
        return next((o for end in _suffixes(host) if (o := self._by_mx.get(end))), None) if host else None

    def operator_of_domain(self, domain: str | None) -> Operator | None:
        """The operator that hosts this recipient domain by itself."""
        return self._by_domain.get(domain.lower()) if domain else None

    def operator_of_pool(self, host: str | None) -> Operator | None:
        """The operator whose mail comes from hosts of such a name; None for a line or a machine of its customers."""
        if not host:
            return None
        try:
            return self._pools[host]
        except KeyError:
            if len(self._pools) >= _CACHE_LIMIT:
                self._pools.clear()
            pool = self._pools[host] = next(
                (self._by_pool[end] for end in _suffixes(host) if end in self._by_pool), None
            )
            return pool

    def operator_of_zone(self, zone: str | None) -> Operator | None:
        """The operator of a DNSBL zone, also below a customer's key (``key.zen.dq.spamhaus.net``)."""
        return next((o for end in _suffixes(zone) if (o := self._by_zone.get(end))), None) if zone else None

    def operator_of_text(self, text: str) -> Operator | None:
        """The operator whose servers put such words into every reply (``- gsmtp``)."""
        lowered = text.lower()
        return next((o for sign, o in self._signs if sign in lowered), None)

    def _of_recipient(self, text: str) -> Operator | None:
        """The operator of the first address in a reply, where it can be the recipient's."""
        found = _DOMAIN.search(text) if "@" in text else None
        operator = self._by_domain.get(found[1].lower()) if found else None
        return operator if operator is not None and "sender" not in text.lower() else None

    def generic_layer(self) -> "RuleBook":
        """The generic rules alone: what a reply would mean if nobody's own rule knew it."""
        generic = (r for r in self.rules.values() if r.operator.kind == "generic" and not r.user_pack)
        return RuleBook(generic, vocabulary=self._frozen.vocabulary)

    def classify(self, query: Query) -> Classification:
        """What a reply means. Never raises; what no rule knows is ``unclassified``."""
        normal, form = normalize_and_shape(query.text, query.code, query.dsn)
        home = self._home(query.relay, None if query.relay else query.domain)
        signed = recipient = None
        ours = query.direction in (None, "outbound")  # a reply to mail that we sent
        if home is None and ours:
            signed = self._signature(form)
            recipient = self._of_recipient(normal.text) if signed is None and not query.relay else None
        home = home or signed
        directions = _directions(query.direction, query.relay)
        key = (
            form, normal.code, normal.dsn, directions, query.program, query.stage,
            home and home.id, recipient and recipient.id,
        )  # fmt: skip
        if plain := self._plain.get(key):
            return plain
        try:
            found = self._found[key]
        except KeyError:
            if len(self._found) >= _CACHE_LIMIT:
                self._found.clear()
                self._plain.clear()
            found = self._found[key] = self._find(query, directions, normal, form, home, recipient)
        if found is None:
            answer = Classification("unclassified", None, home.name if home else None, direction=query.direction)
        else:
            number, pattern = found
            entry = self._entry(number)
            speaker = self._frozen.operators[entry.operator]
            if signed and speaker.id in signed.shares:
                home = speaker  # servers of one platform sign alike; the wording tells them apart
            captures = shown(entry.captures(normal.text, pattern))
            about_us = ours and self.rules.at(number).cause in _ABOUT_THE_SERVER
            if about_us and "own_ip" not in captures:
                captures |= _sole_address(normal.text) if STAND_IN_V4 in form else {}
            answer = self._answer(number, captures, home, query.direction)
            if entry.groups or about_us:
                return answer  # it depends on the text itself
        self._plain[key] = answer
        return answer

    def _signature(self, form: str) -> Operator | None:
        try:
            return self._signed[form]
        except KeyError:
            if len(self._signed) >= _CACHE_LIMIT:
                self._signed.clear()
            signed = self._signed[form] = self.operator_of_text(form)
            return signed

    def _home(self, relay: str | None, domain: str | None) -> Operator | None:
        """The operator that answered, or would have."""
        try:
            return self._homes[relay, domain]
        except KeyError:
            if len(self._homes) >= _CACHE_LIMIT:
                self._homes.clear()
            home = self._homes[relay, domain] = self.operator_of_relay(relay) or self.operator_of_domain(domain)
            return home

    def _entry(self, number: int) -> Entry:
        if (entry := self._entries[number]) is None:
            entry = self._entries[number] = Entry(row_at(self._frozen, number), number)
        return entry

    def _find(
        self,
        query: Query,
        directions: tuple[str, ...],
        normal: Normal,
        form: str,
        home: Operator | None,
        recipient: Operator | None,
    ) -> tuple[int, int] | None:
        """The number of the rule that knows a shape and that of its pattern."""
        lowered = form.lower()
        meaning = cache(partial(sense, form, self._frozen.vocabulary))
        entries = [self._entry(n) for n in prefilter.candidates(self._frozen.required, lowered)]
        at_home, at_recipient = self._numbers_of(home), self._numbers_of(recipient)
        users = [e for e in entries if e.step == USER_STEP]  # entries stand by step, a user's first
        known = [e for e in entries if e.step == GENERIC_STEP]
        last = [e for e in entries if e.step == LAST_STEP]
        between = entries[len(users) : len(entries) - len(known) - len(last)]
        # A warning is nobody's reply: its words mean something else.
        generic = () if query.direction == "server" else self._generic(known)
        for group, near in (
            (users, at_home), (_of(entries, at_home), at_home), (between, at_home),
            (_of(entries, at_recipient), at_recipient), (generic, at_home), (last, at_home),
        ):  # fmt: skip
            for entry in group:
                if (
                    entry.conditions_hold(directions, query.program, query.stage, normal, entry.operator in near)
                    and (pattern := entry.found_by(form, lowered, meaning)) is not None
                ):
                    return entry.number, pattern
        return None

    def _generic(self, known: Iterable[Entry]) -> Iterable[Entry]:
        """The generic rules in order: those whose words stand in the text and, only when it comes to that, those that
        look for what it says.
        """
        return merge(known, map(self._entry, self._frozen.saying), key=_number)

    def _numbers_of(self, home: Operator | None) -> tuple[int, ...]:
        """The operator's number in the rows, then those on the same platform."""
        return tuple(n for id_ in (home.id, *home.shares) if (n := self._numbers.get(id_)) is not None) if home else ()

    def _answer(
        self, number: int, captures: Mapping[str, str], home: Operator | None, direction: str | None
    ) -> Classification:
        key = (number, home.id if home else None)
        try:
            rule, speaker, via = self._speakers[key]
        except KeyError:
            rule, speaker, via = self._speakers[key] = self._speak(self.rules.at(number), home)
        if "list" in captures and (listed := self.operator_of_zone(captures["list"])):
            kind = rule.operator.kind
            if kind in ("postfix", "generic") and not (home and kind == "generic"):
                speaker = listed.name
            elif listed.name != speaker:
                via = via or listed.name
        return Classification(rule.cause, rule, speaker, via, captures, direction)

    def _speak(self, rule: Rule, home: Operator | None) -> tuple[Rule, str | None, str | None]:
        """A rule with who says so and the filter behind it."""
        operator = rule.operator
        if operator.kind in ("filter", "blocklist") and home and home.id != operator.id:
            return rule, home.name, operator.name
        if home and (operator.kind == "software" or operator.id in home.shares):
            return rule, home.name, rule.via
        if operator.kind == "generic":
            return rule, home.name if home else None, rule.via
        return rule, operator.name, rule.via
