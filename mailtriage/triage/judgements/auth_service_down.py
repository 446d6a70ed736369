"""Logins fail because the authentication service breaks off, or from this machine itself: no guessing of passwords."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.inbound import private
from mailtriage.triage.of_server import of_server, stands

ORDER = 56
MANY = 5
GUESSES = 3  # login names that one machine of ours does not try


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding; loud where the service itself is lost."""
    broken = take(desk, lambda key, group: key.rule == "server.auth-service-lost")
    local = take(desk, lambda key, group: _login(key) and _from_here(group))
    if any(case.rule == "server.auth-socket" for case in desk.cases):
        broken = []  # that finding says why
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
    near: dict[str, list[Case]] = {}
    for case in take(desk, lambda key, group: _login(key) and _from_near(group)):
        near.setdefault(case.group.clients.members()[0], []).append(case)
    for client, found in sorted(near.items()):
        name = next(iter(found[0].group.names.members()), client)
        finding = of_server(
            desk, found, "neighbour_logins_fail", client, "low", state=stands(desk, found), cause="auth_failed",
            values={"client": client, "name": f"{name} ({client})" if name != client else client},
        )  # fmt: skip
        yield replace(finding, kind="local_logins_fail", messages=0)


def _login(key: GroupKey) -> bool:
    """A login here; ours at a relay fails under the same cause."""
    return key.cause == "auth_failed" and key.direction != "outbound"


def _from_near(group: Group) -> bool:
    """One machine of a private network; its first address is mostly a gateway, and many names are guesses."""
    clients = group.clients.members()
    return (
        len(clients) == 1 and private(clients[0]) and not clients[0].endswith(".1")
        and len(group.senders.members()) < GUESSES
    )  # fmt: skip


def _from_here(group: Group) -> bool:
    clients = group.clients.members()
    return bool(clients) and all(client.startswith("127.") or client == "::1" for client in clients)
