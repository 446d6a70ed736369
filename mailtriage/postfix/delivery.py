"""Delivery status lines, the same for every delivery agent: ``to=<…>, relay=…, …, status=… (reply)``.

Read from the left: all that stands before ``status=`` is ours or quoted, the reply is the remote's and comes last.
Sources: global/log_adhoc.c, smtp/smtp_trouble.c, bounce(5).
"""

from mailtriage.postfix import fields as f
from mailtriage.postfix.reply import parse_reply

SUCCESSES = frozenset({"sent", "deliverable"})
_LOOPBACK = ("127.", "::1")


def read(rest: str, program: str) -> f.Fields | None:
    """Read what follows the queue ID; None where it is no delivery status line.

    ``rest`` begins with ``to=``. The line may be cut anywhere: fields behind the cut are missing, ``truncated`` is
    flagged, and without a status the event is ``other``.
    """
    found = _address(rest, 3)
    if found is None:
        return None
    recipient, position = found
    fields: f.Fields = {"event": "delivery", "recipient": recipient}
    if rest.startswith(", orig_to=", position):
        found = _address(rest, position + 10)
        if found is None:
            return fields | {"event": "other", "flags": ("truncated",)}
        fields["orig_to"], position = found
    mark = rest.find(" status=", position)
    middle = rest[position : mark if mark >= 0 else len(rest)]
    relay = ""
    for item in middle.replace(" delay=", ", delay=", 1).split(", "):
        key, _, value = item.strip(", ").partition("=")
        if key == "relay":
            relay = value
            fields.update(f.relay_fields(value))
        elif key == "dsn":
            fields["dsn"] = value
        elif key == "delay":
            fields["delay"] = f.seconds(value)
        elif key == "delays":
            fields["delays"] = _delays(value)
        elif key == "conn_use":
            fields["conn_use"] = f.number(value)
        elif key == "tls":
            fields["tls"] = value
    fields["direction"] = _direction(program, relay, fields)
    if mark < 0:
        fields.update(event="other", flags=("truncated",), text=rest)
        return fields
    _status(rest[mark + 8 :], fields)
    return fields


def _status(text: str, fields: f.Fields) -> None:
    status, _, reply = text.partition(" ")
    fields["status"] = status.rstrip(",")
    if reply.startswith("("):
        end = reply.rfind(")")
        behind = reply[end + 1 :].strip(" ,;") if end >= 0 else "cut"
        if not behind or behind.isdigit():  # a number behind it comes from an exporter, not from Postfix
            reply = reply[1:end]
        else:
            reply = reply[1:]
            fields["flags"] = ("truncated",)
        if reply:
            fields["reply"] = reply
        if status in SUCCESSES:
            _onward(reply, fields)
        else:
            code = parse_reply(reply).code
            if code is not None:
                fields["code"] = code


def _onward(reply: str, fields: f.Fields) -> None:
    """Where the mail goes on: local's ``forwarded as``, or the next server's ``queued as``."""
    if reply.startswith("forwarded as "):
        fields["next_queue_id"] = reply[13:]
        return
    words = reply[-300:]
    position = words.rfind("queued as ")
    if position >= 0:
        word = words[position + 10 :].partition(" ")[0].rstrip(").,;")
        if f.is_queue_id(word):
            fields["next_queue_id"] = word


def _address(text: str, start: int) -> tuple[str, int] | None:
    """Read ``<address>``; where it is followed by ``, relay=`` and the like. Returns it and the position behind.

    Logs that went through a spreadsheet have lost the angle brackets.
    """
    if text[start : start + 1] != "<":
        end = text.find(", ", start, start + 2000)
        end = len(text) if end < 0 else end
        return (text[start:end], end) if text[start:end].find(" ") < 0 else None
    start += 1
    end = text.find(">, ", start, start + 8192)
    value = text[start:end] if end >= 0 else ""
    if end >= 0 and not ('"' in value or "<" in value or ">" in value or " " in value):
        return value, end + 1
    strict = f.quoted_end(text, start)
    if text.startswith(">, ", strict):
        return text[start:strict], strict + 1
    # Unquoted, as up to Postfix 3.4: the address ends where the next field of ours begins for the first time.
    ends = [text.find(mark, start, start + 8192) for mark in (">, relay=", ">, orig_to=")]
    known = [position for position in ends if position >= 0]
    if known:
        return text[start : min(known)], min(known) + 1
    if end >= 0:
        return value, end + 1
    return text[start:].removesuffix(">"), len(text)


def _delays(text: str) -> tuple[float, float, float, float] | None:
    parts = [f.seconds(part) for part in text.split("/", 4)]
    if len(parts) != 4:
        return None
    a, b, c, d = parts
    if a is None or b is None or c is None or d is None:
        return None
    return a, b, c, d


def _direction(program: str, relay: str, fields: f.Fields) -> str:
    address = fields.get("relay_addr", "")
    if relay in ("local", "virtual") or "/" in address:
        return "local"
    name = fields.get("relay_name", "")
    if program in ("smtp", "lmtp") and (
        address.startswith(_LOOPBACK) or name == "localhost" or name.startswith("127.")
    ):
        # LMTP over TCP to this machine is the mailbox server or a filter: only a filter hands the mail back.
        return "internal" if program == "smtp" or (fields.get("relay_port") or 0) >= 10_000 else "local"
    if program in ("lmtp", "local", "virtual", "pipe"):
        return "local"
    return "outbound"
