"""Mail to a domain whose MX points here is refused with "Relay access denied": the domain is missing from our tables.

Relay probes get the same words. What tells them apart: proper mail servers do not probe. Their senders are of the
client's own organisation or of a known provider, they come again, and they write to one domain that no big provider
hosts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Legitimacy, Party, Reason
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import case_organisation, own_words, sender_organisations, span
from mailtriage.triage.legitimacy import dynamic
from mailtriage.triage.organisation import domain_of, organisation

ORDER = 170
LIKELY = 4
_BAD = ("dnsbl", "auth_failed")
MANY = 3  # organisations that cannot reach the domain: needs somebody now


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a domain."""
    by_domain: dict[str, list[Case]] = defaultdict(list)
    for case in desk.open("inbound", "relay_denied"):
        domains = {domain_of(address) for address in case.group.recipients.members()}
        if len(domains) == 1 and not any(desk.own.has(sender) for sender in case.group.senders.members()):
            by_domain[domains.pop()].append(case)
    listed = {c.key.party for c in desk.cases if c.key.direction == "inbound" and c.key.cause in _BAD}
    for domain, found in sorted(by_domain.items()):
        good = [case for case in found if case.key.party not in listed and _server(case)]
        points, reasons, orgs = _weigh(desk, domain, good)
        if points < LIKELY:
            continue
        desk.claim(found)
        yield own_words(
            draft(
            desk, found, "domain_not_set_up", Party("own_server", domain, domain),
            "high" if len(orgs) >= MANY or domain in desk.own.domain_names else "medium", direction="inbound",
            fault="ours", act="our_admin", words="domain_not_set_up",
            values={"domain": domain, "recipient_domain": domain},
            legitimacy=Legitimacy(round(min(points / 6, 1.0), 2), tuple(reasons)),
            )
        )  # fmt: skip


def _server(case: Case) -> bool:
    """Whether a client looks like a mail server with mail of its own."""
    names = case.group.names.members()
    return bool(names) and not dynamic(names[0])


def _weigh(desk: Desk, domain: str, found: list[Case]) -> tuple[int, list[Reason], set[str]]:
    points: list[tuple[int, str, dict[str, object]]] = []
    orgs: set[str] = set()
    verified = False
    for case in found:
        org, name = case_organisation(case), case.group.names.members()[0]
        operator = desk.book.operator_of_pool(name)
        senders = sender_organisations(case.group.senders.members())
        if org in senders or operator or (case.key.trust == "client" and case.count >= 2):
            orgs.add(operator.id if operator else org)
        verified = verified or case.key.trust in ("client", "ptr")
        if org in senders and (1, "same_organisation", {"organisation": org}) not in points:
            points.append((1, "same_organisation", {"organisation": org}))
        if operator:
            # A provider's own mail server goes where the MX leads, and nowhere else.
            points.append((3 if case.key.trust == "client" else 2, "known_pool", {"operator": operator.name}))
    if not orgs or not verified:
        return 0, [], orgs  # what says its name in HELO alone may be anybody
    attempts, mails = sum(case.count for case in found), sum(len(case.group.messages) for case in found)
    if attempts >= 2 * max(mails, 1) or (attempts >= 3 and max(span(desk, case.group) for case in found) >= 600):
        points.append((2, "retries", {"count": attempts, "mails": desk.number_of_mails(mails)}))
    if len(orgs) >= 2:
        points.append((2, "several_write", {"count": len(orgs)}))
    points.append((1, "verified", {}))
    if domain in desk.own.domain_names or organisation(domain) in desk.own.domain_names:
        points.append((4, "own_domain", {"domain": domain}))
    if desk.book.operator_of_domain(domain) or "." not in domain:
        points.append((-6, "probing", {}))
    return (
        sum(weight for weight, _, _ in points),
        [Reason(id_, desk.texts.say(f"because.{id_}", **values)) for _, id_, values in points],
        orgs,
    )
