"""``mailtriage watch``: follows logs through rotation and prints what became of findings."""

import gc
from typing import Any

import click

from mailtriage.cli import settings
from mailtriage.cli.options import common, option, speaking
from mailtriage.cli.words import choose, interface
from mailtriage.model.finding import SEVERITIES
from mailtriage.texts.catalog import Texts


@click.command(
    "watch",
    help=interface().say("cli.watch.help"),
    epilog=interface().say("cli.watch.examples"),
    context_settings={"default_map": settings.default_map()},
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@option("--format", "-f", "format_", type=click.Choice(["text", "jsonl"]), default="text")
@option("--backlog", is_flag=True)
@option("--at-least", type=click.Choice(SEVERITIES), default="medium", metavar="SEVERITY")
@option("--every", type=click.FloatRange(min=0.1), default=5.0, metavar="SECONDS")
@common
@speaking
def command(files: tuple[str, ...], **options: Any) -> int:
    """Changes of findings, as they come."""
    from mailtriage.cli.watching import Watching

    gc.enable()  # it goes on for months
    records = options["format_"] == "jsonl"
    texts = Texts("en" if records and options["lang"] is None else choose(options["lang"]))
    return Watching(files, options, texts).run()
