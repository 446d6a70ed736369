"""A person of ours writes to what is no address: Postfix turns the recipient away, and no ``reject:`` line says so.

From strangers the same line is noise; here the client logged in (smtpd(8), ``sasl_username=`` of its ``client=`` line).
"""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft

ORDER = 49  # before server_troubles, which would take it for a stranger's
RULE = "server.illegal-address"
MOST = 10  # clients that are asked about


def questions(desk: Desk) -> Iterable[Question]:
    """Did this client log in?"""
    for case in _cases(desk)[:MOST]:
        client = case.key.party
        yield Question(f"logged in:{client}", (f": client={client}, sasl_method=",), frozenset({"client"}))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a client that logged in."""
    for case in _cases(desk)[:MOST]:
        fact = answers.one(f"logged in:{case.key.party}")
        if fact is None:
            continue
        desk.claim([case])
        lines = [desk.survey.read(mail.place) for _, mail in fact.mails.items()]
        users = {line.text.partition(" sasl_username=")[2].partition(",")[0] for line in lines if line} - {""}
        who = ", ".join(sorted(users)[:3]) or case.key.party
        yield draft(
            desk, [case], "illegal_address", Party("own_user", who, who), "low", direction="submission",
            cause="protocol_error", state="ongoing", fault="our_user", act="our_user", words="illegal_address",
            own_users=tuple(sorted(users)), values={"who": who, "client": case.key.party},
        )  # fmt: skip


def _cases(desk: Desk) -> list[Case]:
    found = (case for way in ("server", "inbound", "submission") for case in desk.open(way) if case.rule == RULE)
    return sorted(found, key=lambda case: case.key.party)
