"""postscreen(8) and dnsblog(8): tests before the mail server proper. Sources: postscreen/*.c, dnsblog/dnsblog.c."""

import re

from mailtriage.postfix import fields as f

_PEER_FIRST = re.compile(
    r"(?:CONNECT from|PASS (?:NEW|OLD)|(?:ALLOW|DENY|WHITE|BLACK)LIST(?:ED| VETO)?|DISCONNECT"
    r"|DNSBL rank -?\d{1,9} for|(?:PREGREET \d{1,9}|HANGUP) after -?[\d.]{1,20} from|HANGUP from"
    r"|COMMAND (?:PIPELINING|(?:TIME|COUNT|LENGTH) LIMIT) from|NON-SMTP COMMAND from|BARE NEWLINE from"
    r"|(?:DATA|BDAT) without valid RCPT from|SKIP [a-z -]{1,40}) "
)
_REJECT = re.compile(r"(?:NOQUEUE: )?reject: ([A-Za-z]{1,20}) from ")
# The text is ours but for a block list's domain, which our own configuration names; attributes are split by commas
# (blanks in hand-made samples). HELO is one word here, with anything in it.
_ATTRIBUTES = re.compile(
    rf"; from=<({f.ADDRESS})>,?(?: to=<({f.ADDRESS})>,?)? proto=([A-Z]{{1,8}}),? helo=<([^ ]*)>", re.DOTALL
)


def read(text: str, tag: str) -> f.Fields | None:
    """Read one message text of severity info; None where its form is unknown."""
    fields = _read(text)
    if fields is not None:
        fields["direction"] = "inbound"
        fields.setdefault("text", text)
    return fields


def _read(text: str) -> f.Fields | None:
    if found := _REJECT.match(text):
        return _refused(text, found)
    if found := _PEER_FIRST.match(text):
        client = f.peer(text, found.end())
        if client is not None:
            return {"event": "postscreen", **f.client_fields(client)}
    if text.startswith("addr ") and " listed by domain " in text[:200]:
        return {"event": "postscreen", "client_addr": text[5 : text.find(" ", 5)]}
    if text.endswith(" connections") and "STRESS mode" in text[:40]:
        return {"event": "postscreen"}
    return None


def _refused(text: str, found: re.Match[str]) -> f.Fields | None:
    client = f.peer(text, found.end())
    if client is None:
        return None
    fields: f.Fields = {"event": "reject", "stage": found[1].upper(), **f.client_fields(client)}
    words = text[client.end :].removeprefix(": ")
    cut = 0
    for _ in range(24):
        start = words.find("; from=<", cut)
        if start < 0:
            break
        if more := _ATTRIBUTES.fullmatch(words, start):
            fields.update(sender=more[1], proto=more[3], helo=more[4] or None)
            if more[2] is not None:
                fields["recipient"] = more[2]
            words = words[:start]
            break
        cut = start + 1
    code, dsn, reason = f.codes(words)
    if code:
        fields["code"] = code
    if dsn:
        fields["dsn"] = dsn
    if reason:
        fields["reason"] = reason
    return fields
