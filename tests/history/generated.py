"""A month of a small server's log, made from numbers: ordinary traffic, two blocks by Apple, a release, a relapse."""

from datetime import datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=9))
START = datetime(2026, 3, 1, tzinfo=ZONE)
DAYS = 30
BLOCKED = {5, 6, 7, 20, 21}  # days (from 1) on which Apple refuses everything


def day(number: int) -> list[str]:
    """The lines of a day, from 1 on."""
    lines, midnight = [], START + timedelta(days=number - 1)
    for turn, hour in enumerate((7, 9, 12, 15, 18, 21)):
        when = midnight + timedelta(hours=hour, minutes=number % 50)
        lines += _sent(when, number * 100 + turn, f"friend{turn}@other.example", "mx.other.example")
        lines += _local(when + timedelta(minutes=3), number * 100 + 50 + turn)
    for turn, hour in enumerate((8, 14, 20)):
        when = midnight + timedelta(hours=hour, minutes=11)
        lines += _apple(when, number * 100 + 20 + turn, blocked=number in BLOCKED)
    return sorted(lines)


def month() -> list[str]:
    """All lines, in order."""
    return [line for number in range(1, DAYS + 1) for line in day(number)]


def _stamp(when: datetime) -> str:
    return when.isoformat(timespec="microseconds")


def _queue(number: int) -> str:
    return f"A{number:09X}"


def _taken(when: datetime, queue: str) -> list[str]:
    stamp = _stamp(when)
    return [
        f"{stamp} mail.shirao.example postfix/submission/smtpd[201]: {queue}: client=home.example[198.51.100.7], "
        f"sasl_method=PLAIN, sasl_username=taro@shirao.example",
        f"{_stamp(when + timedelta(seconds=1))} mail.shirao.example postfix/cleanup[202]: {queue}: "
        f"message-id=<{queue}@shirao.example>",
        f"{_stamp(when + timedelta(seconds=2))} mail.shirao.example postfix/qmgr[203]: {queue}: "
        f"from=<taro@shirao.example>, size=1200, nrcpt=1 (queue active)",
    ]


def _sent(when: datetime, number: int, to: str, relay: str) -> list[str]:
    queue = _queue(number)
    return [
        *_taken(when, queue),
        f"{_stamp(when + timedelta(seconds=4))} mail.shirao.example postfix/smtp[204]: {queue}: to=<{to}>, "
        f"relay={relay}[192.0.2.9]:25, delay=4, delays=0.1/0/1/2.9, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
        f"{_stamp(when + timedelta(seconds=5))} mail.shirao.example postfix/qmgr[203]: {queue}: removed",
    ]


def _local(when: datetime, number: int) -> list[str]:
    return [
        f"{_stamp(when)} mail.shirao.example postfix/lmtp[205]: {_queue(number)}: to=<taro@shirao.example>, "
        f"relay=mail.shirao.example[private/dovecot-lmtp], delay=1, delays=0.1/0/0/0.9, dsn=2.0.0, "
        f"status=sent (250 2.0.0 Saved)"
    ]


def _apple(when: datetime, number: int, *, blocked: bool) -> list[str]:
    if not blocked:
        return _sent(when, number, "friend@icloud.com", "mx01.mail.icloud.com")
    queue = _queue(number)
    return [
        *_taken(when, queue),
        f"{_stamp(when + timedelta(seconds=4))} mail.shirao.example postfix/smtp[204]: {queue}: "
        f"to=<friend@icloud.com>, relay=mx01.mail.icloud.com[192.0.2.64]:25, delay=4, delays=0.1/0/1/2.9, dsn=5.7.0, "
        f"status=bounced (host mx01.mail.icloud.com[192.0.2.64] said: 550 5.7.0 Blocked - see "
        f"https://support.proofpoint.com/dnsbl-lookup.cgi?ip=203.0.113.25 (in reply to MAIL FROM command))",
        f"{_stamp(when + timedelta(seconds=5))} mail.shirao.example postfix/qmgr[203]: {queue}: removed",
    ]
