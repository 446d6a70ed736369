"""A finding about mail on its way out: ``draft`` with what only such mail has.

Whose mail was lost, both addresses where ours differ, how often it happened before, what to send again, and the
request with its evidence.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailtriage.model.finding import Finding, LostMail, Party, Step
from mailtriage.scan.ask import Answers
from mailtriage.scan.tally import Line, Mail
from mailtriage.triage.case import Case, together
from mailtriage.triage.delivery import (
    forwarded,
    listed,
    lost_mails,
    null_senders,
    own_senders,
    sent,
    successes,
    waiting,
)
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft, say_steps
from mailtriage.triage.organisation import domain_of, organisation
from mailtriage.triage.stakes import BLOCKS, IDENTITY, RECIPIENTS, Stakes, severity
from mailtriage.triage.unwrapped import unwrapped

VOLUME = 100  # mails to an operator, below which its statistics for senders show nothing
_STATISTICS = ("sendersupport.olc.protection.outlook.com/snds", "postmaster.google.com")
OFTEN = 3  # episodes after which a release alone will not do
_SILENT = ("network", "dns_failure")  # nobody answered, so nobody can be asked for anything
PROOFS = 3  # replies of one operator in a request
SHOWN = 10  # mails that are named in words


def outgoing(
    desk: Desk, answers: Answers, found: Sequence[Case], kind: str, party: Party, *, cause: str | None = None,
    words: str | None = None, title: str | None = None, level: str | None = None, values: dict[str, Any] | None = None,
    why_user: str | None = None, to_them: bool = False, over: str = "",
    **more: Any,
) -> Finding:  # fmt: skip
    """A finding over these cases.

    ``title`` is the key of its title where it is not that of ``kind`` or ``words``; ``level`` the severity, where the
    judgement knows better than the stakes; ``why_user`` what users are told, where the rule's words
    do not suit. Successes count only where they went to the same recipients (``to_them``), or over hosts whose address
    holds ``over``. ``values`` fill the words; ``more`` goes to ``draft``.
    """
    whole = found[0] if len(found) == 1 else together(found)
    cause = cause or whole.key.cause
    mails = lost_mails(desk, answers, found)
    lost = desk.lost(mails)
    facts = [fact for case in found for fact in sent(desk, answers, case)]
    only = {address.lower() for address in whole.group.recipients} if to_them or cause in RECIPIENTS else None
    users = own_senders(desk, found) | {mail.sender for mail in mails if mail.sender and desk.own.has(mail.sender)}
    known = _values(desk, whole, party, mails) | (values or {})
    finding = draft(
        desk, [whole], kind, party, "low", cause=cause, passed=successes(desk, facts, only, over), lost=lost,
        own_users=users, words=words, values=known, evidence=_evidence(desk, found),
        **({"direction": "outbound"} | more),
    )  # fmt: skip
    finding = _state(desk, finding, waiting(desk, found))
    nobody = null_senders(whole)
    waits = waiting(desk, found)
    stakes = Stakes(
        len([mail for mail in mails if mail.sender != ""]), len(waits), nobody, forwarded(desk, whole),
        max((mail.delay or 0.0 for _, mail in whole.group.mails.items() if mail.queue_id in waits), default=0.0),
    )  # fmt: skip
    finding = replace(
        finding,
        severity=level or severity(finding, stakes),
        title=_tidy(desk.texts.say(title, **_title_values(desk, finding, known))) if title else finding.title,
        own_ips=_addresses(desk, finding),
        request_text=proved(desk, finding, finding.request_text),
        user_text=_user(desk, finding, lost, why_user)
        if lost and (users or not desk.own.domains)
        else finding.user_text,
        act="nobody" if nobody and level is None else finding.act,
    )
    if len(whole.group.messages) + sum(fact.count for fact in facts) < VOLUME:
        finding = replace(
            finding,
            links=tuple(link for link in finding.links if not any(page in link.url for page in _STATISTICS)),
            steps=tuple(step for step in finding.steps if not any(page in (step.url or "") for page in _STATISTICS)),
        )
    return _said(desk, finding)


def _values(desk: Desk, case: Case, party: Party, mails: Sequence[Mail]) -> dict[str, Any]:
    """What the rule's words may name of this very case."""
    last = mails[-1] if mails else next(reversed(desk.mails(case)), None)
    when = desk.when(last.place) if last else None
    names = sorted(_relays(case))
    values: dict[str, Any] = {
        "party": party.name, "host": party.name, "relays": ", ".join(names[:5]),
        "queue_id": last.queue_id if last else None, "time": stamp(when) if when else None,
        "own_user": next(iter(sorted(own_senders(desk, [case]))), None),
        "sender_domain": domain_of(last.sender) if last else None,
    }  # fmt: skip
    return {name: value for name, value in values.items() if value}


def _relays(case: Case) -> list[str]:
    return case.group.relays.members()


def _title_values(desk: Desk, finding: Finding, known: dict[str, Any]) -> dict[str, Any]:
    where = sorted({domain_of(address) for address in finding.recipients} - {""})
    outcome = "bounced" if finding.lost else "deferred"
    return {
        "operator": finding.party.name, "own_ip": next(iter(finding.own_ips), ""), "count": finding.messages,
        "outcome": desk.texts.say(f"outcome.{outcome}"), "cause": desk.texts.say(f"cause.{finding.cause}"),
        "domains": listed(where) or finding.party.name,
        "sender": next(iter(finding.own_users or finding.senders), ""),
        "recipient": next(iter(finding.recipients), finding.party.name),
    } | known  # fmt: skip


