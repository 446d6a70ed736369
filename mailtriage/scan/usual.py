"""Lines of the usual form: what the short ways share. Time, host, tag and process as nearly every log has them.

Whatever could be read in two ways (quotes, blanks within names, bytes that are not ASCII, a giant line) has none.
"""

import re
from collections.abc import Callable

from mailtriage.model.stamp import Stamp
from mailtriage.syslog import stamps

LONGEST = 2000  # bytes of a line; Postfix itself cuts its lines there
_STAMPS = 4096  # that are remembered

# Patterns of bytes: an envelope address or login, a host name, a host's address.
WORD = rb'[^\x00-\x20\x7f-\xff<>"\\;,]'
NAME = rb'[^\x00-\x20\x7f-\xff<>"\\;,\[\]]++'
ADDRESS = rb"[0-9a-fA-F.:]++"
# The stamp's begin down to the hour, and its zone; host and tag; process ID. A leap second belongs to the next hour.
_BSD = rb"([A-Z][a-z]{2} [ \d]\d \d\d):[0-5]\d:[0-5]\d() "
_ISO = rb"(\d{4}-\d\d-\d\dT\d\d):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d|) "
_WRITER = rb"([^\x00-\x20\x7f-\xff]++ [^\x00-\x20\x7f-\xff\[\]:]++)\[(\d{1,10})\]: "

Matcher = Callable[[bytes, int, int], re.Match[bytes] | None]


def matcher(text: bytes) -> Matcher:
    """Matches a line data[start:stop] by its text. Groups: hour, zone, writer, process ID, the pattern's own."""
    made: dict[bytes, re.Pattern[bytes]] = {}  # by form, when it is first needed: most logs have one

    def match(data: bytes, start: int, stop: int) -> re.Match[bytes] | None:
        if stop - start > LONGEST:
            return None
        form = _ISO if data[start + 10 : start + 11] == b"T" else _BSD
        expression = made.get(form)
        if expression is None:
            expression = made[form] = re.compile(form + _WRITER + text)
        return expression.match(data, start, stop)

    return match


_stamps: dict[bytes, Stamp | None] = {}


def stamp_of(raw: bytes) -> Stamp | None:
    """The stamp of a line of one of the two usual forms."""
    text = raw[: raw.find(b" ", 19, 40)] if raw[10:11] == b"T" else raw[:15]
    stamp = _stamps.get(text)
    if stamp is None:
        if len(_stamps) >= _STAMPS:
            _stamps.clear()
        read = stamps.iso if raw[10:11] == b"T" else stamps.bsd
        stamp = _stamps[text] = read(text.decode())
    return stamp
