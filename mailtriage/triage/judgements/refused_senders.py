"""Inbound: who was refused that looks like people, and by which of our restrictions. The deserved ones become one line.

Pools of one organisation come together where the cause is the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Legitimacy, Party, Step
from mailtriage.scan.ask import Answers, Fact, Question
from mailtriage.scan.party import network, pool_pattern
from mailtriage.triage.case import Case, together
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft, saying
from mailtriage.triage.inbound import case_organisation, own_words, permanent
from mailtriage.triage.legitimacy import LIKELY, Point, dynamic, in_words, weigh
from mailtriage.triage.organisation import domain_of
from mailtriage.triage.retelling import title

ORDER = 800
MOST = 100  # parties that are asked about
SENDERS = 4  # senders of each that are asked about
_NEVER = {"auth_failed", "greylist"}  # guessing; by design
MANY = 3  # permanent refusals of so many people of a pool need somebody now
_OURS_TO_NARROW = (
    "dnsbl",
    "helo_invalid",
    "policy",
    "ip_reputation",
    "sender_rejected",
    "connection_limit",
    "rate_limit",
)
ROWS = 8  # attempts in a request to the pool's owner


def questions(desk: Desk) -> Iterable[Question]:
    """Was this pool ever accepted? Did its senders get through?"""
    for case in _candidates(desk)[:MOST]:
        yield from ask(case)


def ask(case: Case) -> Iterator[Question]:
    """What ``weighed`` wants to know of a case."""
    if org := case_organisation(case):
        yield Question(
            f"pool:{org}",
            (f"{org}[",),
            frozenset({"client"}),
            (("client_name", "ends", org),),
            ("sasl_username",),
            lead="client=",
        )
    for sender in _senders(case):
        yield Question(f"sender:{sender}", (_begin(sender),), frozenset({"qmgr"}), (("sender", "is", sender.lower()),))


def _begin(sender: str) -> str:
    """How the line begins; without its end, for many literals that end alike are slow to look for."""
    name, dot, _ = sender.rpartition(".")
    return f"from=<{name}." if dot else f"from=<{sender}>"


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """Findings for those that look like people."""
    yield from findings(desk, answers, "refusal", lambda case: True)


def findings(desk: Desk, answers: Answers, kind: str, wanted: Callable[[Case], bool]) -> Iterator[Finding]:
    """One finding a party and cause, of the cases that are wanted and look like people."""
    by_party: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in _candidates(desk):
        if wanted(case):
            by_party[case_organisation(case) or case.key.party, case.key.cause].append(case)
    for (party, _), found in sorted(by_party.items()):
        whole = found[0] if len(found) == 1 else together(found)
        total, points = weighed(desk, whole, answers)
        if total < LIKELY:
            continue
        desk.claim(found)
        yield _finding(desk, whole, party, answers, kind, in_words(desk, points))


def weighed(desk: Desk, case: Case, answers: Answers) -> tuple[int, list[Point]]:
    """The points of a case with what the log answered about its pool and senders."""
    accepted = _let_in(answers, case)
    return weigh(desk, case, accepted, known_senders(case, answers), _trust(case, accepted))


def known_senders(case: Case, answers: Answers) -> list[Fact]:
    """What the senders of a case got through, from anywhere."""
    return [fact for sender in _senders(case) for fact in _facts(answers, f"sender:{sender}")]


def got_through(case: Case, answers: Answers) -> bool:
    """Whether every sender that was asked about got through after the last refusal."""
    known, asked = known_senders(case, answers), _senders(case)
    last = case.group.last
    return bool(known) and len(known) >= len(asked) and all(f.last is not None and last is not None and f.last > last for f in known)  # fmt: skip  # noqa: E501


def _finding(
    desk: Desk, whole: Case, party: str, answers: Answers, kind: str, legitimacy: Legitimacy
) -> Finding:  # fmt: skip
    names = sorted(whole.group.names.members())
    pool = whole.key.cause == "unresolvable_client_hostname" and kind == "refusal"
    who = Party(
        "sender_pool" if whole.key.trust != "net" else "network", whole.key.party, _name(desk, whole, party),
        pool_pattern(names),
    )  # fmt: skip
    lasting = permanent(whole)
    people = [sender for sender in whole.group.senders.members() if sender and not desk.own.has(sender)]
    # A check of ours that hits a pool which half the world's people use is ours to narrow.
    ours = whole.key.cause in _OURS_TO_NARROW and bool(names) and desk.book.operator_of_pool(names[0]) is not None
    severity = "medium"
    if got_through(whole, answers) and not lasting:
        severity = "low"
    elif lasting and len(people) >= MANY and len(whole.group.messages) >= 2 * MANY:
        severity = "high"
    finding = draft(
        desk, [whole], kind, who, severity, direction="inbound",
        successes=_let_in(answers, whole), legitimacy=legitimacy,
        words="sender_pool" if pool else kind if kind != "refusal" else None,
        values={"names": len(names), "trust": desk.texts.say(f"trust.{whole.key.trust}"), "people": len(people)},
        fault="sender" if pool else "ours" if ours else None, act="our_admin" if ours else None,
    )  # fmt: skip
    if finding.state == "recovered" and severity == "high":
        finding = replace(finding, severity="medium")
    if ours and whole.key.cause == "dnsbl":
        return _shared(desk, finding)
    if not pool:
        return finding
    # Here the count of the words is that of the people.
    values = {"party": who.name, "pattern": who.pattern or who.name, "count": len(people), "servers": len(names)}
    told = saying(
        desk, "finding.sender_pool.title", values, {"servers": names, "count": sorted(people)}, values,
        {"servers": "finding.sender_pool.servers"},
    )  # fmt: skip
    return replace(finding, title=title(told, desk.texts), request_text=_request(desk, whole, who), saying=told)


def _shared(desk: Desk, finding: Finding) -> Finding:
    """A list that names the hosts of a large provider: its customers can do nothing, we can."""
    say = desk.texts.say
    first = Step(
        "refusal.shared", say("finding.refusal.shared_step"),
        "postconf -n smtpd_recipient_restrictions smtpd_client_restrictions postscreen_dnsbl_sites",
    )  # fmt: skip
    why = say("report.facts.sentences").join([finding.why, say("finding.refusal.shared", party=finding.party.name)])
    return replace(own_words(finding), why=why, steps=(first, *finding.steps))


def _request(desk: Desk, case: Case, who: Party) -> str:
    """A text for the owner of the pool: what was refused, when, from which of their addresses. Nobody of ours."""
    mails = [mail for mail in desk.mails(case) if mail.client]
    chosen = mails if len(mails) <= ROWS else mails[: ROWS // 2] + mails[-ROWS // 2 :]
    rows = [
        f"{when.isoformat(timespec='seconds')}  {mail.client}" for mail in chosen if (when := desk.when(mail.place))
    ]
    line = case.group.ends[-1].text.partition(": reject: ")[2].partition("; from=<")[0] if case.group.ends else ""
    return desk.texts.say(
        "finding.sender_pool.request", pattern=who.pattern or who.name, rows="\n".join(rows), line=line,
        hosts=", ".join(sorted(case.group.names.members())[:10]),
        clients=", ".join(sorted(case.group.clients.members())[:10]),
        host=next(iter(sorted(case.hosts)), ""), count=case.count,
    )  # fmt: skip


def _candidates(desk: Desk) -> list[Case]:
    """Open inbound cases that might be people's, the likely ones first."""
    found = [
        case
        for case in desk.open("inbound")
        if case.key.cause not in _NEVER and "reject_warning" not in case.outcomes
        # A client without any name is worth a look only where it comes again with the same mail.
        if case.key.trust != "net" or case.count >= 2 * max(len(case.group.messages), 1)
    ]
    return sorted(found, key=lambda case: (_first_look(desk, case), -case.count, case.key))


