"""Mail to a local account is completed to our own name, and then leaves by SMTP: the name is no destination here.

Programs write to ``root``; Postfix makes ``root@NAME`` of it (myorigin, or append_dot_mydomain of ``root@localhost``),
finds NAME neither in mydestination nor in any other list of domains, and asks the DNS where it belongs.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.machines import is_inside, is_machine
from mailtriage.triage.of_server import of_server, stands
from mailtriage.triage.organisation import domain_of

ORDER = 57  # after loops, which explain more, and before those who would see a foreign server in it
_PAIR = re.compile(r" to=<([^>]{1,300})>, orig_to=<([^>]{1,300})>, ")
_HERE = ("localhost", "localhost.localdomain")


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a name, over all that failed for it."""
    names = {
        name
        for case in desk.open("outbound")
        for key, group in case.groups
        if key.direction == "outbound"
        for name in _completed(key, group)
    }
    for name in sorted(names):
        found = take(desk, lambda key, group, name=name: _to(key, group, name))  # type: ignore[misc]
        to = sorted({address for case in found for address in case.group.recipients.members()})
        finding = of_server(
            desk, found, "own_name_unknown", name, "medium", state=stands(desk, found), cause="config_error",
            direction="outbound", values={"name": name, "to": ", ".join(to[:3])},
        )  # fmt: skip
        yield replace(finding, request_text=None, user_text=None)


def _to(key: GroupKey, group: Group, name: str) -> bool:
    recipients = group.recipients.members()
    return key.direction == "outbound" and bool(recipients) and all(domain_of(one) == name for one in recipients)


def _completed(key: GroupKey, group: Group) -> Iterator[str]:
    """Names that a bare local account was completed with, where nothing but that can have happened."""
    senders = {domain_of(sender) for sender in group.senders.members() if sender}
    if key.cause == "dns_failure" and senders:
        # Nobody writes to root at a name of private networks but a program that was told so.
        for to in group.recipients.members():
            at = domain_of(to)
            if "." in at and is_inside(at) and is_machine(to):
                yield at
    for line in group.ends:
        if found := _PAIR.search(line.text):
            to, at = found[1].lower(), domain_of(found[1])
            who, _, where = found[2].lower().partition("@")
            if to.partition("@")[0] != who or not at:
                continue
            ours = at in senders or at == key.host.lower() or at.partition(".")[0] == key.host.lower().partition(".")[0]
            if (not where and ours) or (where in _HERE and at.startswith("localhost.")):
                yield at
