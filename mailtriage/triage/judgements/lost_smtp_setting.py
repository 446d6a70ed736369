"""One of our own users sends through somebody else's servers: the mail program lost its outgoing server (SMTP).

The clues: the envelope sender's domain is ours, the client is a foreign relay, there is no login; the person wrote to
people who exist here, and comes again. Told apart from forgery (dynamic lines, blocklists, writing to oneself, a
dictionary), from forwarders and lists that bring our own mail back (the person logged in minutes before), from
rewritten addresses (SRS is nobody's), and from machines and services that send in our name (own_machine_refused).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mailtriage.model.finding import Finding, Legitimacy, Party, Reason
from mailtriage.scan.ask import Answers, Fact, Question
from mailtriage.scan.party import pool_pattern
from mailtriage.scan.tally import Mail
from mailtriage.triage.address import is_list_sender, unwrap
from mailtriage.triage.case import Case, together
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import case_organisation, hosted, span
from mailtriage.triage.legitimacy import dynamic
from mailtriage.triage.machines import is_machine, sends_for_others
from mailtriage.triage.organisation import domain_of, organisation

ORDER = 100
LIKELY, CERTAIN = 4, 6  # points
RETRIES_OVER = 1800.0  # seconds
MOST = 60  # senders that are asked about
# relay_denied is a program that does not log in here; greylisting lets it through later.
_NEVER = ("auth_failed", "relay_denied", "greylist", "user_unknown", "protocol_error")
# Hosts that pass on other people's mail: their own mail programs do not send through them.
_FORWARDER = re.compile(
    r"(?:^|[.-])(?:x?forward(?:er|ing|s)?|fwd|srs|redirect|alias(?:es)?|lists?|listserv?|mailman|sympa|majordomo|"
    r"groups?|discuss|archive)\d{0,4}(?:[.-])",
    re.IGNORECASE,
)
_SLOT = 600_000_000  # microseconds: facts are counted by ten minutes


@dataclass
class _Suspect:
    """A sender of ours and the cases of one foreign organisation that refused it."""

    sender: str
    organisation: str
    cases: list[Case]
    spellings: set[str]


def questions(desk: Desk) -> Iterable[Question]:
    """Every refusal of such a sender by client, and where and when the person logs in."""
    spellings: dict[str, set[str]] = {}
    for suspect in _suspects(desk):
        spellings.setdefault(suspect.sender, set()).update(suspect.spellings)
    for sender in sorted(spellings)[:MOST]:
        literals = tuple(f"from=<{spelling}>" for spelling in sorted({sender, *spellings[sender]})[:8])
        yield Question(
            f"own_refused:{sender}", literals, frozenset({"reject", "milter_reject"}), (("sender", "is", sender),),
            ("client_addr",), earlier=False,
        )  # fmt: skip
        yield Question(
            f"own_login:{sender}", (f"sasl_username={sender}", f"sasl_username={sender.partition('@')[0]}"),
            frozenset({"client"}), (), ("sasl_username",), tens=True,
        )  # fmt: skip

    for domain in sorted(desk.own.domain_names)[:20]:
        # A large pool keeps a sample of its senders: those of ours are looked for apart.
        yield Question(
            f"own_senders:{domain}", (f"@{domain}> to=<", f"@{domain}>, to=<"), frozenset({"reject", "milter_reject"}),
            (("sender", "ends", domain),), ("sender", "helo"), earlier=False,
        )  # fmt: skip


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a person and provider."""
    explained: dict[str, set[str]] = {}
    suspects = _suspects(desk)
    for suspect, fact in _unsampled(desk, answers, suspects):
        points, reasons = _weigh(desk, suspect, fact, [])
        if points >= LIKELY:
            yield _finding(desk, suspect, fact, [], points, reasons)
            explained.setdefault(suspect.organisation, set()).add(suspect.sender)
    for suspect in suspects:
        clients = {client for case in suspect.cases for client in case.group.clients.members()}
        fact = Fact()
        for (client,), one in answers.of(f"own_refused:{suspect.sender}"):
            if client in clients:
                fact.merge(one)
        if not fact.count:
            continue
        names = (suspect.sender, suspect.sender.partition("@")[0])
        logins = [one for (user,), one in answers.of(f"own_login:{suspect.sender}") if user in names]
        points, reasons = _weigh(desk, suspect, fact, logins)
        if points >= LIKELY:
            yield _finding(desk, suspect, fact, logins, points, reasons)
            explained.setdefault(suspect.organisation, set()).add(suspect.sender)
    for suspect in suspects:
        # A pool that brought nothing but these people's mail is no trouble of its own.
        known = explained.get(suspect.organisation, set())
        desk.claim(case for case in suspect.cases if {s.lower() for s in case.group.senders.members()} <= known)


