"""What syslog itself threw away: lines in which journald or rsyslog own up to a loss.

Sources: systemd journald-rate-limit.c, journald-syslog.c; rsyslog plugins imuxsock, imjournal and ratelimit.c.
"""

import re

from mailtriage.syslog.head import Head

_WRITERS = ("systemd-journal", "journal", "rsyslog", "syslog")
_COUNTS = re.compile(
    r"Suppressed (\d{1,12}) messages from |Forwarding to syslog missed (\d{1,12}) messages"
    r"|Missed (\d{1,12}) kernel messages"
    r"|(?:[a-z]{2,20}[^:]{0,60}:? )?(?:lost (\d{1,12}) messages|(\d{1,12}) messages? lost) (?:from|due)"
)
_BEGINS = re.compile(r"[a-z]{2,20}[^:]{0,60}:? begins? to drop messages")


def lost_lines(head: Head) -> int:
    """Return how many lines the writer of this one says it dropped (1 where it gives no number); else 0."""
    if head.tag is None or not head.tag.startswith(_WRITERS):
        return 0
    if found := _COUNTS.match(head.text):
        return next(int(group) for group in found.groups() if group is not None)
    return 1 if _BEGINS.match(head.text) else 0
