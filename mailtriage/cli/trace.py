"""``mailtriage trace``: the life of one message, or of all of one person's."""

import sys
from typing import Any

import click

from mailtriage.cli import frame, settings
from mailtriage.cli.options import option, reading, speaking
from mailtriage.cli.words import choose, interface
from mailtriage.texts.catalog import Texts


@click.command(
    "trace",
    help=interface().say("cli.trace.help"),
    epilog=interface().say("cli.trace.examples"),
    context_settings={"default_map": settings.default_map()},
)
@click.argument("wanted", metavar="QUEUE_ID|MESSAGE_ID|ADDRESS|DOMAIN|IP")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@option("--format", "-f", "format_", type=click.Choice(["text", "jsonl"]), default="text")
@reading
@speaking
def command(wanted: str, files: tuple[str, ...], **options: Any) -> int:
    """Lives of messages."""
    from mailtriage.cli.scanning import Inputs, lives

    texts = Texts(choose(options["lang"]))
    found = lives(Inputs.of(files, options), wanted)
    if not found.lives:
        raise click.ClickException(interface().say("cli.trace.none", wanted=wanted))
    if options["format_"] == "jsonl":
        from mailtriage.report import jsonl

        for part in jsonl.lives(found.lives):
            sys.stdout.write(part)
    else:
        from mailtriage.cli.printing import console
        from mailtriage.report import lives as report

        with console(options) as (out, width):
            report.render(out, found.lives, texts, width)
    return frame.DONE
