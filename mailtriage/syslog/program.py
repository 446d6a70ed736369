"""Whose line it is, as far as the tag tells: one of Postfix's programs, whatever name the instance has, or another's.

A tag is ``syslog_name/program`` or ``syslog_name/service/program`` (Postfix mail_task(), util/msg_syslog.c).
"""

from functools import lru_cache

PROGRAMS = frozenset({
    "anvil", "bounce", "cleanup", "discard", "dnsblog", "error", "flush", "lmtp", "local", "master", "nbdb_reindexd",
    "nqmgr", "oqmgr", "pickup", "pipe", "postalias", "postcat", "postconf", "postdrop", "postfix", "postfix-script",
    "postfix-tls-script", "postfix-wrapper", "postkick", "postlock", "postlog", "postlogd", "postmap", "postmulti",
    "postmulti-script", "postqueue", "postscreen", "postsuper", "posttls-finger", "proxymap", "qmgr", "qmqpd", "scache",
    "script", "sendmail", "showq", "smtp", "smtpd", "spawn", "tlsmgr", "tlsproxy", "trivial-rewrite", "verify",
    "virtual",
})  # fmt: skip
# Policy services and filters that borrow Postfix's name for their tag.
_BORROWERS = ("polic", "postgrey", "spf", "postfwd", "greylist", "amavis", "rspamd", "opendkim")


@lru_cache(maxsize=512)
def postfix_program(tag: str) -> str | None:
    """Return the Postfix program that a tag names (``smtpd`` for ``postfix/submission/smtpd``); None if it is not one.

    A unit name in place of the tag (journalctl's with-unit form) gives ``unit``.
    """
    instance, slash, program = tag.rpartition("/")
    if slash:
        if program in PROGRAMS:
            return program
        if instance.startswith("postfix") and program and not program.startswith(_BORROWERS):
            return program
        return None
    if tag == "postfix":
        return "postfix"
    if tag.startswith("postfix") and tag.endswith(".service"):
        return "unit"
    return None
