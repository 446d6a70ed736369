"""A user who logged in may not write in the name that the mail bears (reject_sender_login_mismatch).

Only who logged in reads these words, so that the user is ours whatever the address. Where name and login are the same,
the table of smtpd_sender_login_maps is wrong, and the user has done nothing wrong.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.gravity import gravity

ORDER = 829  # before those who weigh refused users and senders
RULE = "postfix.sender-not-owned"


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a user: the mail program shows one refusal to the user at once, so that one is low."""
    by_user: dict[str, list[Case]] = defaultdict(list)
    for case in (case for way in ("submission", "inbound") for case in desk.open(way) if case.rule == RULE):
        if "own_user" in case.group.captures:
            by_user[", ".join(sorted(case.group.captures["own_user"].members())[:3])].append(case)
    for user, found in sorted(by_user.items()):
        desk.claim(found)
        names = {sender.lower() for case in found for sender in case.group.senders.members() if sender}
        own_name = user.lower() in names
        again = own_name or sum(case.count for case in found) > 1
        yield draft(
            desk, found, "own_user_refused", Party("own_user", user, user),
            gravity("one", "lost") if again else gravity("one", "unguarded"), cause="sender_rejected",
            direction="submission", own_users=(user,), fault="ours" if own_name else "our_user", act="our_admin",
            words="sender_not_owned", values={"user": user, "names": listed(names)},
        )  # fmt: skip