def _suspects(desk: Desk) -> list[_Suspect]:
    """Senders of ours that were refused as they came from a foreign, named, mail-server-like client."""
    found: dict[tuple[str, str], _Suspect] = {}
    own = {organisation(name) for name in desk.own.domain_names} | hosted(desk)
    for case in desk.cases:
        names = case.group.names.members()
        if case.key.direction != "inbound" or case.key.cause in _NEVER or case.claimed or not names:
            continue
        org = case_organisation(case)
        if case.key.trust not in ("client", "ptr", "helo") or not org or org in own or sends_for_others(desk, names[0]):
            continue
        for spelling in sorted(filter(desk.own.has, case.group.senders.members())):
            sender = spelling.lower()
            if _person(sender):
                suspect = found.setdefault((sender, org), _Suspect(sender, org, [], set()))
                suspect.spellings.add(spelling)
                if case not in suspect.cases:
                    suspect.cases.append(case)
    return [found[key] for key in sorted(found)]


def _unsampled(desk: Desk, answers: Answers, known: list[_Suspect]) -> Iterator[tuple[_Suspect, Fact]]:
    """Senders of ours that are not among the senders kept of a large pool, found by the pool's HELO names."""
    pools: dict[str, list[Case]] = {}
    for case in desk.cases:
        if case.key.direction == "inbound" and case.key.cause not in _NEVER and not case.group.senders.exact:
            pools.setdefault(case_organisation(case), []).append(case)
    seen = {(suspect.sender, suspect.organisation) for suspect in known}
    found: dict[tuple[str, str], Fact] = {}
    for domain in sorted(desk.own.domain_names)[:20]:
        for (sender, helo), fact in answers.of(f"own_senders:{domain}"):
            key = (sender, organisation(helo))
            if key[1] in pools and key not in seen and _person(sender):
                found.setdefault(key, Fact()).merge(fact)
    for (sender, org), fact in sorted(found.items(), key=lambda pair: pair[0]):
        yield _Suspect(sender, org, pools[org], {sender}), fact


def _person(sender: str) -> bool:
    return unwrap(sender).how in ("plain", "batv") and not is_list_sender(sender) and not is_machine(sender)


def _weigh(desk: Desk, suspect: _Suspect, fact: Fact, logins: list[Fact]) -> tuple[int, list[Reason]]:
    sender, cases = suspect.sender, suspect.cases
    points: list[tuple[int, str, dict[str, object]]] = [(1, "own_domain", {"domain": domain_of(sender)})]
    names = sorted({name for case in cases for name in case.group.names.members()})
    name = names[0]
    operator = desk.book.operator_of_pool(name)
    others = {a for case in cases for a in case.group.senders.members() if a and not desk.own.has(a)}
    customers = any(organisation(domain_of(a)) == suspect.organisation for a in others)
    if count := sum(one.count for one in logins):
        points.append((2, "logged_in_before", {"count": count}))
    if operator or not dynamic(name):
        points.append((1, "foreign_relay", {"name": pool_pattern(names) or name}))
    if operator:
        points.append((2, "provider_pool", {"operator": operator.name}))
    if customers:
        points.append((2, "customers_too", {"organisation": suspect.organisation}))
    if len(fact.clients) >= 2:
        points.append((1, "relay_pool", {}))
    if fact.count >= 2:
        points.append((1, "comes_again", {"count": fact.count}))
    recipients = [r for r in fact.recipients.members() if r.lower() != sender]
    if recipients and len(recipients) <= 5:
        points.append((1, "few_recipients", {"count": len(recipients)}))

    provider = operator is not None or customers
    if not recipients:
        points.append((-4, "to_itself", {}))
    if not operator and dynamic(name):
        points.append((-4, "dynamic_name", {"name": name}))
    if _listed(desk, cases):
        points.append((-1 if provider else -4, "on_blocklist", {}))
    if len(recipients) > 8:
        points.append((-3, "many_recipients", {"count": len(recipients)}))
    mine = {s.lower() for case in cases for s in case.group.senders.members() if desk.own.has(s)}
    if len(mine) >= 5 and not provider:
        points.append((-3, "many_own_senders", {"count": len(mine)}))
    foreign = {organisation(domain_of(a)) for a in others if domain_of(a)} - {suspect.organisation}
    if len(foreign) >= 4 and not provider:
        points.append((-3, "many_sender_domains", {"count": len(foreign)}))
    if _returned(fact, logins):
        points.append((-6, "returned", {}))
    if any(_FORWARDER.search(one) for one in names):
        points.append((-4, "forwarder", {"name": name}))
    if fact.count >= 2 * max(len(recipients), 1) and span(desk, fact) >= RETRIES_OVER:
        points.append((1, "retries", {"count": fact.count, "mails": desk.number_of_mails(len(recipients))}))
    if all(case.key.trust == "helo" for case in cases) and operator is None:
        points.append((-2, "only_helo", {"name": name}))
    if not provider and _still_logs_in(fact, logins):
        points.append((-2, "still_logs_in", {}))
    if not provider and not logins and len(fact.clients) < 2:
        points.append((-1, "no_name", {}))
    total = sum(weight for weight, _, _ in points)
    if not provider and len(fact.clients) < 2:
        total = min(total, CERTAIN - 1)  # one host of nobody that we know: likely at most
    return total, [Reason(id_, desk.texts.say(f"because.{id_}", **values)) for _, id_, values in points]


