"""From an event to its cause: which text of it goes to the rules, and under which conditions."""

from dataclasses import replace

from mailtriage.model.event import Event
from mailtriage.postfix.reply import parse_reply
from mailtriage.rules.book import Classification, Query, RuleBook

_SPOKEN = frozenset({"said", "refused", "refused_tls"})
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")
STAND_IN = "host.example.net"
_INBOUND = frozenset({"smtpd", "postscreen", "cleanup", "proxymap"})


def way(event: Event) -> str:
    """The direction under which the rules look at an event; ``server`` for what the server says of itself."""
    if event.failed or event.event == "delivery":
        return event.direction or ("inbound" if event.program in _INBOUND else "outbound")
    return "server"


def query(event: Event) -> Query:
    """The question that an event puts to the rules."""
    direction = way(event)
    if direction == "server" and event.program == "smtp" and event.relay_name and event.text:
        # A host that smtp gave up for the next one: the words are a receiver's.
        reply = parse_reply(event.text)
        if reply.how in _SPOKEN:
            return Query(reply.text, "outbound", reply.code, reply.dsn, event.relay_name, "smtp", None, None)
    if direction == "server":
        text = event.text or event.reason or ""
        return Query(text.removeprefix(f"{event.queue_id}: "), "server", program=event.program)
    if event.event == "expired":
        return Query(f"status={event.status}, returned to sender", "outbound", program=event.program)
    if event.event == "delivery":
        reply = parse_reply(event.reply or "")
        domain = event.recipient.rpartition("@")[2] if event.recipient else None
        # Rules for what our own client says look at its whole words; a remote server's stand alone.
        return Query(
            reply.text if reply.how in _SPOKEN else event.reply or "",
            "outbound" if direction == "internal" else direction,
            reply.code or event.code, reply.dsn or event.dsn, event.relay_name or reply.host,
            # The error and retry agents repeat what the server said to smtp.
            "smtp" if reply.how in _SPOKEN and event.program in ("error", "retry") else event.program, None, domain,
        )  # fmt: skip
    return Query(event.reason or "", direction, event.code, event.dsn, None, event.program, event.stage)


def classify(book: RuleBook, event: Event) -> Classification:
    """What an event's refusal, failure or warning means. Names that strangers choose decide nothing."""
    asked = query(event)
    helo = event.helo
    if helo and asked.text.startswith(f"<{helo}>: Helo command rejected") and plain_name(helo):
        found = book.classify(replace(asked, text=asked.text.replace(f"<{helo}>", f"<{STAND_IN}>", 1)))
        captures = {name: helo if value == STAND_IN else value for name, value in found.captures.items()}
        return replace(found, captures=captures)
    if event.event == "sasl_failure" and event.sasl_method and event.client_addr:
        text = asked.text.partition(", sasl_username=")[0]
        return book.classify(replace(asked, text=f"unknown[{event.client_addr}{text[text.find(']: SASL ') :]}"))
    return book.classify(asked)


def plain_name(helo: str) -> bool:
    """Whether a HELO name is a full host name of the usual letters."""
    return "." in helo and len(helo) < 250 and _NAME.issuperset(helo)
