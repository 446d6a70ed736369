"""Refusals and other actions on a client: ``action: STAGE from client: text; attributes``.

The same form comes from smtpd's restrictions (smtpd/smtpd_check.c log_whatsup()), from milters (smtpd/smtpd.c,
cleanup/cleanup_milter.c) and, with commas, from postscreen (postscreen/postscreen_smtpd.c).
"""

from mailtriage.postfix import attributes
from mailtriage.postfix import fields as f

EVENTS = {
    "reject": "reject",
    "reject_warning": "reject_warning",
    "milter-reject": "milter_reject",
    "hold": "hold",
    "milter-hold": "hold",
    "quarantine": "hold",
    "discard": "discard",
    "milter-discard": "discard",
    "redirect": "redirect",
    "filter": "filter",
    "warn": "warning",
    "info": "other",
    "permit": "other",
    "bcc": "other",
    "delay": "other",
    "hangup": "other",
}
STAGES = frozenset({
    "CONNECT", "HELO", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "DATA content", "BDAT", "BDAT content",
    "END-OF-MESSAGE", "RSET", "NOOP", "VRFY", "ETRN", "QUIT", "XCLIENT", "XFORWARD", "HELP", "UNKNOWN",
})  # fmt: skip
_HELO_CLASS = ">: Helo command rejected: "
CODED = frozenset({"reject", "reject_warning", "milter_reject"})


def read(rest: str) -> f.Fields | None:
    """Read what follows the queue ID; None where it is none of these lines."""
    action, colon, words = rest.partition(": ")
    event = EVENTS.get(action)
    if event is None or not colon:
        return None
    gap = words.find(" from ", 0, 40)
    stage = words[:gap]
    if gap < 0 or stage not in STAGES:
        return None
    client = f.peer(words, gap + 6)
    if client is None:
        return None
    fields: f.Fields = {"event": event, "stage": stage, **f.client_fields(client)}
    if words[client.end : client.end + 2] != ": ":
        if words[client.end :].strip(": "):
            return None
        fields["flags"] = ("truncated",)
        return fields
    words = words[client.end + 2 :]
    code, dsn = None, None
    if event in CODED:
        code, dsn, words = f.codes(words)
    found = _raw_helo(words) if stage in ("HELO", "EHLO") else None
    reason, more = found or attributes.split(words)
    fields.update(more)
    if event in CODED:
        if code is not None:
            fields["code"] = code
        if dsn is not None:
            fields["dsn"] = dsn
    reason = reason.strip(" ")
    if reason:
        fields["reason"] = reason
    return fields


def _raw_helo(words: str) -> tuple[str, f.Fields] | None:
    """At HELO the name is logged raw (smtpd_delay_reject = no) and may imitate all that is around it.

    It stands there twice: ``<name>: Helo command rejected: …; proto=SMTP helo=<name>``.
    """
    end = words.find(_HELO_CLASS, 0, 2000)
    while words[:1] == "<" and 0 < end < 2000:
        name = words[1:end]
        for proto in ("ESMTP", "SMTP"):
            tail = f"; proto={proto} helo=<{name}>"
            if name and words.endswith(tail):
                return words[: -len(tail)], {"proto": proto, "helo": name}
        end = words.find(_HELO_CLASS, end + 1, 2000)
    return None
