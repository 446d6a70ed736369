"""``mailtriage config``: every setting, its value and where it comes from."""

import click

from mailtriage.cli import settings
from mailtriage.cli.words import interface


@click.command("config", help=interface().say("cli.config.help"))
def command() -> None:
    """Print the settings."""
    found = settings.load()
    for key in settings.KEYS:
        if key in found:
            click.echo(f"{key} = {found[key].value!r}  # {found[key].origin}")
        else:
            click.echo(f"# {key}  ({interface().say('cli.config.default')})")
