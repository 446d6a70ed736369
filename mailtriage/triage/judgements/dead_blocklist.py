"""A blocklist that refuses everybody: it is dead, or refuses our resolver, and Postfix takes that for a listing.

Signs: the answer itself says that the query was refused; the list is known to be shut down; or it names servers of many
unrelated providers and mail hosts alike, which no list in its senses does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import case_organisation, part
from mailtriage.triage.legitimacy import dynamic

ORDER = 60
_SAYS_SO = ("resolver_refused", "dead_list")
PROVIDERS = 3  # known providers' pools on one list at once
SHARE = 0.5  # of its hits that are mail hosts


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a list."""
    said: dict[str, list[Case]] = defaultdict(list)
    for case in [*desk.open("inbound", "dnsbl"), *desk.open("submission", "dnsbl")]:
        if taken := part(desk, case, _says_so):
            said[_list(taken)].append(taken)
    for name, found in sorted(said.items()):
        yield _finding(desk, name, found, None)
    by_list: dict[str, list[Case]] = defaultdict(list)
    for case in desk.open("inbound", "dnsbl"):
        by_list[_list(case)].append(case)
    for name, found in sorted(by_list.items()):
        if name and _everybody(desk, found):
            yield _finding(desk, name, found, "dead_blocklist")


def _says_so(key: GroupKey, group: Group) -> bool:
    return any(group.details[detail] for detail in _SAYS_SO)


def _list(case: Case) -> str:
    for name in ("list", "list2"):
        if seen := case.group.captures.get(name):
            return next(iter(sorted(seen.members())), "")
    return case.key.via or case.key.operator


def _everybody(desk: Desk, found: list[Case]) -> bool:
    providers, good = set(), set()
    for case in found:
        names = case.group.names.members()
        if case.key.trust not in ("client", "ptr") or not names or dynamic(names[0]):
            continue
        good.add(case_organisation(case))
        if operator := desk.book.operator_of_pool(names[0]):
            providers.add(operator.id)
    return len(providers) >= PROVIDERS and len(good) >= SHARE * len(found)


def _finding(desk: Desk, name: str, found: list[Case], words: str | None) -> Finding:
    desk.claim(found)
    finding = draft(
        desk, found, "dead_blocklist", Party("blocklist", name, name), "high", cause="dnsbl", direction="inbound",
        fault="ours", act="our_admin", words=words, values={"list": name},
    )  # fmt: skip
    return replace(finding, user_text=None, request_text=None)
