"""A finding: one trouble of one party. The unit of every report (docs/records.md has the promised record)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailtriage.model.mails import Mails

SEVERITIES = ("info", "low", "medium", "high")  # ascending
STATES = ("ongoing", "recovered", "intermittent", "unknown")
FAULTS = ("sender", "ours", "our_user", "receiver", "nobody")
ACTORS = ("our_admin", "our_user", "their_admin", "their_user", "nobody")


@dataclass(frozen=True, slots=True)
class Party:
    """Whom the trouble is about."""

    kind: str  # operator, sender_pool, own_user, own_server, network, blocklist, host
    id: str  # stable from day to day: "omta.jcom.zaq.ne.jp", "apple"
    name: str  # for people
    pattern: str | None = None  # "omta*.jcom.zaq.ne.jp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A stretch of failures with a success on either side, where one was seen."""

    first: datetime
    last: datetime
    count: int
    last_success: datetime | None = None  # before ``first``
    next_success: datetime | None = None  # after ``last``


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCount:
    """How often a pair of reply code and enhanced status code was seen."""

    code: str | None
    dsn: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LostMail:
    """A mail that was lost for good and must be sent again."""

    time: datetime | None
    sender: str | None  # JSON key: from
    recipient: str | None  # JSON key: to
    queue_id: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LateMail:
    """A mail that arrived after all."""

    time: datetime | None
    sender: str | None
    recipient: str | None
    delay: float  # seconds


@dataclass(frozen=True, slots=True)
class Reason:
    """A point for or against, by a stable id and in words."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Legitimacy:
    """Whether the refused look like people rather than spam: -1 (spam) to 1 (people), and why we think so."""

    score: float
    because: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line of the log, verbatim."""

    source: str  # name of the file
    line: int  # 1-based
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. ``command`` (may have many lines) and ``url`` are for copying: never wrapped, never cut."""

    id: str
    text: str
    command: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link made from a template of a rule of ours, never copied out of a log."""

    kind: str  # lookup, removal, documentation, contact, form
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Saying:
    """How a title was said, for saying it again of more days."""

    key: str  # of the text
    values: dict[str, Any] = field(default_factory=dict)  # what the text names, and ``count``
    facts: tuple[str, ...] = ()  # those of the values that are the finding's own count, messages or distinct
    numbers: dict[str, tuple[str, ...]] = field(default_factory=dict)  # those that say how many of these there are
    words: dict[str, str] = field(default_factory=dict)  # values that are put in words first, by a text's key


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One trouble of one party: how often, since when, whom it hurts, the evidence, the steps and the links."""

    id: str
    kind: str  # refusal, failure, or the name of a judgement
    severity: str  # one of SEVERITIES
    cause: str
    direction: str
    title: str
    party: Party
    state: str  # one of STATES
    count: int  # attempts
    messages: int  # mails
    first_seen: datetime | None
    last_seen: datetime | None
    fault: str
    act: str
    why: str
    detail: str | None = None
    rule: str | None = None
    operator: str | None = None
    via: str | None = None
    last_success: datetime | None = None
    next_success: datetime | None = None
    episodes: tuple[Episode, ...] = ()
    codes: tuple[CodeCount, ...] = ()
    own_ips: tuple[str, ...] = ()
    own_users: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    relays: tuple[str, ...] = ()
    distinct: dict[str, int] = field(default_factory=dict)  # senders, recipients, clients
    estimated: tuple[str, ...] = ()  # which of ``distinct`` are estimates, shown with ≈
    lost: tuple[LostMail, ...] = ()
    late: tuple[LateMail, ...] = ()
    looks_legitimate: Legitimacy | None = None
    temporary: bool | None = None
    typical_wait: str | None = None
    evidence: tuple[Evidence, ...] = ()
    quote: str | None = None  # the reply or line that says it best, verbatim
    steps: tuple[Step, ...] = ()
    links: tuple[Link, ...] = ()
    request_text: str | None = None
    user_text: str | None = None
    lang: str = "en"
    mails: Mails | None = None  # never shown: which mails ``messages`` counts
    saying: Saying | None = None  # never shown
