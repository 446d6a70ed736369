"""postscreen turns clients away because every process is taken: a flood, or something that keeps smtpd waiting."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server, stands
from mailtriage.triage.trouble import span

ORDER = 51
LONG = timedelta(minutes=10)
MANY = 50  # clients turned away; fewer, or within minutes, are an ordinary flood that is over


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for all clients; proper servers come again."""
    found = take(desk, lambda key, group: key.rule == "postfix.postscreen-busy")
    if found:
        first, last = span(desk, [case.group for case in found])
        lasted = first is not None and last is not None and last - first >= LONG
        severity = "medium" if lasted and sum(case.count for case in found) >= MANY else "low"
        yield of_server(
            desk, found, "all_ports_busy", "postscreen", severity, state=stands(desk, found), cause="connection_limit"
        )
