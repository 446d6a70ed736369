"""``--format text``: the report on one screen, and all of it with --details or --finding.

Everything from a log passes ``plain``. What is to be copied (a URL, an address, a configuration line) stands on a line
of its own and is never wrapped or cut.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mailtriage.model.finding import Finding, LostMail, Step
from mailtriage.model.report import Report
from mailtriage.report.safe import plain
from mailtriage.report.state import state_words
from mailtriage.report.wrap import wrap
from mailtriage.texts.catalog import Texts

FULL, SHORT = 3, 5  # findings shown in full, and as one line each
SCREEN, CARD = 40, 9  # lines of a screen, and of a finding shown in full, at most
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
    for text in Page(report, findings, texts, view).lines():
        console.print(text, soft_wrap=True, highlight=False, markup=False)


class Page:
    """The lines of a report, and of single findings."""

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
        """One screen: at most FULL findings in full, SHORT more as one line each, and how many more there are."""
        high = sum(finding.severity == "high" for _, finding in loud)
        if high:
            yield Text(self.say("report.needs", count=high), style="bold")
        rest = [*loud[FULL:], *quiet]
        listed = rest[:SHORT]
        # What stands around the cards: head, blank, needs, noise with its blank; the list with blank, title, "more".
        around = 5 + (3 + len(listed) if listed else 0)
        room = min(CARD, (SCREEN - around) // max(len(loud[:FULL]), 1) - 1)
        for number, finding in loud[:FULL]:
            yield from self.card(number, finding, room)
            yield Text("")
        if listed:
            yield Text(self.say("report.watch", count=len(rest)), style="bold")
            for number, finding in listed:
                yield self.title(number, finding)
            if len(rest) > SHORT:
                yield Text("    " + self.say("report.more", count=len(rest) - SHORT), style="dim")

    def title(self, number: int | str, finding: Finding) -> Text:
        severity = self.say(f"report.severity.{finding.severity}")
        state = state_words(finding, self.texts)
        head = f"{number:>2}  " if number else ""
        room = self.view.width - len(head) - cell_len(severity) - 2 - cell_len(state) - 2
        title = plain(finding.title)
        if cell_len(title) > room:
            title = _cut(title, room)
        text = Text(head)
        text.append(severity, style=_STYLE[finding.severity])
        text.append("  " + title, style="bold")
        text.append(" " * max(2, room - cell_len(title) + 2) + state, style="dim")
        return text

    def card(self, number: int | str, finding: Finding, room: int) -> Iterator[Text]:
        """A finding in at most ``room`` lines: who and how many, the reply, why, what next, what was lost, all."""
        step = next((s for s in finding.steps if s.url or s.command), None) or next(iter(finding.steps), None)
        copy = _to_copy(step, finding)
        must = [  # label, text, lines at most
            ("", self.facts(finding), 2),
            ("why", finding.why, 2),
            ("next", step.text if step else "", 2),
        ]
        last = ("lost", self.lost(finding.lost)) if finding.lost else ("tell", finding.user_text or "")
        tail = [
            (label, text)
            for label, text in (last, ("all", f"{self.view.command} --finding {number or finding.id}"))
            if text
        ]
        quote = [self.row("“" + plain(finding.quote) + "”", style="dim")] if finding.quote else []
        spare = room - 1 - len(quote) - len(tail) - bool(copy) - sum(bool(text) for _, text, _ in must)
        yield self.title(number, finding)
        for place, (label, text, most) in enumerate(must):
            if not text:
                continue
            lines = self.labelled(label, text, 1 + max(0, min(spare, most - 1)))
            spare -= len(lines) - 1
            yield from lines
            yield from quote if place == 0 else ()
        if copy:
            yield Text(" " * (4 + self.gutter) + plain(copy), style="cyan", no_wrap=True)
        for label, text in tail:
            yield from self.labelled(label, text, 1)

    @property
    def gutter(self) -> int:
        """Cells of the labels' column."""
        labels = ("why", "next", "lost", "tell", "all")
        return max(cell_len(self.say(f"report.label.{label}")) for label in labels) + 2

    def labelled(self, label: str, text: str, most: int) -> list[Text]:
        """A text behind its label, in at most so many lines; the last is cut where there is more."""
        word = self.say(f"report.label.{label}") if label else ""
        indent = 4 + (self.gutter if label else 0)
        width = max(self.view.width - indent, 20)
        text = plain(" ".join(text.split()))
        lines = list(wrap(text, width))
        if len(lines) > most:
            kept = lines[: most - 1]
            lines = [*kept, _cut(" ".join(lines[most - 1 :]), width)]
        out = []
        for number, line in enumerate(lines):
            head = Text("    ")
            if label:
                head.append(
                    (word if not number else "") + " " * (self.gutter - cell_len(word if not number else "")),
                    style="bold",
                )
            out.append(head.append(line))
        return out

    def row(self, text: str, style: str = "") -> Text:
        return Text("    " + _cut(plain(text), self.view.width - 4), style=style)

    def facts(self, finding: Finding) -> str:
        """How many mails of whom to whom, when, and whether it went well before or after."""
        say = self.say
        what = [say("report.mails", count=finding.messages)] if finding.messages else []
        if finding.own_users and finding.party.kind != "own_user":
            what.append(say("report.users", count=len(finding.own_users)))
        domains = sorted({address.rpartition("@")[2] for address in finding.recipients if "@" in address})
        if domains and finding.direction == "outbound":
            what.append(say("report.facts.to", names=", ".join(domains[:3]) + (" …" if len(domains) > 3 else "")))
        parts = [" ".join(what)]
        if finding.count != finding.messages:
            parts.append(say("report.attempts", count=finding.count))
        if finding.direction == "inbound" and finding.senders:
            names = [sender or "<>" for sender in finding.senders[:2]]
            more = finding.distinct.get("senders", 0) - len(names)
            parts.append(say("report.facts.from", names=", ".join(names) + (f" +{more}" if more > 0 else "")))
        parts.append(self.when(finding))
        if finding.next_success:
            parts.append(say("report.facts.again", when=self.texts.date(finding.next_success)))
        elif finding.last_success:
            parts.append(say("report.facts.accepted", when=self.texts.date(finding.last_success)))
        return "; ".join(part for part in parts if part)

    def when(self, finding: Finding) -> str:
        """From when to when."""
        first, last = finding.first_seen, finding.last_seen
        if first is None or last is None:
            return ""
        if last - first < timedelta(minutes=1):
            return self.texts.date(first)
        form = "time" if first.date() == last.date() else "minute"
        return self.say("report.facts.span", first=self.texts.date(first), last=self.texts.date(last, form))

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


def _to_copy(step: Step | None, finding: Finding) -> str | None:
    """What the reader copies first: the step's link or one-line command, else the finding's first link."""
    if step is not None and (step.url or (step.command and "\n" not in step.command)):
        return step.url or step.command
    return finding.links[0].url if finding.links else None


def _cut(text: str, room: int) -> str:
    """A text that fits into so many cells, cut with an ellipsis."""
    if cell_len(text) <= room:
        return text
    while text and cell_len(text) > room - 1:
        text = text[:-1]
    return text.rstrip() + "…"