def _tidy(text: str) -> str:
    """A title whose unknown values left no gap."""
    return " ".join(text.split()).replace(" :", ":")


def stamp(when: datetime) -> str:
    """A time with its zone, for people elsewhere."""
    return f"{when:%Y-%m-%d %H:%M:%S %z}"


def _evidence(desk: Desk, found: Sequence[Case]) -> Any:
    """Lines of every case, so that each host shows."""
    lines: list[Line] = []
    share = max(20 // len(found), 2)
    for case in found:
        lines += case.group.ends
        lines += [line for _, line in case.group.evidence.items()][: max(share - 2, 0)]
    return desk.evidence(lines, 40 if len(found) > 5 else 20)


def _state(desk: Desk, finding: Finding, waits: set[str]) -> Finding:
    """Deferred mail that all arrived is over; a block that nobody tried again still stands."""
    if finding.late and not finding.lost and not waits:
        arrived = max((mail.time for mail in finding.late if mail.time), default=None)
        last = finding.last_seen
        if arrived and last and arrived > last:
            return replace(finding, state="recovered", next_success=finding.next_success or arrived)
    if finding.state == "unknown" and finding.cause in BLOCKS | IDENTITY:
        return replace(finding, state="ongoing")
    return finding


def _addresses(desk: Desk, finding: Finding) -> tuple[str, ...]:
    """The address that the replies name, and the one that was given where it differs."""
    given = tuple(known.value for known in desk.own.ips if known.origin != "reply")
    if finding.cause not in BLOCKS | {"reverse_dns", "helo_invalid"}:
        return finding.own_ips
    return tuple(dict.fromkeys((*finding.own_ips, *given)))


def _said(desk: Desk, finding: Finding) -> Finding:
    """Why, with what the case adds: other addresses of ours, earlier episodes, what arrived after all."""
    say, why, steps = desk.texts.say, [finding.why], finding.steps
    given = [known.value for known in desk.own.ips if known.origin != "reply"]
    named = finding.own_ips[0] if finding.own_ips else None
    if finding.cause in BLOCKS and named and given and named not in given:
        why.insert(0, say("finding.outgoing.other_address", named=named, given=", ".join(given)))
    before = len(finding.episodes) - 1
    if before > 0 and finding.cause in BLOCKS:
        last = finding.episodes[-2].last
        why.append(say("finding.outgoing.before", count=before, when=desk.texts.date(last)))
        if before + 1 >= OFTEN:
            steps = (*say_steps(desk, "outgoing", {}), *steps)
    if finding.cause in _SILENT and finding.lost and finding.count > finding.messages and not finding.next_success:
        steps = (*steps, Step("outgoing.given_up", say("finding.outgoing.given_up")))
    if finding.late:
        longest = max(mail.delay for mail in finding.late)
        why.append(say("finding.outgoing.late", count=len(finding.late), delay=desk.texts.length(longest)))
    return replace(finding, why=say("report.facts.sentences").join(why), steps=tuple(steps))


def proved(desk: Desk, finding: Finding, request: str | None) -> str | None:
    """A request with its evidence: times with zone and their own hosts' words, no user of ours."""
    if not request or finding.cause not in BLOCKS:
        return request
    rows = []
    shown: dict[str, int] = {}
    for line in reversed(finding.evidence):
        text = unwrapped(line.text)
        host = next((relay for relay in finding.relays if relay in text), "")
        _, found, words = text.partition(" said: ")
        if not found:
            _, found, words = text.partition(" refused to talk to me: ")
        when = next((mail.time for mail in finding.lost if mail.queue_id and f" {mail.queue_id}:" in text), None)
        site = organisation(host)
        if found and when and shown.get(site, 0) < PROOFS:
            shown[site] = shown.get(site, 0) + 1
            rows.append(f"{stamp(when)}  {host}: {words.rpartition(' (in reply to ')[0] or words.rstrip(')')}")
    if not rows:
        return request
    proof = desk.texts.say("finding.outgoing.proof", count=len(rows))
    return request.rstrip() + "\n\n" + proof + "\n" + "\n".join(f"  {row}" for row in sorted(rows)) + "\n"


def _user(desk: Desk, finding: Finding, lost: Sequence[LostMail], why: str | None) -> str:
    """What to tell the users: why, and which of their mails to send again."""
    say = desk.texts.say
    why = (
        why
        or finding.user_text
        or say("finding.outgoing.user", party=finding.party.name, cause=say(f"cause.{finding.cause}"))
    )
    rows = [
        say(
            "finding.outgoing.mail",
            sender=mail.sender or say("report.missing.sender"),
            recipient=mail.recipient or "?",
            when=desk.texts.date(mail.time) if mail.time else "?",
        )
        for mail in lost[:SHOWN]
    ]
    if len(lost) > SHOWN:
        rows.append(say("finding.outgoing.more", count=len(lost) - SHOWN))
    again = say("finding.outgoing.again", count=len(lost))
    return why.strip() + "\n" + again + "\n" + "\n".join(f"- {row}" for row in rows) + "\n"
