"""A console for what people read: colours, width, and signs that the terminal's encoding can carry."""

import errno
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from mailtriage.report.safe import encodable


class _Console(Console):
    """Leaves it to the command what happens when the reader goes away: rich itself would end with 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


@contextmanager
def console(options: Mapping[str, Any]) -> Iterator[tuple[Console, int]]:
    """A console on standard output and its width in cells; --color, --width and NO_COLOR are heeded.

    Where the encoding is not UTF-8, signs of ours turn ASCII.
    """
    color = options["color"]
    out = _Console(
        force_terminal=True if color == "always" else None, no_color=True if color == "never" else None,
        width=options["width"], highlight=False, markup=False, emoji=False, legacy_windows=False,
    )  # fmt: skip
    width = options["width"] or out.width
    encoding = sys.stdout.encoding or "ascii"
    if encoding.lower().replace("-", "") == "utf8":
        yield out, width
        return
    with out.capture() as captured:
        yield out, width
    sys.stdout.write(encodable(captured.get(), encoding))
