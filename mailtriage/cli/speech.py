"""What click says by itself, in the language of the interface, and its help pages wrapped by terminal cells.

click (8.1 or later) looks its sentences up by their English text, through the names ``_`` and ``ngettext`` of its
modules. Its English texts stand in ``texts/en/click.toml``; what stands under the same key of another language replaces
them. A sentence that is not among them stays English.
"""

from functools import cache

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

from mailtriage.cli.words import interface
from mailtriage.texts.catalog import FALLBACK, Texts

_MODULES = (click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.types)
_CLICKS = click.formatting.wrap_text


@cache
def _keys() -> dict[str, str]:
    """The key of each of click's sentences; of one by number, by its singular."""
    english = Texts(FALLBACK).raw("click") or {}
    return {one if isinstance(one, str) else one["one"]: f"click.{key}" for key, one in english.items()}


def _said(message: str) -> str:
    key = _keys().get(message)
    return interface().template(key) if key else message


def _counted(one: str, other: str, count: int) -> str:
    key = _keys().get(one)
    return interface().template(key, count) if key else one if count == 1 else other


def _wrapped(
    text: str, width: int = 78, initial_indent: str = "", subsequent_indent: str = "",
    preserve_paragraphs: bool = False,
) -> str:  # fmt: skip
    """``click.formatting.wrap_text`` for text that has full-width letters, which may break anywhere."""
    if text.isascii():
        return _CLICKS(text, width, initial_indent, subsequent_indent, preserve_paragraphs)
    from mailtriage.report.wrap import wrap

    paragraphs = text.split("\n\n") if preserve_paragraphs else [text]
    out = []
    for paragraph in filter(None, (one.strip("\n") for one in paragraphs)):
        if paragraph.startswith("\b"):  # to be left as it is
            out.append("\n".join(subsequent_indent + line for line in paragraph.splitlines()[1:]))
            continue
        lines = wrap(" ".join(paragraph.split()), width - len(subsequent_indent))
        out.append("\n".join((subsequent_indent if n else initial_indent) + line for n, line in enumerate(lines)))
    return "\n\n".join(out)


def teach() -> None:
    """Have click speak so, for the whole program."""
    for module in _MODULES:
        for name, ours in (("_", _said), ("ngettext", _counted), ("wrap_text", _wrapped)):
            if hasattr(module, name):
                setattr(module, name, ours)
