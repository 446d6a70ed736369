"""The head of a log line: when, where, which program; everything behind it is the program's own text.

The two usual forms (RFC 3164, and RFC 3339 as rsyslog and journalctl write it) are sliced at once. All others, and
lines that came through a container's log driver, a journal or a spreadsheet, take the slower way.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from mailtriage.model.stamp import Stamp
from mailtriage.syslog import stamps
from mailtriage.syslog.program import postfix_program

MAX_LAYERS = 6  # prefixes of prefixes that are taken off before a line is given up


class Head(NamedTuple):
    """A log line without its meaning. None means: the line does not say.

    ``flags``: ``not_utf8`` (bytes were replaced), ``nul`` (NUL bytes were taken off), ``truncated`` (the container
    runtime split the line, or a repetition is not closed), ``repeats_last`` (stands for ``repeat`` more of the line
    that this host wrote before).
    """

    stamp: Stamp | None
    host: str | None
    tag: str | None  # "postfix/submission/smtpd"
    pid: int | None
    text: str  # the message behind "tag[pid]: "
    repeat: int = 1  # "message repeated N times: [ text ]"
    flags: tuple[str, ...] = ()

    @property
    def program(self) -> str | None:
        """Which of Postfix's programs wrote the line; None: another program did, or the line does not say."""
        return postfix_program(self.tag) if self.tag else None


_FACILITIES = frozenset({
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit", "alert", "clock", "console", "security", *(f"local{number}" for number in range(8)),
})  # fmt: skip
_LEVELS = frozenset({
    "emerg", "panic", "alert", "crit", "err", "error", "warn", "warning", "notice", "info", "debug", "none",
})  # fmt: skip
_TAG = re.compile(r"([^\s\[\]:]+)(?:\[(\d{1,10})\])?:")
_METALOG = re.compile(r"\[([A-Za-z0-9_/.-]{1,80})\] ")  # no host, no pid, no colon
_SOLARIS = re.compile(r"\[ID \d{1,10} [a-z0-9]+\.[a-z]+\] ")
_REPEATED = re.compile(r"message repeated (\d{1,9}) times?: \[ ?")
_REPEATS_LAST = re.compile(r"(?:-{2,} )?last message (?:repeated (\d{1,9}) times?|buffered (\d{1,9}) times?)")
_PRIORITY = re.compile(r"<\d{1,3}>")
# Tags of what runs containers, and may hand on whole lines: by name, or the container's short id (Docker's default).
CARRIER = r"docker|podman|containerd|conmon|[0-9a-f]{12}(?![0-9a-z])"
_is_carrier = re.compile(CARRIER).match


@lru_cache(maxsize=1024)
def _plain_host(word: str) -> bool:
    """Whether a word in the host's place is a host, not a tag (``x:``) or facility and level (``mail.info``)."""
    return bool(word) and not word.endswith(":") and not _is_facility(word) and word.lower() not in _LEVELS


@lru_cache(maxsize=1024)
def carries(tag: str) -> bool:
    """Whether a tag is of something that runs containers: its text may be a whole line with a head of its own."""
    return _is_carrier(tag) is not None


def _is_facility(word: str) -> bool:
    facility, dot, level = word.strip("<>[]").partition(".")
    return bool(dot) and level in _LEVELS and facility in _FACILITIES


