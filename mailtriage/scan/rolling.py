"""A survey that goes on: lines are gathered as they come, the last of them stay at hand for asking.

Lines lie in segments, each with its tally and its bytes in a spool of its own. The oldest segments are given up, so
that memory, disk and the time of a look are bounded however long it goes on. A segment is a source to everything else.
"""

import os
import pickle
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace

from mailtriage.scan.chunk import WINDOW, Chunk, ScanPlan
from mailtriage.scan.executor import Serial
from mailtriage.scan.gather import Gatherer, gather
from mailtriage.scan.survey import Survey
from mailtriage.scan.tally import Known, Tally
from mailtriage.sources.follow import Lines
from mailtriage.sources.intake import Spool
from mailtriage.sources.interface import Block, Source
from mailtriage.syslog.calendar import Calendar
from mailtriage.syslog.calendar import Source as Dated

SEGMENT = 8 * 1024 * 1024  # bytes of a segment
KEPT = 8  # full segments that are kept
MOST = 64  # segments that are kept, however small: every rotation begins one
LEARN = 8 * 1024 * 1024  # bytes at the end of a log that teach what is ours, before anything new came
REMEMBERED = 2000  # names of each kind that are remembered out of segments given up


@dataclass(slots=True)
class _Passed:
    """What Gatherer.finish wants to know of a reader."""

    cut: int = 0
    unread: tuple[()] = ()


@dataclass
class _Segment:
    number: int
    name: str
    file: tuple[int, int]  # device and inode of the log, (0, 0) for a stream
    before: int  # lines of that log before it
    spool: Spool
    worker: Gatherer
    cut: int = 0
    lines: int = 0
    written: float = 0.0
    packed: bytes = b""  # the tally, once nothing is added any more

    def source(self) -> Source:
        """The segment as a source, as far as it goes now."""
        device, inode = self.spool.identity
        return Source(
            name=self.name, path=self.spool.path, size=self.spool.size, mtime=self.written, device=device, inode=inode
        )

    def tally(self) -> Tally:
        """A copy of the tally that merging may take over."""
        if self.packed:
            found: Tally = pickle.loads(self.packed)
            return found
        broken = self.worker.tally.counts.broken
        copy: Tally = pickle.loads(pickle.dumps(self.worker.finish(_Passed(self.cut))))  # type: ignore[arg-type]
        self.worker.tally.counts.broken = broken
        return copy

    def close(self) -> None:
        """Keep the tally alone in a small form."""
        self.packed = pickle.dumps(self.tally())
        del self.worker


@dataclass
class _Log:
    """One name that is followed."""

    context: bytes = b""
    current: _Segment | None = None
    lines: int = 0  # of the file that has the name now, before the current segment


@dataclass
class Rolling:
    """Takes lines in; ``survey`` is what there is at the moment."""

    plan: ScanPlan
    segment: int = SEGMENT
    kept: int = KEPT
    failed: int = 0  # lines that told of a failure or trouble, so far
    _logs: dict[str, _Log] = field(default_factory=dict)
    _segments: list[_Segment] = field(default_factory=list)
    _past: Known = field(default_factory=Known)
    _next: int = 0

    def learn(self, source: Source, before: int) -> None:
        """Learn what is ours from the end of a log that is followed from there; ``before``: lines it has."""
        self._logs[source.name] = _Log(lines=before)
        start = max(source.first, source.size - LEARN)
        self._past.add(gather(Chunk(0, replace(source, first=start), start, source.size), self.plan).known)

    def take(self, lines: Lines) -> None:
        """Gather new lines."""
        log = self._logs.setdefault(lines.source, _Log())
        file = (lines.device, lines.inode)
        segment = log.current
        if segment is not None and (segment.file != file or segment.spool.size >= self.segment):
            log.lines = segment.before + segment.lines if segment.file == file else 0
            segment.close()
            segment = None
        if segment is None:
            segment = log.current = self._open(lines, log)
        began = segment.worker.tally.counts.examined
        taken = segment.spool.write(lines.data)
        data = lines.data[:taken]
        buffer = bytearray(log.context + data)
        context = len(log.context)
        segment.worker.feed(Block(buffer, 0, context, len(buffer), segment.spool.size - taken))
        log.context = bytes(buffer[-WINDOW:])
        segment.lines += data.count(b"\n")
        segment.cut += lines.cut
        segment.written = _written(lines)
        self.failed += segment.worker.tally.counts.examined - began

    def _open(self, lines: Lines, log: _Log) -> _Segment:
        spool = Spool()
        source = Source(name=lines.source, path=spool.path, mtime=time.time())
        segment = _Segment(
            self._next, lines.source, (lines.device, lines.inode), log.lines, spool,
            Gatherer(Chunk(self._next, source), self.plan),
        )  # fmt: skip
        self._next += 1
        self._segments.append(segment)
        while len(self._segments) > 1 and self._too_many():
            self._give_up(self._segments.pop(0))
        return segment

    def _too_many(self) -> bool:
        size = sum(segment.spool.size for segment in self._segments)
        return len(self._segments) > MOST or size > self.segment * self.kept

    def _give_up(self, segment: _Segment) -> None:
        self._past.add(segment.tally().known)
        for name in Known.__slots__:
            setattr(self._past, name, Counter(dict(getattr(self._past, name).most_common(REMEMBERED))))
        for log in self._logs.values():
            if log.current is segment:
                log.lines = segment.before + segment.lines
                log.current = None
        segment.spool.file.close()

    def survey(self) -> Survey:
        """All that is kept, ready for triage; what is gathered later does not change it."""
        gone = Source(name="-", path=os.devnull)
        sources = [gone] * self._next
        chunks, tally, before = [], Tally(), {}
        dated = [Dated(())] * self._next
        for segment in self._segments:
            source = sources[segment.number] = segment.source()
            chunks.append(Chunk(segment.number, source, 0, source.size))
            tally.merge(segment.tally())
            before[segment.number] = segment.before
            dated[segment.number] = Dated(tuple(tally.turns.get(segment.number, ())), segment.written or None)
        tally.name_senders()
        tally.known.add(self._past)
        calendar = Calendar(dated, year=self.plan.year, tz=self.plan.zone)
        return Survey(tuple(sources), chunks, self.plan, tally, calendar, Serial(), (), before)

    def close(self) -> None:
        """Give up everything."""
        for segment in self._segments:
            segment.spool.file.close()
        self._segments.clear()


def _written(lines: Lines) -> float:
    """When the log was last written: of an old backlog, not now."""
    with suppress(OSError):
        status = os.stat(lines.source)  # noqa: PTH116 - beside the tail's own
        if (status.st_dev, status.st_ino) == (lines.device, lines.inode):
            return status.st_mtime
    return time.time()
