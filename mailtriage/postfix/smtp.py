"""smtp(8), lmtp(8) and the other delivery agents, beside their status lines. Sources: smtp/*.c, local/*.c."""

from mailtriage.postfix import delivery, tls
from mailtriage.postfix import fields as f
from mailtriage.postfix.reply import parse_reply

_KINDS = {"lost": "lost_connection", "timeout": "timeout"}


def read(text: str, tag: str) -> f.Fields | None:
    """Read one message text of severity info; None where its form is unknown."""
    split = f.split_queue_id(text)
    if split is None:
        return _spoken(text) or tls.read(text)
    queue_id, rest = split
    status_line = rest.startswith("to=")
    fields = delivery.read(rest, tag.rpartition("/")[2]) if status_line else _spoken(rest) or tls.read(rest)
    if fields is None:
        fields = {"event": "other", "text": text}
    if queue_id is not None:
        fields["queue_id"] = queue_id
    return fields


def _spoken(rest: str) -> f.Fields | None:
    """What went wrong with one of several servers: no outcome yet, the status line follows."""
    reply = parse_reply(rest)
    if reply.how == "local":
        return None
    fields: f.Fields = {"event": _KINDS.get(reply.how, "other"), "text": rest}
    if reply.host:
        fields["relay_name"] = reply.host
    if reply.addr:
        fields["relay_addr"] = reply.addr
    if reply.port is not None:
        fields["relay_port"] = reply.port
    return fields
