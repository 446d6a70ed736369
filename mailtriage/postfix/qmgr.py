"""qmgr(8), bounce(8), pickup(8), postsuper(1): a message's way through the queue. Sources: qmgr/*.c, bounce/*.c."""

import re

from mailtriage.postfix import delivery
from mailtriage.postfix import fields as f

_SIZE = re.compile(r", size=(\d{1,18})(?:, nrcpt=(\d{1,9})?)?")
_NOTICE = re.compile(
    r"(?:sender|postmaster) (?:non-delivery|delay|delivery status|deliverability) notification: (\S{1,255})"
)


def read(text: str, tag: str) -> f.Fields | None:
    """Read one message text of severity info; None where its form is unknown."""
    split = f.split_queue_id(text)
    if split is None:
        return None
    queue_id, rest = split
    fields = _read(rest, tag.rpartition("/")[2])
    if fields is None:
        fields = {"event": "other", "text": text}
    if queue_id is not None:
        fields["queue_id"] = queue_id
    return fields


def _read(rest: str, program: str) -> f.Fields | None:
    if rest.startswith("from="):
        return _sender(rest)
    if rest.startswith("removed"):
        return {"event": "removed"}
    if rest.startswith("to="):
        return delivery.read(rest, program)
    if rest.startswith("uid="):
        return _pickup(rest)
    if found := _NOTICE.match(rest):
        return {"event": "bounce_notice", "next_queue_id": found[1], "text": rest}
    if rest.startswith("status="):
        return {"event": "other", "status": rest[7:].partition(" ")[0], "text": rest}
    return None


def _sender(rest: str) -> f.Fields | None:
    """``from=<…>, size=…, nrcpt=…`` or ``from=<…>, status=expired, returned to sender``; brackets may be lost."""
    if rest[5:6] != "<":
        sender, comma, tail = rest[5:].partition(", ")
        tail = comma + tail
    else:
        # An unquoted sender may hold blanks and commas, never the two marks that follow it in our own words.
        ends = [rest.rfind(mark) for mark in (">, size=", ">, status=")]
        end = max(ends)
        if end < 0:
            return {"event": "qmgr", "sender": rest[6:].removesuffix(">"), "flags": ("truncated",)}
        sender, tail = rest[6:end], rest[end + 1 :]
    if tail.startswith(", status="):
        status = tail[9:].partition(",")[0]
        event = "expired" if "expired" in status else "qmgr"
        return {"event": event, "sender": sender, "status": status}
    fields: f.Fields = {"event": "qmgr", "sender": sender}
    if found := _SIZE.match(tail):
        fields["size"] = int(found[1])
        if found[2]:
            fields["nrcpt"] = int(found[2])
    return fields


def _pickup(rest: str) -> f.Fields | None:
    position = rest.find(" from=<")
    if position < 0:
        return {"event": "cleanup", "text": rest}
    sender, orig, orig_id = rest[position + 7 :].rpartition("> orig_id=")
    if not orig:
        sender, orig_id = orig_id.removesuffix(">"), ""
    fields: f.Fields = {"event": "cleanup", "sender": sender}
    if orig_id:
        fields["orig_queue_id"] = orig_id
    return fields
