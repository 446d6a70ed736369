"""What ``watch`` does: follow, gather, look now and then, print what changed."""

import shlex
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import click

from mailtriage.cli import frame
from mailtriage.cli.printing import console
from mailtriage.cli.scanning import given, packs, sentence
from mailtriage.cli.words import interface
from mailtriage.report import change as report
from mailtriage.report.safe import plain
from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.gather import rule_book
from mailtriage.scan.rolling import Rolling
from mailtriage.sources.follow import FileTail, StreamTail, Tail, follow
from mailtriage.sources.opening import JOURNAL
from mailtriage.sources.span import described
from mailtriage.system import journal
from mailtriage.system.installed import ThisMachine
from mailtriage.texts.catalog import Texts
from mailtriage.triage.changes import Change, Watch
from mailtriage.triage.run import triage

CALM = 30.0  # seconds between looks while nothing fails: for what closes
SHARE = 10  # a look that took a second is followed by at least so many seconds without one


class _Stop(Event):
    """An event that a signal may set whatever this thread is doing: without a lock."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0  # number of the signal

    def set_by(self, number: int, _frame: FrameType | None) -> None:
        self.asked = number

    def is_set(self) -> bool:
        return bool(self.asked) or super().is_set()


class Watching:
    """One run of ``watch``."""

    def __init__(self, files: tuple[str, ...], options: dict[str, Any], texts: Texts) -> None:
        self._options, self._texts, self._given = options, texts, given(options)
        self._plan = ScanPlan(user_packs=packs(), year=options["year"], **options["tz"] or {})
        self._files = files or (ThisMachine().log() or JOURNAL,)
        # What came through a pipe is gone: no command shows it again.
        self._command = None if "-" in self._files else " ".join(["mailtriage scan", *map(shlex.quote, self._files)])
        self._rolling = Rolling(self._plan)
        self._watch = Watch(options["at_least"])
        self._seen = 0  # failures when we last looked
        self._fresh = False  # whether there are lines that no look has seen
        self._next = time.monotonic()  # when to look again, at the earliest

    def run(self) -> int:
        """Follow until told to stop, or until there is nothing more to come. Returns the exit status."""
        tails = [tail for name in dict.fromkeys(self._files) if (tail := self._tail(name)) is not None]
        if not tails:
            raise click.ClickException(interface().say("cli.watch.nothing"))
        stop = _Stop()
        with _signals(stop):
            if not self._options["quiet"]:
                names = ", ".join(interface().say("cli.stdin") if name == "-" else name for name in self._files)
                click.echo("mailtriage: " + plain(interface().say("cli.watch.following", sources=names)), err=True)
            for lines in follow(tails, stop):
                if lines is not None:
                    self._rolling.take(lines)
                    self._fresh = True
                if self._due(quiet=lines is None):
                    self._look()
            if stop.asked == 0 and self._fresh:
                self._look()
        for tail in tails:
            for unread in getattr(tail, "unread", ()):
                click.echo("mailtriage: " + sentence(unread), err=True)
        self._rolling.close()
        return frame.INTERRUPTED if stop.asked == signal.SIGINT else frame.DONE

    def _tail(self, name: str) -> Tail | None:
        if name == "-":
            return StreamTail("-", sys.stdin.fileno())
        if name == JOURNAL:
            if not journal.installed():
                return None
            stream = journal.follow()
            return StreamTail(JOURNAL, stream.fileno(), json=True, close=stream.close)
        if Path(name).is_dir():
            raise click.ClickException(plain(interface().say("unread.directory", source=name)))
        tail = FileTail(name, backlog=self._options["backlog"])
        if not self._options["backlog"] and (place := tail.position()) is not None:
            self._learn(name, place.offset)
        return tail

    def _learn(self, name: str, offset: int) -> None:
        with suppress(OSError):
            before = 0
            with Path(name).open("rb") as file:
                left = offset
                while left and (data := file.read(min(left, 1 << 20))):
                    before += data.count(b"\n")
                    left -= len(data)
            self._rolling.learn(described(name), before)

    def _due(self, *, quiet: bool) -> bool:
        """Whether to look now: something failed; or, less often, anything came while findings are open."""
        now = time.monotonic()
        if not self._fresh or now < self._next:
            return False
        if self._rolling.failed > self._seen:
            return quiet or now >= self._next + CALM  # a backlog is read whole first, unless it takes long
        return self._watch.open > 0 and now >= self._next + CALM

    def _look(self) -> None:
        began = time.monotonic()
        self._seen, self._fresh = self._rolling.failed, False
        result = triage(self._rolling.survey(), rule_book(self._plan.user_packs), self._texts, self._given)
        for change in self._watch.compare(result.findings, result.report.last_time):
            self._print(change, result.report.last_time)
        ended = time.monotonic()
        self._next = ended + max(self._options["every"], SHARE * (ended - began))

    def _print(self, change: Change, now: Any) -> None:
        if self._options["format_"] == "jsonl":
            sys.stdout.write(report.record(change))
        else:
            with console(self._options) as (out, width):
                for line in report.text(change, now, self._texts, width, self._command):
                    out.print(line, soft_wrap=True, highlight=False, markup=False)
                out.print()
        sys.stdout.flush()


@contextmanager
def _signals(stop: _Stop) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C end the loop between two looks."""
    old = {number: signal.signal(number, stop.set_by) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
