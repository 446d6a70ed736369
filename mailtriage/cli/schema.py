"""``mailtriage schema``: the promised records as JSON Schema."""

import json

import click

from mailtriage.cli.words import interface


@click.command("schema", help=interface().say("cli.schema.help"))
@click.argument("record", type=click.Choice(["event", "finding", "report"]))
def command(record: str) -> None:
    """Print a schema."""
    from mailtriage.report.schema import schema

    click.echo(json.dumps(schema(record), indent=2))
