"""Everything goes out through one relay, and that relay refuses: no mail of anybody leaves, whoever it is for."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import domains, null_senders, party_id, sent, to_ourselves, waiting
from mailtriage.triage.desk import Desk
from mailtriage.triage.of_server import stands
from mailtriage.triage.organisation import organisation
from mailtriage.triage.outgoing import outgoing

ORDER = 280
SEVERAL = 2  # recipients' domains that have nothing to do with the relay
DOOR = ("auth_required", "auth_failed", "relay_denied", "rate_limit", "sender_rejected", "network", "tls_required",
        "config_error", "connection_limit", "dns_failure", "policy", "ip_reputation")  # fmt: skip
_LOGIN = ("auth_failed", "auth_required")  # no later try helps; somebody must correct the login
_PORTS = (":587 ", ":465 ", ":587,", ":465,")
# Our own client's words, behind ``status=``; nobody logs in to an MX.
_OUR_LOGIN = re.compile(r" status=deferred \((?:delivery temporarily suspended: )?SASL authentication failed")


def questions(desk: Desk) -> Iterable[Question]:
    """Does other mail pass at this relay, and does any pass by another way?"""
    for who in sorted(_relays(desk))[:5]:
        yield Question(f"smarthost:{who}", (f"{who}[",), frozenset({"sent"}))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a relay and cause."""
    for who, found in sorted(_relays(desk).items()):
        by_cause: dict[str, list[Case]] = defaultdict(list)
        for case in found:
            by_cause[case.key.cause].append(case)
        for cause, cases in sorted(by_cause.items()):
            if cause not in DOOR:
                continue
            desk.claim(cases)
            finding = outgoing(
                desk, answers, cases, "smarthost", Party("host", who, who), cause=cause, words="smarthost",
                fault="ours", act="our_admin",
                level="high" if cause in _LOGIN and stands(desk, cases) == "ongoing" else None,
                values={"relay": who, "passed": len(sent(desk, answers, cases[0]))},
            )  # fmt: skip
            over, severity = finding.state == "recovered", finding.severity
            if (over and severity == "high") or (not over and severity == "low" and waiting(desk, cases)):
                severity = "medium"  # what waits there is everybody's mail
            yield replace(finding, severity=severity)


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
    # A relay that takes mail for two big providers, and is neither of them, is nobody's MX.
    return len(others) >= SEVERAL and len(operators - {home}) >= SEVERAL
