"""Mail of this machine's own programs is refused: they write to addresses that do not exist, or with broken ones."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.gravity import gravity
from mailtriage.triage.harm import take
from mailtriage.triage.inbound import loopback, permanent
from mailtriage.triage.of_server import of_server, stands

ORDER = 55
MANY = 20  # refusals that are a script somebody should correct; one is enough where no program gets mail out


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a cause. Where relaying is denied to this machine itself, no program's mail gets out."""
    by_cause: dict[str, list[Case]] = {}
    for case in take(desk, _from_here):
        by_cause.setdefault(case.key.cause, []).append(case)
    for cause, found in sorted(by_cause.items()):
        count = sum(case.count for case in found)
        who = listed(sender or "<>" for case in found for sender in case.group.senders.members())
        to = listed(r for case in found for r in case.group.recipients.members())
        shut = cause == "relay_denied"
        # An address that does not exist is a script's slip; any other refusal for good is a rule of ours.
        lost = cause != "user_unknown" and any(map(permanent, found))
        weight = gravity("one", "lost") if shut or lost or count >= MANY or _barred(found) else "low"
        finding = of_server(
            desk, found, "own_programs_refused", cause, weight,
            state=stands(desk, found), values={"who": who, "to": to}, words="own_programs_shut_out" if shut else None,
        )  # fmt: skip
        yield replace(finding, request_text=None, user_text=None)  # nobody else is to be asked or told


def _barred(found: list[Case]) -> bool:
    """Whether a list of clients bars this machine: then nothing that any program writes gets out."""
    return any(case.rule == "postfix.client-table" for case in found)


def _from_here(key: GroupKey, group: Group) -> bool:
    clients = group.clients.members()
    if key.direction not in ("inbound", "submission") or key.cause == "auth_failed" or not clients:
        return False
    # Called like the machine that writes the log, from its /etc/hosts or its DNS, and back again.
    named = key.trust == "client" and key.host != "" and all(
        name.partition(".")[0].lower() == key.host.partition(".")[0].lower() and ("." not in name or name == key.host)
        for name in group.names.members()
    )  # fmt: skip
    return named or all(map(loopback, clients))
