"""Logins fail because the authentication service breaks off, or from this machine itself: no guessing of passwords."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server, stands

ORDER = 56
MANY = 5


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding; loud where the service itself is lost."""
    broken = take(desk, lambda key, group: key.rule == "server.auth-service-lost")
    local = take(desk, lambda key, group: key.cause == "auth_failed" and _from_here(group))
    if broken:
        state = stands(desk, broken)
        many = sum(case.count for case in broken) >= MANY
        severity = "medium" if state != "recovered" or many else "low"
        finding = of_server(
            desk, [*broken, *local], "auth_service_down", "auth", severity, state=state, cause="system_error"
        )
        yield replace(finding, messages=0)
    elif local:
        severity = "medium" if sum(case.count for case in local) >= 10 else "low"
        finding = of_server(desk, local, "local_logins_fail", "localhost", severity, state=stands(desk, local))
        yield replace(finding, messages=0)


def _from_here(group: Group) -> bool:
    clients = group.clients.members()
    return bool(clients) and all(client.startswith("127.") or client == "::1" for client in clients)
