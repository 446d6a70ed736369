"""A phone or program goes on logging in with an old password: one user that exists, at regular intervals, from home.

Guessing looks otherwise: many names, many addresses, or a rate that no mail program has. It stays one quiet line.
Before Postfix 3.9 the line of a failed login names no user: there the address tells, if somebody logs in from it too.
"""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Legitimacy, Party, Reason
from mailtriage.scan.ask import Answers, Fact, Question
from mailtriage.scan.party import network, pool_pattern
from mailtriage.scan.tally import Group
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import case_organisation, loopback

ORDER = 200
FAILURES = 6
HOURS = 3  # different ones
RATE = 60  # failures in an hour that a mail program does not exceed
PLACES = 3  # networks from which a user's devices fail
MOST = 60
FEW = 20


def questions(desk: Desk) -> Iterable[Question]:
    """Where do these users fail, and where do they log in well?"""
    for user in _users(desk):
        literals = (f"sasl_username={user}",)
        yield Question(f"fails:{user}", literals, frozenset({"sasl_failure"}), (("sasl_username", "is", user),), ("client_addr",), earlier=False)  # fmt: skip  # noqa: E501
        yield Question(f"works:{user}", literals, frozenset({"client"}), (("sasl_username", "is", user),))
    for client in _nameless(desk):
        here = (("client_addr", "is", client),)
        yield Question(f"fails-at:{client}", (f"[{client}]: SASL ",), frozenset({"sasl_failure"}), here, earlier=False)
        yield Question(f"works-at:{client}", (f"[{client}], sasl_",), frozenset({"client"}), here, ("sasl_username",))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a user; where no user is named, one an address."""
    yield from _by_user(desk, answers)
    yield from _by_client(desk, answers)


def _by_user(desk: Desk, answers: Answers) -> Iterator[Finding]:
    for user in _users(desk):
        works = answers.one(f"works:{user}")
        if works is None:
            continue
        home = {network(client) for client in works.clients}
        fails = {client: fact for (client,), fact in answers.of(f"fails:{user}") if client and not loopback(client)}
        steady = {client: fact for client, fact in fails.items() if _steady(fact)}
        good = {client for client in steady if network(client) in home}
        where = ""
        if not good and (roaming := _roaming(desk, user)):
            where = pool_pattern(sorted(roaming.group.names.members())) or ""
            # A telephone's address changes all day; its carrier does not.
            steady = {client: Fact() for client in roaming.group.clients.members()}
            steady[min(steady)] = Fact(roaming.count)
        elif not steady or (len({network(client) for client in fails}) > PLACES and not good):
            continue
        chosen = good or set(steady)
        found = [
            case
            for case in desk.cases
            if case.key.cause == "auth_failed" and user in {s.lower() for s in case.group.senders.members()}
            and chosen & set(case.group.clients.members())
        ]  # fmt: skip
        if not found:
            continue
        only = [case for case in found if {s.lower() for s in case.group.senders.members()} == {user}]
        desk.claim(only)
        count = sum(steady[client].count for client in chosen)
        reasons = [Reason("logged_in_before", desk.texts.say("because.logged_in_before", count=works.count))]
        if good:
            reasons.append(Reason("from_good_place", desk.texts.say("because.from_good_place", count=works.count)))
        yield draft(
            desk, only or found, "saved_old_password", Party("own_user", user, user), "medium" if good else "low",
            cause="auth_failed", direction="submission", fault="our_user", act="our_user", own_users=(user,),
            words="saved_old_password",
            user_text=desk.texts.say("finding.saved_old_password.user"),
            legitimacy=Legitimacy(1.0 if good else 0.5, tuple(reasons)),
            values={"user": user, "client": where or ", ".join(sorted(chosen)[:3]), "count": count},
        )  # fmt: skip


def _roaming(desk: Desk, user: str) -> Case | None:
    """Failures of this user alone at a program's pace, from hosts of one carrier; nobody else's from there."""
    found = [
        case
        for case in desk.open("inbound", "auth_failed")
        if {sender.lower() for sender in case.group.senders.members()} == {user}
    ]
    named = [case for case in found if case_organisation(case) and case.key.trust == "client"]
    most = max(named, key=lambda case: (case.count, case.key), default=None)
    if most is None or not _steady(most.group) or 2 * most.count < sum(case.count for case in found):
        return None
    return most


def _by_client(desk: Desk, answers: Answers) -> Iterator[Finding]:
    for client in _nameless(desk):
        fails = answers.one(f"fails-at:{client}")
        users = sorted(user for (user,), _ in answers.of(f"works-at:{client}") if user)
        if fails is None or not _steady(fails) or not users:
            continue
        found = [case for case in desk.open("inbound", "auth_failed") if client in case.group.clients]
        if not found:
            continue
        desk.claim(case for case in found if case.group.clients.members() == [client])
        who = listed(users)
        good = sum(fact.count for _, fact in answers.of(f"works-at:{client}"))
        alone = len(users) == 1
        yield draft(
            desk, found, "saved_old_password", Party("own_user", users[0] if alone else client, who),
            "medium" if alone else "low", cause="auth_failed", direction="submission", fault="our_user",
            act="our_user", own_users=users, words="saved_old_password",
            user_text=desk.texts.say("finding.saved_old_password.user"),
            legitimacy=Legitimacy(
                0.8, (Reason("from_good_place", desk.texts.say("because.from_good_place", count=good)),)
            ),
            values={"user": who, "client": client, "client_ip": client, "count": fails.count},
        )  # fmt: skip


def _nameless(desk: Desk) -> list[str]:
    """Addresses from which logins fail at a program's pace, in lines that name no user."""
    found = [
        (len(case.group.hours.by_hour), client)
        for case in desk.open("inbound", "auth_failed")
        if not case.group.senders and case.count >= FAILURES and len(case.group.hours.by_hour) >= HOURS
        for client in case.group.clients.members()[:FEW]
        if not loopback(client)
    ]
    return [client for _, client in sorted(set(found), key=lambda pair: (-pair[0], pair[1]))][:FEW]


def _users(desk: Desk) -> list[str]:
    """Users that failed to log in and that exist: they logged in at other times."""
    failed: dict[str, int] = {}
    for case in desk.open("inbound", "auth_failed"):
        for user in case.group.senders.members():
            failed[user.lower()] = failed.get(user.lower(), 0) + case.count
    known = {login.lower() for login in desk.own.logins}
    return sorted(user for user, count in failed.items() if user in known and count >= FAILURES)[:MOST]


def _steady(fact: Fact | Group) -> bool:
    """Whether failures are spread over hours as a program's are."""
    hours = [count for count, _, _ in fact.hours.by_hour.values()]
    return fact.count >= FAILURES and len(hours) >= HOURS and max(hours) <= RATE