def _listed(desk: Desk, cases: list[Case]) -> bool:
    return any(case.key.cause == "dnsbl" or desk.of_party(case.key.party, "dnsbl") for case in cases)


def _still_logs_in(fact: Fact, logins: list[Fact]) -> bool:
    """Whether the person went on logging in after the first refusal: a second device, or somebody else forges."""
    first = fact.first
    return first is not None and any(one.last is not None and one.last > first for one in logins)


def _logs_in_meanwhile(fact: Fact, logins: list[Fact]) -> bool:
    """Whether the person logged in between the first and the last refusal."""
    first, last = fact.first, fact.last
    if first is None or last is None:
        return False
    return any(first < begin < last for one in logins for _, begin, _ in one.hours.by_hour.values())


def _returned(fact: Fact, logins: list[Fact]) -> bool:
    """Whether the person sent through us right before most of these mails: then somebody brings them back."""
    slots = {slot for one in logins for slot in one.tens}
    firsts: dict[str | None, Mail] = {}
    for mail in [kept for _, kept in fact.mails.items()]:
        old = firsts.get(mail.recipient)
        firsts[mail.recipient] = mail if old is None else min(old, mail)
    near = 0
    for mail in firsts.values():
        if mail.place.stamp is not None:
            slot = mail.place.stamp.micros // _SLOT
            near += bool({(mail.place.source, slot), (mail.place.source, slot - 1)} & slots)
    return bool(firsts) and 2 * near > len(firsts)


def _finding(
    desk: Desk, suspect: _Suspect, fact: Fact, logins: list[Fact], points: int, reasons: list[Reason]
) -> Finding:
    # The refusals of this person alone: the rest of the pool is another finding.
    sender, whole = suspect.sender, together(suspect.cases)
    mine = Case(whole.key)
    mine.hosts, mine.rules = whole.hosts, whole.rules
    group = mine.group
    group.count, group.first, group.last, group.hours = fact.count, fact.first, fact.last, fact.hours
    group.codes = whole.group.codes if len(whole.group.codes) == 1 else group.codes
    group.senders.add(sender)
    for recipient in fact.recipients:
        group.recipients.add(recipient)
        group.messages.add(f"{sender} {recipient}")
    for client in fact.clients:
        group.clients.add(client)
    for name in whole.group.names:
        group.names.add(name)
    for _, line in [*whole.group.evidence.items(), *(("", end) for end in whole.group.ends)]:
        if f"from=<{sender}>" in line.text.lower():
            group.show(line)
    names = sorted(whole.group.names.members())
    operator = desk.book.operator_of_pool(names[0])
    provider = operator.name if operator else suspect.organisation
    certain = points >= CERTAIN
    # Who logged in all along has a second program that is set up well: it says nothing of the one that is not.
    repaired = [] if _logs_in_meanwhile(fact, logins) else logins
    host = _mail_host(desk, whole)
    finding = draft(
        desk, [mine], "lost_smtp_setting", Party("own_user", sender, sender), "high" if certain else "medium",
        cause=whole.key.cause, direction="inbound", fault="our_user", act="our_user", successes=repaired,
        legitimacy=Legitimacy(round(min(points / 8, 1.0), 2), tuple(reasons)),
        words="lost_smtp_setting", own_users=(sender,),
        values={
            "user": sender, "provider": provider, "own_domain": domain_of(sender), "mail_host": host,
            "pattern": pool_pattern(names) or provider,
            "certainty": desk.texts.say("certainty.certain" if certain else "certainty.likely"),
        },
        user_text=desk.texts.say("finding.lost_smtp_setting.user", provider=provider, mail_host=host, user=sender),
    )  # fmt: skip
    if finding.state == "recovered":
        finding = replace(finding, severity="low")
    # The provider is not to be asked for anything: it does what it should.
    return replace(finding, request_text=None)


def _mail_host(desk: Desk, case: Case) -> str:
    host = next(iter(sorted(case.hosts)), "")
    return host if "." in host else f"mail.{desk.own.domains[0].value}" if desk.own.domains else host
