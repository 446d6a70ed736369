"""People write to addresses that do not exist here: a mailbox or alias that was never made, or went with a colleague.

One stranger's typing error comes back to him and asks nothing of us; several senders, or one who keeps trying, do.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Legitimacy, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import case_organisation, own_words, sender_organisations
from mailtriage.triage.judgements import refused_senders
from mailtriage.triage.legitimacy import dynamic, in_words
from mailtriage.triage.organisation import domain_of

ORDER = 780
ENOUGH = 3  # points of a case that looks like people's
MAILS = 3
_MOST_RECIPIENTS = 5  # of one client: beyond it is a dictionary


def questions(desk: Desk) -> Iterable[Question]:
    """What refused_senders asks of the same cases."""
    return ()


def _wanted(desk: Desk, people: list[Case]) -> set[str]:
    """The addresses that two senders wrote to, or one again and again."""
    writers: dict[str, set[str]] = defaultdict(set)
    mails: Counter[str] = Counter()
    for mail in [mail for case in people for mail in desk.mails(case)]:
        if mail.recipient:
            writers[mail.recipient.lower()].add((mail.sender or "").lower())
            mails[mail.recipient.lower()] += 1
    return {address for address, senders in writers.items() if len(senders - {""}) >= 2 or mails[address] >= MAILS}


def _own_users(desk: Desk, domains: set[str]) -> list[Case]:
    """Refused mail of our own users to addresses of these domains, or to one domain that several of them write to."""
    found: dict[str, list[Case]] = defaultdict(list)
    for case in desk.open("submission", "user_unknown"):
        to = {domain_of(recipient) for recipient in case.group.recipients.members()}
        if len(to) == 1 and any(map(desk.own.has, case.group.senders.members())):
            found[to.pop()].append(case)
    return [case for name, cases in sorted(found.items()) if name in domains or len(cases) >= 2 for case in cases]


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for all missing addresses of ours."""
    people: list[Case] = []
    scores: list[Legitimacy] = []
    for case in desk.open("inbound", "user_unknown"):
        if len(case.group.recipients) > _MOST_RECIPIENTS or case.key.trust not in ("client", "ptr"):
            continue
        names = case.group.names.members()
        if not names or dynamic(names[0]):
            continue
        same = case_organisation(case) in sender_organisations(case.group.senders.members())
        if not same and not desk.book.operator_of_pool(names[0]):
            continue
        total, points = refused_senders.weighed(desk, case, answers)
        if total >= ENOUGH:
            people.append(case)
            scores.append(in_words(desk, points))
    own = _own_users(desk, {domain_of(r) for case in people for r in case.group.recipients.members()})
    people += own
    senders = {s for case in people for s in case.group.senders.members() if s}
    mails = sum(len(case.group.messages) for case in people)
    if not people:
        return
    desk.claim(people)
    recipients = sorted({r.lower() for case in people for r in case.group.recipients.members()})
    wanted = _wanted(desk, people)
    # Many addresses that one stranger each tried once are guesses, whoever carries them.
    loud = bool(wanted) or (
        len(recipients) <= _MOST_RECIPIENTS and (len({domain_of(s) for s in senders}) >= 2 or mails >= MAILS)
    )
    recipients = sorted(recipients, key=lambda address: address not in wanted)
    domain = domain_of(recipients[0]) if recipients else ""
    yield own_words(
        draft(
        desk, people, "recipient_missing", Party("own_server", domain, domain), "medium" if loud else "low",
        cause="user_unknown", direction="inbound", fault="ours" if loud else "sender",
        act="our_admin" if loud else "nobody", legitimacy=max(scores, key=lambda one: one.score, default=None),
        own_users={s for case in own for s in case.group.senders.members() if desk.own.has(s)},
        words="recipient_missing", values={"addresses": ", ".join(recipients[:5]), "people": len(senders)},
        )
    )  # fmt: skip
