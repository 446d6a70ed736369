"""What two windows saw of one trouble, as one finding: counts and episodes add, the words are the later's."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from mailtriage.model.finding import SEVERITIES, CodeCount, Episode, Finding
from mailtriage.model.mails import Mails
from mailtriage.triage.retelling import retold

NAMES, LOST, EPISODES, EVIDENCE = 50, 200, 200, 12
BY_MAIL = ("expires_soon",)  # findings that count mails, whatever was tried
QUIET = timedelta(days=7)  # of the log without a failure after which nobody knows whether it goes on


def merge(old: Finding, new: Finding) -> Finding:
    """``old`` and what came later."""
    episodes = _episodes(old.episodes, new.episodes)
    severities = (new.severity,) if old.state == "recovered" else (old.severity, new.severity)
    times = [when for one in (old, new) for when in (one.first_seen, one.last_seen) if when]
    codes: Counter[tuple[str | None, str | None]] = Counter()
    for code in (*old.codes, *new.codes):
        codes[code.code, code.dsn] += code.count
    names = {
        field: tuple(sorted({*getattr(old, field), *getattr(new, field)})[:NAMES])
        for field in ("senders", "recipients", "clients", "relays", "own_users", "logs", "own_ips")
    }
    distinct, estimated = {}, []
    for field in sorted({*old.distinct, *new.distinct}):
        union = len({*getattr(old, field), *getattr(new, field)})
        most = max(old.distinct.get(field, 0), new.distinct.get(field, 0))
        distinct[field] = max(union, most)
        if most > NAMES or field in old.estimated or field in new.estimated:
            estimated.append(field)
    evidence = (*old.evidence, *new.evidence)
    if len(evidence) > EVIDENCE:
        evidence = (*evidence[: EVIDENCE // 3], *evidence[-(EVIDENCE - EVIDENCE // 3) :])
    number, mails = _messages(old, new)
    # Failures and successes side by side on one day, then failures alone: on and off.
    unsteady = new.state == "ongoing" and old.state == "intermittent"
    whole = replace(
        new, severity=max(severities, key=SEVERITIES.index), state=old.state if unsteady else new.state,
        count=number if new.kind in BY_MAIL else old.count + new.count,
        messages=number, mails=mails, first_seen=min(times, default=None), last_seen=max(times, default=None),
        episodes=episodes, last_success=episodes[-1].last_success if episodes else new.last_success,
        codes=tuple(CodeCount(code=code, dsn=dsn, count=count) for (code, dsn), count in
                    sorted(codes.items(), key=lambda pair: (-pair[1], str(pair[0])))),
        distinct=distinct, estimated=tuple(estimated), lost=(*old.lost, *new.lost)[-LOST:],
        late=(*old.late, *new.late)[-LOST:], evidence=evidence, **names,  # type: ignore[arg-type]
    )  # fmt: skip
    return retold(old, whole)


def _messages(old: Finding, new: Finding) -> tuple[int, Mails | None]:
    """Mails of both, each once: mail that waits or is refused comes again on other days."""
    known = [one.mails for one in (old, new) if one.mails and _counted(one, one.mails)]
    if len(known) == 2:
        union = known[0].union(known[1])
        return max(old.messages, new.messages, min(union.number, old.messages + new.messages)), union
    if new.direction == "inbound" or old.mails != new.mails:
        return max(old.messages, new.messages), None  # nobody can tell which are the same
    return old.messages + new.messages, None


def _counted(finding: Finding, mails: Mails) -> bool:
    """Whether ``messages`` counts these mails, and nothing else."""
    if mails.below is None:
        return bool(mails.hashes) and mails.number == finding.messages
    return finding.messages >= len(mails.hashes)  # both are estimates, of samples of their own size


def _episodes(old: tuple[Episode, ...], new: tuple[Episode, ...]) -> tuple[Episode, ...]:
    """One after the other; the last and the first are one where nothing succeeded between them."""
    if old and new:
        before, after = old[-1], new[0]
        between = before.next_success or (after.last_success if _later(after.last_success, before.last) else None)
        if between is None:
            one = replace(
                before, last=max(before.last, after.last), count=before.count + after.count,
                next_success=after.next_success,
            )  # fmt: skip
            return (*old[:-1], one, *new[1:])[-EPISODES:]
        old = (*old[:-1], replace(before, next_success=before.next_success or between))
    return (*old, *new)[-EPISODES:]


def _later(one: datetime | None, other: datetime) -> bool:
    return one is not None and one > other


def closed(finding: Finding, success: datetime) -> Finding:
    """A finding after which mail got through."""
    episodes = finding.episodes
    if episodes and episodes[-1].next_success is None:
        episodes = (*episodes[:-1], replace(episodes[-1], next_success=success))
    return replace(finding, state="recovered", next_success=finding.next_success or success, episodes=episodes)


def fold(
    known: Mapping[str, Finding], found: Iterable[Finding], successes: Mapping[str, datetime], now: datetime | None
) -> dict[str, Finding]:
    """What is known after a window: its findings added, and those closed that had a success in it."""
    out = dict(known)
    fresh = {finding.id: finding for finding in found}
    for identity, finding in fresh.items():
        out[identity] = merge(out[identity], finding) if identity in out else finding
    for identity, finding in out.items():
        if identity in fresh or finding.state == "recovered":
            continue
        success = successes.get(identity)
        if success and (finding.last_seen is None or success > finding.last_seen):
            out[identity] = closed(finding, success)
        elif now and finding.last_seen and now - finding.last_seen > QUIET:
            out[identity] = replace(finding, state="unknown")
    return out


def together(logs: Iterable[Mapping[str, Finding]]) -> dict[str, Finding]:
    """What several logs saw, as one."""
    by_id: dict[str, list[Finding]] = {}
    for log in logs:
        for identity, finding in log.items():
            by_id.setdefault(identity, []).append(finding)
    out = {}
    for identity, found in sorted(by_id.items()):
        found.sort(key=lambda one: one.last_seen.timestamp() if one.last_seen else 0.0)
        whole = found[0]
        for one in found[1:]:
            whole = merge(whole, one)
        out[identity] = replace(whole, episodes=tuple(sorted(whole.episodes, key=lambda one: one.first)))
    return out
