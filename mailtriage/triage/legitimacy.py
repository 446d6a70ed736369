"""Do the refused look like people, or like spam? Points for and against, each with its words.

The thresholds were chosen on labelled logs (docs/triage.md). A score is the sum of points, cut to [-1, 1] for the
record; LIKELY and above is treated as people's mail.
"""

import re
from collections.abc import Sequence

from mailtriage.model.finding import Legitimacy, Reason
from mailtriage.scan.ask import Fact
from mailtriage.triage.address import is_list_sender, unwrap
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.organisation import domain_of, organisation

Point = tuple[int, str, dict[str, object]]  # weight, what for, the values of its words
LIKELY = 4  # points
POOL = 3  # hosts of a provider
_SCALE = 6.0
# What was refused for what stands in it: spam comes through the largest providers, too.
_CONTENT = ("content_spam", "content_virus", "content_policy", "attachment_blocked", "url_reputation", "header_invalid")

_DYNAMIC = re.compile(
    r"(?:^|[.-])(?:dyn|dynamic|dsl|adsl|vdsl|pppoe?|dhcp|dial|dialup|cable|pool|cust|customers?|client|broadband|fiber|"
    r"ftth|home|user|mobile|wifi|vps|static|rev|hosted|ip)\d{0,4}(?:[.-]|$)|\d{1,3}[.-]\d{1,3}[.-]\d{1,3}",
    re.IGNORECASE,
)
_MAIL_HOST = re.compile(
    r"(?:^|[.-])[a-z]{0,3}(?:mx|mail|smtp|mta|mout|out|outbound|relay|sender|send|mailout|mr|msg)[a-z]{0,3}\d{0,5}(?:[.-]|$)",
    re.IGNORECASE,
)


def dynamic(name: str) -> bool:
    """Whether a host name looks like an access line's, not a mail server's."""
    return bool(_DYNAMIC.search(name)) and not _MAIL_HOST.search(name.split(".")[0])


def mail_host(name: str) -> bool:
    """Whether a host name says that it is a mail server's."""
    return bool(_MAIL_HOST.search(name))


def weigh(
    desk: Desk, case: Case, accepted: Sequence[Fact], known_senders: Sequence[Fact], trust: str
) -> tuple[int, list[Point]]:
    """The points of an inbound case, and what they are for.

    ``accepted``: what this party got through at other times; ``known_senders``: what its senders got through, from
    anywhere; ``trust``: how the party's name is known (client, ptr, neighbour, helo, net).
    """
    group = case.group
    points: list[Point] = []
    names = group.names.members()
    name = names[0] if names else ""
    org = organisation(name) if name and trust != "net" else ""
    senders = [unwrap(address).address for address in group.senders.members() if address]
    sender_orgs = {organisation(domain) for domain in {domain_of(address) for address in senders} if domain}
    operator = desk.book.operator_of_pool(name) if trust in ("client", "ptr", "neighbour") else None
    refused_by_list = case.key.cause == "dnsbl" or _also(desk, case, "dnsbl")

    if org and org in sender_orgs:
        points.append((1, "same_organisation", {"organisation": org}))
    if operator:
        points.append((2 if trust == "ptr" else 3, "known_pool", {"operator": operator.name}))
    if trust == "neighbour":
        points.append((1, "neighbour", {"name": org}))
    if got := sum(fact.count for fact in accepted):
        points.append((2, "accepted_otherwise", {"count": got}))
    if got := sum(fact.count for fact in known_senders):
        points.append((2, "senders_known", {"count": got}))
    mails = max(len(group.messages), 1)
    if case.count >= 2 * mails and _span(desk, case) >= 600:
        points.append((2, "retries", {"count": case.count, "mails": desk.number_of_mails(mails)}))
    if trust == "helo" and org in sender_orgs and case.count >= 3 * mails and _span(desk, case) >= 1800:
        points.append((1, "greets_as_sender", {"name": org}))
    if trust in ("client", "ptr", "neighbour") and name and not dynamic(name):
        points.append((1, "mail_host", {"name": name}))
    if any(desk.own.has(recipient) for recipient in group.recipients) and len(group.recipients) <= 3:
        points.append((1, "few_recipients", {"count": len(group.recipients)}))

    if refused_by_list:
        # A list that names a large provider's hosts hits whoever shares them with a spammer.
        shared = operator is not None and trust == "client" and len(group.clients) >= POOL and len(sender_orgs) >= 2
        points.append((-1 if shared else -4, "on_blocklist", {}))
    if name and trust != "net" and operator is None and dynamic(name):
        points.append((-3, "dynamic_name", {"name": name}))
    if trust in ("helo", "net"):
        points.append((-1, "no_name", {}))
    foreign = len(sender_orgs - {org})
    mailbox = operator is not None and operator.kind == "mailbox"  # its customers have domains of their own
    if not mailbox and foreign >= 5 and org not in sender_orgs and foreign * 2 > mails:
        points.append((-3, "many_sender_domains", {"count": foreign}))
    dotted = {one for one in sender_orgs if "." in one}
    if case.key.cause == "sender_domain_not_found" and dotted and org not in dotted and operator is None:
        points.append((-2, "foreign_sender_domain", {}))
    if case.key.cause in _CONTENT:
        points.append((-3, "content", {}))
    if case.key.cause in ("relay_denied", "auth_failed", "protocol_error"):
        points.append((-3, "probing", {}))
    if len(group.recipients) > 5 and (case.key.cause == "user_unknown" or _also(desk, case, "user_unknown")):
        points.append((-3, "dictionary", {"count": len(group.recipients)}))
    if _also(desk, case, "auth_failed") or _also(desk, case, "relay_denied"):
        points.append((-2, "probing", {}))
    if senders and not sender_orgs - desk.own.domain_names and not any(is_list_sender(s) for s in senders):
        points.append((-2, "own_domain_forged", {}))

    return sum(weight for weight, _, _ in points), points


def in_words(desk: Desk, points: Sequence[Point]) -> Legitimacy:
    """What points say, for the record."""
    total = sum(weight for weight, _, _ in points)
    because = tuple(Reason(id_, desk.texts.say(f"because.{id_}", **values)) for _, id_, values in points)
    return Legitimacy(round(max(-1.0, min(1.0, total / _SCALE)), 2), because)


def _also(desk: Desk, case: Case, cause: str) -> bool:
    """Whether the same party was refused for that cause too."""
    return any(other.key.direction == "inbound" and other is not case for other in desk.of_party(case.key.party, cause))


def _span(desk: Desk, case: Case) -> float:
    first, last = desk.when(case.group.first), desk.when(case.group.last)
    return (last - first).total_seconds() if first and last else 0.0
