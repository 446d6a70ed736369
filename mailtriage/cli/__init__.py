"""Floor 8: the commands, a module each. They know options and exit statuses, not how a line is parsed."""


def main() -> None:
    """Run the command line."""
