"""A window looked at: its findings, and what got through of troubles that are remembered as open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from mailtriage.history.windows import Window
from mailtriage.model.finding import Finding
from mailtriage.model.report import Report
from mailtriage.rules.book import RuleBook
from mailtriage.scan.ask import Fact, Question
from mailtriage.scan.chunk import ScanPlan, split
from mailtriage.scan.executor import executor
from mailtriage.scan.gather import gather
from mailtriage.scan.survey import Survey
from mailtriage.scan.tally import Tally
from mailtriage.syslog.calendar import Calendar, Run, note
from mailtriage.syslog.calendar import Source as Dated
from mailtriage.texts.catalog import Texts
from mailtriage.triage.own import Given
from mailtriage.triage.run import triage
from mailtriage.triage.stakes import RECIPIENTS

SMALL = 64 * 1024 * 1024  # bytes for which no other process is started
ASKED, DOMAINS, CLIENTS = 60, 4, 8  # remembered troubles to ask for in one look, and literals for each


@dataclass(frozen=True, slots=True)
class Seen:
    """What a window told."""

    report: Report
    findings: tuple[Finding, ...]
    successes: Mapping[str, datetime]  # by finding: the first success
    bounced: tuple[str, ...] = ()  # Message-IDs of ours that came back


def review(
    window: Window, known: Mapping[str, Finding], plan: ScanPlan, book: RuleBook, texts: Texts, given: Given,
    jobs: int = 0, message_ids: Sequence[str] = (), before: Window | None = None,
) -> Seen:  # fmt: skip
    """Scan and judge a window; ``known`` is what is remembered of the time before it.

    Failures are those of the window; what went well is looked for in the window ``before`` as well.
    """
    surveyed = _survey(window, before, plan, jobs)
    try:
        result = triage(surveyed, book, texts, given)
        fresh = {finding.id for finding in result.findings}
        open_ = [one for identity, one in sorted(known.items()) if identity not in fresh and one.state != "recovered"]
        open_.sort(key=lambda one: one.last_seen.timestamp() if one.last_seen else 0.0, reverse=True)
        successes = _successes(surveyed, open_[:ASKED])
        bounced = _bounced(surveyed, message_ids)
    finally:
        surveyed.executor.close()
    findings = tuple(one for one in result.findings if one.severity != "info")
    return Seen(result.report, findings, successes, bounced)


def _survey(window: Window, before: Window | None, plan: ScanPlan, jobs: int) -> Survey:
    old = before.sources if before is not None else ()
    sources = [replace(one, follows=number > 0) for number, one in enumerate((*old, *window.sources))]
    chunks = [chunk for number, source in enumerate(sources) for chunk in split(number, source)]
    size = sum(source.size - source.first for source in sources)
    runner = executor(jobs if size > SMALL else 1, len(chunks))
    tally = Tally()
    for part in runner.map(partial(gather, plan=plan), [chunk for chunk in chunks if chunk.number >= len(old)]):
        tally.merge(part)
    tally.name_senders()
    for number, source in enumerate(old):
        runs: list[Run] = []
        if before is not None and before.first is not None:
            note(runs, source.first, before.first)
        tally.turns[number] = runs
        tally.rows[number] = {source.first: 0}
    calendar = Calendar(
        [Dated(tuple(tally.turns.get(n, ())), s.mtime or None, s.follows) for n, s in enumerate(sources)],
        year=plan.year, tz=plan.zone,
    )  # fmt: skip
    stretches = [*(before.stretches if before is not None else ()), *window.stretches]
    lines = dict(enumerate(one.lines for one in stretches))
    return Survey(tuple(sources), chunks, plan, tally, calendar, runner, (), lines, len(old))


def _successes(surveyed: Survey, findings: Iterable[Finding]) -> dict[str, datetime]:
    asked = [(finding, question) for finding in findings for question in _questions(finding)]
    answers = surveyed.ask([question for _, question in asked])
    found: dict[str, datetime] = {}
    for finding, question in asked:
        when = _after(surveyed, answers.one(question.id), finding.last_seen)
        if when is not None:
            found[finding.id] = min(found.get(finding.id, when), when)
    return found


def _after(surveyed: Survey, fact: Fact | None, last: datetime | None) -> datetime | None:
    """The first success that is known to be later than the last failure: hours keep their first and last alone."""
    ends = [place for _, *both in fact.hours.by_hour.values() for place in both] if fact else []
    times = [when for place in ends if (when := surveyed.when(place)) is not None]
    return min((when for when in times if last is None or when > last), default=None)


def _questions(finding: Finding) -> list[Question]:
    """What would show that a trouble is over: mail delivered to the same domains, or taken from the same clients.

    Where the trouble is a recipient's own, only mail to that recipient shows it.
    """
    if finding.direction == "outbound" and finding.cause in RECIPIENTS:
        return [
            Question(
                f"over {finding.id} {number}", (f"<{address}>",), frozenset({"sent"}),
                (("recipient", "is", address.lower()),),
            )
            for number, address in enumerate(finding.recipients[:CLIENTS])
        ]  # fmt: skip
    if finding.direction == "outbound":
        domains = sorted({address.rpartition("@")[2].lower() for address in finding.recipients if "@" in address})
        return [
            Question(
                f"over {finding.id} {number}", (f"@{domain}>",), frozenset({"sent"}), (("recipient", "ends", domain),)
            )
            for number, domain in enumerate(domains[:DOMAINS])
        ]
    if finding.kind == "refusal" or finding.party.kind in ("sender_pool", "network", "host"):
        return [
            Question(
                f"over {finding.id} {number}", (f"[{client}]",), frozenset({"client"}), (("client_addr", "is", client),)
            )
            for number, client in enumerate(finding.clients[:CLIENTS])
        ]
    return []


def _bounced(surveyed: Survey, message_ids: Sequence[str]) -> tuple[str, ...]:
    """Those of our mails whose delivery failed in these lines."""
    if not message_ids:
        return ()
    wanted = [
        Question(f"mail {number}", (one,), frozenset({"cleanup"}), by=("queue_id",))
        for number, one in enumerate(message_ids)
    ]
    answers = surveyed.ask(wanted)
    queued = {
        values[0].upper(): message_ids[number]
        for number, question in enumerate(wanted)
        for values, _ in answers.of(question.id)
        if values and values[0]
    }
    failed = [Question(f"back {qid}", (qid,), frozenset({"failed"}), (("status", "is", "bounced"),)) for qid in queued]
    back = surveyed.ask(failed[:100])
    return tuple(sorted({queued[qid] for qid in queued if back.one(f"back {qid}")}))
