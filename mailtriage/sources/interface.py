"""The nouns of this room: Source, Block and what opening gives. Frozen and picklable but for Block, a view of a buffer.

The two functions that go with them are mailtriage.sources.opening.open_sources and mailtriage.sources.reading.Reader.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from mailtriage.model.report import Unread

# A longer line is passed on as its first LONGEST_LINE bytes. Postfix cuts its text at 2,000 bytes (MSG_LOGGER_RECLEN in
# msg_logger.c), syslog daemons at 1 to 8 KiB; what is longer is an accident or an attack.
LONGEST_LINE = 64 * 1024
BLOCK_SIZE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One log, or one member of an archive, with all that is needed to open it in another process.

    Offsets everywhere are offsets in the unpacked bytes. Only a ``seekable`` source can be read from the middle without
    reading what stands before.
    """

    name: str  # as shown to people
    path: str  # to open it again
    codec: str = "plain"  # one of mailtriage.sources.detect.CODECS: the compression of this log
    base: int = 0  # where its stored bytes begin in the file, or in the unpacked archive
    size: int = 0  # stored bytes, as seen when it was opened: what is written later is not read
    mtime: float = 0.0  # seconds since 1970
    device: int = 0
    inode: int = 0
    member: str | None = None  # name inside a tar archive
    archive: str = "plain"  # the codec of that archive as a whole
    first: int = 0  # offset of the first byte to read: what stands before was read already, or is too old
    follows: bool = False  # the source before it, in the order of Opened.sources, is the older part of the same log
    origin: str = "file"  # file, stdin, journal, remote

    @property
    def seekable(self) -> bool:
        """Whether [first, size) are offsets of lines as they stand in the file, so that chunks can be read apart."""
        return self.codec == "plain" and self.archive == "plain"

    @property
    def start(self) -> int:
        """Where in the file its bytes, or those of the compressed archive around it, begin."""
        return self.base if self.archive == "plain" else 0


class Block(NamedTuple):
    """Lines in a buffer that is used again: good until the next block is asked for.

    ``buffer[begin:end]`` are whole lines, each ended by a newline but for the last line of a log without one and for a
    line that was ``cut`` because it is longer than LONGEST_LINE (always the last of its block; its rest is passed
    over). ``buffer[context:begin]`` are lines that stood right before, for looking back, and were given already (or
    stand before the start that was asked for).
    """

    buffer: bytearray
    context: int
    begin: int
    end: int
    offset: int  # of buffer[begin] in the source
    cut: bool = False

    @property
    def view(self) -> memoryview:
        """The fresh lines, without copying."""
        return memoryview(self.buffer)[self.begin : self.end]

    @property
    def data(self) -> bytes:
        """The fresh lines, copied."""
        return bytes(self.view)


class Rest(Protocol):
    """What a stream still brings after its spool was full: can be read once, by the process that opened it."""

    source: Source  # the part that lies in the spool: blocks go on where it ends
    unread: list[Unread]  # filled while reading
    cut: int
    cursor: str | None  # of the journal's last entry, so far

    def blocks(self, *, block_size: int = BLOCK_SIZE, context: int = 0) -> Iterator[Block]: ...


class Journal(Protocol):
    """This machine's journal as a stream in the export format."""

    def read(self, size: int, /) -> bytes: ...
    def close(self) -> Unread | None:
        """End it; say why there is less than there should be, if so."""
        ...


class Here(Protocol):
    """What this machine knows of its logs (mailtriage.system.installed)."""

    def log(self) -> str | None:
        """The file of its mail log; None: ask its journal."""
        ...

    def journal(self, since: datetime | None, after: str | None) -> Journal | None:
        """Its journal, Postfix's entries, from a time or from behind a cursor; None: it has none."""
        ...


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file passed over for a good reason, by a key below "unread.skipped." of texts/: same, older, extract."""

    source: str
    reason: str
    other: str | None = None  # the source that has the same lines


@dataclass(frozen=True, slots=True)
class Opened:
    """What there is to read, in order of time.

    A stream (standard input, the journal) is one of ``sources`` too: it lies in a spool and is read like a file, as
    often as wanted, for as long as this object is kept. What was too much for the spool is in ``rest`` and can be read
    once.
    """

    sources: tuple[Source, ...] = ()
    unread: tuple[Unread, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    rest: tuple[Rest, ...] = ()
    spools: tuple[object, ...] = ()
    cursor: str | None = None  # of the last entry of the journal that is in its spool
    chosen: bool = False  # no FILE was given: these are this system's logs
