"""Mail of strangers that we pass on: refused for SPF or DMARC, taken for spam, or its target is gone."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import ask_senders, ask_sent, forwarded, names_of, party_of, to_ourselves
from mailtriage.triage.desk import Desk
from mailtriage.triage.outgoing import outgoing

ORDER = 305
SPOOFED = ("auth_spf", "auth_dmarc", "auth_dkim")
GONE = ("dns_failure", "user_unknown", "mailbox_disabled")
SPAM = ("content_spam", "url_reputation", "content_policy", "content_virus")
FEW = 3  # targets; more dead recipients at once are a list
SENDERS, MOST = 4, 20  # senders of a case, and of all, that are asked about
_ORIG = re.compile(r"orig_to=<([^>]{1,300})>")
_RELAY = re.compile(r"to=<([^>]{1,300})>")


def questions(desk: Desk) -> Iterable[Question]:
    """Whose mail, and does other mail get through there?"""
    found = _cases(desk)
    yield from ask_senders(desk, found)
    yield from ask_sent(desk, found)
    for sender in sorted({sender for case in found for sender in _asked(case)})[:MOST]:
        where = (("sender", "is", sender.lower()),)
        yield Question(f"handed in:{sender}", (f" from=<{sender}>",), frozenset({"cleanup"}), where)


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for what breaks SPF; one a dead target; one for forwarded spam."""
    for kind, causes in (("forward_breaks_spf", SPOOFED), ("forwarded_spam", SPAM)):
        found = [case for case in _cases(desk) if case.key.cause in causes]
        if here := [case for case in found if kind == "forward_breaks_spf" and _handed_in(case, answers)]:
            desk.claim(here)
            yield _program(desk, answers, here)
            found = [case for case in found if case not in here]
        if not found:
            continue
        desk.claim(found)
        operators = names_of(party_of(desk, case).name for case in found)
        yield outgoing(
            desk, answers, found, kind, Party("own_server", kind, operators),
            words=kind, level="medium" if kind == "forward_breaks_spf" else "low", fault="ours", act="our_admin",
            to_them=True,
            values={
                "operators": operators,
                "users": names_of(_forwarders(found)) or desk.texts.say("finding.forwarded.some_user"),
            },
        )  # fmt: skip
    for case in _cases(desk):
        if case.key.cause in GONE and case.lost and len(case.group.recipients) <= FEW:
            desk.claim([case])
            target = next(iter(sorted(case.group.recipients.members())), "")
            yield outgoing(
                desk, answers, [case], "dead_forward_target", Party("host", target, target),
                words="dead_forward_target", level="medium", fault="our_user", act="our_admin",
                values={
                    "target": target,
                    "users": names_of(_forwarders([case])) or desk.texts.say("finding.forwarded.some_user"),
                },
            )  # fmt: skip


def _asked(case: Case) -> list[str]:
    """Senders that are asked about: did they hand their mail in on this machine, not by SMTP?"""
    if case.key.cause not in SPOOFED or _forwarders([case]):
        return []
    return sorted(sender for sender in case.group.senders.members() if sender)[:SENDERS]


def _handed_in(case: Case, answers: Answers) -> bool:
    """Whether most of these mails came from a program here (pickup(8)): a form in its visitors' name, a mail filter."""
    asked = _asked(case)
    return bool(asked) and 2 * sum(answers.one(f"handed in:{sender}") is not None for sender in asked) > len(asked)


def _program(desk: Desk, answers: Answers, found: list[Case]) -> Finding:
    operators = names_of(party_of(desk, case).name for case in found)
    finding = outgoing(
        desk, answers, found, "forward_breaks_spf", Party("own_server", "program in others' name", operators),
        words="form_sends_as_visitor", level="medium", fault="ours", act="our_admin", to_them=True,
        values={"operators": operators, "own_domain": next((known.value for known in desk.own.domains), "")},
    )  # fmt: skip
    return replace(finding, request_text=None, user_text=None)


def _cases(desk: Desk) -> list[Case]:
    """Outbound cases whose senders are strangers, or that were addressed to somebody here first."""
    return [
        case
        for case in desk.open("outbound")
        if case.key.cause in (*SPOOFED, *GONE, *SPAM)
        and not to_ourselves(desk, case)
        and (forwarded(desk, case) or (_forwarders([case]) and not _ours(desk, case)))
    ]


def _ours(desk: Desk, case: Case) -> bool:
    return any(desk.own.has(sender) for sender in case.group.senders.members())


def _forwarders(found: list[Case]) -> set[str]:
    """Whom the mail was for before it was passed on."""
    users = set()
    for case in found:
        for _, line in [*case.group.evidence.items(), *(("", end) for end in case.group.ends)]:
            orig, to = _ORIG.search(line.text), _RELAY.search(line.text)
            if orig and to and orig[1].lower() != to[1].lower():
                users.add(orig[1].lower())
    return users
