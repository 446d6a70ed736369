"""Our own address is refused for its reputation by several operators at once: one trouble, not one an operator."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Link, Party, Step
from mailtriage.scan.ask import Answers, Question
from mailtriage.texts.catalog import FALLBACK, Texts
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
        receivers = {party_of(desk, case).name for case in found}
        if len(receivers) < SEVERAL or not address:
            continue
        open_cases = [case for case in found if not case.claimed]
        if not open_cases:
            continue
        desk.claim(open_cases)
        speakers = {_speaker(desk, case) for case in open_cases}
        names = sorted(name for name, _ in speakers)
        # Where all of them ask public lists, those are whom to go to, not everybody who asked.
        listed = all(is_list for _, is_list in speakers)
        finding = outgoing(
            desk, answers, open_cases, "address_listed", Party("own_server", address, address),
            cause="ip_reputation", words="address_listed",
            title=f"finding.address_listed.{'listed' if listed else 'title'}",
            values={
                "address": address, "operators": ", ".join(names), "count": len(names), "receivers": len(receivers),
            },
            why_user=desk.texts.say("finding.address_listed.user"),
        )  # fmt: skip
        yield _with_each(desk, answers, finding, open_cases, address)


def _with_each(desk: Desk, answers: Answers, finding: Finding, found: list[Case], address: str) -> Finding:
    """Every operator's own way to a release, and a request that suits them all."""
    say, steps = desk.texts.say, list(finding.steps)
    links: dict[str, Link] = {}
    by_speaker: dict[str, list[Case]] = defaultdict(list)
    for case in found:
        by_speaker[_speaker(desk, case)[0]].append(case)
    for name, cases in by_speaker.items():
        own = outgoing(desk, answers, cases, "failure", party_of(desk, cases[0]))
        for link in own.links:
            links.setdefault(link.url, link)
        url = next((link.url for link in own.links if link.kind in ("removal", "form", "lookup")), None)
        if step := next((step for step in own.steps if step.url), None) or next(iter(own.steps), None):
            text = say("finding.address_listed.each", operator=name, step=step.text)
            steps.append(Step(f"address_listed.{name}", text, step.command, step.url or url))
    if finding.lost:
        steps.append(Step("address_listed.again", say("finding.address_listed.again")))
    request = _request(desk, by_speaker, address=address, own_host=next(iter(finding.logs), address))
    several = len(by_speaker) > 1
    return replace(
        finding, links=tuple(links.values()), steps=tuple(steps), request_text=proved(desk, finding, request),
        operator=None if several else finding.operator, rule=None if several else finding.rule,
    )  # fmt: skip


def _request(desk: Desk, speakers: Iterable[str], **values: object) -> str:
    """In English, and first in the reader's language where one of the operators reads it."""
    key, lang = "finding.address_listed.request", desk.texts.lang
    english = Texts(FALLBACK).say(key, **values)
    reads = {one.name for one in desk.book.operators.values() if lang in one.reads}
    return english if reads.isdisjoint(speakers) else f"{desk.texts.say(key, **values)}\n{english}"


def _speaker(desk: Desk, case: Case) -> tuple[str, bool]:
    """Whose word the refusal is: the public list that the reply names (and that it is one), else who answered."""
    lists = {one.name for one in desk.book.operators.values() if one.kind in ("blocklist", "filter")}
    if case.key.operator in lists:
        return case.key.operator, True
    # A provider that asks a public list and says so (Microsoft: Spamhaus) takes us off when the list does.
    if any(one.name == case.key.via and one.kind == "blocklist" for one in desk.book.operators.values()):
        return case.key.via, True
    return party_of(desk, case).name, False


def _cases(desk: Desk) -> list[Case]:
    return [case for case in desk.open("outbound") if case.key.cause in CAUSES]
