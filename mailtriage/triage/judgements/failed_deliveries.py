"""Outbound: who refuses our mail or cannot be reached, whom that hurts, and whether it still goes on."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Mail
from mailtriage.triage.case import Case, together
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.organisation import organisation

ORDER = 900
MOST = 100
# Causes for which somebody here must act, else mail stays lost.
OURS = {
    "ip_reputation", "dnsbl", "domain_reputation", "url_reputation", "auth_spf", "auth_dkim", "auth_dmarc",
    "reverse_dns", "helo_invalid", "auth_required", "auth_failed", "tls_required", "relay_denied", "config_error",
    "sender_rejected", "sender_unverifiable", "sender_domain_not_found", "unresolvable_client_hostname",
}  # fmt: skip
LASTS = timedelta(hours=4)  # a temporary failure is worth a look when it lasts


def questions(desk: Desk) -> Iterable[Question]:
    """When did mail to this party get through?"""
    for case in _open(desk)[:MOST]:
        ends = _ends(desk, case)
        if ends:
            yield Question(
                f"sent:{_party_id(case)}", tuple(ends), frozenset({"sent"}),
            )  # fmt: skip


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a party and cause."""
    by_party: dict[tuple[str, str, str], list[Case]] = defaultdict(list)
    for case in _open(desk):
        by_party[_party_id(case), case.key.cause, case.key.via].append(case)
    for (party_id, cause, _), found in sorted(by_party.items()):
        desk.claim(found)
        whole = found[0] if len(found) == 1 else together(found)
        successes = [fact for _, fact in answers.of(f"sent:{party_id}")]
        party = _party(desk, whole, party_id)
        finding = draft(
            desk, [whole], "failure", party, "low", successes=successes, direction="outbound",
            lost=desk.lost(_lost(whole)),
            own_users={s for s in whole.group.senders.members() if desk.own.has(s)},
        )  # fmt: skip
        yield _weighed(desk, whole, finding, cause)


def _weighed(desk: Desk, case: Case, finding: Finding, cause: str) -> Finding:
    lost, ends = bool(case.lost), finding.state in ("recovered",)
    words = f"{cause}" if desk.texts.has(f"finding.failure.by_cause.{cause}") else "other"
    outcome = "bounced" if lost else "deferred"
    title = desk.texts.say(
        f"finding.failure.by_cause.{words}", count=finding.messages, operator=finding.party.name,
        own_ip=(finding.own_ips or ("",))[0], outcome=desk.texts.say(f"outcome.{outcome}"),
        domains=", ".join(sorted({r.rpartition("@")[2] for r in finding.recipients})[:3]),
        cause=desk.texts.say(f"cause.{cause}"),
    )  # fmt: skip
    severity = "low"
    if cause in OURS:
        severity = "high" if lost and not ends else "medium"
    elif cause in ("user_unknown", "mailbox_disabled", "recipient_policy"):
        severity = "medium" if finding.messages >= 10 else "low"
    elif cause == "greylist":
        severity = "info" if not lost else "medium"
    elif lost or (_lasts(finding) and not ends):
        severity = "medium"
    if finding.senders == ("",):
        # Bounces of our own: nobody waits for them. Senders of spam do not exist.
        return replace(finding, severity="low", title=title, act="nobody")
    waiting = finding.messages - len(finding.late)
    if not lost and waiting <= 0:
        severity = "low"
    return replace(finding, severity=severity, title=title)


def _lasts(finding: Finding) -> bool:
    first, last = finding.first_seen, finding.last_seen
    return first is not None and last is not None and last - first >= LASTS


def _open(desk: Desk) -> list[Case]:
    return desk.open("outbound")


def _ends(desk: Desk, case: Case) -> list[str]:
    """Literals that stand in the lines of deliveries to this party that worked."""
    if case.key.trust == "operator":
        operator = desk.book.operators.get(case.key.party)
        return [f"{end}[" for end in operator.mx] if operator else []
    if case.key.trust == "relay":
        names = case.group.relays.members()
        return [f"{organisation(names[0])}["] if names else []
    return [f"@{case.key.party}>"] if case.key.party else []


def _party_id(case: Case) -> str:
    if case.key.trust == "relay":
        names = case.group.relays.members()
        return organisation(names[0]) if names else case.key.party
    return case.key.party


def _party(desk: Desk, case: Case, party_id: str) -> Party:
    if case.key.trust == "operator":
        operator = desk.book.operators[case.key.party]
        return Party("operator", operator.id, operator.name)
    return Party("host", party_id, party_id)


def _lost(case: Case) -> list[Mail]:
    """Mails of this case that were given up."""
    out: list[Mail] = []
    for key, group in case.groups:
        if key.outcome in ("bounced", "expired", "undeliverable"):
            out += [mail for _, mail in group.mails.items()]
    return out
