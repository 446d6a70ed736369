"""Floor 8: the commands, a module each. They know options and exit statuses, not how a line is parsed."""

import gc
import sys


def main() -> None:
    """Run the command line."""
    # Few cycles are made, and a command soon ends: to look for them time and again, and once more at the end, takes a
    # tenth of a short run. What lasts (``watch``) has them looked for.
    gc.disable()
    from mailtriage.cli.frame import group, run

    status = run(group)
    gc.freeze()
    sys.exit(status)
