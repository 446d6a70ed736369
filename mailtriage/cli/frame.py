"""What all commands share: they are imported when they are called, and end with one clear line and an exit status.

Exit statuses: 0 done; 1 --fail-on met, or an unknown thing; 2 wrong usage, nothing could be read, or output that could
not be written; 3 part of the input could not be read; 130 after Ctrl-C. The highest wins in the order 2, 3, 1, 0.
"""

import contextlib
import errno
import os
import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click

import mailtriage
from mailtriage.cli.speech import teach
from mailtriage.cli.words import interface

DONE, FOUND, USAGE, PARTLY, INTERRUPTED = 0, 1, 2, 3, 130
_NO_COMMANDS = {
    "digesting",
    "frame",
    "options",
    "printing",
    "progress",
    "scanning",
    "settings",
    "speech",
    "watching",
    "words",
}


teach()  # before the first command is made, whose help option has its words from click


class Lazy(click.Group):
    """A group whose commands are the modules beside this one that have a ``command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
        return sorted(name for name in names if name not in _NO_COMMANDS and not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"mailtriage.cli.{cmd_name}").command
        if "default_map" in command.context_settings:
            from mailtriage.cli.settings import default_map

            command.context_settings["default_map"] = default_map(cmd_name)  # read anew
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.list_commands(ctx):
            from difflib import get_close_matches

            near = get_close_matches(name, self.list_commands(ctx), 1)
            key = "cli.no_command_near" if near else "cli.no_command"
            raise click.UsageError(interface().say(key, name=name, near="".join(near)), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # click would end with 1
            silence()
            return DONE

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, interface().say(f"cli.{name}.short")) for name in self.list_commands(ctx)]
        with formatter.section(interface().say("click.commands")):
            formatter.write_dl(rows)


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"mailtriage {mailtriage.__version__}")
        ctx.exit()


def _help() -> str:
    return interface().say("cli.help")


group = Lazy(
    name="mailtriage",
    help=_help(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_version,
            help=interface().say("cli.version"),
        )
    ],
)


def run(command: click.Command, args: list[str] | None = None) -> int:
    """Run a command; whatever happens, no traceback for what a user can mend. Returns the exit status."""
    if sys.stdout is None:  # it was closed before we were started
        _complain(interface().say("cli.output_closed"))
        return USAGE
    try:
        status: Any = command.main(args, prog_name="mailtriage", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else DONE
    except click.exceptions.NoArgsIsHelpError as err:
        click.echo(err.format_message(), err=True)
        return USAGE
    except click.exceptions.Exit as err:
        return err.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as err:
        _complain(_one_line(err))
        return USAGE
    except OSError as err:
        if _closed(err):
            silence()
            return DONE
        _complain(interface().say("cli.output_failed", reason=err.strerror or str(err)))
        silence()
        return USAGE


@contextlib.contextmanager
def pipe() -> Iterator[None]:
    """Write to standard output; where its reader has gone (``| head``), go on without it."""
    try:
        yield
        sys.stdout.flush()
    except OSError as err:
        if not _closed(err):
            raise
        silence()


def _closed(err: OSError) -> bool:
    return err.errno in (errno.EPIPE, errno.ECONNRESET)


def _one_line(err: click.ClickException) -> str:
    """What is wrong in one line, with where a bad value was set and what may have been meant."""
    if isinstance(err, click.MissingParameter) and err.param is not None:  # click would end it with a full stop
        message = interface().say("cli.missing", what=err.param.get_error_hint(err.ctx))
    else:
        message = " ".join(err.format_message().split())
    ctx = getattr(err, "ctx", None)
    name = err.param.name if isinstance(err, click.BadParameter) and err.param is not None else None
    if name and ctx is not None and ctx.get_parameter_source(name) is click.core.ParameterSource.DEFAULT_MAP:
        from mailtriage.cli.settings import load, parameter

        keys = {parameter(key): setting for key, setting in load().items()}
        if (setting := keys.get(name)) is not None:
            message = f"{setting.origin}: {message}"
    return message


def _complain(message: str) -> None:
    with contextlib.suppress(OSError):
        click.echo(f"mailtriage: {message}", err=True)


def silence() -> None:
    """Keep the interpreter from complaining about a closed output at its end."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
    except (OSError, ValueError):
        pass
