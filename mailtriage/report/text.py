"""``--format text``: the report on one screen, and all of it with --details or --finding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mailtriage.model.finding import Finding
from mailtriage.model.report import Report
from mailtriage.report.card import Card, cut
from mailtriage.report.facts import days
from mailtriage.report.safe import plain
from mailtriage.report.wrap import wrap
from mailtriage.texts.catalog import Texts

FULL, SHORT = 3, 5  # findings shown in full, and as one line each
SCREEN, CARD = 39, 9  # lines of a screen less the prompt, and of a finding shown in full, at most
WARNED = 2  # parts that could not be read, named one by one
_SHOWN = ("high", "medium", "low")
Numbered = tuple[int, Finding]


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
            for place, number in enumerate(self.view.chosen):
                yield from [Text("")] if place else []
                yield from self.card((number, self.findings[number - 1])).whole()
            return
        shown = [(n, f) for n, f in enumerate(self.findings, 1) if f.severity in _SHOWN]
        head = [Text(self.head()), *self.warnings(), Text("")]
        if not any(finding.severity in ("high", "medium") for _, finding in shown):
            head.append(Text(self.say("report.nothing.found"), style="green"))
        noise = list(self.noise())
        yield from head
        if self.view.details:
            for one in shown:
                yield from self.card(one).whole()
                yield Text("")
        else:
            yield from self.brief(shown, SCREEN - len(head) - len(noise))
        yield from noise

    def card(self, one: Numbered) -> Card:
        number, finding = one
        return Card(finding, self.texts, self.view.width, number, self.report.hosts)

    def head(self) -> str:
        """Whose log, of when, how large, in one line: what does not fit is said shorter, then not at all."""
        report = self.report
        lines = report.lines
        size = self.say("report.head.lines", count=lines.read, read=f"{lines.read:,}", postfix=f"{lines.postfix:,}")
        if lines.read == lines.postfix:
            size = self.say("report.head.all_lines", count=lines.read, read=f"{lines.read:,}")
        span = days(report.first_time, report.last_time, self.texts) if report.first_time and report.last_time else ""
        more = " …" if len(report.sources) > 1 else ""
        path = "".join(report.sources[:1]) + more
        name = "".join(PurePath(source).name or source for source in report.sources[:1]) + more
        host = "".join(report.hosts[:1]) + (f" +{len(report.hosts) - 1}" if len(report.hosts) > 1 else "")
        for parts in ((host, path, span, size), (host, name, span, size), (name, span, size), (span, size)):
            text = plain(" · ".join(filter(None, parts)))
            if cell_len(text) <= self.view.width:
                return text
        return cut(text, self.view.width)

    def warnings(self) -> Iterator[Text]:
        """What could not be read, for it is no part of what follows."""
        for unread in self.report.unread[:WARNED]:
            text = plain(self.say("report.unread", source=unread.source))
            yield Text(cut(text, self.view.width), style="yellow")
        if (more := len(self.report.unread) - WARNED) > 0:
            yield Text(self.say("report.unread_more", count=more), style="yellow")

    def brief(self, shown: Sequence[Numbered], room: int) -> Iterator[Text]:
        """FULL findings in full, SHORT more as one line each, how many more there are, and how to see all.

        ``room``: lines there are for it.
        """
        loud = [one for one in shown if one[1].severity in ("high", "medium")][:FULL]
        listed = shown[len(loud) : len(loud) + SHORT]
        more = len(shown) - len(loud) - len(listed)
        high = sum(finding.severity == "high" for _, finding in shown)
        headings = bool(high) + bool(len(shown) > high)
        room -= headings + (len(listed) + 1 if listed else 0) + bool(more) + 1 + bool(listed)
        heading = ""
        for place, one in enumerate(loud):
            left = len(loud) - place
            yield from self.heading(one[1], heading, high, len(shown) - high)
            heading = self.section(one[1])
            lines = self.card(one).lines(min(CARD, -(-room // left) - 1))
            room -= len(lines) + 1
            yield from lines
            yield Text("")
        for one in listed:
            yield from self.heading(one[1], heading, high, len(shown) - high)
            heading = self.section(one[1])
            yield from self.card(one).title()
        if more:
            yield Text("    " + self.say("report.more", count=more), style="dim")
        if shown:
            yield from [Text("")] if listed else []
            yield from self.how()

    def section(self, finding: Finding) -> str:
        return "needs" if finding.severity == "high" else "watch"

    def heading(self, finding: Finding, before: str, high: int, others: int) -> Iterator[Text]:
        if (section := self.section(finding)) != before:
            count = high if section == "needs" else others
            yield Text(self.say(f"report.{section}", count=count), style="bold")

    def how(self) -> Iterator[Text]:
        """The command that shows all of one, to be copied; names of many files are left out."""
        command = plain(self.view.command)
        words = self.say("report.how", command=f"{command} --finding N")
        if cell_len(words) > 2 * self.view.width:
            words = self.say("report.how", command="mailtriage scan … --finding N")
        yield Text(words, style="dim")

    def noise(self) -> Iterator[Text]:
        """What needs nobody, in one line: as many causes as fit."""
        noise = self.report.noise
        if not noise:
            return
        count = sum(noise.values())
        number = f"{count:,}"
        parts = [
            self.say("report.noise.part", cause=self.say(f"cause.{cause}"), count=f"{some:,}")
            for cause, some in list(noise.items())[:3]
        ]
        words = self.say("report.noise.short", count=count, number=number)
        while parts:
            text = self.say("report.noise.line", count=count, number=number, parts=" · ".join(parts))
            if cell_len(text) <= self.view.width:
                words = text
                break
            parts.pop()
        yield Text("\n".join(wrap(plain(words), self.view.width)), style="dim")
