"""How much an outbound trouble asks of a person: by whose mail was lost or waits, never by volume alone."""

from dataclasses import dataclass
from datetime import timedelta

from mailtriage.model.finding import Finding

# Our address, name or configuration is at fault: until somebody here acts, mail stays lost.
OURS = frozenset({
    "ip_reputation", "dnsbl", "domain_reputation", "url_reputation", "auth_spf", "auth_dkim", "auth_dmarc",
    "reverse_dns", "helo_invalid", "auth_required", "auth_failed", "tls_required", "relay_denied", "config_error",
    "sender_rejected", "sender_unverifiable", "sender_domain_not_found", "unresolvable_client_hostname",
})  # fmt: skip
# What others find wrong with us does not mend itself while nobody writes to them.
IDENTITY = frozenset({"auth_spf", "auth_dkim", "auth_dmarc", "reverse_dns", "helo_invalid"})
# What a receiver has against one sender's address says nothing of the others'.
SENDERS = frozenset({"sender_rejected", "sender_unverifiable"})
BLOCKS = frozenset({"ip_reputation", "dnsbl", "domain_reputation"})
# One recipient's trouble: mail to others at the same place says nothing about it.
RECIPIENTS = frozenset({"user_unknown", "mailbox_full", "mailbox_disabled", "recipient_policy", "too_large"})
MANY = 10  # mails to dead addresses that earn a bad name
LASTS = timedelta(
    hours=4
)  # a temporary failure is worth a look when it lasts; senders hear of it then (delay_warning_time)


@dataclass(frozen=True, slots=True)
class Stakes:
    """What is at stake: people's mails that were lost, that wait, and whether all of it were bounces of our own."""

    lost: int
    waiting: int
    nobody: bool = False
    foreign: bool = False  # strangers' mail that we pass on
    oldest: float = 0.0  # seconds since the oldest mail that still waits was taken


def severity(finding: Finding, stakes: Stakes) -> str:
    """high, medium, low or info."""
    cause, over = finding.cause, finding.state == "recovered"
    if cause == "greylist" and not stakes.lost:
        return "low" if stakes.waiting and lasts(finding, stakes.oldest) else "info"
    if stakes.nobody or not (stakes.lost or stakes.waiting):
        return "low"  # nobody waits for a bounce to spam; what arrived after all is no loss
    if cause in OURS:
        if stakes.lost and not over:
            alone = len(finding.senders) == 1 or finding.messages == 1
            if cause in SENDERS and alone and finding.kind not in ("smarthost", "identity_rejected"):
                return "medium"  # one address that a receiver does not want; everybody else's mail passes
            return "medium" if stakes.foreign else "high"
        return (
            "medium"
            if stakes.lost or lasts(finding, stakes.oldest) or cause in BLOCKS or cause == "config_error"
            else "low"
        )
    if cause in RECIPIENTS:
        return "medium" if finding.messages >= MANY and stakes.lost >= MANY and cause != "mailbox_full" else "low"
    if cause == "dns_failure" and finding.party.kind != "operator" and 0 < stakes.lost < MANY:
        # Bounced at once: the domain does not exist, and the sender was told. Given up after days: nobody was.
        return "medium" if finding.count > finding.messages else "low"
    if cause == "loop" and stakes.lost:
        return "medium"  # a forwarding of ours that leads back: whoever it was made for gets nothing
    if stakes.foreign:
        return "low"
    if stakes.lost:
        return "medium"
    return "medium" if lasts(finding, stakes.oldest) and not over and stakes.waiting else "low"


def lasts(finding: Finding, oldest: float = 0.0) -> bool:
    """Whether a trouble went on for hours, or a mail waits for so long (the log may hold its last attempt only)."""
    if oldest >= LASTS.total_seconds():
        return True
    first, last = finding.first_seen, finding.last_seen
    return first is not None and last is not None and last - first >= LASTS
