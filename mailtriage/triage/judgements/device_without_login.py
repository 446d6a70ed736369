"""A printer, a web application or one of our users is refused because it does not log in.

"Relay access denied" is what relay probes get, too. Ours are told apart by the sender, whose domain is ours, by coming
again and again from the same few places, and by writing to few people. Source: reject_unauth_destination,
permit_sasl_authenticated in smtpd_relay_restrictions.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Legitimacy, Party, Reason
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.party import network
from mailtriage.scan.tally import Mail
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import case_organisation, permanent, private, span
from mailtriage.triage.legitimacy import dynamic, mail_host
from mailtriage.triage.organisation import domain_of, organisation

ORDER = 150
LIKELY = 4  # points
MANY = 10  # mails that a machine lost
_CAUSES = ("relay_denied", "auth_required")


def questions(desk: Desk) -> Iterable[Question]:
    """Does this sender log in at other times?"""
    for sender in sorted(_by_sender(desk))[:40]:
        yield Question(
            f"login:{sender}", (f"sasl_username={sender}", f"sasl_username={sender.partition('@')[0]}"),
            frozenset({"client"}), (), ("sasl_username",),
        )  # fmt: skip


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a sender."""
    for sender, pairs in sorted(_by_sender(desk).items()):
        found = [case for case, _ in pairs]
        if all(case.claimed for case in found):
            continue
        mails = [mail for _, mails in pairs for mail in mails]
        logins = [fact for (user,), fact in answers.of(f"login:{sender}") if user in (sender, sender.partition("@")[0])]
        points, reasons = _weigh(desk, sender, found, mails, sum(fact.count for fact in logins))
        if points < LIKELY:
            continue
        desk.claim(found)
        person = bool(logins)
        clients = sorted({mail.client for mail in mails if mail.client})
        finding = draft(
            desk, found, "device_without_login", Party("own_user", sender, sender),
            "high" if person else "medium", cause=found[0].key.cause, fault="our_user" if person else "ours",
            act="our_user" if person else "our_admin", own_users=(sender,), words="device_without_login",
            direction=found[0].key.direction, successes=logins,
            values={"user": sender, "client": ", ".join(clients[:3]), "client_ip": clients[0] if clients else ""},
            legitimacy=Legitimacy(round(min(points / 6, 1.0), 2), tuple(reasons)),
        )  # fmt: skip
        if finding.state == "recovered" and person:
            finding = replace(finding, severity="medium")  # it logs in again; what was refused is lost all the same
        if finding.state == "ongoing" and finding.count >= MANY and any(map(permanent, found)):
            finding = replace(finding, severity="high")
        yield finding


def _by_sender(desk: Desk) -> dict[str, list[tuple[Case, list[Mail]]]]:
    """The refused mails of each sender of ours."""
    out: dict[str, list[tuple[Case, list[Mail]]]] = defaultdict(list)
    for case in desk.cases:
        if case.key.direction not in ("inbound", "submission") or case.key.cause not in _CAUSES:
            continue
        if case.key.cause == "auth_required" and _foreign_server(desk, case):
            continue  # it brings mail back, or a person sends through it
        mine: dict[str, list[Mail]] = defaultdict(list)
        for mail in desk.mails(case):
            if mail.sender and (_ours(desk, mail.sender) or _at_home(case, mail)):
                mine[mail.sender.lower()].append(mail)
        for sender, mails in mine.items():
            out[sender].append((case, mails))
    return out


def _foreign_server(desk: Desk, case: Case) -> bool:
    """Whether the client is a mail server of somebody else, by its verified name: no device, no mail program."""
    names = case.group.names.members()
    own = {organisation(name) for name in desk.own.domain_names}
    return (
        case.key.trust == "client" and bool(names) and mail_host(names[0]) and not dynamic(names[0])
        and case_organisation(case) not in own
    )  # fmt: skip


def _ours(desk: Desk, sender: str) -> bool:
    domain = domain_of(sender)
    return desk.own.has(sender) or organisation(domain) in desk.own.domain_names


def _at_home(case: Case, mail: Mail) -> bool:
    """Whether somebody in a private network writes within one domain: whose else should it be?"""
    return (
        case.key.cause == "auth_required" and private(mail.client or "")
        and domain_of(mail.sender or "") == domain_of(mail.recipient or "") != ""
    )  # fmt: skip


def _weigh(desk: Desk, sender: str, found: list[Case], mails: list[Mail], logins: int) -> tuple[int, list[Reason]]:
    points: list[tuple[int, str, dict[str, object]]] = [(1, "own_domain", {"domain": domain_of(sender)})]
    count = sum(case.count for case in found)
    clients = {mail.client for mail in mails if mail.client}
    if logins:
        points.append((2, "logged_in_before", {"count": logins}))
    inside = bool(clients) and all(map(private, clients))
    if inside:
        points.append((3, "private_network", {}))
    own_orgs = {organisation(name) for name in desk.own.domain_names}
    if own_host := any(case_organisation(case) in own_orgs and case.key.trust in ("client", "ptr") for case in found):
        points.append((3, "own_host", {}))
    if count >= 3 and max(span(desk, case.group) for case in found) >= 600:
        points.append((2, "comes_again", {"count": count}))
    if len({network(client) for client in clients}) <= 2:
        points.append((1, "few_places", {}))
    recipients = {mail.recipient for mail in mails if mail.recipient}
    if recipients and len(recipients) <= 5:
        points.append((1, "few_recipients", {"count": len(recipients)}))
    if any(case.key.direction == "submission" for case in found):
        points.append((1, "submission_port", {}))
    if any(desk.of_party(case.key.party, "dnsbl") or desk.of_party(case.key.party, "auth_failed") for case in found):
        points.append((-3, "on_blocklist", {}))
    if len({network(client) for client in clients}) > 4 or (len(recipients) > 8 and not (inside or own_host)):
        points.append((-4, "many_networks", {"count": len(clients)}))
    total = sum(weight for weight, _, _ in points)
    return total, [Reason(id_, desk.texts.say(f"because.{id_}", **values)) for _, id_, values in points]
