"""What commands do to get findings or events: open, survey, triage; and what they say about it on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TextIO

import click

from mailtriage.cli import frame, settings
from mailtriage.cli.progress import Bar
from mailtriage.cli.words import interface
from mailtriage.model.report import Known, Report, Unread
from mailtriage.report.safe import plain
from mailtriage.rules.advice import lookup_url
from mailtriage.rules.book import public_address
from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.events import Told, ToldLife, told
from mailtriage.scan.executor import Executor, Serial, WorkerDiedError
from mailtriage.scan.meaning import classify, query
from mailtriage.scan.survey import Survey, survey
from mailtriage.sources.interface import Opened
from mailtriage.sources.opening import open_sources
from mailtriage.texts.catalog import Texts
from mailtriage.triage.own import Given
from mailtriage.triage.run import Result, overview, triage

SKIPPED = 5  # files left out that are named one by one


@dataclass(frozen=True, slots=True)
class Inputs:
    """What to read and how."""

    files: tuple[str, ...]
    plan: ScanPlan
    given: Given
    jobs: int
    spool: int
    since: datetime | None
    chunk_size: int | None = None
    bar: bool = False  # whether to show how far it is

    @classmethod
    def of(cls, files: tuple[str, ...], options: dict[str, Any]) -> "Inputs":
        """From a command's options."""
        since, until = options["since"], options["until"]
        plan = ScanPlan(
            user_packs=packs(),
            since=_micros(since), until=_micros(until), year=options["year"], **options["tz"] or {},
        )  # fmt: skip
        return cls(
            files,
            plan,
            given(options),
            options["jobs"],
            options["spool"],
            since,
            options.get("chunk_size"),
            not options.get("quiet", False),
        )


def given(options: dict[str, Any]) -> Given:
    """What the user says of this server."""
    return Given(
        tuple(Known(_address(ip), "option") for ip in options["own_ip"]),
        tuple(Known(domain.lower().strip("."), "option") for domain in options["own_domain"]),
    )


def packs() -> tuple[str, ...]:
    """The folders of the user's own rule packs."""
    return tuple(str(folder) for folder in settings.pack_folders() if folder.is_dir())


def _micros(when: datetime | None) -> int | None:
    return round(when.timestamp() * 1e6) if when else None


def _address(text: str) -> str:
    from ipaddress import ip_address

    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        raise click.UsageError(interface().say("cli.bad_address", value=text)) from None


@dataclass
class Found:
    """Findings, and how the reading went."""

    opened: Opened
    surveyed: Survey
    result: Result
    began: float = field(default_factory=time.perf_counter)

    @property
    def status(self) -> int:
        """The exit status as far as reading goes."""
        return reading_status(self.opened, self.result.report)

    def tell(self, quiet: bool, summary: bool, texts: Texts) -> None:
        """Say on stderr what could not be read, and with --summary what was."""
        say_unread(self.result.report, self.opened, quiet)
        if summary:
            from mailtriage.report.jsonl import whole

            click.echo(whole(self.result.report, ()).rstrip(), err=True)
            click.echo(interface().say("cli.took", seconds=f"{time.perf_counter() - self.began:.2f}"), err=True)


def look(inputs: Inputs, texts: Texts) -> Found:
    """Read, gather, ask, judge."""
    from mailtriage.scan.gather import rule_book

    began = time.perf_counter()
    with Bar(inputs.bar) as bar:
        opened = _open(inputs)
        bar.total = _size(opened)
        surveyed = _survey(inputs, opened)
        given = _with_this_machine(inputs.given, surveyed)
        try:
            result = triage(surveyed, rule_book(inputs.plan.user_packs), texts, given, opened.unread)
        except WorkerDiedError as err:
            raise click.ClickException(interface().say("cli.worker_died")) from err
        finally:
            surveyed.executor.close()
    return Found(opened, surveyed, result, began)


