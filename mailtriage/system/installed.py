"""Where this system keeps its mail log."""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from mailtriage.system import journal
from mailtriage.system.journal import JournalStream
from mailtriage.system.postconf import parameters

# RHEL and the BSDs, Debian and macOS, SUSE, and what smaller systems use.
LOGS = (
    "/var/log/maillog",
    "/var/log/mail.log",
    "/var/log/mail",
    "/var/log/mail.info",
    "/var/log/mail/mail.log",
    "/var/log/postfix.log",
)
_STALE = 8 * 86400.0  # seconds; logs are rotated weekly at the latest, a mail server is never quiet for longer


class ThisMachine:
    """The mail log of this machine: what Postfix says (maillog_file), else the usual files, else the journal.

    A file that nothing was written to for a week is what an upgrade left behind (Debian 12 logs to the journal alone):
    it counts only where the journal has nothing.
    """

    def __init__(self, logs: Sequence[str] = LOGS, *, ask_postfix: bool = True) -> None:
        self._logs = logs
        self._ask_postfix = ask_postfix

    def log(self) -> str | None:
        """The file, or None for the journal."""
        own = parameters(["maillog_file"]).get("maillog_file", "") if self._ask_postfix else ""
        if own.startswith("/") and not own.startswith("/dev/") and Path(own).is_file():
            return own
        there = [log for log in self._logs if Path(log).is_file()]
        for log in there:
            if _alive(Path(log)):
                return log
        return there[0] if there and not journal.speaks_of_mail() else None

    def journal(self, since: datetime | None, after: str | None) -> JournalStream | None:
        """The journal's mail entries, from a time or from behind a cursor; None: this machine has no journal."""
        if journal.installed():
            with suppress(OSError):
                return journal.after(after) if after else journal.since(since)
        return None


def _alive(log: Path) -> bool:
    try:
        return time.time() - log.stat().st_mtime < _STALE
    except OSError:
        return False
