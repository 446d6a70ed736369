"""Greylisting, ours or postscreen's, that a pool never gets through: each retry comes from another address.

Greylisting itself asks nothing of anybody. Large providers retry from whatever server is free; where the address is
remembered whole, they start anew every time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.party import pool_pattern
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import case_organisation, sender_organisations, span
from mailtriage.triage.judgements import refused_senders
from mailtriage.triage.legitimacy import dynamic

ORDER = 810
ATTEMPTS = 4
LASTS = 1800.0  # seconds


def questions(desk: Desk) -> Iterable[Question]:
    """Did its senders get through?"""
    for case in _stuck(desk)[:40]:
        yield from refused_senders.ask(case)


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a pool."""
    for case in _stuck(desk):
        known = refused_senders.known_senders(case, answers)
        last = case.group.last
        if last is None or any(fact.last is not None and fact.last > last for fact in known):
            continue
        names = sorted(case.group.names.members())
        operator = desk.book.operator_of_pool(names[0])
        desk.claim([case])
        who = Party(
            "sender_pool", case.key.party, operator.name if operator else case_organisation(case), pool_pattern(names)
        )
        finding = draft(
            desk, [case], "greylist_stuck", who, "medium", direction="inbound", fault="ours", act="our_admin",
            words="greylist_stuck",
        )  # fmt: skip
        why = desk.texts.say("finding.greylist_stuck.stuck", count=case.count, clients=_number(case))
        # The rule's first step is to wait, and that is what does not help here.
        yield replace(finding, why=why, steps=finding.steps[1:] or finding.steps, user_text=None)


def _number(case: Case) -> str:
    """How many addresses; each attempt comes from one."""
    clients = case.group.clients
    return f"{len(clients)}" if clients.exact else f"≈{min(len(clients), case.count)}"


def _stuck(desk: Desk) -> list[Case]:
    """Greylisted pools that came from several addresses, again and again."""
    found = []
    for case in desk.open("inbound", "greylist"):
        names = case.group.names.members()
        if not names or dynamic(names[0]) or case.key.trust == "net":
            continue
        own_mail = case_organisation(case) in sender_organisations(case.group.senders.members())
        known = desk.book.operator_of_pool(names[0]) is not None
        mails = max(len(case.group.recipients), 1)
        if (
            (own_mail or known)
            and len(case.group.clients) >= 2
            and case.count >= max(ATTEMPTS, 3 * mails)
            and span(desk, case.group) >= LASTS
        ):
            found.append(case)
    return found
