"""A mailing list or newsletter with dead addresses: one finding a list, not one an operator.

Recipients who do not exist any more, at many places, in mail of one sender: each bounce costs reputation, and some
receivers shut the whole server out for them. What was given up after days because nothing answers there is the same
list's trouble, said by itself.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.address import is_list_sender, unwrap
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import ask_senders, lost_mails, names_of, null_senders, party_of, to_ourselves
from mailtriage.triage.desk import Desk
from mailtriage.triage.outgoing import outgoing

ORDER = 320
DEAD = ("user_unknown", "mailbox_disabled")
MANY = 10  # dead addresses of one sender; a person mistypes one or two
BULK = 30  # dead addresses without a known sender
PLACES = 2


def questions(desk: Desk) -> Iterable[Question]:
    """Who sent what was lost?"""
    return ask_senders(desk, _dead(desk))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a list; one over what was given up after days at many places."""
    yield from _lists(desk, answers)
    yield from _given_up(desk, answers)


def _lists(desk: Desk, answers: Answers) -> Iterator[Finding]:
    by_case = {
        id(case): Counter(_list_of(mail.sender) for mail in lost_mails(desk, answers, [case])) for case in _dead(desk)
    }
    total: Counter[str] = sum(by_case.values(), Counter())
    for sender, count in sorted(total.items()):
        found = [case for case in _dead(desk) if _mainly(by_case[id(case)], sender)]
        parties = {party_of(desk, case).id for case in found}
        enough = BULK if not sender else MANY
        if count < enough or len(parties) < PLACES:
            continue
        if sender and desk.own.has(sender) and not is_list_sender(sender) and count < BULK:
            continue
        desk.claim(found)
        name = sender or desk.texts.say("finding.stale_list.unnamed")
        shut = [case for case in desk.open("outbound") if "invalid recipients" in _quote(case)]
        yield outgoing(
            desk, answers, found, "stale_list", Party("own_user", sender or "list", name), cause="user_unknown",
            words="stale_list", level="medium", fault="ours", act="our_admin",
            values={
                "list": name, "dead": sum(len(case.group.recipients) for case in found), "places": len(parties),
                "operators": names_of((party_of(desk, case).name for case in found), 8), "shut": len(shut),
            },
        )  # fmt: skip


def _given_up(desk: Desk, answers: Answers) -> Iterator[Finding]:
    found = [
        case
        for case in desk.open("outbound", "network") + desk.open("outbound", "dns_failure")
        if not null_senders(case)
        and any(mail.queue_id in desk.given_up for _, mail in case.group.mails.items())
        and case.key.trust != "operator"
    ]
    count = len(lost_mails(desk, answers, found))
    if count < MANY or len({party_of(desk, case).id for case in found}) < 3:
        return
    expired = desk.open("outbound", "expired")
    desk.claim([*found, *expired])
    places = {party_of(desk, case).name for case in found}
    yield outgoing(
        desk, answers, found, "dead_destinations", Party("network", "dead destinations", names_of(places, 3)),
        cause="expired", words="dead_destinations", level="medium", fault="receiver", act="our_admin",
        values={"given_up": count, "places": len(places), "operators": names_of(places, 8)},
    )  # fmt: skip


def _dead(desk: Desk) -> list[Case]:
    return [
        case
        for case in desk.open("outbound")
        if case.key.cause in DEAD and not null_senders(case) and not to_ourselves(desk, case)
    ]


def _list_of(sender: str | None) -> str:
    return unwrap(sender).address if sender else ""


def _mainly(senders: Counter[str], sender: str) -> bool:
    return senders[sender] * 2 > senders.total()


def _quote(case: Case) -> str:
    return case.group.ends[-1].text.lower() if case.group.ends else ""
