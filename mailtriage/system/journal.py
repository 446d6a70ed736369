"""Postfix's entries of systemd's journal, in the export format, as journalctl(1) gives them."""

import re
from datetime import datetime

from mailtriage.model.report import Unread
from mailtriage.system.run import Running, find, run

NAME = "journal:"
# Facility 2 is mail (RFC 5424 section 6.2.1): Postfix and what works with it; the units are for what systemd itself
# says of Postfix.
MATCHES = ("SYSLOG_FACILITY=2", "+", "_SYSTEMD_UNIT=postfix@-.service", "+", "_SYSTEMD_UNIT=postfix.service")
_FIELDS = "MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_COMM,_HOSTNAME,_SOURCE_REALTIME_TIMESTAMP"
SILENCE = 120.0  # seconds without a byte after which it is given up
_HIDDEN = (b"not seeing messages from other users", b"insufficient permissions", b"Permission denied")
_EMPTY = (b"No journal files were found", b"No journal files were opened")
_CURSOR_TIME = re.compile(r"(?:^|;)t=([0-9a-f]{1,16})(?:;|$)")


class JournalStream:
    """A running journalctl: what it writes, and what it complained about.

    ``follow``: it goes on for ever, and writes an entry a line (``-o json``), so that each can be taken as it comes.
    """

    def __init__(self, *selection: str, follow: bool = False) -> None:
        form = "json" if follow else "export"
        command = ["journalctl", "--no-pager", "-o", form, "--output-fields=" + _FIELDS, *selection, *MATCHES]
        self._running = Running(command, silence=None if follow else SILENCE)

    def __enter__(self) -> "JournalStream":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def fileno(self) -> int:
        """Its output, to wait for."""
        return self._running.fileno()

    def read(self, size: int, /) -> bytes:
        return self._running.read(size)

    def close(self) -> Unread | None:
        """End it; say why there is less than there should be, if so."""
        self._running.close()
        return _complaint(self._running)


def _complaint(running: Running) -> Unread | None:
    err = running.err
    if any(text in err for text in _HIDDEN):
        command = "sudo usermod -aG systemd-journal $USER"
        return Unread(NAME, "journal_denied", group="systemd-journal", command=command)
    if any(text in err for text in _EMPTY):
        return Unread(NAME, "journal_none")
    if running.late:
        return Unread(NAME, "journal_slow")
    if running.status not in (None, 0, -13):  # None: we ended it; SIGPIPE: we did not read on
        return Unread(NAME, "journal_failed", place=err.decode("utf-8", "replace").strip()[:500] or None)
    return None


def installed() -> bool:
    """Whether this machine has a journal to ask."""
    return find("journalctl") is not None


def speaks_of_mail() -> bool:
    """Whether the journal shows us any entry of Postfix."""
    return bool(run(["journalctl", "--no-pager", "-q", "-n", "1", "-o", "cat", *MATCHES]).out)


def since(when: datetime | None) -> JournalStream:
    """All entries, or those since ``when`` (with its zone). Raises OSError where journalctl cannot be started."""
    return JournalStream(*([f"--since=@{int(when.timestamp())}"] if when is not None else []))


def after(cursor: str) -> JournalStream:
    """The entries behind ``cursor``; where the journal no longer has it, those since its time."""
    probe = run(["journalctl", "--no-pager", "-q", "-n", "1", "-o", "cat", f"--cursor={cursor}"])
    if probe.status == 0:
        return JournalStream(f"--after-cursor={cursor}")
    found = _CURSOR_TIME.search(cursor)
    return JournalStream(*([f"--since=@{int(found[1], 16) // 1_000_000}"] if found else []))


def follow(cursor: str | None = None) -> JournalStream:
    """New entries as they come: those behind ``cursor``, or from now on."""
    place = [f"--after-cursor={cursor}", "--lines=all"] if cursor else ["--lines=0"]
    return JournalStream("--follow", *place, follow=True)
