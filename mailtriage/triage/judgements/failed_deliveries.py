"""Outbound: who refuses our mail or cannot be reached, whom that hurts, and whether it still goes on."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from mailtriage.model.finding import Finding, Party, Step
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.address import is_list_sender, unwrap
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import (
    ask_senders,
    ask_sent,
    names_of,
    null_senders,
    party_id,
    party_of,
    to_ourselves,
    waiting,
)
from mailtriage.triage.desk import Desk
from mailtriage.triage.gravity import gravity
from mailtriage.triage.inbound import private
from mailtriage.triage.judgements import mistyped_address
from mailtriage.triage.outgoing import outgoing
from mailtriage.triage.stakes import lasts

ORDER = 900
CONTENT = ("content_spam", "content_policy", "url_reputation", "policy", "domain_reputation")
NOBODY = 3  # parties whose bounces are told one by one; more are one line


def questions(desk: Desk) -> Iterable[Question]:
    """When did mail to this party get through? Who sent what was lost?"""
    yield from ask_senders(desk, desk.open("outbound"))
    yield from ask_sent(desk, desk.open("outbound"))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a party and cause; bounces that nobody waits for are one line a cause."""
    by_party: dict[tuple[str, str, str], list[Case]] = defaultdict(list)
    cases = desk.open("outbound")
    tried = _tried(desk) if any(case.key.cause == "expired" for case in cases) else set()
    for case in cases:
        if case.key.cause == "expired" and {mail.queue_id for _, mail in case.group.mails.items()} <= tried:
            desk.claim([case])  # the finding about the host that kept it waiting says so
        elif null_senders(case):
            by_party["", case.key.cause, ""].append(case)
        elif case.key.cause == "too_large" and len(case.group.senders) == 1:
            by_party[case.group.senders.members()[0], "too_large", ""].append(case)  # one user's, wherever they go
        else:
            by_party[party_id(case), case.key.cause, case.key.via].append(case)
    for (who, cause, _), found in sorted(by_party.items()):
        desk.claim(found)
        if not who and len(found) > 1 and null_senders(found[0]):
            yield outgoing(
                desk, answers, found, "undeliverable_bounces", party_of(desk, found[0]), cause=cause, level="low",
                words="undeliverable_bounces", act="nobody", fault="nobody", values={"parties": len(found)},
            )  # fmt: skip
            continue
        if cause in CONTENT and _from_list(found):
            sender = min(sender for case in found for sender in case.group.senders if sender)
            party = Party("own_user", unwrap(sender).address, unwrap(sender).address)
            yield outgoing(
                desk, answers, found, "list_refused", party, cause=cause, words="own_list_refused", fault="ours",
                act="our_admin",
                values={"list": party.name, "operators": names_of(party_of(desk, case).name for case in found)},
            )  # fmt: skip
            continue
        kind = (
            "accepted_then_refused" if to_ourselves(desk, found[0]) and any(case.lost for case in found) else "failure"
        )
        title, words = f"finding.failure.by_cause.{_words(desk, found, cause)}", None
        level: str | None = None
        more: dict[str, Any] = {}
        if kind != "failure":
            title, words, level = "finding.accepted_then_refused.title", "accepted_then_refused", "medium"
            more = {"fault": "ours", "act": "our_admin"}
        elif to_ourselves(desk, found[0]) or (cause == "network" and _inside(found)):
            words = "server_behind_down" if cause == "network" else "server_behind"
            host = next(iter(sorted(found[0].group.clients.members())), party_id(found[0]))
            title, more = f"finding.{words}.title", {"fault": "ours", "act": "our_admin", "values": {"behind": host}}
        elif cause == "dns_failure" and found[0].key.trust == "operator":
            words, more = "dns_of_big", {"fault": "ours", "act": "our_admin"}
        finding = outgoing(
            desk, answers, found, kind, party_of(desk, found[0]), cause=cause, title=title, words=words, level=level,
            **more,
        )  # fmt: skip
        finding = replace(finding, steps=(*_meant(desk, answers, found), *finding.steps))
        if cause == "dns_failure" and finding.last_success and finding.fault == "our_user":
            finding = replace(finding, fault="receiver", act="their_admin")  # the name was there before
        if words == "server_behind_down" and finding.state == "ongoing" and (stays := waiting(desk, found)):
            everybody = lasts(finding) or len(stays) > 1  # nobody there gets any mail
            finding = replace(finding, severity=gravity("everybody" if everybody else "some", "waits"))
        stuck = words == "dns_of_big" and finding.severity == "low" and finding.state != "recovered"
        # Nobody else's mail can go either where the resolver does not know the greatest.
        yield replace(finding, severity="medium") if stuck and waiting(desk, found) else finding


def _meant(desk: Desk, answers: Answers, found: list[Case]) -> Iterator[Step]:
    """For each address that looks mistyped, what was meant."""
    for case in found:
        for address, guess in sorted(mistyped_address.guesses(desk, answers, case).items()):
            text = desk.texts.say("finding.mistyped_address.hint", address=address, guess=guess)
            yield Step(f"mistyped_address.{address}", text)


def _inside(found: list[Case]) -> bool:
    """Whether it was for hosts of a private network: whose else could they be?"""
    hosts = [address for case in found for address in case.group.clients.members()]
    return bool(hosts) and all(map(private, hosts))


def _from_list(found: list[Case]) -> bool:
    """Whether all of it were mails of a mailing list or newsletter."""
    senders = [sender for case in found for sender in case.group.senders if sender]
    return bool(senders) and all(is_list_sender(sender) for sender in senders)


def _tried(desk: Desk) -> set[str | None]:
    """The mails whose failed attempts are known."""
    return {
        mail.queue_id
        for other in desk.cases
        if other.key.direction == "outbound"
        for key, group in other.groups
        if key.outcome == "deferred"
        for _, mail in group.mails.items()
    }


def _words(desk: Desk, found: list[Case], cause: str) -> str:
    """Which title suits: of an operator's domain that is said not to exist, of the cause, or a plain one."""
    if cause == "dns_failure" and found[0].key.trust == "operator":
        return "dns_failure_big"
    if cause == "too_large" and any(sender for case in found for sender in case.group.senders):
        return "too_large_of"
    return cause if desk.texts.has(f"finding.failure.by_cause.{cause}") else "other"
