"""Refused over IPv6 alone, while mail to the same receiver passes over IPv4: our IPv6 address is at fault."""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import ask_sent, names_of, party_of, sent
from mailtriage.triage.desk import Desk
from mailtriage.triage.outgoing import outgoing

ORDER = 290
CAUSES = (
    "ip_reputation",
    "dnsbl",
    "reverse_dns",
    "auth_spf",
    "policy",
    "recipient_policy",
    "content_policy",
    "unclassified",
)


def questions(desk: Desk) -> Iterable[Question]:
    """Did mail to these receivers pass over IPv4?"""
    return ask_sent(desk, _cases(desk))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding over all receivers that refuse our IPv6 address alone."""
    found = [
        case
        for case in _cases(desk)
        if any("." in address for fact in sent(desk, answers, case) for address in fact.clients)
    ]
    if not found:
        return
    desk.claim(found)
    own = sorted({ip for case in found for ip in case.group.captures.get("own_ip", ()) if ":" in ip})
    subject = own[0] if own else "IPv6"
    yield outgoing(
        desk, answers, found, "ipv6_refused", Party("own_server", subject, subject), words="ipv6_refused",
        fault="ours", act="our_admin", over=":",
        values={"operators": names_of(party_of(desk, case).name for case in found), "address": subject},
    )  # fmt: skip


def _cases(desk: Desk) -> list[Case]:
    """Cases that came from IPv6 hosts only."""
    found = []
    for case in desk.open("outbound"):
        addresses = case.group.clients.members()
        if case.key.cause in CAUSES and addresses and all(":" in address for address in addresses):
            found.append(case)
    return found
