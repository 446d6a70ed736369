"""A mail program sends through the submission service and does not log in.

Spam programs try that, too. A mail program behind a home router greets with its private address ([192.168.0.41]), names
one sender, and comes again (RFC 5321 section 4.1.3; smtpd_client_restrictions = permit_sasl_authenticated, reject).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.gravity import gravity
from mailtriage.triage.inbound import private

ORDER = 156  # after those who know the sender
MOST = 20  # senders; more are a spam program
_GREETING = re.compile(
    r" from=<([^<>\s]{3,320}@[^<>\s]{3,255})> to=<[^<>]{1,320}> .{0,60}helo=<\[([0-9a-fA-F.:]{3,45})\]>"
)


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a sender: one try may be anybody's, more are a person who waits for answers."""
    by_sender: dict[str, list[Case]] = defaultdict(list)
    for case in desk.open("submission", "auth_required"):
        if sender := _person(case):
            by_sender[sender].append(case)
    for sender, found in sorted(by_sender.items())[:MOST]:
        desk.claim(found)
        again = sum(case.count for case in found) > 1
        client = next((client for case in found for client in case.group.clients.members()), "")
        yield draft(
            desk, found, "device_without_login", Party("own_user", sender, sender),
            gravity("one", "lost") if again else gravity("one", "unguarded"), cause="auth_required",
            direction="submission", fault="our_user", act="our_user", words="login_forgotten",
            values={"user": sender, "client": client},
        )  # fmt: skip


def _person(case: Case) -> str:
    """The one sender of a case whose program greets with a private address; "" for anything else."""
    senders = case.group.senders.members()
    lines = [*case.group.ends, *(line for _, line in case.group.evidence.items())]
    seen = [found for line in lines if (found := _GREETING.search(line.text[-1000:]))]
    if len(senders) != 1 or not seen or not all(private(found[2]) for found in seen):
        return ""
    return senders[0].lower()
