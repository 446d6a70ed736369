"""Our own user, logged in, was refused when handing in a mail: what they wrote did not go out.

The mail program shows the reply at once, so one refusal is known to the user; again and again, or by a check that was
meant for strangers, it is ours to mend.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.party import wide
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import permanent
from mailtriage.triage.judgements import refused_senders

ORDER = 830
PLACES = 3  # wide networks from which one person is refused
SHOWN = 3  # users in the title
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
    """One finding a user and cause; all that checks meant for strangers refused together."""
    groups: dict[tuple[str, str], list[Case]] = defaultdict(list)
    early: list[Case] = []
    for case in _cases(desk):
        if case.key.cause in _MEANT_FOR_STRANGERS:
            early.append(case)
        else:
            groups[case.key.party, case.key.cause].append(case)
    early = [case for case in early if not _forged([case])]
    if early and not _forged(early):
        yield _order(desk, early, answers)
    for (user, cause), found in sorted(groups.items()):
        desk.claim(found)
        through = all(refused_senders.got_through(case, answers) for case in found)
        yield draft(
            desk, found, "own_user_refused", Party("own_user", user, user),
            _severity(cause, sum(case.count for case in found), through, any(map(permanent, found))), cause=cause,
            direction="submission", own_users=_users(desk, found) | {user}, words="own_user_refused",
            fault="our_user", values={"user": user},
        )  # fmt: skip


def _forged(found: list[Case]) -> bool:
    """Whether these come from all over the world, once each, as programs do that say one of our addresses at random.

    Whom Postfix itself names as logged in (3.10 and later) is no forgery.
    """
    if any("sasl_username=" in line.text for case in found for line in case.group.ends):
        return False
    clients = [case.group.clients for case in found]
    places = {wide(client) for some in clients for client in some.members()}
    often = 2 * sum(map(len, clients)) <= sum(case.count for case in found)
    return len(places) > max(PLACES, 2 * len(found)) and not often


def _order(desk: Desk, found: list[Case], answers: Answers) -> Finding:
    """All users and all such checks are one restriction list in the wrong order."""
    desk.claim(found)
    counted: Counter[str] = Counter()
    for case in found:
        counted[case.key.cause] += case.count
    causes = sorted(counted, key=lambda cause: (-counted[cause], cause))
    users = sorted(_users(desk, found))
    more = " …" if len(users) > SHOWN else ""
    name = ", ".join(users[:SHOWN]) + more or desk.texts.say("party.unnamed")
    through = all(refused_senders.got_through(case, answers) for case in found)
    finding = draft(
        desk, found, "own_user_refused", Party("own_user", "checks", name), "medium" if through else "high",
        cause=causes[0], direction="submission", own_users=users, words="own_user_order", fault="ours",
        act="our_admin", user_text=desk.texts.say("finding.own_user_order.user"),
        values={"user": name, "checks": ", ".join(desk.texts.say(f"cause.{cause}") for cause in causes)},
    )  # fmt: skip
    return replace(finding, request_text=None)


def _users(desk: Desk, found: list[Case]) -> set[str]:
    return {sender for case in found for sender in case.group.senders.members() if desk.own.has(sender)}


def _severity(cause: str, count: int, through: bool, lasting: bool) -> str:
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
