"""Mail that our own users wrote comes back from elsewhere, and our own SPF, DMARC or login check refuses it.

An address at a university, a club or another provider is forwarded here, or a list lives there. The sender is still one
of ours, the server is not: the check does what it was told to, and our record is right. Who lost the setting of their
outgoing server is told before (lost_smtp_setting). Source: RFC 7208 section 9.5 and Appendix D.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Step
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import say_steps
from mailtriage.triage.inbound import own_words
from mailtriage.triage.judgements import refused_senders

ORDER = 790
_CAUSES = ("auth_spf", "auth_dmarc", "auth_required")


def questions(desk: Desk) -> Iterable[Question]:
    """What refused_senders asks of the same cases."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a place that brings our mail back."""
    for finding in refused_senders.findings(desk, answers, "brought_back", lambda case: _ours_alone(desk, case)):
        users = tuple(address for address in finding.recipients if desk.own.has(address))
        key = "told_login" if finding.cause == "auth_required" else "told"
        why = desk.texts.say(f"finding.brought_back.{key}", party=finding.party.name, senders=listed(finding.senders))
        yield replace(
            own_words(finding), why=why, steps=_steps(desk, finding), fault="sender", act="our_admin", own_users=users
        )


def _ours_alone(desk: Desk, case: Case) -> bool:
    senders = [sender for sender in case.group.senders.members() if sender]
    return case.key.cause in _CAUSES and bool(senders) and all(map(desk.own.has, senders))


def _steps(desk: Desk, finding: Finding) -> tuple[Step, ...]:
    """Our own, and of the rule's those that let these very clients through."""
    exempt = [step for step in finding.steps if any(client in (step.command or "") for client in finding.clients)]
    facts = {"party": finding.party.name, "recipient": listed(finding.recipients),
             "sender": next(iter(finding.senders), ""),
             "client": next(iter(finding.clients), "")}  # fmt: skip
    if finding.cause == "auth_required":
        return say_steps(desk, "brought_back_login", facts)
    return (*say_steps(desk, "brought_back", facts), *exempt)
