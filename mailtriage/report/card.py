"""One finding for a terminal: its title, a card of few lines, and all of it.

Everything from a log passes ``plain``. What is to be copied (a URL, an address, a configuration line) stands on a line
of its own and is never wrapped or cut.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from rich.cells import cell_len
from rich.text import Text

from mailtriage.model.finding import Finding, LostMail, Step
from mailtriage.report.facts import aside, counted, late, links, many, unnamed
from mailtriage.report.facts import episode as told_episode
from mailtriage.report.safe import plain
from mailtriage.report.state import state_words
from mailtriage.report.wrap import cells, wrap
from mailtriage.texts.catalog import Texts

STYLE = {"high": "bold red", "medium": "yellow", "low": "dim", "info": "dim"}
EARLY = 3  # steps of which the card may tell
EVIDENCE = 20  # lines shown of a finding that is shown whole
_LABELS = ("why", "next", "lost", "tell", "all")
_STAGE = re.compile(r"[A-Z-]{4,30} from \S{1,300}: ")
_SENTENCE = re.compile(r"(?<=[.!?]) +|(?<=[。！？])")

# Mail of strangers that was passed on: nobody here can send it again.
_OTHERS = ("forward_breaks_spf", "forwarded_spam", "dead_forward_target")
_DEAD = ("user_unknown", "mailbox_disabled")  # nobody is there to whom a mail could be sent again


def _alone(command: str) -> str:
    """The first line of a command that is no comment, where it does not go on in the next; else nothing."""
    first = next((line for line in command.splitlines() if line.strip() and not line.startswith("#")), "")
    return "" if first.startswith((" ", "\t")) or first.rstrip().endswith(("=", ",", "\\")) else first


class Card:
    """A finding with the number (or nothing) under which it is shown."""

    def __init__(
        self, finding: Finding, texts: Texts, width: int, number: int | None = None, hosts: Sequence[str] = ()
    ) -> None:
        self.finding, self.texts, self.width, self.number = finding, texts, width, number
        self.hosts = hosts  # of the whole report
        self.say = texts.say
        self.gutter = max(cell_len(self.say(f"report.label.{label}")) for label in _LABELS) + 2

    @property
    def indent(self) -> int:
        """Where the text under a title begins."""
        return 4 if self.width >= 60 else 2

    def title(self, most: int = 1) -> list[Text]:
        """Severity, title, and the state at the right edge where there is room; in at most ``most`` lines."""
        finding, severity, state = self.finding, self.severity(), state_words(self.finding, self.texts)
        head = (f"{self.number:>2}  " if self.number else "") + severity + "  "
        title, room = plain(finding.title), self.width - cell_len(head)
        beside = room - cell_len(state) - 2
        if most > 1 and cell_len(title) > beside:
            lines = list(wrap(title, max(room, 20)))
            if len(lines) > most or cell_len(lines[-1]) > beside:
                lines = fit(title, max(beside, 20), most)
        else:
            lines = [cut(title, max(beside, 16))]
        first = Text(head[: -len(severity) - 2])
        first.append(severity + "  ", style=STYLE[finding.severity])
        out = [first.append(lines[0], style="bold")]
        out += [Text(" " * cell_len(head)).append(line, style="bold") for line in lines[1:]]
        out[-1].append(" " * max(2, beside - cell_len(lines[-1]) + 2) + state, style="dim")
        return out

    def severity(self) -> str:
        """The severity's word, padded to the longest of the loud ones."""
        words = {name: self.say(f"report.severity.{name}") for name in STYLE}
        longest = max(map(cell_len, words.values()))
        word = words[self.finding.severity]
        return word + " " * (longest - cell_len(word))

    def lines(self, most: int, all_: str | None = None, again: bool = True) -> list[Text]:
        """A card of at most ``most`` lines: who and how many, the reply, why, what next, what was lost.

        ``all_`` is the command that shows all of it, where that is not said elsewhere; ``again`` whether there is one.
        """
        finding = self.finding
        # An admin pastes a command, where it is one of the first things to do; what a user has to do is said in words.
        early = finding.steps[:EARLY] if finding.act != "our_user" else ()
        copyable = next((s for s in early if s.url or s.command), None)
        step = copyable or next(iter(finding.steps), None)
        copied = self.to_copy(step)
        ends = [row for row in (self.consequence(again), self.all(all_) if all_ else []) if row]
        quote, title = self.quote(), self.title(2)
        told = step.text if step else ""
        must = 1 + bool(finding.why) + bool(told) + sum(map(len, ends)) + self.height(copied)
        # What is wrong, and whose, stands in the title: it is cut only after the reply was left out.
        if len(title) + len(quote) + must > most:
            quote = []
        if len(title) + must > most:
            title = self.title()
        spare = most - len(title) - len(quote) - must
        # A second line for why, then for the facts, then for what to do, as far as there is room.
        why = self.labelled("why", finding.why, 2 if spare > 0 else 1)
        spare -= max(len(why) - 1, 0)
        facts = self.facts(2 if spare > 0 else 1)
        spare -= max(len(facts) - 1, 0)
        steps = self.labelled("next", told, 2 if spare > 0 else 1)
        copy = [Text(" " * (self.indent + self.gutter)).append(copied, style="cyan")] if copied else []
        return [*title, *facts, *quote, *why, *steps, *copy, *(line for row in ends for line in row)]

    def height(self, copied: str | None) -> int:
        """How many lines of the terminal a text takes that is not wrapped."""
        return -(-(cell_len(copied) + self.indent + self.gutter) // self.width) if copied else 0

    def to_copy(self, step: Step | None) -> str | None:
        """What the reader copies first: the step's link or command, else the finding's first link.

        Of several commands on a line as many as fit; of lines for a file the first that says something by itself.
        """
        if step is not None and step.url:
            return plain(step.url)
        if step is not None and (first := plain(_alone(step.command or ""))):
            commands = first.split("; ") if not {'"', "'", "`", "$"} & set(first) else [first]
            shown = commands[0]
            for command in commands[1:]:
                if cell_len(f"{shown}; {command}") + self.indent + self.gutter > self.width:
                    break
                shown = f"{shown}; {command}"
            return shown
        return plain(self.finding.links[0].url) if self.finding.links else None

    def consequence(self, again: bool = True) -> list[Text]:
        """What was lost and must be sent again; else whom to tell, where the words for it can be shown ``again``."""
        finding = self.finding
        strangers = finding.kind in _OTHERS or finding.direction in ("local", "inbound")
        # What strangers lost nobody here can send again: there the user who did not get it is to be told.
        if finding.lost and not (strangers and finding.own_users and finding.user_text and again):
            first, more = self.mail(finding.lost[0]), len(finding.lost) - 1
            if strangers or (finding.cause in _DEAD and finding.act != "our_user"):
                say = self.say("report.lost.others", count=more) if more else ""
            else:
                say = self.say("report.lost.more", count=more) if more else self.say("report.lost.again", count=1)
            say = self.say("report.facts.between") + say if say else ""
            to = self.say("report.facts.to", names=finding.lost[0].recipient or "?")
            return self.choice("lost", [first + say, self.mail(finding.lost[0], when=False) + say, to + say])
        if not again or (not finding.user_text and not finding.request_text):
            return []
        names = ", ".join(finding.own_users[:2]) + (" …" if len(finding.own_users) > 2 else "")
        where = {"number": self.number or finding.id}
        if names:
            return self.choice("tell", [self.say("report.tell.users", names=names, **where)])
        if finding.act == "our_admin" and finding.direction == "local":
            return []  # nobody outside has a part in it
        return self.choice("tell", [self.say("report.tell.others", **where)])

    def all(self, command: str) -> list[Text]:
        """The command that shows everything, to be copied."""
        return [self.row("all").append(plain(command))]

    def row(self, label: str, first: bool = True) -> Text:
        word = self.say(f"report.label.{label}") if first else ""
        return Text(" " * self.indent).append(word + " " * (self.gutter - cell_len(word)), style="bold")

    def choice(self, label: str, texts: Sequence[str]) -> list[Text]:
        """The first of several wordings that fits on a line; the last is cut."""
        room = self.width - self.indent - self.gutter
        text = next((text for text in texts if cell_len(plain(text)) <= room), texts[-1])
        return [self.row(label).append(cut(plain(text), room))]

    def labelled(self, label: str, text: str, most: int) -> list[Text]:
        """A text behind its label, in at most so many lines: whole sentences where they fit, else cut."""
        if not text:
            return []
        lines = fit(plain(" ".join(text.split())), max(self.width - self.indent - self.gutter, 20), most)
        return [self.row(label, not number).append(line) for number, line in enumerate(lines)]

    def quote(self) -> list[Text]:
        """The reply on one line."""
        if not self.finding.quote:
            return []
        words = plain(_STAGE.sub("", self.finding.quote, count=1))
        words = cut(words, self.width - self.indent - cells(self.say("report.quote", text="")))
        return [Text(" " * self.indent + self.say("report.quote", text=words), style="dim")]

    def facts(self, most: int) -> list[Text]:
        """How many mails of whom to whom, when, and whether it went well before or after.

        What does not fit in so many lines is left out, the least important first.
        """
        parts = self._facts()
        room = max(self.width - self.indent, 20)
        while True:
            text = plain(self.say("report.facts.between").join(part for _, part in parts))
            lines = list(wrap(text, room))
            if len(lines) <= most or len(parts) == 1:
                return [Text(" " * self.indent + line) for line in lines[:most]]
            parts.remove(max(parts, key=lambda part: part[0]))

    def _facts(self) -> list[tuple[int, str]]:
        """Facts with how soon each may be left out: the highest first."""
        finding, say = self.finding, self.say
        what = [many(finding, self.texts)] if finding.messages else []
        if finding.own_users and finding.party.kind != "own_user":
            what.append(say("report.users", count=len(finding.own_users)))
        domains = sorted({address.rpartition("@")[2] for address in finding.recipients if "@" in address})
        if domains and finding.direction == "outbound":
            what.append(say("report.facts.to", names=", ".join(domains[:3]) + (" …" if len(domains) > 3 else "")))
        parts = [(0, say("report.facts.beside").join(what))]
        if finding.count != finding.messages and not unnamed(finding):
            parts.append((4, say(counted(finding), count=finding.count, number=f"{finding.count:,}")))
        if finding.direction == "inbound" and any(finding.senders):
            names = [sender or "<>" for sender in finding.senders[:2]]
            more = finding.distinct.get("senders", 0) - len(names)
            about = "≈" if "senders" in finding.estimated else ""
            parts.append(
                (3, say("report.facts.from", names=", ".join(names) + (f" +{about}{more}" if more > 0 else "")))
            )
        parts.append((1, self.when()))
        if finding.next_success:
            parts.append((2, say("report.facts.again", when=self.texts.date(finding.next_success))))
        elif finding.last_success:
            parts.append((2, say("report.facts.accepted", when=self.texts.date(finding.last_success))))
        if len(self.hosts) > 1 and finding.logs and len(finding.logs) < len(self.hosts):
            parts.append((2, say("report.facts.logs", names=", ".join(finding.logs[:3]))))
        return [part for part in parts if part[1]]

    def when(self) -> str:
        """From when to when."""
        first, last = self.finding.first_seen, self.finding.last_seen
        if first is None or last is None:
            return ""
        if last - first < timedelta(minutes=1):
            return self.texts.date(first)
        return self.span(first, last)

    def span(self, first: datetime, last: datetime) -> str:
        """A stretch of time, the day said once where it is one."""
        form = "time" if first.date() == last.date() else "minute"
        return self.say("report.facts.span", first=self.texts.date(first), last=self.texts.date(last, form))

    def mail(self, mail: LostMail, when: bool = True) -> str:
        """A lost mail in words."""
        sender = mail.sender if mail.sender else "<>" if mail.sender == "" else self.say("report.missing.sender")
        recipient = mail.recipient or "?"
        if not when or mail.time is None:
            return self.say("report.lost.short", sender=sender, recipient=recipient)
        return self.say("report.lost.line", sender=sender, recipient=recipient, when=self.texts.date(mail.time))

    def whole(self) -> Iterator[Text]:
        """Everything about a finding."""
        finding = self.finding
        yield from self.title(10)
        yield from self.paragraph(self.say("report.facts.between").join(part for _, part in self._facts()))
        if finding.quote:
            yield Text("       " + self.say("report.quote", text=plain(finding.quote)), style="dim")
        yield from self.section("why", finding.why)
        if finding.looks_legitimate and finding.looks_legitimate.because:
            yield self.heading("because")
            for reason in finding.looks_legitimate.because:
                yield from self.paragraph(reason.text, "- ")
        if finding.steps:
            yield self.heading("steps")
            for count, step in enumerate(finding.steps, 1):
                yield from self.paragraph(step.text, f"{count}. ")
                yield from self.copies(*filter(None, [step.url]), *(step.command or "").splitlines())
        if finding.typical_wait:
            yield from self.section("wait", finding.typical_wait)
        if others := links(finding):
            yield self.heading("links")
            for link in others:
                yield from self.paragraph(link.label)
                yield from self.copies(link.url)
        for label, block in (("request", finding.request_text), ("user", finding.user_text)):
            if block:
                yield self.heading(label)
                # At the left edge, for a line that the terminal wraps to be copied whole.
                yield from (Text(plain(line)) for line in ("", *block.strip().splitlines(), ""))
        if finding.lost:
            yield self.heading("lost")
            for mail in finding.lost:
                yield from self.copies(self.mail(mail) + aside(mail.queue_id or "", self.texts), style="")
        if finding.late:
            yield self.heading("late")
            for one in finding.late:
                yield from self.copies(late(one, self.texts), style="")
        if len(finding.episodes) > 1:
            yield self.heading("episodes")
            for episode in finding.episodes:
                yield from self.paragraph(told_episode(episode, self.texts, counted(finding)))
        if finding.evidence:
            yield self.heading("evidence")
            lines = finding.evidence[:EVIDENCE]
            yield from self.copies(*(f"{one.source}:{one.line}: {one.text}" for one in lines), style="dim")
        facts = [finding.rule, finding.cause, finding.detail, f"id={finding.id}"]
        yield Text("    " + plain(" · ".join(filter(None, facts))), style="dim")

    def heading(self, label: str) -> Text:
        return Text("    " + self.say(f"report.label.{label}"), style="bold")

    def section(self, label: str, text: str) -> Iterator[Text]:
        yield self.heading(label)
        yield from self.paragraph(text)

    def paragraph(self, text: str, mark: str = "") -> Iterator[Text]:
        """A text wrapped behind an optional mark."""
        for number, line in enumerate(wrap(" ".join(plain(text).split()), max(self.width - 7 - len(mark), 20))):
            yield Text("       " + (mark if not number else " " * len(mark)) + line)

    def copies(self, *lines: str, style: str = "cyan") -> Iterator[Text]:
        """What is to be copied: each whole on a line of its own."""
        for line in lines:
            yield Text("         ").append(plain(line), style=style)


def fit(text: str, width: int, most: int) -> list[str]:
    """At most so many lines: whole sentences as far as they go, else the first one cut."""
    lines = list(wrap(text, width))
    if len(lines) <= most:
        return lines
    kept = ""
    for sentence in _SENTENCE.split(text):
        longer = f"{kept} {sentence}" if kept and sentence.isascii() else kept + sentence
        if len(list(wrap(longer, width))) > most:
            break
        kept = longer
    if kept:
        return list(wrap(kept, width))
    return [*lines[: most - 1], cut(" ".join(lines[most - 1 :]), width)]


def cut(text: str, room: int) -> str:
    """A text that fits into so many cells, cut with an ellipsis."""
    if cells(text) <= room:
        return text
    text = text[: max(room, 1)]
    while text and cells(text + "…") > room:
        text = text[:-1]
    return text.rstrip() + "…"
