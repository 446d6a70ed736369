"""Our resolver is broken: many different senders seem to have no name or domain, all at once, big providers too.

It is no sender's fault, and one finding, not hundreds. Postfix says the same words for "does not exist" and "could not
be looked up" (reject_unknown_sender_domain), so who is refused tells: nobody's resolver fails to find gmail.com because
Google forgot its MX.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import case_organisation, own_words, sender_organisations
from mailtriage.triage.of_server import stands
from mailtriage.triage.organisation import domain_of

ORDER = 50
PROVIDERS = 2  # known ones
UNRELATED = 3  # organisations altogether
OVER = timedelta(hours=1)
_CERTAIN = ("sender_domain_not_found", "dns_failure")
_CAUSES = ("unresolvable_client_hostname", "sender_domain_not_found", "helo_invalid", "dns_failure")
Hour = tuple[int, int]


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding, over the hours in which several providers at once could not be looked up."""
    hours: dict[Hour, set[str]] = defaultdict(set)
    suspects = [(case, _sides(desk, case)) for case in desk.open() if case.key.cause in _CAUSES]
    for case, (providers, others) in suspects:
        for hour in case.group.hours.by_hour:
            hours[hour] |= {f"!{name}" for name in providers} | others
    bad = {hour for hour, names in hours.items() if _enough(names)}
    bad |= _thin(suspects)
    if not bad:
        return
    found = [
        case
        for case, sides in suspects
        if (sides[0] or sides[1])
        and (bad & set(case.group.hours.by_hour) or (_between(case, bad) and _honest(case, sides)))
    ]
    desk.claim(found)
    last = max((when for case in found if (when := desk.when(case.group.last))), default=None)
    over = last is not None and desk.now is not None and desk.now - last > OVER and stands(desk, found) == "recovered"
    names = sorted({desk.book.operators[name[1:]].name for hour in bad for name in hours[hour] if name[0] == "!"})
    yield own_words(
        draft(
        desk, found, "resolver_broken", Party("own_server", "resolver", desk.texts.say("party.resolver")),
        "medium" if over else "high", cause="dns_failure", direction="inbound", fault="ours", act="our_admin",
        state="recovered" if over else "ongoing", words="resolver_broken",
        values={"providers": ", ".join(names[:5]), "organisations": len({n for hour in bad for n in hours[hour]})},
        )
    )  # fmt: skip


def _thin(suspects: list[tuple[Case, tuple[set[str], set[str]]]]) -> set[Hour]:
    """Hours in which, with those beside them, enough could not be looked up, by words that no forger can choose."""
    hours: dict[Hour, set[str]] = defaultdict(set)
    for case, (providers, others) in suspects:
        if case.key.cause in _CERTAIN or case.group.details["dns_temporary"]:
            for source, hour in case.group.hours.by_hour:
                for near in (hour - 1, hour, hour + 1):
                    hours[source, near] |= {f"!{name}" for name in providers} | others
    seen = {hour for case, _ in suspects for hour in case.group.hours.by_hour}
    return {hour for hour, names in hours.items() if hour in seen and _enough(names)}


def _between(case: Case, bad: set[Hour]) -> bool:
    """Whether all of a case lies in the time from the first such hour to the last, an hour more on either side."""
    return all(
        any(source == one[0] for one in bad)
        and min(hour for at, hour in bad if at == source) - 1
        <= hour
        <= max(hour for at, hour in bad if at == source) + 1
        for source, hour in case.group.hours.by_hour
    )


def _honest(case: Case, sides: tuple[set[str], set[str]]) -> bool:
    """Whether the domain surely exists: a known provider's, or that of the very host that writes."""
    return bool(sides[0]) or case_organisation(case) in sender_organisations(case.group.senders.members())


def _enough(names: set[str]) -> bool:
    return sum(name[0] == "!" for name in names) >= PROVIDERS and len(names) >= UNRELATED


def _sides(desk: Desk, case: Case) -> tuple[set[str], set[str]]:
    """The known providers, and the other organisations, that a case could not look up for want of a resolver."""
    key, group = case.key, case.group
    if key.direction == "outbound":
        if key.cause != "dns_failure" or not group.details["dns_temporary"]:
            return set(), set()
        return _known(desk, {domain_of(address) for address in group.recipients.members()})
    if key.cause == "sender_domain_not_found":
        return _known(desk, {domain_of(address) for address in group.senders.members()})
    nameless = key.cause == "unresolvable_client_hostname" and (key.trust == "helo" or group.details["dns_temporary"])
    greeting = key.cause == "helo_invalid" and key.trust == "helo" and group.details["unresolvable"]
    if not nameless and not greeting:
        return set(), set()
    names = group.names.members()
    operators = {o.id for name in names if (o := desk.book.operator_of_pool(name))}
    # A HELO name costs nothing; a sender of the same organisation makes it likely.
    if key.trust == "helo" and case_organisation(case) not in sender_organisations(group.senders.members()):
        same = {o.id for a in group.senders.members() if (o := desk.book.operator_of_domain(domain_of(a)))}
        operators &= same
        return operators, set()
    return (operators, set()) if operators else (set(), {case_organisation(case)})


def _known(desk: Desk, domains: set[str]) -> tuple[set[str], set[str]]:
    operators = {o.id for domain in domains if (o := desk.book.operator_of_domain(domain))}
    others = {domain for domain in domains if "." in domain and not desk.book.operator_of_domain(domain)}
    return operators, others
