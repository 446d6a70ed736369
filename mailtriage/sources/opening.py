"""The names a person gave -> sources, in order of time, each log once.

What only some inputs need (archives, streams, comparing logs) is imported when they come: a small file is read at once.
"""

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mailtriage.model.report import Unread
from mailtriage.sources import naming
from mailtriage.sources.detect import HEAD, UNREADABLE, available, detect
from mailtriage.sources.faults import unread
from mailtriage.sources.interface import Here, Opened, Rest, Skipped, Source
from mailtriage.sources.remote import is_remote, open_remote
from mailtriage.sources.span import first_block
from mailtriage.sources.stored import Replaced

if TYPE_CHECKING:
    from mailtriage.sources.intake import Stream

SPOOL = 1024 * 1024 * 1024
JOURNAL = "journal:"
DEEPEST = 6  # folders within folders


def open_sources(
    files: Sequence[str],
    *,
    since: datetime | None = None,
    spool_limit: int = SPOOL,
    stdin: int = 0,
    here: Here | None = None,
    after: str | None = None,
) -> Opened:
    """Open what ``files`` name: files, folders, patterns, tar archives, URLs, ``-`` (the descriptor ``stdin``),
    ``journal:``; where they name nothing, the logs that ``here`` (this machine) has.

    ``since``: a log that was last written before is skipped, and what is well before in a large one (Source.first).
    ``after``: the journal is read from behind this cursor
    (Opened.cursor of the last time). ``spool_limit``: bytes of a stream that are kept, see
    Opened.rest. Raises nothing: what cannot be read is among ``unread``.
    """
    found = _Opening(since, spool_limit, stdin, here, after)
    if files:
        found.named(files)
    else:
        found.system()
    return found.result(chosen=not files)


