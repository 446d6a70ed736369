"""A program on this server sends spam: a web application was broken into, or its form is open to everybody.

Nobody logs in, so no login shows it: the sender is what a program is called (www-data, apache), and receivers that
have nothing to do with each other refuse its mail as spam or for its volume.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import ask_sent, names_of, party_of
from mailtriage.triage.desk import Desk
from mailtriage.triage.judgements.login_taken_over import SPAM
from mailtriage.triage.machines import is_machine
from mailtriage.triage.organisation import domain_of, organisation
from mailtriage.triage.outgoing import outgoing

ORDER = 262
CAUSES = (*SPAM, "policy", "header_invalid", "unclassified", "user_unknown")
MANY = 20  # refused mails
SEVERAL = 2  # receivers that refuse it as spam or for its volume


def questions(desk: Desk) -> Iterable[Question]:
    """When did mail to these receivers get through?"""
    return ask_sent(desk, [case for found in _by_program(desk).values() for case in found])


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a sender."""
    for sender, found in sorted(_by_program(desk).items()):
        accusers = {party_of(desk, case).name for case in found if case.key.cause in SPAM}
        if len(accusers) < SEVERAL or sum(len(case.group.messages) for case in found) < MANY:
            continue
        desk.claim(found)
        finding = outgoing(
            desk, answers, found, "program_sends_spam", Party("own_server", f"program {sender}", sender),
            cause="content_spam", words="program_sends_spam", level="high", fault="ours", act="our_admin",
            values={
                "program": sender, "user": sender.partition("@")[0],
                "operators": names_of(party_of(desk, case).name for case in found),
            },
        )  # fmt: skip
        # Nobody misses it, and nobody is to send it again.
        yield replace(finding, lost=(), own_users=(), user_text=None, request_text=None)


def _local(desk: Desk, sender: str, case: Case) -> bool:
    """Whether a sender is an account of the machine itself: it writes as user@host, and the host wrote this log."""
    domain = domain_of(sender)
    host = domain.partition(".")[0]
    return organisation(domain) != domain and any(host == name.lower().partition(".")[0] for name in case.hosts)


def _by_program(desk: Desk) -> dict[str, list[Case]]:
    """Refusals nearly all of whose mails are of one program."""
    found: dict[str, list[Case]] = defaultdict(list)
    for case in desk.open("outbound"):
        if case.key.cause not in CAUSES:
            continue
        senders = Counter(mail.sender.lower() for _, mail in case.group.mails.items() if mail.sender)
        sender, most = max(senders.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
        if sender and (is_machine(sender) or _local(desk, sender, case)) and most * 10 >= senders.total() * 9:
            found[sender].append(case)
    return found
