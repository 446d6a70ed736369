"""Our own address is refused for its reputation by several operators at once: one trouble, not one an operator."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party, Step
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import ask_sent, party_of
from mailtriage.triage.desk import Desk
from mailtriage.triage.outgoing import outgoing, proved

ORDER = 300
CAUSES = ("ip_reputation", "dnsbl")
SEVERAL = 2  # operators


def questions(desk: Desk) -> Iterable[Question]:
    """When did mail to these operators get through?"""
    return ask_sent(desk, _cases(desk))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding an address that several operators refuse."""
    by_address: dict[str, list[Case]] = defaultdict(list)
    for case in _cases(desk):
        named = case.group.captures.get("own_ip")
        for address in named.members() if named else [desk.own.ip or ""]:
            by_address[address].append(case)
    for address, found in sorted(by_address.items()):
        names = sorted({party_of(desk, case).name for case in found})
        if len(names) < SEVERAL or not address:
            continue
        open_cases = [case for case in found if not case.claimed]
        if not open_cases:
            continue
        desk.claim(open_cases)
        lists = sorted({case.key.via for case in open_cases if case.key.via})
        finding = outgoing(
            desk, answers, open_cases, "address_listed", Party("own_server", address, address),
            cause="ip_reputation", words="address_listed",
            values={"address": address, "operators": ", ".join(names), "count": len(names), "lists": ", ".join(lists)},
            why_user=desk.texts.say("finding.address_listed.user"),
        )  # fmt: skip
        yield _with_each(desk, answers, finding, open_cases, address)


def _with_each(desk: Desk, answers: Answers, finding: Finding, found: list[Case], address: str) -> Finding:
    """Every operator's own way to a release, and a request that suits them all."""
    say, links, steps = desk.texts.say, list(finding.links), list(finding.steps)
    for case in found:
        party = party_of(desk, case)
        own = outgoing(desk, answers, [case], "failure", party)
        links += [link for link in own.links if link not in links]
        url = next((link.url for link in own.links if link.kind in ("removal", "form", "lookup")), None)
        if step := next((step for step in own.steps if step.url), None) or next(iter(own.steps), None):
            text = say("finding.address_listed.each", operator=party.name, step=step.text)
            steps.append(Step(f"address_listed.{party.id}", text, step.command, step.url or url))
    if finding.lost:
        steps.append(Step("address_listed.again", say("finding.address_listed.again")))
    request = say("finding.address_listed.request", address=address, own_host=next(iter(finding.logs), address))
    return replace(finding, links=tuple(links), steps=tuple(steps), request_text=proved(desk, finding, request))


def _cases(desk: Desk) -> list[Case]:
    return [case for case in desk.open("outbound") if case.key.cause in CAUSES]
