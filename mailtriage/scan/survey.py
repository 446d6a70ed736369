"""The whole scan on one screen: chunks, gather, dates, and a hand for asking."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from mailtriage.model.report import Unread
from mailtriage.scan.ask import Answers, Question, answer
from mailtriage.scan.chunk import Chunk, ScanPlan, size_for, split
from mailtriage.scan.executor import Executor, cores, executor
from mailtriage.scan.gather import gather, gather_rest
from mailtriage.scan.shortway import EVIDENCE_LENGTH
from mailtriage.scan.tally import Line, Place, Tally
from mailtriage.sources.interface import Rest, Source
from mailtriage.sources.reading import Reader
from mailtriage.syslog.calendar import Calendar
from mailtriage.syslog.calendar import Source as Dated

_NEAR = 32 * 1024 * 1024  # bytes that are read for the sake of one line


@dataclass
class Survey:
    """What was gathered, with dates and line numbers; can be asked for more."""

    sources: tuple[Source, ...]
    chunks: list[Chunk]
    plan: ScanPlan
    tally: Tally
    calendar: Calendar
    executor: Executor
    unasked: tuple[str, ...] = ()  # sources with a part that passed once and could not be asked about
    _before: dict[int, int] = field(default_factory=dict)
    earlier: int = 0  # the first so many sources were judged before: they are not gathered, only asked

    @property
    def partial(self) -> bool:
        """Whether more is asked than is judged: lines of the time before, or outside of --since and --until."""
        return self.earlier > 0 or self.plan.bounded

    def when(self, place: Place | None) -> datetime | None:
        """The time of a line."""
        if place is None or place.stamp is None:
            return None
        return self.calendar.date(place.source, place.offset, place.stamp)

    def line(self, place: Place) -> int:
        """The 1-based number of a line in its source."""
        before = sum(rows for start, rows in self.tally.rows[place.source].items() if start < self._start(place))
        return self._unread_lines(place.source) + before + place.row + 1

    def read(self, place: Place) -> Line | None:
        """A line of the log read anew, for one that was asked about; None where that is not easily done."""
        start = self._start(place)
        if place.offset - start > _NEAR:
            return None
        raw = Reader(self.sources[place.source]).exactly(start, place.offset + EVIDENCE_LENGTH)
        text = raw[place.offset - start :].partition(b"\n")[0].decode("utf-8", "replace").rstrip("\r")
        row = raw.count(b"\n", 0, place.offset - start)  # answers do not count lines
        return Line(place._replace(row=row), text) if text else None

    def _unread_lines(self, number: int) -> int:
        """Lines of a source that stand before the first that was read."""
        source = self.sources[number]
        if number not in self._before:
            whole = replace(source, first=0)
            blocks = Reader(whole, 0, source.first) if source.first else ()
            self._before[number] = sum(
                block.buffer.count(b"\n", block.begin, block.end) + block.cut for block in blocks
            )
        return self._before[number]

    def _start(self, place: Place) -> int:
        return max(start for start in self.tally.rows[place.source] if start <= place.offset)

    def ask(self, questions: Sequence[Question]) -> Answers:
        """Answer questions by another look at all bytes."""
        answers = Answers()
        old = [chunk for chunk in self.chunks if chunk.number < self.earlier]
        new = [chunk for chunk in self.chunks if chunk.number >= self.earlier]
        for wanted, chunks in (([one for one in questions if one.earlier], old), (questions, new)):
            if wanted and chunks:
                for part in self.executor.map(partial(_answer, tuple(wanted), self.plan), chunks):
                    answers.merge(part)
        return answers

    @property
    def unread(self) -> list[Unread]:
        """What could not be read, found while reading."""
        return [problem for _, problem in sorted(self.tally.unread, key=lambda pair: pair[0])]


def _gather(plan: ScanPlan, chunk: Chunk) -> Tally:
    return gather(chunk, plan)


def _answer(questions: tuple[Question, ...], plan: ScanPlan, chunk: Chunk) -> Answers:
    return answer(chunk, questions, plan)


def survey(
    sources: Sequence[Source],
    plan: ScanPlan,
    jobs: int = 0,
    chunk_size: int | None = None,
    rest: Sequence[Rest] = (),
) -> Survey:
    """Gather over all sources. The result is the same for every number of jobs and every chunk size.

    ``rest`` is what streams among the sources bring beyond their spools: gathered here, as it passes.
    Raises WorkerDiedError where a worker process ends before its work is done.
    """
    if chunk_size is None:
        chunk_size = size_for(sum(source.size - source.first for source in sources), jobs or cores())
    chunks = [chunk for number, source in enumerate(sources) for chunk in split(number, source, chunk_size)]
    runner = executor(jobs, len(chunks))
    tally = Tally()
    for part in runner.map(partial(_gather, plan), chunks):
        tally.merge(part)
    unasked = []
    for stream in rest:
        number = sources.index(stream.source)
        tally.merge(gather_rest(number, stream, plan))
        if tally.rows[number].get(stream.source.size):
            unasked.append(stream.source.name)
    tally.name_senders()
    calendar = Calendar(
        [Dated(tuple(tally.turns.get(n, ())), s.mtime or None, s.follows) for n, s in enumerate(sources)],
        year=plan.year,
        tz=plan.zone,
    )
    return Survey(tuple(sources), chunks, plan, tally, calendar, runner, tuple(unasked))