def _with_this_machine(given: Given, surveyed: Survey) -> Given:
    """What was given, and behind it what this machine's Postfix says, where the log is this machine's."""
    from mailtriage.system.machine import is_own, own_names
    from mailtriage.system.postfix_here import own

    names = own_names()
    if not any(is_own(host, names) for host in surveyed.tally.known.hosts):
        return given
    addresses, domains = own()
    public = (Known(address, "postconf") for address in addresses if public_address(address))
    return Given((*given.ips, *public), given.domains or tuple(Known(domain, "postconf") for domain in domains))


def _size(opened: Opened) -> int:
    """The stored bytes of a pass."""
    return sum(source.size - (source.first if source.seekable else 0) for source in opened.sources)


def _open(inputs: Inputs) -> Opened:
    from mailtriage.system.installed import ThisMachine

    opened = open_sources(inputs.files, since=inputs.since, spool_limit=inputs.spool, here=ThisMachine())
    # What was read and is no log is told at the end, like a log that is not Postfix's.
    if not opened.sources and any(unread.reason != "binary" for unread in opened.unread):
        for unread in opened.unread[:-1]:
            click.echo("mailtriage: " + sentence(unread), err=True)
        raise click.ClickException(sentence(opened.unread[-1]))
    return opened


def _survey(inputs: Inputs, opened: Opened) -> Survey:
    try:
        return survey(opened.sources, inputs.plan, inputs.jobs, inputs.chunk_size, rest=opened.rest)
    except WorkerDiedError as err:
        raise click.ClickException(interface().say("cli.worker_died")) from err


def sentence(unread: Unread) -> str:
    """Why something could not be read, in words."""
    from dataclasses import asdict

    values = {key: value if value is not None else "?" for key, value in asdict(unread).items()}
    return plain(interface().say(f"unread.{unread.reason}", **values))


def reading_status(opened: Opened, report: Report) -> int:
    """3 where a part could not be read or nothing was Postfix's, though there was something to read."""
    if report.unread or (report.lines.postfix == 0 and report.lines.read + report.lines.broken > 0):
        return frame.PARTLY
    return frame.DONE


def say_unread(report: Report, opened: Opened, quiet: bool) -> None:
    """One line on stderr for each part that could not be read, was left out, or is no log of Postfix's."""
    for one in report.unread:
        click.echo("mailtriage: " + sentence(one), err=True)
    if report.lines.postfix == 0 and report.lines.read + report.lines.broken > 0:
        _say_strangers(opened)
    if not quiet:
        if opened.chosen:
            names = ", ".join(source.name for source in opened.sources)
            click.echo("mailtriage: " + plain(interface().say("cli.reading", sources=names)), err=True)
        for skipped in opened.skipped[:SKIPPED]:
            words = interface().say(
                f"unread.skipped.{skipped.reason}", source=skipped.source, other=skipped.other or "?"
            )
            click.echo("mailtriage: " + plain(words), err=True)
        if (more := len(opened.skipped) - SKIPPED) > 0:
            click.echo("mailtriage: " + interface().say("cli.skipped_more", count=more), err=True)
    sys.stderr.flush()


def _say_strangers(opened: Opened) -> None:
    """Say whose logs these are, where none of them holds a line of Postfix."""
    from mailtriage.scan.stranger import stranger

    unknown = []
    for source in opened.sources[:3]:
        server = stranger(source)
        if server is None:
            unknown.append(source.name)
            continue
        key = "cli.only_dovecot" if server == "Dovecot" else "cli.other_log"
        click.echo("mailtriage: " + plain(interface().say(key, source=source.name, server=server)), err=True)
    if unknown:
        click.echo("mailtriage: " + plain(interface().say("cli.no_postfix", sources=", ".join(unknown))), err=True)


