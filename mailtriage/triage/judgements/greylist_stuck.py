"""Greylisting, ours or postscreen's, that a pool never gets through: each retry comes from another address.

Greylisting itself asks nothing of anybody. Large providers retry from whatever server is free; where the address is
remembered whole, they start anew every time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.party import pool_pattern
from mailtriage.scan.tally import Place
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.episodes import Hour
from mailtriage.triage.inbound import case_organisation, sender_organisations, span
from mailtriage.triage.judgements import refused_senders
from mailtriage.triage.legitimacy import dynamic
from mailtriage.triage.middle import median

ORDER = 810
ATTEMPTS = 4
LASTS = 1800.0  # seconds
LATE = 3600.0  # seconds that a mail is put off again and again; greylisting as it should be takes minutes
FEW = 3  # senders whose retries can be told apart by time
PAUSE = 7200.0  # between two retries of one mail


def questions(desk: Desk) -> Iterable[Question]:
    """Did its senders get through?"""
    for case in _stuck(desk)[:40]:
        yield from refused_senders.ask(case)


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a pool."""
    for case in _stuck(desk):
        passes = _passes(desk, case, answers)
        late = _waited(desk, case) if passes else 0.0
        if passes and late < LATE:
            continue
        names = sorted(case.group.names.members())
        operator = desk.book.operator_of_pool(names[0])
        desk.claim([case])
        who = Party(
            "sender_pool", case.key.party, operator.name if operator else case_organisation(case), pool_pattern(names)
        )
        finding = draft(
            desk, [case], "greylist_stuck", who, "low" if passes else "medium", direction="inbound", fault="ours",
            act="our_admin", words="greylist_late" if passes else "greylist_stuck",
            values={"delay": desk.texts.length(late)},
        )  # fmt: skip
        key = "finding.greylist_late.late" if passes else "finding.greylist_stuck.stuck"
        why = desk.texts.say(key, count=case.count, clients=_number(case), delay=desk.texts.length(late))
        # The rule's first step is to wait, and that is what does not help here.
        yield replace(finding, why=why, steps=finding.steps[1:] or finding.steps, user_text=None)


def _passes(desk: Desk, case: Case, answers: Answers) -> bool:
    """Whether a sender of the pool got through after it was put off for the last time."""
    put_off: dict[str, Place] = {}
    for mail in desk.mails(case):  # in the order of the log
        put_off[(mail.sender or "").lower()] = mail.place
    for sender, last in put_off.items():
        for _, fact in answers.of(f"sender:{sender}"):
            if fact.last is not None and fact.last > last:
                return True
    return False


def _waited(desk: Desk, case: Case) -> float:
    """Seconds that a mail is put off: the usual length of a row of attempts, where few write through the pool."""
    if len(case.group.senders) > FEW:
        return 0.0
    rows: list[list[Hour]] = []
    for hour in sorted(desk.hours(case.group.hours), key=lambda one: one.first):
        if rows and (hour.first - rows[-1][-1].last).total_seconds() <= PAUSE:
            rows[-1].append(hour)
        else:
            rows.append([hour])
    return median((row[-1].last - row[0].first).total_seconds() for row in rows) if rows else 0.0


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
            and case.count >= max(ATTEMPTS, 3 * mails, 2 * len(case.group.senders))
            and span(desk, case.group) >= LASTS
        ):
            found.append(case)
    return found
