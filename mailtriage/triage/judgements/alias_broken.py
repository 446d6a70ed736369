"""An alias of ours leads to an account that does not exist, or to what is no address at all."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server, says, stands
from mailtriage.triage.organisation import domain_of

ORDER = 58
LOOP = "postfix.forwarding-loop"  # where a warning tells of it, that finding has claimed it
_WHOLE = re.compile(r", orig_to=<[^@>]{1,320}@[^@>.]{1,64}\.[^@>]{1,255}>, ")


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for all such aliases (local(8), orig_to=)."""
    for rule, words in (
        ("postfix.local-unknown-user", "alias_broken"),
        ("postfix.bad-local-address", "alias_malformed"),
        (LOOP, "alias_in_circle"),
    ):
        found = take(desk, partial(_by_an_alias, rule))
        if words == "alias_malformed":
            found += take(desk, _to_a_bare_word)
        if not found:
            continue
        names = listed(r for case in found for r in case.group.recipients.members())
        state = stands(desk, found)
        people = any(sender for case in found for sender in case.group.senders.members())
        severity = "medium" if state == "ongoing" and (people or words != "alias_broken") else "low"
        about = "" if words == "alias_broken" else words
        yield replace(
            of_server(desk, found, words, about, severity, state=state, values={"names": names}), kind="alias_broken"
        )


def _by_an_alias(rule: str, key: GroupKey, group: Group) -> bool:
    """Whether mail failed by a rule after an alias had rewritten it; a loop is always one of aliases."""
    return key.rule == rule and (rule == LOOP or says(group, ", orig_to=<"))


def _to_a_bare_word(key: GroupKey, group: Group) -> bool:
    """Mail for a whole address of ours, rewritten to one whose domain is a single word (``user@net``)."""
    return (
        key.direction == "outbound" and key.cause in ("dns_failure", "network")
        and all("." not in domain_of(recipient) for recipient in group.recipients.members())
        and any(_WHOLE.search(line.text) for line in group.ends)
    )  # fmt: skip
