"""Whose log it is that holds no line of Postfix: told by the forms that only one mail server writes.

Sources: Exim specification chapter 52 (log files); sendmail's logdelivery() in deliver.c; Dovecot's login and lmtp
processes; qmail-send(8); OpenSMTPD's mta.c; the header of Exchange's message tracking log.
"""

import re

from mailtriage.sources.interface import Source
from mailtriage.sources.reading import Reader

_HEAD = 256 * 1024  # bytes looked at
_EXIM_ID = rb"[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}"
# In this order: a mail server before what only works beside it.
_FORMS = (
    ("Exim", re.compile(rb"(?m)\b" + _EXIM_ID + rb" (?:<=|=>|->|\*\*|==|Completed)|\bexim(?:4)?\[\d{1,10}\]: ")),
    ("sendmail", re.compile(rb"(?:\bsendmail|\bsm-mta|\bsm-msp-queue)\[\d{1,10}\]: |, stat=(?:Sent|Deferred)")),
    ("OpenSMTPD", re.compile(rb"\bsmtpd\[\d{1,10}\]: [0-9a-f]{16} (?:smtp|mta) ")),
    ("qmail", re.compile(rb"\bqmail: |starting delivery \d{1,12}: msg \d|delivery \d{1,12}: (?:success|failure): ")),
    ("Exchange", re.compile(rb"#Software: Microsoft Exchange|^date-time,client-ip,client-hostname")),
    ("Dovecot", re.compile(rb"\bdovecot(?:\[\d{1,10}\])?: |\b(?:imap|pop3)-login: ")),
)  # fmt: skip


def recognise(data: bytes) -> str | None:
    """The name of the server that wrote these lines; None where no form is known."""
    return next((name for name, form in _FORMS if form.search(data)), None)


def stranger(source: Source) -> str | None:
    """The name of the server whose log a source is, by its first lines."""
    data = bytearray()
    for block in Reader(source):
        data += block.view[: _HEAD - len(data)]
        if len(data) >= _HEAD:
            break
    return recognise(bytes(data))
