"""``--format text``: the report on one screen, and all of it with --details or --finding.

Everything from a log passes ``plain``. What is to be copied (a URL, an address, a configuration line) stands on a line
of its own and is never wrapped or cut.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mailtriage.model.finding import Finding, LostMail
from mailtriage.model.report import Report
from mailtriage.report.safe import plain
from mailtriage.report.wrap import wrap
from mailtriage.texts.catalog import Texts

FULL, SHORT = 3, 5  # findings shown in full, and as one line each
_STYLE = {"high": "bold red", "medium": "yellow", "low": "dim", "info": "dim"}
_LOUD = ("high", "medium")


@dataclass(frozen=True, slots=True)
class View:
    """What to show and how."""

    details: bool = False
    chosen: tuple[int, ...] = ()  # numbers of findings to show whole
    width: int = 80
    command: str = "mailtriage scan"  # how the reader gets more


def render(console: Console, report: Report, findings: Sequence[Finding], texts: Texts, view: View) -> None:
    """Print a report."""
    for text in _Page(report, findings, texts, view).lines():
        console.print(text, soft_wrap=True, highlight=False, markup=False)


class _Page:
    def __init__(self, report: Report, findings: Sequence[Finding], texts: Texts, view: View) -> None:
        self.report, self.findings, self.texts, self.view = report, findings, texts, view
        self.say = texts.say

    def lines(self) -> Iterator[Text]:
        if self.view.chosen:
            for number in self.view.chosen:
                yield from self.whole(number, self.findings[number - 1])
            return
        yield Text(self.head())
        loud = [(n, f) for n, f in enumerate(self.findings, 1) if f.severity in _LOUD]
        quiet = [(n, f) for n, f in enumerate(self.findings, 1) if f.severity == "low"]
        yield from self.warnings()
        yield Text("")
        if not loud:
            yield Text(self.say("report.nothing.found"), style="green")
        if self.view.details:
            for number, finding in [*loud, *quiet]:
                yield from self.whole(number, finding)
                yield Text("")
        else:
            yield from self.brief(loud, quiet)
        if self.report.noise:
            yield from self.noise()

    def head(self) -> str:
        report = self.report
        parts = [*report.hosts[:1], ", ".join(report.sources[:2]) + (" …" if len(report.sources) > 2 else "")]
        if report.first_time and report.last_time:
            parts.append(self.span(report.first_time, report.last_time))
        parts.append(self.say("report.head.lines", read=f"{report.lines.read:,}", postfix=f"{report.lines.postfix:,}"))
        return plain(" · ".join(part for part in parts if part))

    def span(self, first: datetime, last: datetime) -> str:
        begin = self.texts.date(first, "day") if first.date() != last.date() else ""
        end = self.texts.date(last, "full")
        return f"{begin} – {end}" if begin else end

    def warnings(self) -> Iterator[Text]:
        for unread in self.report.unread:
            text = self.say(f"unread.{unread.reason}", source=unread.source, place=unread.place or "?")
            yield Text(plain(text), style="yellow")

    def brief(self, loud: Sequence[tuple[int, Finding]], quiet: Sequence[tuple[int, Finding]]) -> Iterator[Text]:
        if loud:
            high = sum(finding.severity == "high" for _, finding in loud)
            if high:
                yield Text(self.say("report.needs", count=high), style="bold")
        for number, finding in loud[:FULL]:
            yield Text("")
            yield from self.card(number, finding)
        rest = [*loud[FULL:], *quiet]
        if rest:
            yield Text("")
            yield Text(self.say("report.watch", count=len(rest)), style="bold")
            for number, finding in rest[:SHORT]:
                yield self.title(number, finding)
            if len(rest) > SHORT:
                yield Text("   " + self.say("report.more", count=len(rest) - SHORT), style="dim")

    def title(self, number: int, finding: Finding) -> Text:
        severity = self.say(f"report.severity.{finding.severity}")
        state = self.say(f"report.state.{finding.state}")
        head = f"{number:>2}  "
        room = self.view.width - len(head) - cell_len(severity) - 2 - cell_len(state) - 2
        title = plain(finding.title)
        if cell_len(title) > room:
            title = _cut(title, room)
        text = Text(head)
        text.append(severity, style=_STYLE[finding.severity])
        text.append("  " + title, style="bold")
        text.append(" " * max(2, room - cell_len(title) + 2) + state, style="dim")
        return text

    def card(self, number: int, finding: Finding) -> Iterator[Text]:
        """At most nine lines."""
        yield self.title(number, finding)
        yield self.row(self.facts(finding))
        if finding.quote:
            yield self.row(_cut("“" + plain(finding.quote) + "”", self.view.width - 4), style="dim")
        yield self.labelled("why", finding.why)
        first = finding.links[0].url if finding.links else None
        if finding.steps:
            step = next((s for s in finding.steps if s.command or s.url), finding.steps[0])
            yield self.labelled("next", step.text)
            if copy := step.url or (step.command if step.command and "\n" not in step.command else None) or first:
                yield Text("        " + plain(copy), style="cyan", no_wrap=True)
        if finding.lost:
            yield self.labelled("lost", self.lost(finding.lost))
        elif finding.user_text:
            yield self.labelled("tell", " ".join(finding.user_text.split()))
        yield self.labelled("steps", f"{self.view.command} --finding {number}")

    def labelled(self, label: str, text: str) -> Text:
        word = self.say(f"report.label.{label}")
        room = self.view.width - 4 - max(cell_len(word) + 2, 6)
        out = Text("    ")
        out.append(word + " " * max(2, 6 - cell_len(word)), style="bold")
        out.append(_cut(" ".join(plain(text).split()), room))
        return out

    def row(self, text: str, style: str = "") -> Text:
        return Text("    " + _cut(plain(text), self.view.width - 4), style=style)

    def facts(self, finding: Finding) -> str:
        date, say = self.texts.date, self.say
        parts = [say("report.mails", count=finding.messages) if finding.messages else ""]
        if finding.own_users and finding.kind != "lost_smtp_setting":
            parts[0] += " " + say("report.users", count=len(finding.own_users))
        domains = sorted({address.rpartition("@")[2] for address in finding.recipients if "@" in address})
        if domains and finding.direction == "outbound":
            parts[0] += " " + say("report.facts.to", names=", ".join(domains[:3]))
        if finding.count != finding.messages:
            parts.append(say("report.attempts", count=finding.count))
        if finding.first_seen and finding.last_seen:
            same = finding.first_seen.date() == finding.last_seen.date()
            last = date(finding.last_seen, "time" if same else "minute")
            if finding.first_seen == finding.last_seen:
                parts.append(date(finding.first_seen))
            else:
                parts.append(say("report.facts.span", first=date(finding.first_seen), last=last))
        if finding.next_success:
            parts.append(say("report.facts.again", when=date(finding.next_success)))
        elif finding.last_success:
            parts.append(say("report.facts.accepted", when=date(finding.last_success)))
        return "; ".join(part for part in parts if part)

    def lost(self, lost: Sequence[LostMail]) -> str:
        first = self.mail(lost[0])
        if len(lost) > 1:
            return first + "; " + self.say("report.lost.more", count=len(lost) - 1)
        return first + "; " + self.say("report.lost.again", count=1)

    def mail(self, mail: LostMail) -> str:
        when = self.texts.date(mail.time) if mail.time else "?"
        sender = mail.sender if mail.sender else "<>" if mail.sender == "" else self.say("report.missing.sender")
        return self.say("report.lost.line", sender=sender, recipient=mail.recipient or "?", when=when)

    def noise(self) -> Iterator[Text]:
        noise = self.report.noise
        parts = " · ".join(
            self.say("report.noise.part", cause=self.say(f"cause.{cause}"), count=f"{count:,}")
            for cause, count in list(noise.items())[:3]
        )
        yield Text("")
        text = self.say("report.noise.line", count=f"{sum(noise.values()):,}", parts=parts)
        yield Text(_cut(plain(text), self.view.width), style="dim")

    def whole(self, number: int, finding: Finding) -> Iterator[Text]:
        """Everything about a finding."""
        yield self.title(number, finding)
        yield from self.paragraph(self.facts(finding))
        if finding.quote:
            yield Text("    “" + plain(finding.quote) + "”", style="dim")
        yield from self.section("why", finding.why)
        if finding.looks_legitimate and finding.looks_legitimate.because:
            yield self.heading("because")
            for reason in finding.looks_legitimate.because:
                yield from self.paragraph("- " + reason.text)
        if finding.steps:
            yield self.heading("steps")
            for count, step in enumerate(finding.steps, 1):
                yield from self.paragraph(f"{count}. {step.text}")
                for copy in (step.url, *(step.command or "").splitlines()):
                    if copy:
                        yield Text("       " + plain(copy), style="cyan", no_wrap=True)
        for link in finding.links:
            yield Text("    " + plain(link.label) + ": ")
            yield Text("       " + plain(link.url), style="cyan", no_wrap=True)
        for label, block in (("request", finding.request_text), ("user", finding.user_text)):
            if block:
                yield self.heading(label)
                for text in block.strip().splitlines():
                    yield Text("       " + plain(text))
        if finding.lost:
            yield self.heading("lost")
            for mail in finding.lost:
                yield Text("       " + plain(self.mail(mail)))
        if len(finding.episodes) > 1:
            yield self.heading("episodes")
            for episode in finding.episodes:
                span = self.say(
                    "report.facts.span", first=self.texts.date(episode.first), last=self.texts.date(episode.last)
                )
                yield Text("       " + span + ", " + self.say("report.attempts", count=episode.count))
        if finding.evidence:
            yield self.heading("evidence")
            for line in finding.evidence[:10]:
                yield Text(f"       {plain(line.source)}:{line.line}: {plain(line.text)}", style="dim")

    def heading(self, label: str) -> Text:
        return Text("    " + self.say(f"report.label.{label}"), style="bold")

    def section(self, label: str, text: str) -> Iterator[Text]:
        yield self.heading(label)
        yield from self.paragraph(text)

    def paragraph(self, text: str) -> Iterator[Text]:
        for line in wrap(" ".join(plain(text).split()), max(self.view.width - 7, 20)):
            yield Text("       " + line)


def _cut(text: str, room: int) -> str:
    """A text that fits into so many cells, cut with an ellipsis."""
    if cell_len(text) <= room:
        return text
    while text and cell_len(text) > room - 1:
        text = text[:-1]
    return text.rstrip() + "…"
