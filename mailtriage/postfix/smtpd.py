"""smtpd(8): sessions, refusals, filters before the queue. Sources: smtpd/smtpd.c, smtpd/smtpd_check.c."""

from mailtriage.postfix import attributes, rejects, tls
from mailtriage.postfix import fields as f

_ENDS = (
    ("lost connection after ", "lost_connection"),
    ("timeout after ", "timeout"),
    ("too many errors after ", "other"),
    ("bare <LF> received after ", "other"),
    ("improper command pipelining after ", "other"),
)

# What the services for one's own users are called in a tag: by master.cf's names, or Debian's $service_name.
_SUBMISSION = ("submission", "smtps", "/587/", "/465/")


def read(text: str, tag: str) -> f.Fields | None:
    """Read one message text of severity info; None where its form is unknown."""
    fields = _read(text)
    if fields is not None and "direction" not in fields and fields["event"] != "other":
        fields["direction"] = direction(tag, fields)
    return fields


def direction(tag: str, fields: f.Fields) -> str:
    """Which way a client's mail goes, as far as one line tells: its service's name, its login, its address."""
    if "sasl_username" in fields or any(word in tag for word in _SUBMISSION):
        return "submission"
    if "orig_queue_id" in fields and fields.get("client_addr") in ("127.0.0.1", "::1"):
        return "internal"
    return "inbound"


def _read(text: str) -> f.Fields | None:
    if text.startswith("connect from "):
        return _peer_line("connect", text, 13)
    if text.startswith("disconnect from "):
        return _peer_line("disconnect", text, 16)
    split = f.split_queue_id(text)
    if split is not None:
        queue_id, rest = split
        fields = _queued(rest)
        if fields is None:
            fields = {"event": "other", "text": text}
        if queue_id is not None:
            fields["queue_id"] = queue_id
        return fields
    return _queued(text)


def _queued(rest: str) -> f.Fields | None:
    """Lines that stand behind a queue ID or NOQUEUE, some of them only since Postfix 3.10."""
    if rest.startswith("client="):
        return _client(rest)
    for words, event in _ENDS:
        if rest.startswith(words):
            return _ended(rest, len(words), event)
    if rest.startswith("proxy-"):
        return _proxy(rest)
    if rest.startswith("abort: TLS from "):
        return _abort(rest)
    return rejects.read(rest) or tls.read(rest)


def _peer_line(event: str, text: str, start: int) -> f.Fields | None:
    client = f.peer(text, start)
    if client is None:
        return None
    fields: f.Fields = {"event": event, **f.client_fields(client)}
    if event == "disconnect" and client.end < len(text):
        fields["text"] = text  # its counters tell of refusals that are logged nowhere else: rcpt=0/1
    return fields


def _client(rest: str) -> f.Fields | None:
    """``client=…`` with login and the identity a filter passed on. The login may hold anything but comes last but one.

    orig_queue_id and orig_client stand behind it (XFORWARD): they are read from the right.
    """
    client = f.peer(rest, 7)
    if client is None:
        return None
    fields: f.Fields = {"event": "client", **f.client_fields(client)}
    tail = rest[client.end :]
    for key in ("orig_client", "orig_queue_id", "sasl_sender", "sasl_username", "sasl_method", "helo"):
        mark = f", {key}="
        position = tail.find(mark) if key in ("sasl_username", "sasl_method") else tail.rfind(mark)
        if position >= 0:
            fields[key] = tail[position + len(mark) :]
            tail = tail[:position]
    return fields


def _ended(rest: str, start: int, event: str) -> f.Fields | None:
    """A session that broke off: ``lost connection after DATA (1234 bytes) from client``."""
    gap = rest.find(" from ", start, start + 80)
    if gap < 0:
        return {"event": event, "stage": rest[start:], "text": rest} if len(rest) < start + 40 else None
    client = f.peer(rest, gap + 6)
    if client is None:
        return None
    stage = rest[start:gap].partition(" (")[0]
    return {"event": event, "stage": stage, **f.client_fields(client), "text": rest}


def _proxy(rest: str) -> f.Fields | None:
    """``proxy-reject: END-OF-MESSAGE: 554 5.7.0 …; from=<…> …``: neither queue ID nor client."""
    action, _, words = rest.partition(": ")
    stage, colon, words = words.partition(": ")
    if not colon or stage not in rejects.STAGES:
        return None
    reason, fields = attributes.split(words)
    fields["stage"] = stage
    code, dsn, reason = f.codes(reason)
    if action == "proxy-reject":
        fields["event"] = "reject"
        if code:
            fields["code"] = code
        if dsn:
            fields["dsn"] = dsn
    else:
        fields["event"] = "other"
    if reason:
        fields["reason"] = reason
    return fields


def _abort(rest: str) -> f.Fields | None:
    client = f.peer(rest, 16)
    if client is None:
        return None
    reason = rest[client.end :].removeprefix(": ")
    return {"event": "tls", "stage": "STARTTLS", **f.client_fields(client), "reason": reason, "text": rest}
