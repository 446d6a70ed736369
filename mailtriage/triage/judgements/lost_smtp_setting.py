"""One of our own users sends through somebody else's servers: the mail program lost its outgoing server (SMTP).

The clues: the envelope sender's domain is ours, the client is a foreign relay, there is no login; the person wrote to
people who exist here, and comes again. Told apart from forgery (dynamic lines, blocklists, a dictionary), from
forwarders and lists that return our own mail, from rewritten addresses (SRS is nobody's), and from machines.
"""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Legitimacy, Party, Reason
from mailtriage.scan.ask import Answers, Fact, Question
from mailtriage.scan.party import pool_pattern
from mailtriage.triage.address import is_list_sender, unwrap
from mailtriage.triage.case import Case, together
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.legitimacy import dynamic
from mailtriage.triage.organisation import domain_of, organisation

ORDER = 100
CERTAIN, LIKELY = 4, 2  # points
_MACHINES = ("root", "www-data", "apache", "nginx", "noreply", "no-reply", "mailer-daemon", "postmaster", "cron")


def questions(desk: Desk) -> Iterable[Question]:
    """Every refusal of a sender of ours, by sender; and where that sender used to come from."""
    for domain in sorted(desk.own.domain_names)[:50]:
        yield Question(
            f"own_refused:{domain}",
            (f"@{domain}> to=<", f"@{domain}>, to=<"),
            frozenset({"reject"}),
            (("sender", "ends", domain),),
            ("sender",),
        )
        yield Question(
            f"own_login:{domain}",
            ("sasl_username=",),
            frozenset({"client"}),
            (("sasl_username", "has", ""),),
            ("sasl_username",),
        )


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a person."""
    for domain in sorted(desk.own.domain_names)[:50]:
        logins = {values[0]: fact for values, fact in answers.of(f"own_login:{domain}")}
        for (sender,), fact in answers.of(f"own_refused:{domain}"):
            found = _cases(desk, fact)
            if not found or not _person(sender):
                continue
            points, reasons = _weigh(desk, sender, fact, found, logins)
            if points >= LIKELY:
                yield _finding(desk, sender, fact, found, points, reasons)


def _person(sender: str) -> bool:
    plain = unwrap(sender)
    local = sender.partition("@")[0]
    return plain.how in ("plain", "batv") and not is_list_sender(sender) and local not in _MACHINES


def _cases(desk: Desk, fact: Fact) -> list[Case]:
    """The inbound cases that this sender's refusals belong to: same clients, same restriction."""
    clients = set(fact.clients.members())
    return [
        case
        for case in desk.cases
        if case.key.direction in ("inbound", "submission")
        and case.key.cause not in ("auth_failed", "relay_denied", "dnsbl", "greylist")
        and clients & set(case.group.clients.members())
    ]


def _weigh(desk: Desk, sender: str, fact: Fact, found: list[Case], logins: dict[str, Fact]) -> tuple[int, list[Reason]]:
    points: list[tuple[int, str, dict[str, object]]] = [(1, "own_domain", {"domain": domain_of(sender)})]
    names = sorted({name for case in found for name in case.group.names.members()})
    name = names[0] if names else ""
    trusted = any(case.key.trust in ("client", "ptr") for case in found)
    local = sender.partition("@")[0]
    login = next((f for user, f in sorted(logins.items()) if user in (sender, local)), None)
    if login is not None:
        points.append((2, "logged_in_before", {"count": login.count}))
    if trusted and name and not dynamic(name):
        points.append((1, "foreign_relay", {"name": pool_pattern(names) or name}))
    if name and desk.book.operator_of_pool(name):
        points.append((1, "provider_pool", {"operator": desk.book.operator_of_pool(name).name}))  # type: ignore[union-attr]
    if fact.count >= 2:
        points.append((1, "comes_again", {"count": fact.count}))
    recipients = [r for r in fact.recipients.members() if r.lower() != sender]
    if recipients and len(recipients) <= 5:
        points.append((1, "few_recipients", {"count": len(recipients)}))
    others = {a for case in found for a in case.group.senders.members() if not desk.own.has(a)}
    if name and any(organisation(domain_of(a)) == organisation(name) for a in others):
        points.append((1, "customers_too", {"organisation": organisation(name)}))

    if not recipients:
        points.append((-4, "to_itself", {}))
    if (name and dynamic(name)) or not trusted:
        points.append((-3, "dynamic_name" if name else "no_name", {"name": name}))
    if _listed(desk, fact):
        points.append((-4, "on_blocklist", {}))
    if len(fact.clients) > 40 or len(recipients) > 8:
        points.append((-3, "many_recipients", {"count": len(recipients)}))
    orgs = {organisation(n) for n in names}
    if len(orgs) > 2:
        points.append((-3, "many_networks", {"count": len(orgs)}))
    total = sum(weight for weight, _, _ in points)
    return total, [Reason(id_, desk.texts.say(f"because.{id_}", **values)) for _, id_, values in points]


def _listed(desk: Desk, fact: Fact) -> bool:
    clients = set(fact.clients.members())
    return any(clients & set(case.group.clients.members()) for case in desk.cases if case.key.cause == "dnsbl")


def _finding(desk: Desk, sender: str, fact: Fact, found: list[Case], points: int, reasons: list[Reason]) -> Finding:
    # The refusals of this person alone: the rest of the pool is another finding.
    whole = together(found)
    mine = Case(whole.key)
    mine.hosts = whole.hosts
    mine.rules = whole.rules
    group = mine.group
    group.count, group.first, group.last, group.hours = fact.count, fact.first, fact.last, fact.hours
    group.senders.add(sender)
    for recipient in fact.recipients:
        group.recipients.add(recipient)
        group.messages.add(f"{sender} {recipient}")
    for client in fact.clients:
        group.clients.add(client)
    for _, line in [*whole.group.evidence.items(), *(("", end) for end in whole.group.ends)]:
        if f"from=<{sender}>" in line.text.lower():
            group.evidence.add(f"{line.place.source}:{line.place.offset}", line)
            group.keep_ends(line)
    names = sorted(whole.group.names.members())
    operator = desk.book.operator_of_pool(names[0]) if names else None
    provider = operator.name if operator else organisation(names[0]) if names else ", ".join(fact.clients.members()[:2])
    certainty = "certain" if points >= CERTAIN else "likely"
    domain = domain_of(sender)
    return draft(
        desk, [mine], "lost_smtp_setting", Party("own_user", sender, sender), "high" if points >= CERTAIN else "medium",
        cause=whole.key.cause, direction="inbound", fault="our_user", act="our_user",
        legitimacy=Legitimacy(round(min(points / 6, 1.0), 2), tuple(reasons)),
        words="lost_smtp_setting", own_users=(sender,),
        values={
            "user": sender, "provider": provider, "own_domain": domain, "mail_host": _mail_host(desk, whole),
            "pattern": pool_pattern(names) or provider, "certainty": desk.texts.say(f"certainty.{certainty}"),
        },
        user_text=desk.texts.say(
            "finding.lost_smtp_setting.user", provider=provider, mail_host=_mail_host(desk, whole), user=sender
        ),
    )  # fmt: skip


def _mail_host(desk: Desk, case: Case) -> str:
    host = next(iter(sorted(case.hosts)), "")
    return host if "." in host else f"mail.{desk.own.domains[0].value}" if desk.own.domains else host