@dataclass
class Attempts:
    """Events as finished bytes, as they come."""

    opened: Opened
    report: Report
    _parts: Iterator[bytes | bytearray]
    _executor: Executor
    _bar: Bar

    @property
    def status(self) -> int:
        return reading_status(self.opened, self.report)

    def parts(self) -> Iterator[bytes | bytearray]:
        """The events, some at a time. Who leaves early (``| head``) ends the work."""
        try:
            with self._bar:
                yield from self._parts
        except WorkerDiedError as err:
            raise click.ClickException(interface().say("cli.worker_died")) from err
        finally:
            self._executor.close()

    def tell(self, quiet: bool, summary: bool, texts: Texts) -> None:
        """Say on stderr how the reading went."""
        say_unread(self.report, self.opened, quiet)
        if summary:
            from mailtriage.report.jsonl import whole

            click.echo(whole(self.report, ()).rstrip(), err=True)


def attempts(inputs: Inputs, every: bool, encode: Callable[[Report], Callable[[Told], bytes]]) -> Attempts:
    """Events instead of findings. ``encode`` makes, of what is known of the log, what makes bytes of an event."""
    from mailtriage.scan.attempts import Wanted, attempts, stretches
    from mailtriage.scan.executor import executor

    bar = Bar(inputs.bar and not sys.stdout.isatty())
    with bar:
        opened = _open(inputs)
        bar.total = _size(opened)
        surveyed = _survey(inputs, opened)
    report = overview(surveyed, inputs.given, opened.unread)
    parts = stretches(surveyed, inputs.chunk_size, every)
    runner = surveyed.executor
    if isinstance(runner, Serial):
        runner = executor(inputs.jobs, len(parts))
    wanted = Wanted(
        inputs.plan, surveyed.calendar, encode(report), every, next((k.value for k in report.own_ips), None)
    )
    return Attempts(opened, report, attempts(runner, parts, wanted), runner, bar)


@dataclass
class Lives:
    """Messages' lives, with what the rules say of each failure."""

    opened: Opened
    lives: list[ToldLife]
    unread: tuple[Unread, ...]


def lives(inputs: Inputs, wanted: str) -> Lives:
    """The lives that have to do with what is wanted."""
    from mailtriage.scan.gather import rule_book
    from mailtriage.scan.trace import trace

    opened = _open(inputs)
    book = rule_book(inputs.plan.user_packs)
    surveyed = _survey(inputs, opened)
    own_ip = inputs.given.ips[0].value if inputs.given.ips else None
    out = []
    for life in trace(opened.sources, wanted):
        lines = []
        for line in life.lines:
            event = line.event
            found = classify(book, event) if event.failed else None
            time = surveyed.calendar.date(line.source, line.offset, event.stamp) if event.stamp else None
            lookup = lookup_url(found, own_ip) if found is not None else None
            lines.append(told(event, opened.sources[line.source].name, line.number, time, found, lookup))
        if any(_between(one.time, inputs.plan) for one in lines):
            out.append(ToldLife(tuple(life.queue_ids), tuple(lines)))
    surveyed.executor.close()
    return Lives(opened, out, (*opened.unread, *surveyed.unread))


def coverage(inputs: Inputs, unknown: TextIO | None) -> tuple[int, int]:
    """How many of Postfix's lines were understood and how many not; the others are written to ``unknown``.

    Not understood is a line whose form no parser knows and whose text no rule knows.
    """
    from mailtriage.scan.attempts import every_event
    from mailtriage.scan.gather import rule_book

    opened = _open(inputs)
    book = rule_book(inputs.plan.user_packs)
    understood = others = 0
    for one in every_event(opened.sources, inputs.plan):
        event = one.event
        if event.event not in ("other", "warning") or event.failed or book.classify(query(event)).rule is not None:
            understood += 1
            continue
        others += 1
        if unknown is not None:
            unknown.write(f"{one.source}:{one.line}: {plain(event.text or event.reason or '')}\n")
    return understood, others


def _between(when: datetime | None, plan: ScanPlan) -> bool:
    """Whether a time lies within --since and --until; one that is not known does."""
    at = _micros(when)
    return at is None or (plan.since or at) <= at <= (plan.until or at)
