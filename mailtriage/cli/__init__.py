"""Floor 8: the commands, a module each. They know options and exit statuses, not how a line is parsed."""

import sys


def main() -> None:
    """Run the command line."""
    from mailtriage.cli.frame import group, run

    sys.exit(run(group))
