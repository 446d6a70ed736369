"""From cases to a finding: everything that follows from the facts alone; the judgement adds what it thinks."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from mailtriage.model.finding import CodeCount, Evidence, Finding, Legitimacy, Link, LostMail, Party, Saying, Step
from mailtriage.model.mails import mails
from mailtriage.rules.advice import advise
from mailtriage.rules.book import Classification
from mailtriage.scan.ask import Fact
from mailtriage.texts.catalog import fill
from mailtriage.triage.case import Case, together
from mailtriage.triage.desk import Desk
from mailtriage.triage.episodes import Hour, course
from mailtriage.triage.inbound import client_cidr, pool_regex
from mailtriage.triage.organisation import domain_of
from mailtriage.triage.servers import servers

_NAMES = re.compile(r"\{([a-z_]+)\}")
_HARMLESS = re.compile(r"[A-Za-z0-9_.:@/+=][A-Za-z0-9_.:@/+=-]{0,254}", re.ASCII)
SHOWN = 50  # names of senders, recipients, clients in a finding
LOST = 200
OTHERS = 6  # addresses of ours that get links of their own


def finding_id(kind: str, direction: str, cause: str, party: str) -> str:
    """The same trouble has the same id tomorrow: a hash of kind, direction, cause and party, and of nothing else."""
    text = "\0".join((kind, direction, cause, party))
    return blake2b(text.encode(), digest_size=6).hexdigest()


def draft(
    desk: Desk,
    found: Sequence[Case],
    kind: str,
    party: Party,
    severity: str,
    *,
    cause: str | None = None,
    direction: str | None = None,
    detail: str | None = None,
    successes: Sequence[Fact] = (),
    passed: Sequence[Hour] | None = None,
    evidence: Sequence[Evidence] | None = None,
    state: str | None = None,
    fault: str | None = None,
    act: str | None = None,
    lost: Sequence[LostMail] | None = None,
    legitimacy: Legitimacy | None = None,
    words: str | None = None,
    values: Mapping[str, Any] | None = None,
    numbers: Mapping[str, Sequence[str]] | None = None,
    steps: Sequence[Step] | None = None,
    user_text: str | None = None,
    own_users: Iterable[str] = (),
) -> Finding:
    """A finding over these cases.

    ``words`` is the key below ``finding.`` whose title, why and steps are said; without it the rule's own words are
    used, under the title of ``kind``. ``values`` fill both, as do the ``numbers`` of such.
    ``passed`` are the times of successes, where the judgement knows better than ``successes``.
    """
    case = found[0] if len(found) == 1 else together(found)
    group = case.group
    way = course(desk.hours(group.hours), desk.fact_hours(successes) if passed is None else passed, desk.now)
    rule = desk.book.rules.get(case.rule or "")
    numbers = {name: tuple(some) for name, some in (numbers or {}).items()}
    facts = _values(desk, case, party) | dict(values or {}) | {name: len(some) for name, some in numbers.items()}
    in_words = {name: key for name in numbers if desk.texts.has(key := f"finding.{words}.{name}")}
    title_key = f"finding.{words or kind}.title"
    told = saying(desk, title_key, facts, numbers, {*(values or {}), *numbers}, in_words)
    facts |= {name: desk.texts.say(key, count=facts[name]) for name, key in in_words.items()}
    named = (
        tuple(sorted(group.captures["own_ip"].members(), key=lambda ip: (ip != desk.own.ip, ip)))
        if "own_ip" in group.captures
        else ()
    )
    captures = {name: next(iter(seen.members()), "") for name, seen in group.captures.items()}
    if named:
        captures["own_ip"] = named[0]
    meaning = Classification(
        cause or case.key.cause, rule, case.key.operator or None, case.key.via or None, captures,
        direction or case.key.direction,
    )  # fmt: skip
    advice = advise(meaning, {key: str(value) for key, value in facts.items()}, desk.texts.lang)
    links = _links_of_each(desk, meaning, facts, advice.links, named[1:OTHERS])
    facts |= {"why": advice.why, "first_link": advice.links[0].url if advice.links else ""}
    why, steps = advice.why, steps or advice.steps
    if words is not None and desk.texts.has(f"finding.{words}.why"):
        why = desk.texts.say(f"finding.{words}.why", **facts)
        if steps is advice.steps:
            steps = say_steps(desk, words, facts)
    parties = {"senders": group.senders, "recipients": group.recipients, "clients": group.clients}
    return Finding(
        id=finding_id(kind, direction or case.key.direction, cause or case.key.cause, party.id),
        kind=kind,
        severity=severity,
        cause=cause or case.key.cause,
        detail=detail or _most(group.details),
        rule=rule.id if rule else None,
        operator=case.key.operator or None,
        via=case.key.via or None,
        direction=direction or case.key.direction,
        title=desk.texts.say(title_key, **facts),
        party=party,
        state=state or way.state,
        count=group.count,
        messages=len(group.messages) or group.count,
        first_seen=desk.when(group.first),
        last_seen=desk.when(group.last),
        last_success=way.last_success,
        next_success=way.next_success,
        episodes=way.episodes,
        codes=tuple(
            CodeCount(code=code or None, dsn=dsn or None, count=count)
            for (code, dsn), count in sorted(group.codes.items(), key=lambda pair: (-pair[1], pair[0]))
        ),
        own_ips=named or tuple(known.value for known in desk.own.ips if case.key.direction == "outbound"),
        own_users=tuple(sorted(own_users)),
        logs=servers(sorted(case.hosts)),
        senders=tuple(sorted(group.senders.members()[:SHOWN])),
        recipients=tuple(sorted(group.recipients.members()[:SHOWN])),
        clients=tuple(sorted(group.clients.members()[:SHOWN])),
        relays=tuple(sorted(group.relays.members()[:SHOWN])),
        distinct={name: len(seen) for name, seen in parties.items() if len(seen)},
        estimated=tuple(name for name, seen in parties.items() if not seen.exact),
        lost=tuple(lost or ())[:LOST],
        late=desk.late(mail.queue_id for mail in desk.mails(case) if mail.queue_id),
        looks_legitimate=legitimacy,
        fault=fault or meaning.fault,
        act=act or meaning.act,
        temporary=rule.temporary if rule else None,
        typical_wait=advice.wait,
        evidence=tuple(evidence or desk.evidence_of(case)),
        quote=_quote(case),
        why=why,
        steps=tuple(steps),
        links=links,
        request_text=advice.request,
        user_text=user_text or advice.user,
        lang=desk.texts.lang,
        mails=mails(group.messages.hashes, *([] if group.messages.exact else [group.messages.ceiling])),
        saying=told,
    )  # fmt: skip


def _links_of_each(
    desk: Desk, meaning: Classification, facts: Mapping[str, Any], links: tuple[Link, ...], others: Sequence[str]
) -> tuple[Link, ...]:
    """The links, and behind them where the other addresses of ours are looked up and released."""
    found = {link.url: link for link in links}
    for address in others:
        captures = {**(meaning.captures or {}), "own_ip": address}
        values = {key: str(value) for key, value in facts.items()} | {"own_ip": address}
        for link in advise(replace(meaning, captures=captures), values, desk.texts.lang).links:
            if link.kind in ("lookup", "removal", "form"):
                found.setdefault(link.url, link)
    return tuple(found.values())


def _values(desk: Desk, case: Case, party: Party) -> dict[str, Any]:
    """What words may name: the facts of the case that are certain."""
    group = case.group
    recipients = sorted({domain_of(address) for address in group.recipients} - {""})
    values: dict[str, Any] = {
        "count": group.count, "messages": len(group.messages) or group.count, "party": party.name,
        "pattern": party.pattern or party.name, "operator": case.key.operator or party.name, "via": case.key.via,
        "own_ip": desk.own.ip or "", "own_host": next(iter(sorted(case.hosts)), ""),
        "own_domain": desk.own.domains[0].value if desk.own.domains else "",
        "domains": ", ".join(recipients[:5]), "domain": recipients[0] if recipients else "",
        "senders": len(group.senders), "recipients": len(group.recipients), "clients": len(group.clients),
        "cause": desk.texts.say(f"cause.{case.key.cause}"),
    }  # fmt: skip
    for name, seen in (
        ("sender", group.senders), ("recipient", group.recipients), ("client_ip", group.clients),
        ("client_name", group.names), ("relay", group.relays),
    ):  # fmt: skip
        values[name] = min(seen.members(), default="")
    if case.key.direction == "inbound":
        # A pool's common expression and network, for exceptions (mailtriage.rules.exceptions).
        values["pool_regex"] = pool_regex(group.names.members()) if case.key.trust != "net" else None
        values["client_cidr"] = client_cidr(group.clients.members())
    return {key: value for key, value in values.items() if value not in ("", None)}


_COUNTED = ("count", "messages", "senders", "recipients", "clients")


def saying(
    desk: Desk, key: str, values: Mapping[str, Any], numbers: Mapping[str, Sequence[str]], given: Collection[str],
    in_words: Mapping[str, str],
) -> Saying:  # fmt: skip
    """How a title is said; ``given`` are values that are not the facts of the same name."""
    names = {"count", *_NAMES.findall(str(desk.texts.raw(key)))}
    used = {name: value for name, value in values.items() if name in names}
    facts = tuple(name for name in _COUNTED if name in used and name not in given)
    return Saying(key, used, facts, {name: tuple(some)[:SHOWN] for name, some in numbers.items() if name in names},
                  dict(in_words))  # fmt: skip


def say_steps(desk: Desk, words: str, values: Mapping[str, Any]) -> tuple[Step, ...]:
    """Steps of a judgement: a list of sentences, or of tables with text, command and url."""
    out = []
    for number, step in enumerate(desk.texts.raw(f"finding.{words}.steps") or (), 1):
        table: Mapping[str, str] = {"text": step} if isinstance(step, str) else step
        parts = {
            name: fill(text, values)
            for name, text in table.items()
            # A command is there to be pasted: values that a shell could take for more than a word leave it out.
            if name != "command" or all(_HARMLESS.fullmatch(str(values.get(key, ""))) for key in _NAMES.findall(text))
        }
        if any("{" in text and name != "text" for name, text in parts.items()):
            continue
        out.append(Step(f"{words}.{number}", parts["text"], parts.get("command"), parts.get("url")))
    return tuple(out)


def _most(details: Mapping[str, int]) -> str | None:
    return min(details, key=lambda name: (-details[name], name), default=None) or None


def _quote(case: Case) -> str | None:
    """The words of the last line of a case: the reply, or the text behind the tag."""
    if not case.group.ends:
        return None
    text = case.group.ends[-1].text
    for mark in (" said: ", "status=", "reject: ", "]: "):
        _, found, tail = text.partition(mark)
        if found:
            if mark == "status=":
                tail = tail.partition(" (")[2].removesuffix(")")
            elif mark == " said: " and "(in reply to " not in tail and " status=" in text:
                tail = tail.removesuffix(")")
            words = tail.rpartition(" (in reply to ")[0] or tail.partition("; from=<")[0]
            return words.partition("; proto=")[0] or tail
    return text
