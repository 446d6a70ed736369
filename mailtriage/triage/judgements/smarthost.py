"""Everything goes out through one relay, and that relay refuses: no mail of anybody leaves, whoever it is for."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Fact, Question
from mailtriage.triage.case import Case, CaseKey
from mailtriage.triage.delivery import domains, null_senders, party_id, sent, to_ourselves, waiting
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import loopback
from mailtriage.triage.of_server import stands
from mailtriage.triage.organisation import organisation
from mailtriage.triage.outgoing import outgoing

ORDER = 280
ENOUGH = 5  # mails that it took, in the samples
SHOWN = 5  # bounces whose lines are shown
SEVERAL = 2  # recipients' domains that have nothing to do with the relay
DOOR = ("auth_required", "auth_failed", "relay_denied", "rate_limit", "sender_rejected", "network", "tls_required",
        "config_error", "connection_limit", "dns_failure", "policy", "ip_reputation")  # fmt: skip
_BOUNCES, _NOTICES, _BIG = "bounces that came in", "bounces that we made", "who takes mail for the big"
_BIG_DOMAINS = ("gmail.com", "outlook.com", "hotmail.com", "icloud.com", "yahoo.com")
_OPERATORS = ("mailbox", "hoster", "filter")
_LOGIN = ("auth_failed", "auth_required")  # no later try helps; somebody must correct the login
_PORTS = (":587 ", ":465 ", ":587,", ":465,", "]:587: ", "]:465: ")
# Our own client's words, behind ``status=``; nobody logs in to an MX.
_OUR_LOGIN = re.compile(r" status=deferred \((?:delivery temporarily suspended: )?SASL authentication failed")


def questions(desk: Desk) -> Iterable[Question]:
    """Does other mail pass at this relay, and does any pass by another way?"""
    unseen = False
    for who in sorted(_relays(desk))[:5]:
        yield Question(f"smarthost:{who}", (f"{who}[",), frozenset({"sent"}), lead="relay=")
    if _at_work(desk) or (unseen := _unseen(desk)):
        yield Question(_BOUNCES, (": from=<>, size=",), frozenset({"qmgr"}), (("sender", "is", ""),))
        yield Question(_NOTICES, (" notification: ",), frozenset({"bounce_notice"}))
    if unseen:
        yield Question(_BIG, tuple(f"@{name}>" for name in _BIG_DOMAINS), frozenset({"sent"}), (), ("relay_name",))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a relay and cause."""
    told = set()
    for who, found in sorted(_relays(desk).items()):
        by_cause: dict[str, list[Case]] = defaultdict(list)
        for case in found:
            by_cause[case.key.cause].append(case)
        for cause, cases in sorted(by_cause.items()):
            if cause not in DOOR:
                continue
            desk.claim(cases)
            told.add(who)
            finding = outgoing(
                desk, answers, cases, "smarthost", Party("host", who, who), cause=cause, words="smarthost",
                fault="ours", act="our_admin",
                level="high" if _no_login(cause, cases) and stands(desk, cases) == "ongoing" else None,
                values={"relay": who, "passed": len(sent(desk, answers, cases[0]))},
            )  # fmt: skip
            finding = _theirs(desk, answers, cases, finding)
            over, severity = finding.state == "recovered", finding.severity
            if (over and severity == "high") or (not over and severity == "low" and waiting(desk, cases)):
                severity = "medium"  # what waits there is everybody's mail
            yield replace(finding, severity=severity)
    if who := _at_work(desk) or _one_for_all(desk, answers):
        nulls, notices = answers.one(_BOUNCES), answers.one(_NOTICES)
        came = (nulls.count if nulls else 0) - (notices.count if notices else 0)
        if came > 0 or who not in told:
            yield _works(desk, who, nulls if came > 0 else None, max(came, 0))


def _theirs(desk: Desk, answers: Answers, cases: list[Case], finding: Finding) -> Finding:
    """The finding with what the relay's own operator wants, where a rule of its pack knows the reply."""
    rule = desk.book.rules.get(finding.rule or "")
    if rule is None or rule.operator.kind not in _OPERATORS:
        return finding
    own = outgoing(desk, answers, cases, "smarthost", finding.party, cause=finding.cause)
    why = desk.texts.say("report.facts.sentences").join((own.why, finding.why))
    first, *rest = own.steps or finding.steps
    if not first.url and not first.command and own.links:
        first = replace(first, url=own.links[0].url)
    # Of ours the last two: send what waits, and read the bounces.
    return replace(finding, why=why, steps=(first, *rest, *finding.steps[-2:]))


