"""The attributes behind a refusal's text: ``; from=<…> to=<…> proto=… helo=<…>``, read from the right.

The text before them is the least trustworthy part of the line (a block list, a policy server or a filter wrote it),
senders and recipients may imitate attributes inside quotes; ``proto=`` and ``helo=<…>`` cannot hold blanks or angle
brackets. Hence the rightmost reading is the true one. Sources: smtpd/smtpd_check.c log_whatsup(), smtpd/smtpd.c.
"""

import re

from mailtriage.postfix.fields import Fields, is_address

# Postfix cuts its own text at 2000 bytes; attributes do not begin farther from the end than this.
WINDOW = 6000
_TRIES = 24

_TAIL = re.compile(
    r" proto=(E?SMTP)(?: helo=<([^ <>]*+)>)?"
    r"(?: sasl_method=([^ ,]++))?(?: sasl_username=(<.*>|.*?))?(?: sasl_sender=([^ ]++))?"
)
# A line that was cut within proto= or helo=<…>, and attributes that lost their brackets in a spreadsheet.
_CUT_TAIL = re.compile(r",? (?:proto=(E?SMTP)(?:,? h?e?l?o?=?<?([^ <>]*+))?|proto=[A-Z]{0,4}|p[rot]{0,4})")
_BARE = re.compile(r"; (?:from=([^ <>,]*+),? ?)?(?:to=([^ <>,]*+),? ?)?(?:proto=(E?SMTP),? ?)?(?:helo=([^ <>]*+))?,*")
_LOOSE_TAIL = re.compile(r",? proto=(E?SMTP)(?:,? helo=<(.*)>)?")


def split(text: str) -> tuple[str, Fields]:
    """Part a refusal's text from its attributes.

    Returns the text without the semicolon that closes it, and the event's fields; flags ``ambiguous`` where addresses
    are unquoted (Postfix up to 3.4, or info_log_address_format=internal) and another reading is possible.
    """
    text = text.rstrip(" ")
    base = max(0, len(text) - WINDOW)
    tail = text[base:]
    position, fields = _protocol(tail)
    found = _addresses(tail, position, fields)
    if found is None:
        loose = _loosely(tail)
        if loose is None:
            reason = text[:-1] if text.endswith(";") else text
            return reason, {}
        found, fields = loose
        fields.setdefault("flags", ("ambiguous",))
    return text[: base + found], fields


def _protocol(tail: str) -> tuple[int, Fields]:
    """Read ``proto=`` and all behind it; return where it begins (the end, where there is none)."""
    end = len(tail)
    for _ in range(4):
        position = tail.rfind(" proto=", 0, end)
        if position < 0:
            break
        if found := _TAIL.fullmatch(tail, position):
            fields: Fields = {"proto": found[1]}
            if found[2]:
                fields["helo"] = found[2]
            if found[3]:
                fields["sasl_method"] = found[3]
            if found[4]:
                name = found[4]
                fields["sasl_username"] = name[1:-1] if name[0] == "<" and name[-1] == ">" else name
            if found[5]:
                fields["sasl_sender"] = found[5]
            return position, fields
        end = position
    return len(tail), {}


def _addresses(tail: str, end: int, fields: Fields) -> int | None:
    """Read `` from=<…> to=<…>`` that end at a position; return where the text's closing semicolon stands."""
    if tail[end - 1 : end] == ";":
        return end - 1 if fields else None
    cut = end
    for _ in range(_TRIES):
        recipient = tail.rfind(" to=<", 0, cut)
        sender = tail.rfind(" from=<", 0, cut)
        if recipient < 0 and sender < 0:
            return None
        if recipient > sender:
            if is_address(tail[recipient + 5 : end - 1]) and tail[end - 1 : end] == ">":
                if tail[recipient - 1 : recipient] == ";":
                    fields["recipient"] = tail[recipient + 5 : end - 1]
                    return recipient - 1
                before = _sender(tail, recipient)
                if before is not None:
                    fields["sender"] = tail[before + 7 : recipient - 1]
                    fields["recipient"] = tail[recipient + 5 : end - 1]
                    return before - 1
            cut = recipient
        else:
            if (
                tail[sender - 1 : sender] == ";"
                and tail[end - 1 : end] == ">"
                and is_address(tail[sender + 7 : end - 1])
            ):
                fields["sender"] = tail[sender + 7 : end - 1]
                return sender - 1
            cut = sender
    return None


def _sender(tail: str, end: int) -> int | None:
    """Position of `` from=<…>`` behind a semicolon and right before a position."""
    if tail[end - 1 : end] != ">":
        return None
    cut = end
    for _ in range(_TRIES):
        position = tail.rfind("; from=<", 0, cut)
        if position < 0:
            return None
        if is_address(tail[position + 8 : end - 1]):
            return position + 1
        cut = position
    return None


def _loosely(tail: str) -> tuple[int, Fields] | None:
    """Read attributes whose values break the rules: unquoted addresses, a raw HELO name, a line that was cut.

    The attributes begin at the last ``; from=<`` (``; to=<``, ``; proto=``) that lets all that follow be read in order.
    """
    cut = len(tail)
    for _ in range(_TRIES):
        start = max(tail.rfind(mark, 0, cut) for mark in ("; from=", "; to=", "; proto="))
        if start < 0:
            return None
        fields = _in_order(tail[start + 1 :]) or _without_brackets(tail, start)
        if fields is not None:
            return start, fields
        cut = start
    return None


def _in_order(text: str) -> Fields | None:
    """Attributes from left to right, each ending where the next one begins for the last time."""
    fields: Fields = {}
    helo = text.find(" helo=<")
    proto = text.rfind(" proto=", 0, helo if helo >= 0 else len(text))
    end = len(text)
    if proto >= 0 and (found := _LOOSE_TAIL.fullmatch(text, proto)):
        fields["proto"] = found[1]
        if found[2]:
            fields["helo"] = found[2]
        end = proto
    elif (cut := text.rfind("> p")) >= 0 and (found := _CUT_TAIL.fullmatch(text, cut + 1)):
        fields["flags"] = ("truncated",)
        if found[1]:
            fields["proto"] = found[1]
        end = cut + 1
    recipient = text.rfind(" to=<", 0, end)
    if recipient >= 0:
        value = text[recipient + 5 : end].rstrip(",")
        if not value.endswith(">") and end != len(text):
            return None
        fields["recipient"] = value.removesuffix(">")
        end = recipient
    if text.startswith(" from=<"):
        value = text[7:end].rstrip(",")
        if value.endswith(">") or (value and " " not in value and "<" not in value and ">" not in value):
            fields["sender"] = value.removesuffix(">")
        elif end != len(text):
            return None
    elif end != 0:
        return None
    return fields or None


def _without_brackets(tail: str, start: int) -> Fields | None:
    found = _BARE.fullmatch(tail, start)
    if found is None:
        return None
    keys = ("sender", "recipient", "proto", "helo")
    fields: Fields = {key: value for key, value in zip(keys, found.groups(), strict=True) if value}
    return fields or None
