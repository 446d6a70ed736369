"""Senders that are no people: what programs call themselves, and services that send in other people's name."""

import re

from mailtriage.triage.desk import Desk

_MACHINE = re.compile(
    r"^(?:root|www(?:-?data|run)?|apache\d?|nginx|httpd|php|web(?:server|site|form|shop|app)?|wordpress|wp|joomla|cron|"
    r"nagios|zabbix|monit(?:or|oring)?|backup|daemon|nobody|mailer-daemon|postmaster|no-?_?reply|do-?not-?reply|"
    r"noreply.*|newsletters?|news|mailings?|rundbrief|marketing|shop|orders?|bestellung(?:en)?|form(?:ular|s)?|kontaktformular|contact-?form|notifications?|alerts?|"
    r"system|server|scanner|scan|printer|kopierer|copier|drucker|fax|nas|router|fritz\.?box|postgres|mysql|git)$",
    re.IGNORECASE,
)


# Names that exist in a private network only (RFC 6762 Appendix G, RFC 8375), and what no address can have.
_INSIDE = (
    ".local", ".localdomain", ".lan", ".internal", ".intranet", ".home.arpa", ".private", ".corp", ".home", ".invalid",
    ".localhost",
)  # fmt: skip


def is_inside(domain: str) -> bool:
    """Whether nobody outside can know a domain: a bare word, none at all, or a name of private networks."""
    return "." not in domain or domain.endswith(_INSIDE)


def is_machine(address: str) -> bool:
    """Whether a mail address is called like a program's or a device's."""
    return bool(_MACHINE.match(address.partition("@")[0].partition("+")[0]))


def sends_for_others(desk: Desk, host: str) -> bool:
    """Whether a host belongs to a service that sends mail in its customers' name (newsletters, shops)."""
    operator = desk.book.operator_of_pool(host) or desk.book.operator_of_relay(host)
    return operator is not None and operator.kind == "hoster" and operator.id in _SENDING


# The operators of packs/sending: whoever writes through them is a program.
_SENDING = frozenset(
    (
        "amazon-ses", "braze", "brevo", "elastic-email", "mailgun", "mailjet", "mandrill", "outmail", "postmark",
        "sendgrid", "smtp2go", "sparkpost",
    )
)  # fmt: skip
