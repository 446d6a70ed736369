"""When a line was written, as far as the line itself says.

A syslog line of the old form (RFC 3164 section 4.1.2) has neither year nor zone. What is missing is filled in later, by
the one who sees all chunks in order (mailtriage.syslog.calendar); a worker never guesses it.
"""

from typing import NamedTuple


class Stamp(NamedTuple):
    """A time stamp as logged.

    ``dated`` stamps count microseconds since 1970-01-01T00:00Z (of wall clock as if in
    UTC, where ``offset`` is None). The others count microseconds of wall clock since the start of the leap year 1972 in
    no zone at all, so that 29 February exists and months keep their order.
    """

    micros: int
    dated: bool
    offset: int | None = None  # minutes east of UTC as logged; None: the line names no zone
    digits: int = 0  # digits of the fraction of a second as logged
