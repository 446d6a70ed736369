"""Triage on one screen: what is ours, cases, questions, one more look, judgements, the order of the report."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from mailtriage.model.finding import SEVERITIES, Finding
from mailtriage.model.report import LineCounts, Report, Unread
from mailtriage.rules.book import RuleBook
from mailtriage.scan.ask import MAX_QUESTIONS, Question
from mailtriage.scan.survey import Survey
from mailtriage.texts.catalog import Texts
from mailtriage.triage.case import cases
from mailtriage.triage.desk import Desk
from mailtriage.triage.judgements import judgements
from mailtriage.triage.judgements.expires_soon import told_once
from mailtriage.triage.keys import without_keys
from mailtriage.triage.own import Given, learn
from mailtriage.triage.servers import servers


@dataclass(frozen=True, slots=True)
class Result:
    """What a report is made of."""

    report: Report
    findings: tuple[Finding, ...]


def triage(
    survey: Survey, book: RuleBook, texts: Texts, given: Given | None = None, unread: Sequence[Unread] = ()
) -> Result:
    """Findings from a survey, those that need somebody first.

    ``unread`` are the parts of the input that were found unreadable before the scan.
    """
    tally = survey.tally
    last = [when for place in tally.last.values() if (when := survey.when(place))]
    desk = Desk(survey, book, texts, learn(tally, given or Given()), cases(tally), max(last, default=None))
    judges = judgements()
    asked: dict[str, Question] = {}
    # In turn, so that one judgement with many questions leaves the others theirs.
    for turn in zip_longest(*(judge.questions(desk) for judge in judges)):
        asked.update({question.id: question for question in turn if question and question.id not in asked})
    answers = survey.ask(tuple(asked.values())[:MAX_QUESTIONS])
    findings = told_once([finding for judge in judges for finding in judge.judge(desk, answers)], texts)
    findings = [without_keys(finding) for finding in findings]
    findings.sort(key=_order)
    return Result(_report(desk, findings, unread), tuple(findings))


def overview(survey: Survey, given: Given | None = None, unread: Sequence[Unread] = ()) -> Report:
    """What was read and what is known of it, without judging; the report of ``triage`` but for ``noise``."""
    tally = survey.tally
    last = [when for place in tally.last.values() if (when := survey.when(place))]
    own = learn(tally, given or Given())
    return _report(Desk(survey, RuleBook(), Texts(), own, [], max(last, default=None)), (), unread)


def _order(finding: Finding) -> tuple[object, ...]:
    """Severe before harmless, our own users' trouble before others', what goes on before what is over."""
    whose = 0 if finding.own_users or finding.direction in ("outbound", "submission", "local") else 1
    over = finding.state == "recovered"
    return (-SEVERITIES.index(finding.severity), over, whose, -finding.messages, finding.id)


def _report(desk: Desk, findings: Sequence[Finding], unread: Sequence[Unread]) -> Report:
    survey, tally = desk.survey, desk.survey.tally
    seen = [when for ends in (tally.first, tally.last) for place in ends.values() if (when := survey.when(place))]
    counts = tally.counts
    undated = any(place.stamp and not place.stamp.dated for place in tally.first.values())
    noise: Counter[str] = Counter()
    for finding in findings:
        if finding.severity == "info" and finding.direction == "inbound":
            noise[finding.cause] += finding.count
    events: Counter[str] = Counter()
    days: dict[str, Counter[str]] = {}
    for key, group in tally.groups.items():
        if key.direction not in ("server", "queue"):
            events[key.cause] += group.count
            for day, count in desk.days(group.hours):
                days.setdefault(day, Counter())[key.cause] += count
    inferred = [name for name, yes in (("year", undated and survey.plan.year is None),
                ("own_ip", any(k.origin == "reply" for k in desk.own.ips)),
                ("own_domain", any(k.origin == "learnt" for k in desk.own.domains))) if yes]  # fmt: skip
    return Report(
        sources=tuple(source.name for source in survey.sources),
        lines=LineCounts(
            read=counts.read, postfix=counts.postfix, other=counts.other, broken=counts.broken, examined=counts.examined
        ),
        first_time=min(seen, default=None),
        last_time=max(seen, default=None),
        hosts=servers(name for name, _ in sorted(tally.known.hosts.items(), key=lambda pair: (-pair[1], pair[0]))),
        own_ips=desk.own.ips,
        own_domains=desk.own.domains,
        inferred=tuple(inferred),
        unread=(*unread, *survey.unread),
        suppressed=counts.suppressed,
        unasked=survey.unasked,
        noise=dict(sorted(noise.items(), key=lambda pair: (-pair[1], pair[0]))),
        events=dict(sorted(events.items())),
        days={day: dict(sorted(counts.items())) for day, counts in sorted(days.items())},
    )
