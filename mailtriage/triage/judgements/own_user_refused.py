"""Our own user, logged in, was refused when handing in a mail: what they wrote did not go out.

The mail program shows the reply at once, so one refusal is known to the user; again and again, or by a check that was
meant for strangers, it is ours to mend.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import permanent
from mailtriage.triage.judgements import refused_senders

ORDER = 830
# Checks of strangers that must not look at our own users at all.
_MEANT_FOR_STRANGERS = {
    "dnsbl", "ip_reputation", "unresolvable_client_hostname", "helo_invalid", "greylist", "auth_spf", "reverse_dns",
}  # fmt: skip
_THEIR_SLIP = {"user_unknown", "dns_failure", "too_large", "recipient_policy"}


def questions(desk: Desk) -> Iterable[Question]:
    """Did they get through later?"""
    for case in _cases(desk)[:60]:
        yield from refused_senders.ask(case)


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a user and cause; users of one check meant for strangers together."""
    groups: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in _cases(desk):
        shared = case.key.cause in _MEANT_FOR_STRANGERS
        groups["" if shared else case.key.party, case.key.cause].append(case)
    for (user, cause), found in sorted(groups.items()):
        desk.claim(found)
        users = sorted({s for case in found for s in case.group.senders.members() if desk.own.has(s)} | {user} - {""})
        name = user or ", ".join(users[:3]) or desk.texts.say("party.unnamed")
        through = all(refused_senders.got_through(case, answers) for case in found)
        yield draft(
            desk, found, "own_user_refused", Party("own_user", user or cause, name),
            _severity(cause, sum(case.count for case in found), through, any(map(permanent, found))), cause=cause,
            direction="submission", own_users=users, words="own_user_refused",
            fault="ours" if cause in _MEANT_FOR_STRANGERS else "our_user",
            act="our_admin" if cause in _MEANT_FOR_STRANGERS else None, values={"user": name},
        )  # fmt: skip


def _severity(cause: str, count: int, through: bool, lasting: bool) -> str:
    if cause in _MEANT_FOR_STRANGERS:
        return "medium" if through else "high"
    if cause in _THEIR_SLIP:
        return "low" if count <= 3 else "medium"
    return "low" if through and not lasting else "medium"


def _cases(desk: Desk) -> list[Case]:
    """Submissions of those who are ours: a login, or a sender in our domain."""
    return [
        case
        for case in desk.open("submission")
        if case.key.cause != "auth_failed"
        and (case.key.party in desk.own.logins or any(desk.own.has(s) for s in case.group.senders.members()))
    ]
