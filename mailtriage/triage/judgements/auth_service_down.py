"""Logins fail because the authentication service breaks off, or from this machine itself: no guessing of passwords."""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server, stands

ORDER = 56


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding; loud where the service itself is lost."""
    broken = take(desk, lambda key, group: key.rule == "server.auth-service-lost")
    local = take(desk, lambda key, group: key.cause == "auth_failed" and _from_here(group))
    if broken:
        state = stands(desk, broken)
        yield of_server(
            desk, [*broken, *local], "auth_service_down", "auth", "medium" if state != "recovered" or len(broken) > 2
            or sum(case.count for case in broken) >= 5 else "low", state=state, cause="system_error",
        )  # fmt: skip
    elif local:
        severity = "medium" if sum(case.count for case in local) >= 10 else "low"
        yield of_server(desk, local, "local_logins_fail", "localhost", severity, state=stands(desk, local))


def _from_here(group: Group) -> bool:
    clients = group.clients.members()
    return bool(clients) and all(client.startswith("127.") or client == "::1" for client in clients)
