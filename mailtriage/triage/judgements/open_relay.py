"""Strangers send through our server: foreign senders, foreign recipients, no login, and receivers take it for spam.

Mail that is forwarded goes to the few addresses that our users named, and its lines say whose it was (orig_to). This
goes to everybody, and a client hands it in without a login: one that mynetworks holds (a container's or NAT gateway, a
hacked machine) or, where permission to relay is wrong, anybody. Source: smtpd_relay_restrictions, mynetworks
(postconf(5)).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Mail
from mailtriage.triage.address import is_list_sender, unwrap
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import ask_sent, forwarded, names_of, party_of, to_ourselves
from mailtriage.triage.desk import Desk
from mailtriage.triage.inbound import loopback, private
from mailtriage.triage.judgements.login_taken_over import SPAM
from mailtriage.triage.organisation import organisation
from mailtriage.triage.outgoing import outgoing

ORDER = 300
CAUSES = (*SPAM, "policy")
RECIPIENTS = 15  # different ones: more than anybody forwards to
SENDERS = 5  # different ones
SAMPLE = 12  # mails that are asked about


def questions(desk: Desk) -> Iterable[Question]:
    """Which client handed these mails in, and with whose login?"""
    found = _cases(desk)
    if not _many(found):
        return
    yield from ask_sent(desk, found)
    for mail in _sample(desk, found):
        yield Question(f"came:{mail.queue_id}", (f"{mail.queue_id}: client=",), frozenset({"client"}), (),
                       ("client_addr", "client_name", "sasl_username"))  # fmt: skip


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding over all receivers, where most of these mails came from strangers without a login."""
    found = _cases(desk)
    if not _many(found):
        return
    sample = _sample(desk, found)
    came: Counter[str] = Counter()
    for mail in sample:
        for (address, name, login), _ in answers.of(f"came:{mail.queue_id}"):
            if address and not login and not loopback(address) and not _ours(desk, name):
                came[address] += 1
    if 2 * came.total() <= len(sample):
        return
    desk.claim(found)
    clients = [address for address, _ in sorted(came.items(), key=lambda pair: (-pair[1], pair[0]))]
    inside = private(clients[0])
    finding = outgoing(
        desk, answers, found, "open_relay", Party("own_server", "relay", ", ".join(clients[:3])), cause="config_error",
        words="open_relay_inside" if inside else "open_relay", level="high", fault="ours", act="our_admin",
        values={
            "clients": ", ".join(clients[:3]), "client": clients[0],
            "operators": names_of(party_of(desk, case).name for case in found),
        },
    )  # fmt: skip
    # Nobody misses this mail.
    yield replace(finding, lost=(), own_users=(), user_text=None, request_text=None)


def _ours(desk: Desk, name: str) -> bool:
    return bool(name) and organisation(name) in desk.own.domain_names


def _sample(desk: Desk, found: list[Case]) -> list[Mail]:
    mails = [mail for case in found for mail in desk.mails(case) if mail.queue_id]
    step = max(len(mails) // SAMPLE, 1)
    return mails[::step][:SAMPLE]


def _many(found: list[Case]) -> bool:
    recipients = {address for case in found for address in case.group.recipients.members()}
    senders = {address for case in found for address in case.group.senders.members()}
    return len(recipients) >= RECIPIENTS and len(senders) >= SENDERS


def _cases(desk: Desk) -> list[Case]:
    """Strangers' mail to strangers that was refused as spam: no alias of ours, no list, no forwarding with SRS."""
    return [
        case
        for case in desk.open("outbound")
        if case.key.cause in CAUSES
        and forwarded(desk, case)
        and not to_ourselves(desk, case)
        and all(unwrap(one).how == "plain" and not is_list_sender(one) for one in case.group.senders.members() if one)
        and not any(" orig_to=<" in line.text for line in case.group.ends)
    ]
