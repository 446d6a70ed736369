"""Clients of the submission service are refused when they connect, before they can log in.

``smtpd_delay_reject = no`` lets smtpd judge at CONNECT, where ``permit_sasl_authenticated`` can never be true, and the
``reject`` behind it meets everybody (postconf(5)).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.party import network
from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.inbound import private
from mailtriage.triage.of_server import of_server, says, stands

ORDER = 52
NETWORKS = 2  # strangers from one place may be barred by name


def questions(desk: Desk) -> Iterable[Question]:
    """Did anybody log in?"""
    if any(_at_connect(key, group) for case in desk.open() for key, group in case.groups):
        yield Question("works:login", ("sasl_username=",), frozenset({"client"}), (("sasl_username", "has", ""),))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding, where nobody logged in and it met a client of ours or clients of several networks."""
    cases = [case for case in desk.open() if any(_at_connect(*pair) for pair in case.groups)]
    clients = {client for case in cases for client in case.group.clients.members()}
    ours = any(private(client) for client in clients) or len({network(client) for client in clients}) >= NETWORKS
    if not cases or not ours or answers.one("works:login") is not None:
        return
    found = take(desk, _at_connect)
    state = stands(desk, found)
    finding = of_server(
        desk, found, "login_impossible", "", "high" if state == "ongoing" else "medium", state=state,
        cause="auth_required", direction="submission", values={"clients": len(clients)},
    )  # fmt: skip
    yield replace(finding, messages=0)


def _at_connect(key: GroupKey, group: Group) -> bool:
    return key.rule == "postfix.client-submission-denied" and says(group, ": reject: CONNECT from ")
