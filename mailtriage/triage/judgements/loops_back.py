"""Mail for a domain comes back to this server: its MX points here, and no setting says where it belongs."""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server, stands
from mailtriage.triage.organisation import domain_of

ORDER = 57


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for all such domains."""
    found = take(desk, lambda key, group: key.rule == "postfix-client.loops-back")
    if found:
        domains = sorted({domain_of(r) for case in found for r in case.group.recipients.members()} - {""})
        state = stands(desk, found)
        yield of_server(
            desk, found, "loops_back", domains[0] if len(domains) == 1 else "",
            "high" if state == "ongoing" else "medium",
            state=state, values={"names": ", ".join(domains[:3]), "first_domain": domains[0] if domains else ""},
        )  # fmt: skip
