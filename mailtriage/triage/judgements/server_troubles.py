"""What the server says of itself: what crashes, is missing, or is ignored. Each rule says how much that matters.

Rules of packs of kind ``server`` carry the judgement's name, severity and words; here only the facts come on top: one
finding a rule and object, less severe where it ended long before the log does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from mailtriage.model.finding import SEVERITIES, Finding, Party
from mailtriage.rules.advice import advise
from mailtriage.rules.book import Classification
from mailtriage.rules.pack import Rule
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft

ORDER = 700
OVER = timedelta(hours=2)  # without another such line before the log's end, the trouble is taken to be over
UNKNOWN_LOUD = 3  # fatals of a kind that no rule knows


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a rule and object; what no rule knows is said with its text."""
    for case in desk.open("server"):
        rule = desk.book.rules.get(case.rule or "")
        desk.claim([case])
        if rule is None:
            if finding := _unknown(desk, case):
                yield finding
        elif (rule.severity or "low") != "info":
            yield _known(desk, case, rule)


def _known(desk: Desk, case: Case, rule: Rule) -> Finding:
    captures = {name: next(iter(seen.members()), "") for name, seen in case.group.captures.items()}
    words = advise(
        Classification(rule.cause, rule, None, None, captures),
        {"count": str(case.count), "own_host": next(iter(sorted(case.hosts)), "")},
        desk.texts.lang,
    )
    over = _over(desk, case)
    severity = rule.severity or "low"
    if over and severity == "high":
        severity = "medium"
    party = Party("own_server", f"{rule.id} {case.key.party}".strip(), case.key.party or "Postfix")
    state = "recovered" if over else "ongoing"
    finding = draft(desk, [case], rule.kind or "server", party, severity, direction="local", state=state)
    return replace(finding, title=words.title or finding.title)


def _unknown(desk: Desk, case: Case) -> Finding | None:
    """Words that no rule knows: worth a look where they are fatal, else one low line."""
    fatal = any(outcome in ("fatal", "panic") for outcome in case.outcomes)
    severity = "medium" if fatal and case.count >= UNKNOWN_LOUD else "low"
    return draft(
        desk, [case], "server", Party("own_server", case.key.party, case.key.trust), severity,
        cause="unclassified", direction="local", words="unknown_trouble",
        state="recovered" if _over(desk, case) else "ongoing", values={"program": case.key.trust}, fault="ours",
    )  # fmt: skip


def _over(desk: Desk, case: Case) -> bool:
    last = desk.when(case.group.last)
    return last is not None and desk.now is not None and desk.now - last > OVER


def worst(severities: Iterable[str]) -> str:
    """The most severe of several."""
    return max(severities, key=SEVERITIES.index, default="info")
