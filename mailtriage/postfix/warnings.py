"""Lines of severity warning, error, fatal and panic, from whichever daemon.

Sources: smtpd/smtpd_peer.c (host names), smtpd/smtpd_sasl_glue.c, smtpd/smtpd.c (rates), util/msg.c.
"""

import re

from mailtriage.postfix import fields as f

_FINAL = (
    "name or service not known", "no address associated with", "nodename nor servname", "hostname/servname not known",
    "host not found, type", "unknown host", "name does not resolve", "host not found",
)  # fmt: skip
_TEMPORARY = (
    "temporary failure",
    "lookup failure",
    "try again",
    "timed out",
    "timeout",
    "refused",
    "unreachable",
    "system error",
)
_SASL_SENTENCES = ("SASL authentication failure", "SASL authentication problem")
# Sentences of the SASL library that tell of our own set-up, not of a wrong password.
_SASL_SET_UP = (": No worthy mechs", ": cannot connect to ", ": unable to open ")
_RATE = re.compile(r"[A-Z][A-Za-z ]{4,40} limit exceeded: \d{1,9} from ")
_FROM_CLIENT = re.compile(
    r"(?:non-SMTP command|Illegal address syntax|Refusing [A-Za-z]{2,20} (?:service )?request|reject: ETRN .{1,256}?)"
    r" from "
)
_FAILED = re.compile(r": SASL ([A-Za-z0-9_-]{1,40}) authentication (failed|aborted)(?:: )?")


def read(text: str, severity: str) -> f.Fields:
    """Read a text without its severity word. Always gives fields."""
    if severity != "warning":
        fields: f.Fields = {"event": "other"}
    else:
        fields = _warning(text) or {"event": "warning"}
    if "queue_id" not in fields and (split := f.split_queue_id(text)) and split[0] is not None:
        fields["queue_id"] = split[0]
    fields["text"] = text
    return fields


def _warning(text: str) -> f.Fields | None:
    if text.startswith("hostname ") or ": hostname " in text[:64] or ": address not listed for hostname " in text[:64]:
        return hostname(text)
    if text.startswith(_SASL_SENTENCES):
        ours = "problem" in text[:28] or text[27:].startswith(_SASL_SET_UP)
        return {"event": "warning" if ours else "sasl_failure"}
    if found := _RATE.match(text) or _FROM_CLIENT.match(text):
        client = f.peer(text, found.end())
        return {"event": "warning", **f.client_fields(client)} if client else None
    client = f.peer(text, 0)
    if client is not None and (found := _FAILED.match(text, client.end)):
        return _login_failed(text, client, found)
    return None


def _login_failed(text: str, client: f.Peer, found: re.Match[str]) -> f.Fields:
    fields: f.Fields = {"event": "sasl_failure", "sasl_method": found[1], **f.client_fields(client)}
    reason = text[found.end() :]
    # The login is the stranger's and stands last; the reason before it is the SASL library's.
    reason, comma, login = reason.partition(", sasl_username=")
    if comma and login:
        fields["sasl_username"] = login
    if reason:
        fields["reason"] = reason
    return fields


def hostname(text: str) -> f.Fields | None:
    """The warning that a client's name does not lead back to its address, in the words of all releases.

    ``detail`` is ``ptr_unresolvable`` (the name has no address), ``forward_mismatch`` (it has others) or
    ``dns_temporary`` (the resolver could not tell).
    """
    reason = ""
    if text.startswith("hostname "):
        name, words, rest = text[9:].partition(" does not resolve to address ")
        if not words or " " in name:
            return None
        address, _, reason = rest.partition(": ")
    else:
        address, words, rest = text.partition(": hostname ")
        if words:
            name, failed, reason = rest.partition(" verification failed: ")
            if not failed:
                return None
        else:
            address, _, name = text.partition(": address not listed for hostname ")
    detail = "forward_mismatch"
    if reason:
        lower = reason.lower()
        detail = "ptr_unresolvable"
        if any(word in lower for word in _TEMPORARY) and not lower.startswith(_FINAL[0]):
            detail = "dns_temporary"
    return {"event": "warning", "ptr_name": name, "client_addr": address, "detail": detail}
