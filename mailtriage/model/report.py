"""What was read and what was inferred: the head of every report, and the proof behind a zero."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCounts:
    """read = postfix + other + broken; of Postfix's so many were examined (taken apart)."""

    read: int = 0
    postfix: int = 0
    other: int = 0
    broken: int = 0  # NUL, no UTF-8, cut, over-long
    examined: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """Something about this server and where we have it from: option, config, reply, postconf, learnt."""

    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of the input that could not be read: where, and which message of texts/ says why."""

    source: str
    reason: str  # key below "unread.": truncated, denied, missing, ...
    place: str | None = None  # offset in the unpacked bytes up to which all was read, or what else tells the place
    group: str | None = None  # the group whose members may read it
    command: str | None = None  # what to type to be able to read it


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was read (lines, first and last time), what is known of this server, what could not be read."""

    sources: tuple[str, ...] = ()
    lines: LineCounts = field(default_factory=LineCounts)
    first_time: datetime | None = None
    last_time: datetime | None = None
    hosts: tuple[str, ...] = ()
    own_ips: tuple[Known, ...] = ()
    own_domains: tuple[Known, ...] = ()
    inferred: tuple[str, ...] = ()  # "year", "zone", "own_ip", "own_domain"
    unread: tuple[Unread, ...] = ()
    suppressed: int = 0  # lines that syslog itself said it threw away
    unasked: tuple[str, ...] = ()  # what could not be asked, e.g. standard input beyond the spool
    noise: dict[str, int] = field(default_factory=dict)  # label of deserved refusals (an operator or cause) -> attempts
    events: dict[str, int] = field(default_factory=dict)  # refusals and failures by cause
    days: dict[str, dict[str, int]] = field(default_factory=dict)  # the same by day of the log (ISO date) and cause
