"""Floor 8: the commands, a module each. They know options and exit statuses, not how a line is parsed."""

import gc
import sys

_OBJECTS = 100_000  # new ones after which cycles are looked for


def main() -> None:
    """Run the command line."""
    # Few cycles are made. To look for them every 700 objects, and once more at the end, takes a tenth of a short run.
    gc.set_threshold(_OBJECTS)
    from mailtriage.cli.frame import group, run

    status = run(group)
    gc.freeze()
    sys.exit(status)
