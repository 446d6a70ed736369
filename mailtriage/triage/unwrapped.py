"""A line of evidence without what others put around it."""

from mailtriage.syslog.head import parse_head


def unwrapped(line: str) -> str:
    """``: text`` of a line, whatever wraps it (JSON with its quotes and escapes, a container's prefix)."""
    head = parse_head(line.encode("utf-8", "replace"))
    return f": {head.text}" if head is not None and head.tag is not None else line