def _first_look(desk: Desk, case: Case) -> int:
    """A cheap guess for the order of asking: 0 is likely, 3 is not."""
    names = case.group.names.members()
    if names and desk.book.operator_of_pool(names[0]):
        return 0
    if case.key.cause == "dnsbl" or (names and dynamic(names[0])):
        return 3
    return 1 if case.key.trust in ("client", "ptr") else 2


def _trust(case: Case, accepted: list[Fact]) -> str:
    """How a party's name is known. A HELO name counts as good where neighbours of the client proved to have it:

    postscreen refuses before anybody looks the client's name up, but the same pool's other addresses get through.
    """
    if case.key.trust != "helo":
        return case.key.trust
    proved = {network(client) for fact in accepted for client in fact.clients}
    return "neighbour" if proved and any(network(client) in proved for client in case.group.clients) else "helo"


def _senders(case: Case) -> list[str]:
    return sorted(a for a in case.group.senders.members() if domain_of(a) and len(a) < 120)[:SENDERS]


def _let_in(answers: Answers, case: Case) -> list[Fact]:
    """What a party's hosts got through without a login: our own users on its access lines are nobody's pool."""
    question = f"pool:{case_organisation(case) or case.key.party}"
    return [fact for (login,), fact in answers.of(question) if not login]


def _facts(answers: Answers, question: str) -> list[Fact]:
    return [fact for _, fact in answers.of(question)]


def _name(desk: Desk, case: Case, party: str) -> str:
    names = case.group.names.members()
    operator = desk.book.operator_of_pool(names[0]) if names and case.key.trust != "net" else None
    return operator.name if operator else party
