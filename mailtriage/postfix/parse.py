"""From the head of a line to what the line says: one event for every line of Postfix, none for others."""

from collections.abc import Callable

from mailtriage.model.event import Event
from mailtriage.postfix import cleanup, counters, postscreen, qmgr, smtp, smtpd, tls, warnings
from mailtriage.postfix.build import make_event
from mailtriage.postfix.fields import Fields, split_queue_id
from mailtriage.syslog.head import Head
from mailtriage.syslog.program import PROGRAMS

Reader = Callable[[str, str], Fields | None]


def _tlsproxy(text: str, tag: str) -> Fields | None:
    fields = postscreen.read(text, tag) or tls.read(text)
    if fields is not None and fields["event"] == "postscreen":
        fields["event"] = "tls"
    return fields


_READERS: dict[str, Reader] = {
    "smtpd": smtpd.read,
    "postscreen": postscreen.read,
    "dnsblog": postscreen.read,
    "tlsproxy": _tlsproxy,
    "cleanup": cleanup.read,
    "qmgr": qmgr.read,
    "nqmgr": qmgr.read,
    "oqmgr": qmgr.read,
    "pickup": qmgr.read,
    "bounce": qmgr.read,
    "postsuper": qmgr.read,
    "smtp": smtp.read,
    "lmtp": smtp.read,
    "local": smtp.read,
    "virtual": smtp.read,
    "pipe": smtp.read,
    "error": smtp.read,
    "discard": smtp.read,
    "anvil": counters.read_anvil,
}
_SILENT = PROGRAMS - _READERS.keys()  # their texts have no form of their own
_SEVERITIES = ("warning: ", "fatal: ", "error: ", "panic: ")


def _by_text(text: str, tag: str) -> Fields | None:
    """Read a text whose program is not known, as in journalctl's with-unit form: by how it begins."""
    split = split_queue_id(text)
    rest = split[1] if split is not None else text
    if rest.startswith(("from=", "removed", "uid=", "sender non-delivery", "sender delay", "sender delivery")):
        return _known_as("qmgr", qmgr.read(text, "postfix/qmgr"))
    if rest.startswith(("message-id=", "resent-message-id=")) or cleanup.is_check(rest):
        return _known_as("cleanup", cleanup.read(text, tag))
    if rest.startswith("to=") or text.startswith("connect to "):
        return _known_as("smtp", smtp.read(text, "postfix/smtp"))
    fields = _known_as("smtpd", smtpd.read(text, tag))
    if fields is not None and fields["event"] != "other":
        return fields
    return (
        _known_as("postscreen", postscreen.read(text, tag))
        or _known_as("smtp", smtp.read(text, "postfix/smtp"))
        or fields
    )


def _known_as(program: str, fields: Fields | None) -> Fields | None:
    if fields is not None:
        fields["program"] = program
    return fields


def parse(head: Head) -> Event | None:
    """Say what one line of Postfix says; None where another program wrote it. Never raises.

    A text of unknown form gives an event ``other`` (``warning``, where it is one) with its ``text``.
    """
    fields = read(head)
    if fields is None:
        return None
    return make_event(stamp=head.stamp, host=head.host, process=head.tag, pid=head.pid, repeat=head.repeat, **fields)


def read(head: Head) -> Fields | None:
    """The fields of ``parse`` that the text of a line tells, ``program`` and ``event`` among them."""
    program = head.program
    if program is None or head.tag is None:
        return None
    text = head.text
    severity = None
    if text.startswith(_SEVERITIES):
        severity, _, text = text.partition(": ")
        fields: Fields | None = warnings.read(text, severity)
    else:
        reader = _READERS.get(program) or (None if program in _SILENT else _by_text)
        fields = reader(text, head.tag) if reader is not None else None
    if fields is None:
        fields = {"event": "other", "text": text}
        if (split := split_queue_id(text)) and split[0] is not None:
            fields["queue_id"] = split[0]
    if "truncated" in head.flags:
        fields["flags"] = ("truncated", *fields.get("flags", ()))
    if severity is not None:
        fields["severity"] = severity
    fields.setdefault("program", program)
    return fields
