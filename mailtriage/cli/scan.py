"""``mailtriage scan``: the main job."""

import sys
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import click

from mailtriage.cli import frame, settings
from mailtriage.cli.options import fail_on, option, reading, speaking
from mailtriage.cli.words import choose, interface
from mailtriage.model.finding import SEVERITIES, Finding
from mailtriage.model.report import Report
from mailtriage.model.vocabulary import CAUSES
from mailtriage.report.safe import encodable
from mailtriage.texts.catalog import Texts

FORMATS = ("auto", "text", "line", "jsonl", "json", "markdown", "html")
_MACHINES = ("line", "jsonl", "json")


@click.command(
    "scan",
    help=interface().say("cli.scan.help"),
    epilog=interface().say("cli.scan.examples"),
    context_settings={"default_map": settings.default_map()},
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@option("--format", "-f", "format_", type=click.Choice(FORMATS), default="auto")
@option("--events", is_flag=True)
@option("--all", "all_", is_flag=True)
@option("--details", is_flag=True)
@option("--finding", multiple=True, metavar="N|ID")
@option("--direction", multiple=True, metavar="DIRECTION")
@option("--cause", multiple=True, type=click.Choice(CAUSES), metavar="CAUSE")
@reading
@fail_on
@speaking
@option("--summary", is_flag=True)
@option("--redact", is_flag=True)
@option("--coverage", is_flag=True)
@click.option("--chunk-size", type=click.IntRange(min=1), hidden=True)  # for tests: changes nothing but speed
@option("--unknown-to", type=click.Path(dir_okay=False, writable=True), metavar="FILE")
def command(files: tuple[str, ...], **options: Any) -> int:
    """Findings from logs."""
    from mailtriage.cli.scanning import Inputs, look

    texts = Texts(_language(options))
    if options["all_"] and not options["events"]:
        raise click.UsageError(interface().say("cli.scan.all_needs_events"))
    inputs = Inputs.of(files, options)
    if options["events"]:
        return _events(inputs, options, texts)
    found = look(inputs, texts)
    result = found.result
    findings, report = [f for f in result.findings if _wanted(f, options)], result.report
    if options["redact"]:
        from mailtriage.report.redact import redactor

        hide = redactor(report, findings)
        findings, report = [hide.noun(finding) for finding in findings], hide.noun(report)
    with frame.pipe():
        _print(report, findings, options, texts, files)
    found.tell(options["quiet"], options["summary"], texts)
    if options["coverage"] or options["unknown_to"]:
        _coverage(inputs, options["unknown_to"])
    status = found.status
    if status == frame.DONE and (least := options["fail_on"]):
        worst = max((SEVERITIES.index(f.severity) for f in findings), default=-1)
        status = frame.FOUND if worst >= SEVERITIES.index(least) else status
    return status


def _coverage(inputs: Any, unknown_to: str | None) -> None:
    """Say on stderr how many of Postfix's lines were understood; write the others to a file."""
    from mailtriage.cli.scanning import coverage

    unknown = open(unknown_to, "w", encoding="utf-8") if unknown_to else None  # noqa: SIM115, PTH123
    try:
        understood, others = coverage(inputs, unknown)
    finally:
        if unknown:
            unknown.close()
    click.echo("mailtriage: " + interface().say("cli.coverage", understood=understood, unknown=others), err=True)


def _language(options: dict[str, Any]) -> str:
    """Records are English unless another language is asked for."""
    asked: str | None = options["lang"]
    if asked is None and _format(options) in _MACHINES:
        return "en"
    return choose(asked)


def _format(options: dict[str, Any]) -> str:
    chosen: str = options["format_"]
    if chosen == "auto":
        if options["events"]:
            return "jsonl"
        return "text" if sys.stdout.isatty() or options["details"] or options["finding"] else "line"
    return chosen


def _wanted(finding: Finding, options: dict[str, Any]) -> bool:
    directions, causes = options["direction"], options["cause"]
    return (not directions or finding.direction in directions) and (not causes or finding.cause in causes)


def _print(
    report: Report, findings: list[Finding], options: dict[str, Any], texts: Texts, files: tuple[str, ...]
) -> None:
    chosen = [_number(findings, one) for one in options["finding"]]
    form = _format(options)
    if form == "text":
        _text(report, findings, options, texts, files, chosen)
        return
    shown = [findings[number - 1] for number in chosen] if chosen else findings
    if form == "jsonl":
        from mailtriage.report import jsonl

        _write(jsonl.findings(shown))
    elif form == "json":
        from mailtriage.report import jsonl

        _write([jsonl.whole(report, shown)])
    elif form == "line":
        from mailtriage.report import line

        _write(line.findings(shown, texts))
    else:
        from importlib import import_module

        _write([import_module(f"mailtriage.report.{form}").render(report, shown, texts)])


def _text(
    report: Report, findings: list[Finding], options: dict[str, Any], texts: Texts, files: tuple[str, ...],
    chosen: list[int],
) -> None:  # fmt: skip
    import shlex

    from mailtriage.cli.printing import console
    from mailtriage.report import text

    with console(options) as (out, width):
        view = text.View(
            options["details"], tuple(chosen), width, " ".join(["mailtriage scan", *map(shlex.quote, files)])
        )
        text.render(out, report, findings, texts, view)


def _number(findings: list[Finding], chosen: str) -> int:
    """The number of a finding by its number or id."""
    if chosen.isdecimal() and 0 < int(chosen) <= len(findings):
        return int(chosen)
    for number, finding in enumerate(findings, 1):
        if finding.id == chosen:
            return number
    raise click.UsageError(interface().say("cli.scan.no_finding", value=chosen, count=len(findings)))


def _write(parts: Iterable[str]) -> None:
    encoding = sys.stdout.encoding or "ascii"
    utf8 = encoding.lower().replace("-", "") == "utf8"
    for part in parts:
        sys.stdout.write(part if utf8 else encodable(part, encoding))


def _events(inputs: Any, options: dict[str, Any], texts: Texts) -> int:
    from mailtriage.cli.scanning import attempts

    form = _format(options)
    if form not in ("jsonl",):
        raise click.UsageError(interface().say("cli.scan.events_format"))
    from mailtriage.report.jsonl import EventLine
    from mailtriage.report.redact import redactor

    found = attempts(
        inputs, options["all_"],
        lambda report: EventLine(
            options["cause"], options["direction"], redactor(report, ()) if options["redact"] else None
        ),
    )  # fmt: skip
    with frame.pipe():
        _write_bytes(found.parts())
    found.tell(options["quiet"], options["summary"], texts)
    return found.status


def _write_bytes(parts: Iterable[bytes | bytearray]) -> None:
    """Write UTF-8 as it is, where that is what standard output takes."""
    raw = getattr(sys.stdout, "buffer", None)
    if raw is None or (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8":
        _write(part.decode() for part in parts)
        return
    sys.stdout.flush()
    with closing(iter(parts)) as those:  # type: ignore[type-var]
        for part in those:
            raw.write(part)
