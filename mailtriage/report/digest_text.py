"""The digest as plain text: its subject, and what is new, worse, back, still there and over."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from mailtriage.history.changes import Change
from mailtriage.model.finding import Finding
from mailtriage.report import facts
from mailtriage.report.safe import plain
from mailtriage.report.state import state_words
from mailtriage.report.wrap import wrap
from mailtriage.texts.catalog import Texts

WIDTH, LOST, EVIDENCE = 76, 20, 3
WHOLE = ("new", "back", "worse")


def subject(changes: Sequence[Change], host: str, texts: Texts) -> str:
    """What is most urgent, and how much more there is."""
    if not changes:
        return plain(texts.say("digest.subject.nothing", host=host))
    first = changes[0]
    title = texts.say(f"digest.subject.{first.kind}", title=first.finding.title)
    lost = len(first.finding.lost)
    if first.kind in WHOLE and lost:
        title = texts.say("digest.subject.lost", title=title, count=lost)
    if len(changes) > 1:
        title = texts.say("digest.subject.more", title=title, count=len(changes) - 1)
    return plain(texts.say("digest.subject.whole", host=host, what=title))


def body(changes: Sequence[Change], texts: Texts, warnings: Sequence[str] = ()) -> str:
    """All of it."""
    lines: list[str] = []
    for warning in warnings:
        lines += [*wrap(plain(warning), WIDTH), ""]
    if not changes:
        lines.append(texts.say("digest.nothing"))
    number = 0
    for change in changes:
        if change.kind in WHOLE:
            number += 1
            lines += [*_whole(number, change, texts), ""]
    brief = [change for change in changes if change.kind not in WHOLE]
    for kind in ("ongoing", "resolved"):
        told = [change for change in brief if change.kind == kind]
        if told:
            lines.append(texts.say(f"digest.heading.{kind}"))
            lines += [plain(f"- {sentence(change, texts)}") for change in told]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def sentence(change: Change, texts: Texts) -> str:
    """A change in one line."""
    finding = change.finding
    parts = [texts.say(f"digest.kind.{change.kind}", title=finding.title)]
    parts += facts.facts(finding, texts)
    return facts.between(parts, texts)


def history(change: Change, texts: Texts) -> str:
    """How often it came before, and how long that lasted."""
    if change.kind != "back" or change.since is None:
        return ""
    since = texts.date(change.since, "day")
    said = texts.say("digest.times", count=max(change.times, 2), since=since)
    if change.longest is not None:
        said = facts.between([said, texts.say("digest.released", span=span(change.longest, texts))], texts)
    return said


def span(length: timedelta, texts: Texts) -> str:
    """A length of time in words, rounded up."""
    hours = -(-int(length.total_seconds()) // 3600)
    if hours < 48:
        return texts.say("digest.hours", count=max(hours, 1))
    return texts.say("digest.days", count=-(-hours // 24))


def _whole(number: int, change: Change, texts: Texts) -> Iterator[str]:
    finding, say = change.finding, texts.say
    severity, state = say(f"report.severity.{finding.severity}"), state_words(finding, texts)
    title = say(f"digest.kind.{change.kind}", title=finding.title)
    yield from _hang(f"{number}. ", f"{severity}: {title}{facts.aside(state, texts)}")
    if told := history(change, texts):
        yield from _hang("   ", told)
    yield from _hang("   ", facts.between(facts.facts(finding, texts), texts))
    if finding.quote:
        yield "   " + say("report.quote", text=plain(finding.quote))
    yield from _hang("   ", say("report.label.why") + ": " + finding.why)
    yield from _steps(finding, texts)
    if finding.lost:
        yield "   " + say("digest.lost")
        for mail in finding.lost[-LOST:]:
            yield "   - " + plain(facts.lost(mail, texts))
        if len(finding.lost) > LOST:
            yield "   " + say("report.lost.more", count=len(finding.lost) - LOST)
    for label, text in (("request", finding.request_text), ("user", finding.user_text)):
        if text:
            yield from ("   " + say(f"report.label.{label}") + ":", "")
            yield from (plain(line) for line in (*text.strip().splitlines(), ""))
    if finding.evidence:
        yield "   " + say("report.label.evidence") + ":"
        yield from ("     " + plain(one.text) for one in finding.evidence[-EVIDENCE:])
    yield "   id=" + finding.id


def _steps(finding: Finding, texts: Texts) -> Iterator[str]:
    if finding.steps:
        yield "   " + texts.say("report.label.steps") + ":"
    for count, step in enumerate(finding.steps, 1):
        yield from _hang(f"   {count}. ", step.text)
        for copy in (step.url, *(step.command or "").splitlines()):
            if copy:
                yield "      " + plain(copy)
    for link in facts.links(finding):
        yield "   " + plain(link.label)
        yield "      " + plain(link.url)


def _hang(first: str, text: str) -> Iterator[str]:
    """A paragraph behind its number."""
    for number, line in enumerate(wrap(" ".join(plain(text).split()), WIDTH - len(first))):
        yield (first if number == 0 else " " * len(first)) + line


def status(finding: Finding, texts: Texts) -> str:
    """What is remembered of a finding, in one line."""
    severity, state = texts.say(f"report.severity.{finding.severity}"), state_words(finding, texts)
    return " · ".join([severity, state, finding.title, *facts.facts(finding, texts), f"id={finding.id}"])
