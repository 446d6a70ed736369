"""``--format markdown``: for tickets and chats (CommonMark, with GitHub's tables).

Text from a log stands in code, or with every character that markdown knows escaped, so that it can be neither markup
nor HTML nor a mention of somebody.
"""

import re
from collections.abc import Iterator, Sequence

from mailtriage.model.finding import Finding
from mailtriage.model.report import Report
from mailtriage.report import facts
from mailtriage.report.safe import plain
from mailtriage.report.state import state_words
from mailtriage.texts.catalog import Texts

EVIDENCE, LOST = 8, 100
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~$&@]|^[+-])")
_FENCES = re.compile(r"`+")
_NUMBERED = re.compile(r"^(\s*\d+)([.)])")
# GitHub turns bare addresses and names of hosts into links: a word joiner's place is taken by an entity.
_LINKED = re.compile(r"(?i)\b(https?|ftp|www|mailto|xmpp)(:|\.)")


def render(report: Report, findings: Sequence[Finding], texts: Texts) -> str:
    """The whole report."""
    high, medium, low = facts.loud(findings)
    title = texts.say("report.needs", count=len(high)) if high else texts.say("report.nothing.found")
    host = next(iter(report.hosts), "")
    lines = [f"# {escape(f'{host}: {title}' if host else title)}", "", escape(" · ".join(facts.head(report, texts)))]
    for one in report.unread:
        lines += ["", f"> {escape(facts.unread(one, texts))}"]
    for heading, group in ((None, high), ("report.watch", medium)):
        if group and heading:
            lines += ["", f"## {texts.say(heading, count=len(group))}"]
        for number, finding in group:
            lines += ["", *section(number, finding, texts)]
    if low:
        lines += ["", f"## {texts.say('markdown.low')}", ""]
        lines += [f"- {escape(one.title)}{facts.aside(state_words(one, texts), texts)}" for _, one in low]
    if noise := facts.noise(report, texts):
        lines += ["", escape(noise)]
    return "\n".join(lines) + "\n"


def section(number: int, finding: Finding, texts: Texts) -> Iterator[str]:
    """All of a finding."""
    say = texts.say
    severity, state = say(f"report.severity.{finding.severity}"), state_words(finding, texts)
    yield f"### {number}. {escape(finding.title)}"
    yield ""
    yield f"**{severity}** · {state} · {escape(facts.between(facts.facts(finding, texts), texts))}"
    if finding.quote:
        yield from ("", f"> {code(finding.quote)}")
    yield from ("", f"**{say('report.label.why')}:** {escape(finding.why)}")
    if finding.looks_legitimate and finding.looks_legitimate.because:
        yield from ("", f"**{say('report.label.because')}**", "")
        yield from (f"- {escape(reason.text)}" for reason in finding.looks_legitimate.because)
    if finding.steps:
        yield from ("", f"**{say('report.label.steps')}**", "")
        for count, step in enumerate(finding.steps, 1):
            yield f"{count}. {escape(step.text)}"
            if step.url:
                yield from ("", f"   {_url(step.url)}", "")
            if step.command:
                yield from ("", *(f"   {line}" for line in block(step.command)), "")
    if others := facts.links(finding):
        yield from ("", f"**{say('report.label.links')}**", "")
        yield from (f"- {escape(link.label)}: {_url(link.url)}" for link in others)
    if finding.lost:
        yield from ("", f"**{say('markdown.lost')}**", "")
        yield "| " + " | ".join(say(f"html.table.{name}") for name in ("when", "from", "to")) + " |"
        yield "| --- | --- | --- |"
        for mail in finding.lost[:LOST]:
            sender = mail.sender if mail.sender else "<>" if mail.sender == "" else say("report.missing.sender")
            when = texts.date(mail.time) if mail.time else "?"
            yield f"| {escape(when)} | {code(sender, cell=True)} | {code(mail.recipient or '?', cell=True)} |"
        if len(finding.lost) > LOST:
            yield from ("", say("report.lost.more", count=len(finding.lost) - LOST))
    for label, text in (("request", finding.request_text), ("user", finding.user_text)):
        if text:
            yield from ("", f"**{say(f'report.label.{label}')}**", "", *block(text.strip()))
    if len(finding.episodes) > 1:
        yield from ("", f"**{say('report.label.episodes')}**", "")
        yield from (f"- {escape(facts.episode(one, texts, facts.counted(finding)))}" for one in finding.episodes)
    if finding.evidence:
        yield from ("", f"**{say('report.label.evidence')}**", "")
        places = (f"{one.source}:{one.line}: " if one.line else "" for one in finding.evidence)
        rows = [place + one.text for place, one in zip(places, finding.evidence[:EVIDENCE], strict=False)]
        yield from block("\n".join(rows))
    yield from ("", f"`id={finding.id}`")


def escape(text: str) -> str:
    """A text that markdown shows as it is: one line, no markup, no HTML, no link, nobody mentioned."""
    text = _MARKUP.sub(r"\\\1", plain(" ".join(text.split())))
    text = _NUMBERED.sub(r"\1\\\2", text).replace("\\@", "&#64;")
    return _LINKED.sub(lambda found: found[1] + ("&#58;" if found[2] == ":" else "&#46;"), text)


def code(text: str, *, cell: bool = False) -> str:
    """A text as code within a line; in a ``cell`` of a table its bars are escaped as GitHub wants them."""
    text = plain(" ".join(text.split()))
    fence = _fence(text, 1)
    if text.startswith("`") or text.endswith("`"):
        text = f" {text} "
    return fence + (text.replace("|", "\\|") if cell else text) + fence


def block(text: str) -> list[str]:
    """A text as a block of code."""
    lines = [plain(line) for line in text.splitlines()]
    fence = _fence("\n".join(lines), 3)
    return [fence, *lines, fence]


def _fence(text: str, least: int) -> str:
    return "`" * max(least, *(len(run) + 1 for run in _FENCES.findall(text) or [""]))


def _url(url: str) -> str:
    """A URL of ours to click; what is none is shown as code."""
    shown = plain(url)
    if url.startswith(("https://", "http://")) and not re.search(r"[<>\s\\]", shown):
        return f"<{shown}>"
    return code(url)