class _Opening:
    """What was found so far. Files wait in ``_files`` until all are known, so that they can be put in order."""

    def __init__(
        self, since: datetime | None, spool_limit: int, stdin: int, here: Here | None, after: str | None
    ) -> None:
        self._since = since
        self._spool_limit = spool_limit
        self._stdin = stdin
        self._here = here
        self._after = after
        self._files: list[Source] = []
        self._cursor: str | None = None
        self._unread: list[Unread] = []
        self._skipped: list[Skipped] = []
        self._rest: list[Rest] = []
        self._spools: list[object] = []

    def named(self, files: Sequence[str]) -> None:
        for name in files:
            if name == "-":
                self._descriptor(self._stdin, "-")
            elif name == JOURNAL:
                self._journal()
            elif is_remote(name):
                self._remote(name)
            else:
                self._path(name)

    def system(self) -> None:
        """The log of this machine: its file and the one rotated last, or its journal; further back with ``since``."""
        here = self._here
        if here is None:
            self._unread.append(Unread("-", "no_log"))
            return
        log = here.log()
        if log is None:
            self._journal()
            return
        older = naming.rotated(log)
        for name in (*(older if self._since is not None else older[-1:]), log):
            self._path(name)

    def result(self, *, chosen: bool) -> Opened:
        files = self._in_order(self._newer(self._files))
        same: list[Skipped] = []
        faults: list[Unread] = []
        if len(files) > 1:
            from mailtriage.sources.overlap import once

            files, same, faults = once(files)
        if self._since is not None:
            files = [self._later(source, self._since.timestamp()) for source in files]
        return Opened(
            sources=tuple(files),
            unread=(*self._unread, *faults),
            skipped=(*self._skipped, *same),
            rest=tuple(self._rest),
            spools=tuple(self._spools),
            cursor=self._cursor,
            chosen=chosen,
        )

    def _newer(self, files: list[Source]) -> list[Source]:
        """Without what is too old, and without extracts of what is there anyway."""
        parts = naming.extracts(source.name for source in files)
        kept = []
        for source in files:
            if source.name in parts:
                self._skipped.append(Skipped(source.name, "extract", parts[source.name]))
            elif self._since is not None and source.origin == "file" and source.mtime < self._since.timestamp():
                self._skipped.append(Skipped(source.name, "older"))
            else:
                kept.append(source)
        return kept

    def _later(self, source: Source, since: float) -> Source:
        """From where the time asked for begins."""
        from mailtriage.sources.seek import first_since

        first = first_since(source, since)
        if first > source.first:
            self._skipped.append(Skipped(source.name, "older_part"))
        return replace(source, first=first)

    def _in_order(self, files: list[Source]) -> list[Source]:
        by_name: dict[str, Source] = {}
        for source in files:
            by_name.setdefault(source.name, source)
        order = naming.in_order((source.name, source.mtime) for source in by_name.values())
        return [replace(by_name[name], follows=follows) for name, follows in order]

    def _path(self, name: str) -> None:
        try:
            status = os.stat(name)  # noqa: PTH116 - Path("") is the working directory
        except (OSError, ValueError) as error:
            self._absent(name, error)
            return
        if stat.S_ISDIR(status.st_mode):
            self._folder(name)
        elif stat.S_ISREG(status.st_mode):
            self._regular(name, name, status)
        elif stat.S_ISFIFO(status.st_mode) and name.startswith(("/dev/fd/", "/proc/self/fd/")):
            self._descriptor(os.open(name, os.O_RDONLY), name)  # the shell's <(command): it has a writer
        else:
            self._unread.append(Unread(name, "fifo" if stat.S_ISFIFO(status.st_mode) else "device"))

    def _absent(self, name: str, error: OSError | ValueError) -> None:
        import glob

        if isinstance(error, FileNotFoundError) and glob.has_magic(name):
            matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
            for match in matches:
                self._path(match)
            if not matches:
                self._unread.append(Unread(name, "no_match"))
        elif isinstance(error, OSError):
            self._unread.append(unread(error, name, name))
        else:
            self._unread.append(Unread(name, "missing"))

    def _folder(self, name: str) -> None:
        """All mail logs in a folder and those below it."""
        names: list[str] = []

        def failed(error: OSError) -> None:
            self._unread.append(unread(error, str(error.filename), str(error.filename)))

        for folder, folders, files in os.walk(name, onerror=failed):
            if folder.count(os.sep) - name.rstrip(os.sep).count(os.sep) >= DEEPEST:
                folders.clear()
            names += [str(Path(folder) / file) for file in files]
        logs = [log for log in naming.mail_logs(names) if Path(log).is_file()]
        if not logs:
            self._unread.append(Unread(name, "empty_directory"))
        for log in logs:
            self._path(log)

    def _regular(self, name: str, path: str, status: os.stat_result, base: int = 0) -> None:
        """A file that can be read again; its log begins at ``base``."""
        source = Source(
            name=name,
            path=path,
            base=base,
            size=max(0, status.st_size - base),
            mtime=status.st_mtime,
            device=status.st_dev,
            inode=status.st_ino,
            origin="stdin" if name == "-" else "file",
        )
        self._add(source)

    def _add(self, source: Source, *, inside: bool = False) -> None:
        try:
            codec = first_block(source).codec
        except Replaced:
            self._unread.append(Unread(source.name, "replaced"))
            return
        except OSError as error:
            self._unread.append(unread(error, source.name, source.path))
            return
        first, _, last = codec.rpartition("+")
        if last == "tar" and not inside:
            self._archive(source, first or "plain")
        elif last in UNREADABLE or last == "tar":
            self._unreadable(source.name, last)
        elif not available(codec):
            self._unreadable(source.name, codec)
        else:
            self._files.append(replace(source, codec=codec))

    def _archive(self, source: Source, codec: str) -> None:
        from mailtriage.sources.archive import members

        try:
            found = members(source, codec, self._spool_limit)
        except OSError as error:
            self._unread.append(unread(error, source.name, source.path))
            return
        if not found.members and not found.unread:
            self._unread.append(Unread(source.name, "empty_directory"))
        self._unread.extend(found.unread)
        self._spools.append(found.spool)
        for member in found.members:
            self._add(member, inside=True)

    def _unreadable(self, name: str, codec: str) -> None:
        if codec in UNREADABLE or codec == "tar":
            command = f"journalctl --file={name} -o export | mailtriage scan -" if codec == "journal_file" else None
            self._unread.append(Unread(name, codec if codec != "tar" else "tar_in_tar", command=command))
        else:
            package = {"zstd": "zstandard"}.get(codec, codec)
            self._unread.append(Unread(name, "codec_missing", place=codec, command=f"pip install {package}"))

    def _descriptor(self, descriptor: int, name: str) -> None:
        """A descriptor of our own: a file is read like a file, anything else is taken in."""
        from mailtriage.sources.intake import Incoming

        try:
            status = os.fstat(descriptor)
            path = f"/proc/{os.getpid()}/fd/{descriptor}"
            if stat.S_ISREG(status.st_mode) and os.access(path, os.R_OK):
                self._regular(name, path, status, os.lseek(descriptor, 0, os.SEEK_CUR))
            elif stat.S_ISDIR(status.st_mode):
                self._unread.append(Unread(name, "directory"))
            else:
                self._take(Incoming(descriptor), name, "stdin")
        except OSError as error:
            self._unread.append(unread(error, name, name))

    def _take(
        self, stream: "Stream", name: str, origin: str, close: Callable[[], Unread | None] = lambda: None
    ) -> None:
        from mailtriage.sources.intake import Intake

        codec = detect(stream.peek(HEAD))
        if codec in UNREADABLE or not available(codec):
            self._unreadable(name, codec)
            close()
            return
        codec = "plain" if codec == "tar" else codec
        intake = Intake(name, origin, codec, stream, self._spool_limit, close)
        self._spools.append(intake.spool)
        self._unread.extend(intake.unread)
        intake.unread.clear()
        self._cursor = intake.cursor or self._cursor
        if intake.rest is None:
            self._add(intake.source)  # by its content again: what was packed may be an archive
        elif first_block(intake.source).codec != "plain":
            self._unread.append(Unread(name, "stream_large"))
            close()
        else:
            self._files.append(intake.source)
            self._rest.append(intake.rest)

    def _journal(self) -> None:
        from mailtriage.sources.intake import Stream

        here = self._here
        journal = here.journal(self._since, self._after) if here is not None else None
        if journal is None:
            self._unread.append(Unread(JOURNAL, "no_log"))
        else:
            files, said = len(self._files), len(self._unread)
            self._take(Stream(journal.read), JOURNAL, "journal", journal.close)
            everything = self._since is None and self._after is None
            if everything and self._files[files:] and not self._files[files].size:
                self._files.pop()  # not a quiet day: there is nothing at all, or we are shown nothing
                if len(self._unread) == said:
                    self._unread.append(Unread(JOURNAL, "journal_none"))

    def _remote(self, name: str) -> None:
        from mailtriage.sources.intake import Stream

        opened = open_remote(name)
        if isinstance(opened, Unread):
            self._unread.append(opened)
            return
        try:
            self._take(Stream(opened.read), name, "remote", opened.close)
        except Exception as error:  # each kind of file system has errors of its own
            self._unread.append(Unread(name, "io_error", place=str(error)))