def parse_head(line: bytes) -> Head | None:
    """Take the head off one line. None where nothing can be made of it: binary, or cut within the head.

    Lines without program, such as journalctl's ``-- Boot … --``, give a ``Head`` without tag.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return _slow(line.decode("utf-8", "replace"), ("not_utf8",))
    if text[-1:] == "\n":
        text = text[:-2] if text[-2:] == "\r\n" else text[:-1]
    elif text[-1:] == "\r":
        text = text[:-1]
    if text[3:4] == " " and text[15:16] == " ":
        end = 15
        stamp = stamps.bsd(text[:15])
    elif text[10:11] == "T":
        end = text.find(" ", 19, 40)
        stamp = stamps.iso(text[:end]) if end > 0 else None
    else:
        return _slow(text, ())
    if stamp is not None:
        space = text.find(" ", end + 1)
        colon = text.find("]: ", space + 1)
        bracket = text.find("[", space + 1, colon)
        tag = text[space + 1 : bracket]
        pid = text[bracket + 1 : colon]
        if (
            bracket > 0
            and len(pid) < 11
            and pid.isdecimal()
            and pid.isascii()
            and " " not in tag
            and ":" not in tag
            and _plain_host(text[end + 1 : space])
            and "\0" not in text
            and not carries(tag)
        ):
            head = Head(stamp, text[end + 1 : space], tag, int(pid), text[colon + 3 :])
            return _unfold(head) if head.text[:1] in "[m" or text[-1:] in ",;" else head
    return _slow(text, ())


def _slow(text: str, flags: tuple[str, ...]) -> Head | None:
    from mailtriage.syslog import wrappings

    text = text.rstrip("\r\n")
    if "\0" in text:
        text = text.strip("\0")
        if "\0" in text:
            return None
        flags = (*flags, "nul")
    if not text.strip():
        return None if flags else Head(None, None, None, None, "")
    head = wrappings.unwrap(text, MAX_LAYERS)
    if head is None or (head.tag is None and flags):
        return None
    return head._replace(flags=(*flags, *head.flags)) if flags else head


def after_stamp(stamp: Stamp | None, rest: str) -> Head | None:
    """Read ``host tag[pid]: text`` with any of its parts missing, facility and level between them, or no program.

    None where the line ends before its text begins.
    """
    host: str | None = None
    rest = rest.lstrip(" ")
    if stamp is not None and rest[:1] == "[" and (found := _METALOG.match(rest)) and postfix_program(found[1]):
        return _unfold(Head(stamp, None, found[1], None, rest[found.end() :]))
    for _ in range(4):
        if found := _REPEATS_LAST.match(rest):
            count = int(found[1] or found[2])
            return Head(stamp, host, None, None, rest, max(count, 1), ("repeats_last",))
        found = _TAG.match(rest)
        if found and rest[found.end() : found.end() + 1] in (" ", "") and (host is not None or not _host_colon(rest)):
            tail = rest[found.end() + 1 :]
            pid = int(found[2]) if found[2] else None
            if not tail and found.end() == len(rest) and stamp is None:
                return None
            return _unfold(Head(stamp, host, found[1], pid, tail))
        word, space, tail = rest.partition(" ")
        if not space:
            break
        if _is_facility(word) or _PRIORITY.fullmatch(word) or (word.isupper() and word.lower() in _LEVELS):
            rest = tail.lstrip(" ")
        elif host is None and stamp is not None:
            host, rest = word.rstrip(":") or None, tail.lstrip(" ")
        else:
            return Head(stamp, host, None, None, rest) if stamp is not None else None
    if stamp is None:
        return None
    if not rest or (host is None and " " not in rest) or postfix_program(rest.partition("[")[0]):
        return None
    return Head(stamp, host, None, None, rest)


def _host_colon(rest: str) -> bool:
    """Whether the first word is a host with a colon behind it (``mx1: postfix/smtpd[1]: …``)."""
    word, _, tail = rest.partition(" ")
    following = _TAG.match(tail)
    return bool(following) and "[" not in word and "[" in following[0] if following else False


def _unfold(head: Head) -> Head:
    """Take off what syslog daemons put between tag and text or behind it: message ids, repetition, empty columns."""
    text, repeat, flags = head.text, head.repeat, head.flags
    if text.endswith((",,", ";;")):
        text = text.rstrip(text[-1])
    if text.startswith("[ID ") and (found := _SOLARIS.match(text)):
        text = text[found.end() :]
    if text.startswith("message repeated ") and (found := _REPEATED.match(text)):
        repeat = max(int(found[1]), 1)
        text = text[found.end() :]
        if text.endswith("]"):
            text = text[:-1]
        else:
            flags = (*flags, "truncated")
    return head._replace(text=text, repeat=repeat, flags=flags)
