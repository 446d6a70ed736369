"""A domain of ours says in DNS that it takes no mail (RFC 7505), and so receivers refuse what it sends."""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server, stands

ORDER = 54
RULE = "postfix-remote.sender-null-mx"


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for all receivers that say so."""
    found = take(desk, lambda key, group: key.direction == "outbound" and key.rule == RULE)
    if found:
        named = {
            name
            for case in found
            if "domain" in case.group.captures
            for name in case.group.captures["domain"].members()
        }
        domain = next(iter(sorted(named)), "")
        state = stands(desk, found)
        people = any(sender for case in found for sender in case.group.senders.members())
        severity = ("high" if state == "ongoing" else "medium") if people else "low"
        yield of_server(
            desk, found, "null_mx_ours", domain, severity, state=state, direction="outbound", values={"domain": domain}
        )
