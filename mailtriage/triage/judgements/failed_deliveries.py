"""Outbound: who refuses our mail or cannot be reached, whom that hurts, and whether it still goes on."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case, together
from mailtriage.triage.delivery import ask_sent, lost_mails, null_senders, own_senders, party_id, party_of, sent
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft

ORDER = 900
# Causes for which somebody here must act, else mail stays lost.
OURS = {
    "ip_reputation", "dnsbl", "domain_reputation", "url_reputation", "auth_spf", "auth_dkim", "auth_dmarc",
    "reverse_dns", "helo_invalid", "auth_required", "auth_failed", "tls_required", "relay_denied", "config_error",
    "sender_rejected", "sender_unverifiable", "sender_domain_not_found", "unresolvable_client_hostname",
}  # fmt: skip
LASTS = timedelta(hours=4)  # a temporary failure is worth a look when it lasts


def questions(desk: Desk) -> Iterable[Question]:
    """When did mail to this party get through?"""
    return ask_sent(desk, desk.open("outbound"))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a party and cause."""
    by_party: dict[tuple[str, str, str], list[Case]] = defaultdict(list)
    for case in desk.open("outbound"):
        by_party[party_id(case), case.key.cause, case.key.via].append(case)
    for (_, cause, _), found in sorted(by_party.items()):
        desk.claim(found)
        whole = found[0] if len(found) == 1 else together(found)
        finding = draft(
            desk, [whole], "failure", party_of(desk, whole), "low", direction="outbound",
            successes=[fact for case in found for fact in sent(desk, answers, case)],
            lost=desk.lost(lost_mails(whole)), own_users=own_senders(desk, found),
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
    if null_senders(case):
        # Bounces of our own: nobody waits for them. Senders of spam do not exist.
        return replace(finding, severity="low", title=title, act="nobody")
    waiting = finding.messages - len(finding.late)
    if not lost and waiting <= 0:
        severity = "low"
    return replace(finding, severity=severity, title=title)


def _lasts(finding: Finding) -> bool:
    first, last = finding.first_seen, finding.last_seen
    return first is not None and last is not None and last - first >= LASTS
