"""``mailtriage digest``: what is new since the last one, for cron."""

from typing import Any

import click

from mailtriage.cli import settings
from mailtriage.cli.options import Moment, common, option, speaking
from mailtriage.cli.words import choose, interface
from mailtriage.texts.catalog import Texts


@click.command(
    "digest",
    help=interface().say("cli.digest.help"),
    epilog=interface().say("cli.digest.examples"),
    context_settings={"default_map": settings.default_map()},
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@option("--state", type=click.Path(dir_okay=False), metavar="FILE")
@option("--email", multiple=True, metavar="ADDRESS")
@option("--sender", metavar="ADDRESS")
@option("--smtp", metavar="HOST[:PORT]")
@option("--command", "command_", metavar="COMMAND")
@option("--always", is_flag=True)
@option("--dry-run", is_flag=True)
@option("--status", is_flag=True)
@click.option(
    "--format", "-f", "format_", type=click.Choice(["text", "jsonl"]), help=interface().say("cli.digest.format")
)
@option("--ack", metavar="FINDING")
@option("--ack-until", "--until", "until", type=Moment(), metavar="TIME")
@option("--install", type=click.Choice(["cron", "systemd"]))
@option("--jobs", type=click.IntRange(0, 1024), default=0, metavar="N")
@common
@speaking
def command(files: tuple[str, ...], **options: Any) -> int:
    """The digest."""
    from mailtriage.cli.digesting import Digest

    records = options["format_"] == "jsonl"
    texts = Texts("en" if records and options["lang"] is None else choose(options["lang"]))
    return Digest(files, options, texts).run()
