"""An alias of ours leads to an account that does not exist."""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.judgements.mail_discarded import listed
from mailtriage.triage.of_server import of_server, says, stands

ORDER = 58


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for all such aliases (local(8), orig_to=)."""
    found = take(desk, lambda key, group: key.rule == "postfix.local-unknown-user" and says(group, ", orig_to=<"))
    if found:
        names = listed(r for case in found for r in case.group.recipients.members())
        state = stands(desk, found)
        people = any(sender for case in found for sender in case.group.senders.members())
        severity = "medium" if people and state == "ongoing" else "low"
        yield of_server(desk, found, "alias_broken", "", severity, state=state, values={"names": names})
