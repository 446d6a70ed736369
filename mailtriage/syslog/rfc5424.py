"""Lines in the form of RFC 5424: ``1 time host tag pid msgid [structured data] text`` (behind the priority)."""

from mailtriage.syslog import stamps
from mailtriage.syslog.head import Head, _unfold


def parse(text: str) -> Head | None:
    """Read a line from its version number on; None where it has another form."""
    fields = text.split(" ", 6)
    if len(fields) < 6 or fields[0] != "1":
        return None
    _, time, host, tag, pid = fields[:5]
    stamp = None if time == "-" else stamps.iso(time)
    if stamp is None and time != "-":
        return None
    rest = fields[6] if len(fields) > 6 else ""
    message = _behind_data(rest)
    if message is None:
        return None
    number = int(pid) if len(pid) < 11 and pid.isascii() and pid.isdecimal() else None
    head = Head(stamp, _value(host), _value(tag), number, message.removeprefix("\ufeff"))
    return _unfold(head)


def _value(field: str) -> str | None:
    return None if field in ("-", "") else field


def _behind_data(rest: str) -> str | None:
    """Skip structured data (section 6.3): ``-``, or elements in brackets with ``\\]`` escaped inside quotes."""
    if rest[:1] == "-":
        return rest[2:] if rest[1:2] in (" ", "") else None
    if rest[:1] != "[":
        return rest if not rest else None
    quoted = False
    position = 0
    end = min(len(rest), 65536)
    while position < end:
        sign = rest[position]
        if sign == "\\" and quoted:
            position += 1
        elif sign == '"':
            quoted = not quoted
        elif sign == "]" and not quoted and rest[position + 1 : position + 2] != "[":
            return rest[position + 2 :]
        position += 1
    return None
