"""The nouns of the rule floor: a pack, its operator, its rules and their samples (docs/rules.md is the format)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Who speaks in a pack. The order is the precedence of texts that name their speaker (mailtriage.rules.book).
KINDS = ("mailbox", "hoster", "filter", "blocklist", "postfix", "server", "software", "generic")
TURNS = ("first", "last", "after")
DIRECTIONS = ("inbound", "submission", "outbound", "local", "server")


class PackError(Exception):
    """A pack that cannot be loaded: says which file, which rule, which field and what is wrong with it."""

    def __init__(self, file: str, rule: str | None, key: str | None, problem: str) -> None:
        self.file, self.rule, self.key, self.problem = file, rule, key, problem
        super().__init__(": ".join(part for part in (file, rule, key, problem) if part))


@dataclass(frozen=True, slots=True)
class Operator:
    """Who speaks: a provider, a filter, a blocklist, a Postfix restriction, a server software."""

    id: str
    name: str
    kind: str  # one of KINDS
    mx: tuple[str, ...] = ()  # ends of the host names that answer for it
    domains: tuple[str, ...] = ()  # recipients' domains that it hosts
    pools: tuple[str, ...] = ()  # ends of the host names that its mail comes from
    zones: tuple[str, ...] = ()  # DNSBL zones (blocklists)
    signs: tuple[str, ...] = ()  # lower-case words that its servers put into every reply
    shares: tuple[str, ...] = ()  # ids of operators on the same platform, whose wordings this one's servers use too
    url: str | None = None
    reads: tuple[str, ...] = ()  # languages in which it takes requests, beside English
    lines: tuple[str, ...] = ()  # ends of its customers' own host names below ``pools``, which are none of its pool


@dataclass(frozen=True, slots=True)
class StepText:
    """A step in words, with a command or a link to copy."""

    text: str
    command: str | None = None
    url: str | None = None
    exception: str | None = None  # an id of advice.toml: Postfix lines that were tried


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule says in one language. Placeholders in braces are filled from the case."""

    why: str
    steps: tuple[StepText, ...] = ()
    title: str | None = None  # of a finding of kind ``server``
    wait: str | None = None
    request: str | None = None  # ready to paste, in the operator's language
    user: str | None = None  # for the user who is hurt


@dataclass(frozen=True, slots=True)
class LinkTemplate:
    """``{own_ip}`` and other placeholders are filled percent-encoded. ``bare`` is used where one has no value."""

    kind: str  # lookup, removal, documentation, contact, form
    url: str
    bare: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A text that a rule must match (or must not), and what is expected to be read out of it."""

    text: str
    code: str | None = None
    dsn: str | None = None
    relay: str | None = None
    program: str | None = None
    direction: str | None = None
    expect: Mapping[str, str] = field(default_factory=dict)  # captures by name


@dataclass(frozen=True, slots=True)
class Rule:
    """One meaning. Every condition that is given must hold; ``match`` holds when one of its patterns is found."""

    id: str
    cause: str
    operator: Operator
    direction: tuple[str, ...] = ()
    match: tuple[str, ...] = ()  # regular expressions on the normal form, any case
    says: tuple[str, ...] = ()  # regular expressions on the row of concepts (mailtriage.rules.sense); either holds
    needs_relay: bool = False  # holds only where the relay host is the operator's
    # "first" or "last" among the rules of its step (for "last" its program must be known); "after": behind the generic
    turn: str | None = None
    code: tuple[str, ...] = ()  # "550", or the beginning: "5"
    dsn: tuple[str, ...] = ()  # "5.7.1"; "X.7.1" for any class; "X.7." for a beginning
    program: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    detail: str | None = None
    via: str | None = None
    kind: str | None = None  # of the finding, where the rule is a judgement by itself (packs of kind ``server``)
    severity: str | None = None  # of the finding (packs of kind ``server``)
    temporary: bool | None = None
    act: str = "our_admin"
    fault: str = "ours"
    links: tuple[LinkTemplate, ...] = ()
    samples: tuple[Sample, ...] = ()
    misses: tuple[Sample, ...] = ()
    text: Mapping[str, RuleText] = field(default_factory=dict)  # by language; a generic rule may have none: its cause's
    # Whose advice it takes over with ``like``, nearest first, and which of its English words are that rule's.
    borrowed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    position: int = 0  # in its pack: among generic rules the earlier one wins
    user_pack: bool = False
    place: str = ""  # file of the pack, for messages
