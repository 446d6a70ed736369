"""What others put around a log line: container runtimes, orchestrators, terminals, spreadsheets, raw sockets.

Sources: docker logs, docker compose logs, docker's json-file driver, Kubernetes' container runtime interface, kubectl
--prefix, RFC 3164 section 4.1.1 (priority).
"""

import json
import re
from typing import Any

from mailtriage.model.stamp import Stamp
from mailtriage.syslog import journal, months, rfc5424, stamps
from mailtriage.syslog.head import Head, after_stamp, carries

_COLOUR = re.compile(r"\x1b\[[0-9;]{0,16}m")
_COMPOSE = re.compile(r"[A-Za-z0-9][\w.@-]{0,127} {0,64}\| ")
_KUBECTL = re.compile(r"\[pod/[^\s\]]{1,300}\] ")
_CRI = re.compile(r" (?:stdout|stderr) ([FP])(?: |$)")
_PRIORITY = re.compile(r"<\d{1,3}>")
_MONOTONIC = re.compile(r"\[ {0,12}\d{1,10}\.\d{1,9}\] ")  # journalctl's short-monotonic
_TABLE = re.compile(
    r"\t[A-Za-z]{4,13}\t([A-Za-z][\w./-]{0,60})\t"
)  # level, tag and text in columns, of a firewall's page
# Label, epoch, date and node before each line, in collections of clusters' logs; ``user@host`` stands for the host.
_CLUSTER = re.compile(r"[-A-Z][A-Z0-9_]{0,30} \d{9,10} \d{4}\.\d\d\.\d\d \S{1,100} (?=[A-Z][a-z]{2} )")
_MARKER = re.compile(r"-- .* --$")


def unwrap(text: str, layers: int) -> Head | None:
    """Take prefixes off, one layer at a time, until the head of a log line remains. None: there is none."""
    text = text.lstrip("\ufeff \t")
    if "\x1b" in text[:256]:
        text = _COLOUR.sub("", text[:256]) + text[256:]
        text = text.lstrip(" ")
    if text[:1] == "{":
        return _from_json(text, layers)
    if text[:1] == '"':
        return unwrap(_column(text), layers - 1) if layers > 0 else None
    if text[:1] == "<" and (found := _PRIORITY.match(text)):
        rest = text[found.end() :]
        return rfc5424.parse(rest) or (unwrap(rest, layers - 1) if layers > 0 else None)
    if text[:2] == "1 " and (head := rfc5424.parse(text)):
        return head
    if text[:5] == "[pod/" and (found := _KUBECTL.match(text)) and layers > 0:
        return unwrap(text[found.end() :], layers - 1)
    if text[:1] == "[" and (found := _MONOTONIC.match(text)) and layers > 0:
        return unwrap(text[found.end() :], layers - 1)
    if text[:1] in "-ABCDEFGHIJKLMNOPQRSTUVWXYZ" and (found := _CLUSTER.match(text)) and layers > 0:
        return unwrap(text[found.end() :], layers - 1)
    if _MARKER.match(text):
        return Head(None, None, None, None, text)
    timed = stamps.leading(text)
    if timed is None and (english := months.english(text)) is not None:
        text, timed = english, stamps.leading(english)
    if timed is not None:
        stamp, end = timed
        return _behind(stamp, text[end:], layers)
    if "|" in text[:200] and layers > 0 and (found := _COMPOSE.match(text)):
        return unwrap(text[found.end() :], layers - 1)
    return after_stamp(None, text) or _unstamped(text) or Head(None, None, None, None, text)


def _unstamped(text: str) -> Head | None:
    """``host tag[pid]: text`` with no time at all; only where the tag is Postfix's, for any prose has this form."""
    host, _, rest = text.partition(" ")
    head = after_stamp(None, rest) if host else None
    return head._replace(host=host) if head is not None and head.program is not None else None


def _behind(stamp: Stamp, rest: str, layers: int) -> Head | None:
    """What follows a first time stamp: a container's line with a head of its own, or host, tag and text."""
    flags: tuple[str, ...] = ()
    if found := _CRI.match(rest):
        rest = rest[found.end() :]
        flags = ("truncated",) if found[1] == "P" else ()
    elif found := _TABLE.match(rest):
        return Head(stamp, None, found[1], None, rest[found.end() :])
    elif not stamp.dated or not _inner(rest.lstrip(" ")):
        return _carried(after_stamp(stamp, rest.lstrip(",: ")), layers)
    head = unwrap(rest, layers - 1) if layers > 0 else None
    if head is None:
        return None
    return head._replace(stamp=_better(head.stamp, stamp), flags=(*head.flags, *flags))


def _carried(head: Head | None, layers: int) -> Head | None:
    """A head, or that of the whole line which a container's runtime or compose handed to syslog as its own text."""
    if head is None or head.tag is None or layers <= 0 or not carries(head.tag):
        return head
    found = _COMPOSE.match(head.text)
    inner = unwrap(head.text[found.end() :] if found else head.text, layers - 1)
    if inner is None or inner.program is None:
        return head
    stamp = inner.stamp if head.stamp is None else _better(inner.stamp, head.stamp)
    return inner._replace(stamp=stamp, host=inner.host or head.host, flags=(*inner.flags, *head.flags))


def _inner(rest: str) -> bool:
    """Whether another time stamp, or something that holds one, follows directly."""
    return rest[:1] in ("{", "<") or stamps.leading(rest) is not None


def _better(inner: Stamp | None, outer: Stamp) -> Stamp:
    """Of two stamps of one line: the writer's own, with the year and zone that the outer one knows."""
    if inner is None:
        return outer
    if inner.dated and inner.offset is not None:
        return inner
    if inner.dated:
        return inner
    return stamps.date_with(inner, outer) or outer


def _column(text: str) -> str:
    """The first quoted column of a spreadsheet's line; quotes in it are doubled (RFC 4180)."""
    body = text[1:].rstrip(",;")
    body = body[:-1] if body.endswith('"') else body
    return body.replace('""', '"')


def _from_json(text: str, layers: int) -> Head | None:
    """A journal entry, or docker's json-file record with the line as ``log``. None: neither."""
    try:
        record: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Head(None, None, None, None, text)
    if not isinstance(record, dict):
        return Head(None, None, None, None, text)
    if "MESSAGE" in record or "__REALTIME_TIMESTAMP" in record:
        return journal.from_entry(record)
    log = record.get("log", record.get("message"))
    if not isinstance(log, str) or layers <= 0:
        return Head(None, None, None, None, text)
    flags = () if log.endswith("\n") or "log" not in record else ("truncated",)
    log = log.rstrip("\r\n")
    head = unwrap(log, layers - 1) if log else Head(None, None, None, None, "")
    if head is None:
        return None
    time = record.get("time", record.get("@timestamp"))
    outer = stamps.iso(time) if isinstance(time, str) else None
    stamp = _better(head.stamp, outer) if outer is not None else head.stamp
    return head._replace(stamp=stamp, flags=(*head.flags, *flags))
