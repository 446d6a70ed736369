"""What one line of the log says. The record is a promise to users (docs/records.md): fields are only ever added."""

from dataclasses import dataclass

from mailtriage.model.stamp import Stamp

# Every value of Event.event; those in FAILURES are what `--events` prints (deliveries only where they failed).
REFUSALS = frozenset({"reject", "reject_warning", "milter_reject", "hold", "discard", "redirect", "filter"})
FAILURES = REFUSALS | {"delivery", "expired"}
EVENTS = FAILURES | {
    "connect", "disconnect", "client", "cleanup", "qmgr", "removed", "bounce_notice", "postscreen", "warning",
    "sasl_failure", "lost_connection", "timeout", "tls", "anvil", "other",
}  # fmt: skip
_FAILED = frozenset({"bounced", "deferred", "expired", "SOFTBOUNCE", "undeliverable", "undeliverable-but-not-cached"})
DIRECTIONS = ("inbound", "submission", "outbound", "local", "internal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One Postfix log line, taken apart. None means: the line does not say (never an empty string, but ``sender``).

    Sources: Postfix log_whatsup() in smtpd_check.c, log_adhoc() in global/log_adhoc.c and their kin; RFC 5321 section
    4.2 for reply codes, RFC 3463 for enhanced status codes.
    """

    event: str  # one of EVENTS
    stamp: Stamp | None = None
    host: str | None = None  # who wrote the line
    process: str | None = None  # the tag as logged, without its pid: "postfix/submission/smtpd"
    program: str | None = None  # the last part of the tag, the daemon: "smtpd"
    pid: int | None = None
    severity: str | None = None  # warning, error, fatal, panic; None: info
    queue_id: str | None = None  # never "NOQUEUE"
    direction: str | None = None  # one of DIRECTIONS
    stage: str | None = None  # CONNECT, HELO, EHLO, MAIL, RCPT, DATA, END-OF-MESSAGE, ...
    client_name: str | None = None  # "unknown" is kept as logged
    client_addr: str | None = None
    client_port: int | None = None
    helo: str | None = None
    proto: str | None = None  # SMTP, ESMTP
    sasl_method: str | None = None
    sasl_username: str | None = None
    sasl_sender: str | None = None
    code: str | None = None  # SMTP reply code
    dsn: str | None = None  # enhanced status code
    reason: str | None = None  # the text behind the codes, verbatim
    text: str | None = None  # the whole message text of a line of event warning or other, without its severity word
    sender: str | None = None  # envelope sender; "" is the null sender. JSON key: from
    recipient: str | None = None  # envelope recipient. JSON key: to
    orig_to: str | None = None
    message_id: str | None = None
    size: int | None = None  # bytes
    nrcpt: int | None = None
    relay_name: str | None = None
    relay_addr: str | None = None
    relay_port: int | None = None
    conn_use: int | None = None
    delay: float | None = None  # seconds from arrival to this attempt
    delays: tuple[float, float, float, float] | None = None  # seconds: before qmgr, in qmgr, connecting, sending
    tls: str | None = None
    status: str | None = None  # sent, bounced, deferred, expired, ...
    reply: str | None = None  # the text in a delivery line's outer parentheses, verbatim
    orig_queue_id: str | None = None
    orig_client: str | None = None
    next_queue_id: str | None = None  # the queue ID under which the mail goes on (forwarded, queued as, notification)
    ptr_name: str | None = None  # the client's name by reverse DNS alone, which did not lead back to its address
    detail: str | None = None  # no_ptr, ptr_unresolvable, forward_mismatch, dns_temporary: what is wrong with it
    repeat: int = 1  # how many times the line stands for ("message repeated N times")
    inferred: tuple[str, ...] = ()  # fields that were not in the line
    flags: tuple[str, ...] = ()  # truncated, ambiguous

    @property
    def failed(self) -> bool:
        """Whether the line tells of a mail that was refused, failed or put aside."""
        if self.event == "delivery":
            return self.status in _FAILED
        return self.event in FAILURES