def _no_login(cause: str, cases: list[Case]) -> bool:
    """Whether the relay lets us in no more: for the login's sake, or it says at login what else it wants."""
    return cause in _LOGIN or any(_OUR_LOGIN.search(end.text) for case in cases for end in case.group.ends)


def _at_work(desk: Desk) -> str:
    """The organisation that takes nearly all of our mail on a submission port; "" where there is none."""
    handed: Counter[str] = Counter()
    for host, count in desk.survey.tally.known.handed.items():
        handed[organisation(host)] += count
    who, most = max(handed.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
    return who if most >= ENOUGH and most * 10 >= handed.total() * 9 else ""


def _unseen(desk: Desk) -> bool:
    """Whether a relay on port 25 may carry all mail: none does on a submission port, and no two hosts refused any."""
    cases = [case for case in desk.cases if case.key.direction == "outbound"]
    hosts = {organisation(name) for case in cases for name in case.group.relays.members()}
    return not desk.survey.tally.known.handed and len(hosts) <= 1


def _one_for_all(desk: Desk, answers: Answers) -> str:
    """The organisation that takes nearly all mail for big providers, and is none of them; "" where there is none."""
    taken: Counter[str] = Counter()
    for (relay,), fact in answers.of(_BIG):
        if relay and not loopback(relay) and relay != "localhost":
            taken["" if desk.book.operator_of_pool(relay) else organisation(relay)] += fact.count
    who, most = max(taken.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
    return who if most >= ENOUGH and most * 10 >= taken.total() * 9 else ""


def _works(desk: Desk, who: str, nulls: Fact | None, came: int) -> Finding:
    """The relay takes our mail: refusals further on are known from bounce mails alone, and so many came."""
    case = Case(CaseKey("outbound", "policy", who, "relay", "", "", ""))
    group = case.group
    group.count = came
    group.relays.add(who)
    if nulls:
        group.first, group.last = nulls.first, nulls.last
        group.hours.merge(nulls.hours)
    for mail in sorted(mail for _, mail in nulls.mails.items())[-SHOWN:] if nulls else []:
        if line := desk.survey.read(mail.place):
            group.show(line)
    return draft(
        desk, [case], "smarthost", Party("host", f"{who} at work", who), "low", cause="policy", direction="outbound",
        fault="nobody", act="nobody", state="ongoing", words="smarthost_works" if came else "smarthost_seen",
        values={"relay": who, "count": came},
    )  # fmt: skip


def _relays(desk: Desk) -> dict[str, list[Case]]:
    """Relays that refuse mail for domains of others, by organisation: their own customers' domains do not count."""
    found: dict[str, list[Case]] = defaultdict(list)
    for case in desk.open("outbound"):
        hosts = case.group.relays.members()
        if hosts and not null_senders(case) and not to_ourselves(desk, case):
            found[organisation(hosts[0])].append(case)
    return {who: cases for who, cases in found.items() if _is_smarthost(desk, who, cases)}


def _is_smarthost(desk: Desk, who: str, cases: list[Case]) -> bool:
    others = {organisation(name) for case in cases for name in domains(case)} - {who}
    texts = [end.text for case in cases for end in case.group.ends]
    if any(port in text for text in texts for port in _PORTS) or any(map(_OUR_LOGIN.search, texts)):
        return True
    operators = {desk.book.operator_of_domain(name) for case in cases for name in domains(case)} - {None}
    home = next((desk.book.operators.get(party_id(case)) for case in cases if case.key.trust == "operator"), None)
    if home is None and operators and any(case.key.cause == "relay_denied" for case in cases):
        return True  # a provider's own MX does not speak of relaying its own mail
    # A relay that takes mail for two big providers, and is neither of them, is nobody's MX.
    return len(others) >= SEVERAL and len(operators - {home}) >= SEVERAL
