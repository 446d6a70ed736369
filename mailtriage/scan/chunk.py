"""What is scanned and how: two of the four nouns of this floor (the others are Tally and Answers)."""

from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo

from mailtriage.sources.interface import LONGEST_LINE, Source

# How far back a line's meaning may depend on lines before it (its session, its sender), in bytes. A fixed window, so
# that the answer is the same wherever a chunk begins.
WINDOW = LONGEST_LINE
CHUNK_SIZE = 8 * 1024 * 1024  # the least that is worth a chunk, where there are several
LARGEST = 512 * 1024 * 1024
SMALL = 24 * 1024 * 1024  # bytes that no worker is started for


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a source: the lines that begin in [start, end). ``end`` is None for what must be read whole."""

    number: int  # of the source, in the order of time
    source: Source
    start: int = 0
    end: int | None = None


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """What every worker must know. Picklable."""

    user_packs: tuple[str, ...] = ()  # folders of the user's rule packs
    since: int | None = None  # microseconds since 1970, UTC: failures before it are not reported
    until: int | None = None
    year: int | None = None  # of undated stamps, where it was given
    tz_minutes: int | None = None  # zone of stamps that name none, minutes east of UTC; None: this machine's
    tz_name: str | None = None  # or its name, "Europe/Berlin"
    hyperscan: bool = True

    @property
    def bounded(self) -> bool:
        """Whether a part of the time is asked about."""
        return self.since is not None or self.until is not None

    @property
    def zone(self) -> tzinfo | None:
        """The zone of stamps that name none; None: this machine's."""
        if self.tz_name is not None:
            from zoneinfo import ZoneInfo

            return ZoneInfo(self.tz_name)
        return timezone(timedelta(minutes=self.tz_minutes)) if self.tz_minutes is not None else None


def size_for(total: int, jobs: int) -> int:
    """How large the chunks of so many bytes are made: one for each process, for what they bring home must be merged."""
    return min(max(-(-total // jobs), CHUNK_SIZE), LARGEST) if total > SMALL else SMALL


def split(number: int, source: Source, size: int = CHUNK_SIZE) -> list[Chunk]:
    """Cut a source into chunks; one that cannot be read from the middle is one chunk."""
    if not source.seekable or source.size - source.first <= size:
        return [Chunk(number, source, source.first, None if not source.seekable else source.size)]
    return [
        Chunk(number, source, start, min(start + size, source.size)) for start in range(source.first, source.size, size)
    ]
