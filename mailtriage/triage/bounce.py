"""A bounce mail: what it says of each recipient.

Its delivery report (RFC 3464) tells; where it has none, the words that Postfix and qmail write for people.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from email.message import EmailMessage, Message

LIMIT = 1 << 20  # characters of a mail that are looked at
_HEADER = re.compile(
    r"^(?:return-path|received|from|to|subject|date|message-id|mime-version|content-type|reporting-mta|arrival-date"
    r"|final-recipient|original-recipient|diagnostic-code|x-postfix-queue-id):\s",
    re.IGNORECASE | re.MULTILINE,
)
_DIAGNOSTIC = re.compile(r"^diagnostic-code:\s", re.IGNORECASE | re.MULTILINE)
_POSTFIX = re.compile(
    r"^<([^<>\s]{1,320})>:\s+((?:\S[^\n]{0,2000}\n?(?:[ \t]+\S[^\n]{0,2000}\n?){0,40}))", re.MULTILINE
)
_TYPE = re.compile(r"^\s*[\w-]{1,40};\s*")


class Report(NamedTuple):
    """What became of one recipient."""

    diagnostic: str  # the reply, on one line
    recipient: str | None = None
    status: str | None = None  # enhanced status code
    remote: str | None = None  # the server that answered


def looks_like_mail(text: str) -> bool:
    """Whether a paste is a mail or a delivery report rather than a log line or a reply."""
    head = text[:4000]
    return bool(_DIAGNOSTIC.search(text[:LIMIT])) or (bool(_HEADER.match(head)) and len(_HEADER.findall(head)) >= 2)


def reports(text: str) -> Iterator[Report]:
    """What a bounce mail says of its recipients. Never raises; yields nothing where it says nothing."""
    import email.policy  # takes long to load, and few ask about a mail

    text = text[:LIMIT]
    try:
        mail = email.message_from_string(text, policy=email.policy.default)
        blocks = [part for part in mail.walk() if part.get_content_type() == "message/delivery-status"]
        found = [one for block in blocks for one in _of_block(block)]
    except Exception:  # a stranger's mail: the standard library raises nearly anything on what is malformed
        found = []
    if not found:
        found = list(_of_fields(text))
    if not found:
        found = [Report(" ".join(words.split()), address) for address, words in _POSTFIX.findall(text)]
    yield from found


def _of_block(block: "Message | EmailMessage") -> Iterator[Report]:
    from email.message import Message

    parts = block.get_payload()
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, Message) and (one := _of_table({k.lower(): str(v) for k, v in part.items()})):
            yield one


def _of_fields(text: str) -> Iterator[Report]:
    """Delivery status fields that stand in a paste without the mail around them."""
    for block in re.split(r"\n[ \t\r]*\n", text):
        lines = re.sub(r"\r?\n[ \t]+", " ", block).splitlines()
        table = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if colon and re.fullmatch(r"[A-Za-z-]{1,40}", name):
                table[name.lower()] = value.strip()
        if one := _of_table(table):
            yield one


def _of_table(table: dict[str, str]) -> Report | None:
    diagnostic = table.get("diagnostic-code")
    status = table.get("status", "").split()
    if not diagnostic and not (status and "final-recipient" in table):
        return None
    if table.get("action", "").lower() in ("delivered", "relayed", "expanded"):
        return None
    code = status[0] if status and re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", status[0]) else None
    remote = _bare(table.get("remote-mta"))
    recipient = _bare(table.get("final-recipient") or table.get("original-recipient"))
    words = " ".join(_TYPE.sub("", diagnostic or "").split())
    return Report(words, recipient, code, remote)


def _bare(value: str | None) -> str | None:
    """``dns; mx.example.com`` without its type."""
    return _TYPE.sub("", value).strip().strip("<>").split(" ")[0] or None if value else None
