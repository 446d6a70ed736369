"""What syslog itself threw away: lines in which journald or rsyslog own up to a loss.

Sources: systemd journald-rate-limit.c; rsyslog imuxsock and imjournal rate limiting.
"""

import re

from mailtriage.syslog.head import Head

_FORMS = (
    re.compile(r"Suppressed (\d{1,12}) messages from "),
    re.compile(
        r"(?:imuxsock|imjournal|rsyslogd)[^:]{0,80}: (?:begin to drop|(\d{1,12}) messages? lost due to rate-limiting)"
    ),
    re.compile(r"(?:imuxsock|imjournal)(?:\[pid \d+\])?:? (?:lost (\d{1,12}) messages|begin to drop)"),
    re.compile(r"(?:Missed|Forwarding to syslog missed) (\d{1,12}) (?:kernel )?messages"),
)
_WRITERS = ("systemd-journal", "journal", "rsyslog", "syslog")


def lost_lines(head: Head) -> int:
    """Return how many lines the writer of this one says it dropped (1 where it gives no number); else 0."""
    if head.tag is None or not head.tag.startswith(_WRITERS):
        return 0
    for form in _FORMS:
        if found := form.match(head.text):
            return int(found[1] or 1) if found.lastindex else 1
    return 0
