"""Refused by one mail server, taken by the next: no loss, but a sign of what may come for all of them."""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import names_of
from mailtriage.triage.desk import Desk
from mailtriage.triage.organisation import organisation
from mailtriage.triage.outgoing import outgoing

ORDER = 40  # before what the server says of itself
CAUSES = (
    "ip_reputation", "dnsbl", "domain_reputation", "rate_limit", "connection_limit", "reverse_dns", "helo_invalid",
    "policy", "system_error", "content_spam", "unclassified",
)  # fmt: skip


_BLOCKS = ("ip_reputation", "dnsbl", "domain_reputation", "reverse_dns")
MOST = 3  # operators that are asked about


def questions(desk: Desk) -> Iterable[Question]:
    """Did anything get through to those who block us? Then another of their hosts took it."""
    blockers = sorted({organisation(case.group.relays.members()[0]) for case in _cases(desk) if _blocks(case)})
    for who in blockers[:MOST]:
        yield Question(f"early:{who}", (f"{who}[",), frozenset({"sent"}), lead="relay=")


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One low finding a host; nothing where the mail failed all the same and a finding says so."""
    failed = {
        mail.queue_id for case in desk.cases if case.key.direction == "outbound" for _, mail in case.group.mails.items()
    }
    for case in _told(desk):
        desk.claim([case])
        if case.key.cause not in CAUSES:
            continue  # one recipient's trouble, or greylisting: the attempt that follows says it
        mails = set(case.group.messages.members())
        if mails <= failed:
            continue
        hosts = case.group.relays.members()
        who = organisation(hosts[0])
        operator = desk.book.operator_of_relay(hosts[0])
        refused = _blocks(case) and answers.one(f"early:{who}") is None
        yield outgoing(
            desk, answers, [case], "early_warning",
            Party("operator", operator.id, operator.name) if operator else Party("host", who, who),
            words="refused_at_greeting" if refused else "early_warning", direction="outbound",
            level="medium" if refused else "low" if _blocks(case) else "info",
            values={"hosts": names_of(hosts), "own": next(iter(case.group.captures.get("own_ip", ())), "")},
        )  # fmt: skip


def _blocks(case: Case) -> bool:
    return case.key.cause in _BLOCKS


def _cases(desk: Desk) -> list[Case]:
    return [case for case in _told(desk) if case.key.cause in CAUSES]


def _told(desk: Desk) -> list[Case]:
    """What smtp(8) tells of hosts that it gave up for the next one."""
    return [
        case
        for case in desk.open("server")
        if case.key.trust == "smtp"
        and case.group.relays.members()
        and any(" refused to talk to me: " in end.text or " said: " in end.text for end in case.group.ends)
    ]
