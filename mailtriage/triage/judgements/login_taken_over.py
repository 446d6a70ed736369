"""A login that somebody else uses: sudden volume of one SASL user, or many networks, everything delivered or not.

The base is what the same login sends on its other days. A newsletter from the usual address is volume and nothing more;
a stolen password shows in networks that this login never used before.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from mailtriage.model.finding import Finding, Legitimacy, Party, Reason
from mailtriage.scan.ask import Answers, Fact, Question
from mailtriage.scan.party import network, wide
from mailtriage.scan.tally import Line, Mail
from mailtriage.triage.case import Case, CaseKey, together
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import loopback
from mailtriage.triage.middle import median

ORDER = 260
BUSY = 50  # mails a day below which a day is no burst
TIMES = 10  # as many as on a usual day
FAST = 50  # mails in ten minutes
NETWORKS = 6  # far-apart networks (/16) that one person does not begin to use within a day
SPAM = ("content_spam", "rate_limit", "ip_reputation", "url_reputation", "content_policy", "dnsbl",
        "domain_reputation", "content_virus")  # fmt: skip
PLACES = 3  # new networks of one burst
SHOWN = 8  # networks whose logins are shown as evidence
REFUSED = 5  # refusals of such mail
CERTAIN, LIKELY = 5, 3
_NO_KEY = CaseKey("submission", "content_spam", "", "user", "", "", "")


@dataclass(slots=True)
class _Use:
    """What one login did."""

    count: int = 0
    days: Counter[date] = field(default_factory=Counter)
    tens: Counter[tuple[int, int]] = field(default_factory=Counter)
    networks: dict[str, tuple[datetime, int]] = field(default_factory=dict)  # wide network → first use, mails
    until: dict[str, datetime] = field(default_factory=dict)  # wide network → last use


def questions(desk: Desk) -> Iterable[Question]:
    """Every login that sent, by wide network; what was judged before shows what is usual, and is not told again."""
    every = Question(
        "logins", (", sasl_method=",), frozenset({"client"}), (("sasl_username", "has", ""),),
        ("sasl_username", "client_wide"), tens=True,
    )  # fmt: skip
    yield every
    if desk.survey.partial:
        yield replace(every, id="logins:new", earlier=False)


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a login."""
    uses: dict[str, _Use] = defaultdict(_Use)
    facts: dict[str, dict[str, Fact]] = defaultdict(dict)
    for (user, net), fact in answers.of("logins"):
        if user:
            _take(desk, uses[user], net, fact)
    for (user, net), fact in answers.of("logins:new" if desk.survey.partial else "logins"):
        facts[user][net] = fact
    for user, use in sorted(uses.items()):
        refused = _refused(desk, user)
        points, reasons = _weigh(desk, user, use, sum(_share(desk, user, case) for case in refused))
        signs = {reason.id for reason in reasons} & {"new_networks", "many_networks", "refused_as_spam"}
        if points >= LIKELY and signs:
            strange = _strange(use)
            theirs = {net: fact for net, fact in facts[user].items() if not strange or net in strange}
            if theirs and _goes_on(desk, use, theirs):
                yield _finding(desk, user, theirs, refused, points, reasons)


def _take(desk: Desk, use: _Use, net: str, fact: Fact) -> None:
    use.count += fact.count
    for hour in desk.hours(fact.hours):
        use.days[hour.first.date()] += hour.count
    use.tens.update(fact.tens)
    if (first := desk.when(fact.first)) is not None and net:
        use.networks[net] = (first, fact.count)
        use.until[net] = desk.when(fact.last) or first


def _weigh(desk: Desk, user: str, use: _Use, refused: int) -> tuple[int, list[Reason]]:
    points: list[tuple[int, str, dict[str, object]]] = []
    day, most = max(use.days.items(), key=lambda pair: (pair[1], pair[0]), default=(None, 0))
    others = [count for other, count in use.days.items() if other != day]
    usual = max(round(median(others)), 1) if others else 0
    if most >= max(BUSY, TIMES * usual) and day is not None:
        points.append((2 if usual else 1, "sudden_volume", {"count": most, "usual": usual}))
        networks = use.networks.values()
        start = min((first for first, _ in networks), default=None)
        new = {
            net: count
            for net, (first, count) in use.networks.items()
            if usual and start and first.date() >= day and first - start > timedelta(hours=12)
        }
        if (strange := sum(new.values())) * 2 >= most:
            points.append((3 if _at_once(use, new) >= PLACES else 2, "new_networks", {"count": strange}))
    if max(use.tens.values(), default=0) >= FAST:
        points.append((1, "machine_speed", {"count": max(use.tens.values())}))
    # A telephone changes its network too, but not to many within a day.
    by_day: dict[date, set[str]] = defaultdict(set)
    for net, (first, _) in use.networks.items():
        by_day[first.date()].add(net)
    nets = max(by_day.values(), key=len, default=set())
    if len(nets) >= NETWORKS:
        points.append((3 if len(nets) >= 2 * NETWORKS else 2, "many_networks", {"count": len(nets)}))
        if use.count <= len(nets) * 2:
            # A mail or two from each of many networks is how botnets use a password.
            points.append((1, "few_from_each", {"count": use.count}))
    if refused >= REFUSED:
        points.append((2, "refused_as_spam", {"count": refused}))
    return sum(weight for weight, _, _ in points), [
        Reason(id_, desk.texts.say(f"finding.login_taken_over.because.{id_}", **values)) for _, id_, values in points
    ]


