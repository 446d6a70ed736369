"""What of all that is remembered is worth saying now: new, worse, back, still there, over. Time is the log's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mailtriage.model.finding import SEVERITIES, Finding

AGAIN = (1, 3, 7, 14, 30)  # days after the first telling; then every 30
WORSE = 2  # times as many mails as when it was told last
LEAST = 10  # and so many more at least
OLD = timedelta(days=30)  # what was over so long before the first digest is only remembered
LOUD = ("high", "medium")
KINDS = ("new", "back", "worse", "ongoing", "resolved")


@dataclass(frozen=True, slots=True)
class Change:
    """Something to say of a finding."""

    kind: str  # one of KINDS
    finding: Finding  # as far as it is news: of one that came back the last episode, and what was lost since
    times: int = 1  # how many episodes there were
    longest: timedelta | None = None  # of those that are over
    root: str | None = None  # Message-ID of the mail that told of it first
    since: datetime | None = None  # when it was seen first of all


def decide(
    findings: Iterable[Finding], told: Mapping[str, Mapping[str, Any]], now: datetime | None
) -> tuple[list[Change], dict[str, dict[str, Any]]]:
    """The changes to tell, the most urgent first, and what is then told (to be kept with them)."""
    changes, kept = [], {}
    for finding in findings:
        if finding.severity not in LOUD or finding.last_seen is None:
            continue
        before = dict(told.get(finding.id, {}))
        kind = _kind(finding, before, now or finding.last_seen)
        if kind == "silent":
            continue
        after = before | _note(finding, before, kind or "", now or finding.last_seen)
        quiet = kind is not None and _silenced(before, kind, now)
        if kind and not quiet:
            after.pop("ack", None)  # it has changed
        if after != before:
            kept[finding.id] = after
        if kind and not quiet:
            news = _news(finding, before, kind)
            times, longest, root = len(finding.episodes) or 1, _longest(finding), before.get("root")
            changes.append(Change(kind, news, times, longest, root, finding.first_seen))
    changes.sort(key=lambda change: (
        KINDS.index(change.kind) > 2, -SEVERITIES.index(change.finding.severity), KINDS.index(change.kind),
        change.finding.state == "recovered", -change.finding.messages, change.finding.id,
    ))  # fmt: skip
    return changes, kept


def _news(finding: Finding, before: Mapping[str, Any], kind: str) -> Finding:
    """Without what was told already."""
    if last := before.get("last"):
        told = datetime.fromisoformat(last)
        finding = replace(finding, lost=tuple(one for one in finding.lost if one.time is None or one.time > told))
    if kind == "back" and finding.episodes:
        episode = finding.episodes[-1]
        finding = replace(
            finding, first_seen=episode.first, count=episode.count, messages=min(finding.messages, episode.count)
        )
    return finding


def _kind(finding: Finding, before: Mapping[str, Any], now: datetime) -> str | None:
    over = finding.state == "recovered" or _quiet(finding, now)
    last = finding.last_seen or now
    if "count" not in before:
        if over and now - last > OLD:
            return "silent"
        return "new"
    fresh = finding.count > before["count"]
    if before.get("over"):
        return "back" if fresh else None
    if over:
        return "resolved"
    if not fresh:
        return None
    if SEVERITIES.index(finding.severity) > SEVERITIES.index(before["severity"]):
        return "worse"
    if finding.messages >= max(WORSE * before["messages"], before["messages"] + LEAST):
        return "worse"
    return "ongoing" if now >= datetime.fromisoformat(before["next"]) else None


def _quiet(finding: Finding, now: datetime) -> bool:
    return finding.state == "unknown" and finding.last_seen is not None and now - finding.last_seen > timedelta(days=6)


def _note(finding: Finding, before: Mapping[str, Any], kind: str, now: datetime) -> dict[str, Any]:
    """What to keep of having told it."""
    if not kind:
        return {}
    over = finding.state == "recovered" or _quiet(finding, now)
    number = 0 if kind in ("new", "back") else int(before.get("number", 0)) + 1
    days = AGAIN[min(number, len(AGAIN) - 1)]
    since = now if kind in ("new", "back") else datetime.fromisoformat(before.get("since", now.isoformat()))
    following = now + timedelta(days=days) if number >= len(AGAIN) else max(since + timedelta(days=days), now)
    return {
        "count": finding.count, "messages": finding.messages, "severity": finding.severity, "over": over,
        "last": finding.last_seen.isoformat() if finding.last_seen else "",
        "number": number, "since": since.isoformat(), "next": following.isoformat(),
    }  # fmt: skip


def _silenced(before: Mapping[str, Any], kind: str, now: datetime | None) -> bool:
    """Whether it was acknowledged: until a day, or until it changes."""
    if "ack" not in before:
        return False
    until = before["ack"]
    if until:
        return now is not None and now < datetime.fromisoformat(until)
    return kind in ("new", "ongoing")


def _longest(finding: Finding) -> timedelta | None:
    """How long the longest episode that is over lasted until mail got through."""
    spans = [one.next_success - one.first for one in finding.episodes if one.next_success]
    return max(spans, default=None)
