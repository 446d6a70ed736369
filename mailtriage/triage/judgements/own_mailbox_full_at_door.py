"""A mailbox of ours is full, and mail to it is refused before it is taken (a quota policy service, an address probe).

Source: Dovecot's quota-status service behind check_policy_service; reject_unverified_recipient.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft

ORDER = 130
MANY = 10  # mails


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a mailbox; where one sender was refused for several, a finding for the first."""
    by_mailbox: dict[str, list[Case]] = defaultdict(list)
    for case in [*desk.open("inbound", "mailbox_full"), *desk.open("submission", "mailbox_full")]:
        mailboxes = sorted({address.lower() for address in case.group.recipients.members()})
        by_mailbox[mailboxes[0] if mailboxes else ""].append(case)
    for mailbox, found in sorted(by_mailbox.items()):
        desk.claim(found)
        mails = sum(len(case.group.messages) for case in found)
        finding = draft(
            desk, found, "own_mailbox_full", Party("own_user", mailbox, mailbox), "high" if mails >= MANY else "medium",
            direction="inbound", fault="our_user", act="our_user", own_users=[mailbox] if mailbox else (),
            words="own_mailbox_full_at_door", values={"mailbox": mailbox},
            user_text=desk.texts.say("finding.own_mailbox_full.user", mailbox=mailbox),
        )  # fmt: skip
        yield replace(finding, request_text=None)
