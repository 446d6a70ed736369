"""A short name is completed with our own domain, and the result does not exist."""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server, stands
from mailtriage.triage.organisation import domain_of, organisation

ORDER = 59


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """Mail to ``w@w`` became mail to ``w@w.example.com`` (append_dot_mydomain, postconf(5))."""
    found = take(desk, _completed)
    for case in found:
        to = case.group.recipients.members()[0]
        severity = "medium" if case.count >= 10 else "low"
        yield of_server(
            desk, [case], "short_name_completed", case.key.party, severity, state=stands(desk, [case]),
            values={"to": to, "who": listed(s or "<>" for s in case.group.senders.members())},
        )  # fmt: skip


def _completed(key: GroupKey, group: Group) -> bool:
    if key.direction != "outbound" or key.rule != "postfix-client.domain-not-found" or key.trust != "domain":
        return False
    home = organisation(key.party)
    return key.party != home and any(organisation(domain_of(s)) == home for s in group.senders.members() if s)
