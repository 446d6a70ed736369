"""A mailing list or newsletter that somebody here takes is refused: its bounces will end the subscription.

Its envelope senders tell: owner-, -bounces, VERP.
"""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.address import is_list_sender
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.judgements import refused_senders

ORDER = 790


def questions(desk: Desk) -> Iterable[Question]:
    """What refused_senders asks of the same cases."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a list server and cause."""
    yield from refused_senders.findings(desk, answers, "list_refused", _list)


def _list(case: Case) -> bool:
    senders = [sender for sender in case.group.senders.members() if sender]
    return bool(senders) and all(is_list_sender(sender) for sender in senders)
