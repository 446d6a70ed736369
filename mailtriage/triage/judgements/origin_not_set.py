"""Our own mail leaves with a sender that nobody can answer: a bare host name, or one of a private network.

``myorigin`` and ``myhostname`` make ``root`` into ``root@mail`` (postconf(5)); every receiver that looks refuses it.
"""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.machines import is_inside
from mailtriage.triage.of_server import of_server, stands
from mailtriage.triage.organisation import domain_of

ORDER = 53
_CAUSES = ("sender_rejected", "sender_domain_not_found", "sender_unverifiable", "dns_failure")


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for all receivers, with the bounces that came back to such a sender and found no way."""
    refused = take(desk, _refused)
    if not refused:
        return
    senders = {sender for case in refused for sender in case.group.senders.members() if sender}
    names = {domain_of(sender) for sender in senders}
    bounced = take(desk, lambda key, group: _comes_back(key, group, names))
    state = stands(desk, refused)
    yield of_server(
        desk, [*refused, *bounced], "origin_not_set", "", "high" if state == "ongoing" else "medium", state=state,
        cause="sender_rejected", direction="outbound",
        values={
            "who": listed(senders), "to": listed(domain_of(r) for case in refused for r in case.group.recipients),
            "names": listed(names - {""}) or "?",
        },
    )  # fmt: skip


def _refused(key: GroupKey, group: Group) -> bool:
    senders = [sender for sender in group.senders.members() if sender]
    return (
        key.direction == "outbound" and key.cause in _CAUSES[:3] and bool(senders)
        and all(is_inside(domain_of(sender)) for sender in senders)
    )  # fmt: skip


def _comes_back(key: GroupKey, group: Group, names: set[str]) -> bool:
    recipients = group.recipients.members()
    return (
        key.direction == "outbound" and key.cause in _CAUSES and group.senders.members() == [""] and bool(recipients)
        and all(domain_of(recipient) in names for recipient in recipients)
    )  # fmt: skip
