"""The time that is asked about: ``--since`` and ``--until``. Depends on a stamp and the file's time alone."""

from mailtriage.model.stamp import Stamp
from mailtriage.scan.chunk import ScanPlan
from mailtriage.sources.interface import Source
from mailtriage.syslog.calendar import Calendar
from mailtriage.syslog.calendar import Source as Dated


class Span:
    """Tells which lines of a source lie within it."""

    __slots__ = ("_dates", "_plan", "bounded")

    def __init__(self, source: Source, plan: ScanPlan) -> None:
        self._plan = plan
        self._dates = Calendar((Dated((), source.mtime or None),), year=plan.year, tz=plan.zone)
        self.bounded = plan.bounded

    def holds(self, stamp: Stamp | None) -> bool:
        """Whether a line is of that time; one that nobody can date is."""
        if stamp is None:
            return True
        at = stamp.micros if stamp.dated else round(self._dates.date(0, 0, stamp).timestamp() * 1e6)
        return (self._plan.since or at) <= at <= (self._plan.until or at)
