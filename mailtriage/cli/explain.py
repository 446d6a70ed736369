"""``mailtriage explain``: what a pasted text means, and what to do."""

import shutil
import sys
from pathlib import Path
from typing import Any

import click

from mailtriage.cli import frame, settings
from mailtriage.cli.options import option, speaking
from mailtriage.cli.words import choose, interface
from mailtriage.report.safe import encodable
from mailtriage.texts.catalog import Texts

MOST = 8 << 20  # bytes of a paste that are read


@click.command(
    "explain",
    help=interface().say("explain.help"),
    epilog=interface().say("explain.examples"),
    context_settings={"default_map": settings.default_map()},
)
@click.argument("words", nargs=-1, metavar="[TEXT]...")
@click.option(
    "--format", "-f", "format_", type=click.Choice(("text", "jsonl", "markdown")), default="text",
    help=interface().say("explain.format"),
)  # fmt: skip
@option("--own-ip", multiple=True, metavar="ADDRESS")
@speaking
def command(words: tuple[str, ...], **options: Any) -> int:
    """Explain a log line, a reply, a code, a cause, a rule or a bounce mail."""
    from mailtriage.report import explanation
    from mailtriage.rules.book import public_address
    from mailtriage.rules.shelf import load_book
    from mailtriage.triage.explain import Asker

    own_ip = ""
    for address in options["own_ip"]:
        if (own_ip := public_address(address) or "") == "":
            raise click.UsageError(interface().say("cli.bad_address", value=address))
    lang = "en" if options["lang"] is None and options["format_"] == "jsonl" else choose(options["lang"])
    texts = Texts(lang)
    text = _text(words)
    if not text.strip():
        raise click.UsageError(interface().say("explain.nothing"))
    book, broken = load_book(settings.pack_folders())
    for error in broken:
        click.echo(interface().say("rules.broken", problem=error), err=True)
    found = Asker(book, lang, {"own_ip": own_ip}).explain(text)
    if options["format_"] == "jsonl":
        lines = explanation.jsonl(found)
    elif options["format_"] == "markdown":
        lines = explanation.markdown(found, texts)
    else:
        lines = explanation.text(found, texts, options["width"] or min(shutil.get_terminal_size().columns, 100))
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    for line in lines:
        click.echo(encodable(line, encoding))
    return frame.FOUND if all(one.unknown for one in found) else frame.DONE


def _text(words: tuple[str, ...]) -> str:
    """The paste: arguments, a file that is named, or standard input."""
    if words and words != ("-",):
        if len(words) == 1 and "\n" not in words[0] and len(words[0]) < 1000 and Path(words[0]).is_file():
            with Path(words[0]).open("rb") as stream:
                return stream.read(MOST).decode("utf-8", "replace")
        return " ".join(words)
    if not words and sys.stdin.isatty():
        return ""
    return sys.stdin.buffer.read(MOST).decode("utf-8", "replace")
