"""The digest as a mail (RFC 5322): text and HTML, a subject that says it all, threads, and no header from a log.

Auto-Submitted is RFC 3834's, so that nobody's holiday notice answers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import blake2b

SUBJECT = 120  # characters
_ADDRESS = re.compile(r"[^\s<>(),;:\\\"\[\]\x00-\x1f\x7f-\x9f@]+@[^\s<>(),;:\\\"\[\]\x00-\x1f\x7f-\x9f@]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Content:
    """What a mail says. ``roots`` are Message-IDs of the mails that told of the same troubles first."""

    subject: str
    text: str
    html: str
    date: datetime
    lang: str
    roots: tuple[str, ...] = ()


def is_address(text: str) -> bool:
    """Whether a mail can be sent to it: one address, nothing that a header or a program would take for more."""
    return bool(_ADDRESS.fullmatch(text)) and not text.startswith("-") and len(text) <= 254


def message_id(host: str, *parts: str) -> str:
    """The same for the same contents: a mail that is sent a second time after a crash has the same Message-ID."""
    digest = blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()
    return f"<{digest}.mailtriage@{_host(host)}>"


def compose(content: Content, sender: str, recipients: Sequence[str], identity: str) -> bytes:
    """The mail, ready to be sent."""
    subject = one_line(content.subject)
    # Encoded words must be folded (RFC 2047 section 2); a subject that needs none stays on its line.
    mail = EmailMessage(policy=policy.SMTP.clone(max_line_length=998 if subject.isascii() else 78))
    mail["From"] = Address("mailtriage", addr_spec=sender)
    mail["To"] = tuple(Address(addr_spec=one) for one in recipients)
    mail["Subject"] = subject
    mail["Date"] = format_datetime(content.date)
    mail["Message-ID"] = identity
    roots = [one for one in dict.fromkeys(content.roots) if _MESSAGE_ID.fullmatch(one) and one != identity]
    if roots:
        mail["In-Reply-To"] = roots[0]
        mail["References"] = " ".join([*roots[1:10], roots[0]])
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(_sendable(content.text), cte="quoted-printable")
    mail.add_alternative(_sendable(content.html), subtype="html", cte="quoted-printable")
    mail.set_boundary("=_" + blake2b(identity.encode("utf-8", "replace"), digest_size=16).hexdigest())
    mail["Content-Language"] = content.lang
    return mail.as_bytes()


def one_line(text: str) -> str:
    """A subject: one line, nothing that is not printed, at most SUBJECT characters.

    What looks like an encoded word (RFC 2047) would be decoded, line breaks and all: it is broken up.
    """
    text = " ".join("".join(char if char.isprintable() else " " for char in _sendable(text)).split()).replace(
        "=?", "= ?"
    )
    return text if len(text) <= SUBJECT else text[: SUBJECT - 1].rstrip() + "…"


def _sendable(text: str) -> str:
    """Without lone surrogates, which no encoding can carry."""
    return text.encode("utf-8", "replace").decode()


def _host(host: str) -> str:
    return host.lower() if _HOST.fullmatch(host) else "localhost"
