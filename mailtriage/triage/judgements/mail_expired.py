"""Mail that was given up after days, where no finding on its destination names it: who lost what."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, LostMail
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Mail
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import LOST, SHOWN
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server
from mailtriage.triage.organisation import domain_of

ORDER = 890  # after those who know the destinations, before plain failures


MOST = 100
_GIVEN_UP = ("expired", "force-expired")


def questions(desk: Desk) -> Iterable[Question]:
    """To whom was it? The queue manager's line does not say, the attempts before do."""
    for queue_id in sorted(mail.queue_id for mail in _mails(desk) if mail.queue_id)[:MOST]:
        yield Question(f"expired:{queue_id}", (f": {queue_id}: to=<",), frozenset({"failed"}))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for all of it."""
    named = {
        mail.queue_id
        for case in desk.cases
        for key, group in case.groups
        if key.outcome == "deferred"
        for _, mail in group.mails.items()
    }
    mails = [mail for mail in _mails(desk) if mail.queue_id not in named]
    found = take(desk, lambda key, group: key.outcome in _GIVEN_UP)
    if not found or not mails:
        return  # the attempts before stand in a finding on their destination, and say who lost what
    lost: list[LostMail] = []
    recipients: set[str] = set()
    for mail in sorted(mails):
        fact = answers.one(f"expired:{mail.queue_id}")
        to = sorted(fact.recipients.members()) if fact else []
        recipients |= set(to)
        when = desk.when(mail.place)
        lost += [
            LostMail(time=when, sender=mail.sender, recipient=recipient, queue_id=mail.queue_id)
            for recipient in (to or (None,))
        ]
    people = any(mail.sender for mail in mails)
    finding = of_server(
        desk,
        found,
        "mail_expired",
        "",
        "medium" if people else "low",
        state="unknown",
        cause="expired",
        direction="outbound",
        values={"to": listed(domain_of(r) for r in recipients)},
    )
    yield replace(
        finding,
        lost=tuple(lost[:LOST]),
        recipients=tuple(sorted(recipients)[:SHOWN]),
        distinct={**finding.distinct, "recipients": len(recipients)} if recipients else finding.distinct,
    )


def _mails(desk: Desk) -> list[Mail]:
    return [
        mail
        for case in desk.open()
        for key, group in case.groups
        if key.outcome in _GIVEN_UP
        for _, mail in group.mails.items()
    ]
