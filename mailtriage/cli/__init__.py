"""Floor 8: the commands. One module a command; they know options, exit statuses and progress, not how a line is parsed."""


def main() -> None:
    """Run the command line."""
