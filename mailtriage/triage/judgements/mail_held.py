"""Mail that a check of ours put on hold: nobody gets it until somebody releases it.

Some scanners hold every mail at its ``Received:`` header and put it back into the queue themselves; that is by design.
Sources: access(5) and header_checks(5) HOLD, milter quarantine; postsuper(1) -H.
"""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group, GroupKey, Mail
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server

ORDER = 45
MOST = 50  # mails that are asked about
_RELEASED = "released-from-hold"
_SCANNER = ": hold: header Received: "


def questions(desk: Desk) -> Iterable[Question]:
    """Did the queue manager take these mails up later?"""
    ids = sorted({mail.queue_id for case in desk.open() for mail in _held(case) if mail.queue_id})[:MOST]
    if ids:
        literals = tuple(f": {queue_id}: from=<" for queue_id in ids)
        yield Question(_RELEASED, literals, frozenset({"qmgr"}), by=("queue_id",))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding over what lies on hold; nothing where all of it was released."""
    found = take(desk, _on_hold)
    released = {values[0] for values, _ in answers.of(_RELEASED)}
    waiting = [
        case
        for case in found
        for mails in [list(_held(case))]
        if mails and not all((mail.queue_id or "").lower() in released for mail in mails)
    ]
    if waiting:
        users = any(desk.own.has(sender) for case in waiting for sender in case.group.senders.members())
        yield of_server(
            desk, waiting, "mail_held", "hold", "medium" if users else "low", state="ongoing",
            values={"to": listed(r for case in waiting for r in case.group.recipients.members())},
        )  # fmt: skip


def _on_hold(key: GroupKey, group: Group) -> bool:
    return key.outcome == "hold" and key.direction != "server"


def _held(case: Case) -> Iterator[Mail]:
    """The mails of a case that a check held, not a scanner that takes every mail."""
    for key, group in case.groups:
        if _on_hold(key, group) and not any(_SCANNER in line.text for line in group.ends):
            yield from (mail for _, mail in group.mails.items())
