"""cleanup(8): message IDs, header and body checks, milters. Sources: cleanup/cleanup_message.c, cleanup_milter.c."""

import re

from mailtriage.postfix import delivery, rejects
from mailtriage.postfix import fields as f

_CHECK_EVENTS = {"reject": "reject", "hold": "hold", "discard": "discard", "redirect": "redirect", "filter": "filter"}
_CHECK = re.compile(r"(?:milter-(?:header|body)-)?([a-z]{2,20}): (?:(?:mime-|nested-)?header|body|content|mime-error) ")
# At most 200 bytes of the offending line are quoted; it is the sender's and may imitate all that follows it.
_QUOTED = 260
_LONGEST = 8192  # characters of a line that are looked at; Postfix cuts its own at 2000 bytes
_ORIGIN = re.compile(
    r" from (local|unknown|[^ \[\]]{1,512}\[[^\] ]{1,128}\](?::\d{1,5}|:unknown)?);"
    rf"(?: from=<({f.ADDRESS})>)?(?: to=<({f.ADDRESS})>)?(?: proto=([A-Z]{{1,8}}))?(?: helo=<?([^ <>]*+)>)?"
    r"(?:: ?(.*))?",
    re.DOTALL,
)


_MIME = "reject: mime-error "


def read(text: str, tag: str) -> f.Fields | None:
    """Read one message text of severity info; None where its form is unknown."""
    split = f.split_queue_id(text)
    if split is None:
        return None
    queue_id, rest = split
    fields = _read(rest)
    if fields is None:
        return None
    if queue_id is not None:
        fields["queue_id"] = queue_id
    return fields


def is_check(rest: str) -> bool:
    """Whether a text behind a queue ID tells of a header or body check."""
    return _CHECK.match(rest) is not None


def _read(rest: str) -> f.Fields | None:
    if rest.startswith("message-id="):
        return _message_id(rest, 11)
    if rest.startswith("resent-message-id="):
        return _message_id(rest, 18)
    if rest.startswith("to="):
        return delivery.read(rest, "cleanup")
    if rest.startswith("removed"):
        return {"event": "removed"}
    if rest.startswith("uid="):
        return {"event": "cleanup"}
    if found := _CHECK.match(rest):
        return _check(rest, found)
    return rejects.read(rest)


def _message_id(rest: str, start: int) -> f.Fields:
    value = rest[start:].strip(" ")
    return {"event": "cleanup", "message_id": value} if value not in ("", "<>") else {"event": "cleanup"}


def _check(rest: str, found: re.Match[str]) -> f.Fields | None:
    """A header or body check. Of several readings the last that does not lie within another's addresses is taken."""
    start = found.end()
    whole, rest = rest, rest[:_LONGEST]
    best: re.Match[str] | None = None
    count = 0
    position = rest.find(" from ", start - 1, start + _QUOTED)
    while position >= 0:
        if match := _ORIGIN.fullmatch(rest, position):
            count += 1
            inside = best is not None and position < (best.start(6) if best[6] is not None else best.end())
            if not inside:
                best = match
        position = rest.find(" from ", position + 1, start + _QUOTED)
    event = _CHECK_EVENTS.get(found[1], "cleanup")
    fields: f.Fields = {"event": event}
    if best is None:
        return {**fields, "text": whole, "flags": ("truncated",)}
    if best[1] not in ("local", "unknown") and (client := f.peer(best[1], 0)):
        fields.update(f.client_fields(client))
    for key, value in zip(("sender", "recipient", "proto", "helo", "reason"), best.groups()[1:], strict=True):
        if value is not None and (value or key == "sender"):
            fields[key] = value
    if "reason" in fields and event == "reject":
        _, dsn, reason = f.codes(fields["reason"])
        if dsn:
            fields.update(dsn=dsn, reason=reason)
    if "reason" not in fields and whole.startswith(_MIME):
        fields["reason"] = whole[len(_MIME) :].partition(": ")[0]  # our own words; what they are about follows
    if count > 1:
        fields["flags"] = ("ambiguous",)
    fields["text"] = whole
    return fields