def _at_once(use: _Use, nets: Iterable[str]) -> int:
    """In how many of them at the same time: who travels is in one after the other, with a telephone in two."""
    spans = [(use.networks[net][0], use.until[net]) for net in nets]
    return max((sum(first <= begin <= last for first, last in spans) for begin, _ in spans), default=0)


def _strange(use: _Use) -> set[str]:
    """The networks that this login first used on its busiest day or later; empty where all are."""
    if not use.days:
        return set()
    day = max(use.days.items(), key=lambda pair: (pair[1], pair[0]))[0]
    return {net for net, (when, _) in use.networks.items() if when.date() >= day}


def _goes_on(desk: Desk, use: _Use, new: Mapping[str, Fact]) -> bool:
    """Whether what is told of is not the time before alone: its busiest day is in it, or it is as wild as that was."""
    busiest = max(use.days.items(), key=lambda pair: (pair[1], pair[0]), default=(None, 0))[0]
    if any(hour.first.date() == busiest for hour in desk.fact_hours(list(new.values()))):
        return True
    return len(new) >= NETWORKS or sum(fact.count for fact in new.values()) >= BUSY


def _refused(desk: Desk, user: str) -> list[Case]:
    """Outbound refusals as spam or for limits, most of which are of this login's mail."""
    return [
        case
        for case in desk.open("outbound")
        if case.key.cause in SPAM and 2 * _share(desk, user, case) > len(case.group.mails.members())
    ]


def _share(desk: Desk, user: str, case: Case) -> int:
    return sum(_is(desk, user, mail.sender) for _, mail in case.group.mails.items())


def _is(desk: Desk, user: str, sender: str | None) -> bool:
    if not sender:
        return False
    return sender.lower() == user or (
        "@" not in user and sender.lower().partition("@")[0] == user and desk.own.has(sender)
    )


def _finding(
    desk: Desk, user: str, facts: Mapping[str, Fact], refused: list[Case], points: int, reasons: list[Reason]
) -> Finding:
    desk.claim(refused)
    whole = together(refused) if refused else Case(_NO_KEY)
    mine = Case(whole.key)
    group = mine.group
    for fact in facts.values():
        group.count += fact.count
        group.hours.merge(fact.hours)
        for place in (fact.first, fact.last):
            if place is not None:
                group.first = place if group.first is None else min(group.first, place)
                group.last = place if group.last is None else max(group.last, place)
        for mail in [mail for _, mail in fact.mails.items()]:
            group.messages.add(mail.queue_id or f"{mail.place.offset}")
    clients = {client for fact in facts.values() for client in fact.clients}
    for client in clients:
        group.clients.add(client)
    for line in _lines(desk, list(facts.values())):
        group.show(line)
    nets = sorted({network(client) for client in clients})
    certain = points >= CERTAIN
    told = [reason.text for reason in reasons]
    if clients and all(map(loopback, clients)):
        told.append(desk.texts.say("finding.login_taken_over.webmail"))
    said = desk.texts.say("report.facts.sentences").join(told)
    return draft(
        desk, [mine], "login_taken_over", Party("own_user", user, user), "high" if certain else "medium",
        cause="content_spam", direction="submission", detail="login_taken_over", state=_state(desk, group.last),
        fault="our_user", act="our_admin", words="login_taken_over", own_users=(user,),
        legitimacy=Legitimacy(-round(min(points / 7, 1.0), 2), tuple(reasons)),
        evidence=desk.evidence([*_all(mine), *_all(whole)]),
        values={
            "user": user,
            "clients": ", ".join(nets[:5]), "because": said,
            "refused": len(refused), "certainty": desk.texts.say(f"certainty.{'certain' if certain else 'likely'}"),
        },
        numbers={"networks": sorted(facts)},
        user_text=desk.texts.say("finding.login_taken_over.user", user=user),
    )  # fmt: skip


def _lines(desk: Desk, facts: Sequence[Fact]) -> list[Line]:
    """The lines of logins from as many networks as evidence has room for: the first of each."""
    by_net: dict[str, Mail] = {}
    for fact in facts:
        for _, mail in list(fact.mails.items()):
            net = wide(mail.client or "")
            by_net[net] = min(by_net.get(net, mail), mail)
    chosen = sorted(by_net.values())[:SHOWN]
    return [line for mail in chosen if (line := desk.survey.read(mail.place)) is not None]


def _all(case: Case) -> list[Line]:
    return [*case.group.ends, *(line for _, line in case.group.evidence.items())]


def _state(desk: Desk, last: object) -> str:
    when = desk.when(last)  # type: ignore[arg-type]
    over = when is not None and desk.now is not None and desk.now - when > timedelta(hours=6)
    return "unknown" if over else "ongoing"  # no log says that the password was changed
