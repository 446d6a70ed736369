"""What changed between one look at a log and the next: which findings opened, got worse, closed or came back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailtriage.model.finding import SEVERITIES, Finding

CHANGES = ("opened", "worse", "closed", "returned")
FEW = 6  # attempts below which twice as many is no news
FORGET = timedelta(days=7)  # of log time, after which a finding that is no longer there is forgotten
_OVER = ("recovered", "unknown")  # unknown: nothing more of it for a day


@dataclass(frozen=True, slots=True)
class Change:
    """A finding that is news. ``change`` is one of CHANGES; ``before`` is how often it was told of last."""

    change: str
    finding: Finding
    before: int = 0


@dataclass(slots=True)
class _Told:
    severity: int
    count: int
    closed: bool
    last_seen: datetime | None


class Watch:
    """Remembers what was told, by the findings' ids."""

    def __init__(self, least: str = "medium") -> None:
        self._least = SEVERITIES.index(least)
        self._told: dict[str, _Told] = {}

    @property
    def open(self) -> int:
        """How many findings were told of and have not closed."""
        return sum(not told.closed for told in self._told.values())

    def compare(self, findings: Iterable[Finding], now: datetime | None) -> list[Change]:
        """What is news, in the order of the findings. ``now`` is the time of the last line read."""
        out = [change for finding in findings if (change := self._change(finding)) is not None]
        if now is not None:
            self._told = {
                id_: told for id_, told in self._told.items() if told.last_seen is None or now - told.last_seen < FORGET
            }
        return out

    def _change(self, finding: Finding) -> Change | None:
        severity = SEVERITIES.index(finding.severity)
        over = finding.state in _OVER
        told = self._told.get(finding.id)
        if told is None:
            if severity < self._least:
                return None
            self._told[finding.id] = _Told(severity, finding.count, over, finding.last_seen)
            return Change("opened", finding)
        before, change = told.count, None
        if told.closed:
            later = told.last_seen is None or finding.last_seen is None or finding.last_seen > told.last_seen
            if not over and later:
                change = "returned"
        elif over:
            change = "closed"
        elif severity > told.severity or (finding.count >= 2 * told.count and finding.count >= FEW):
            change = "worse"
        if change is None:
            return None
        # A week's count falls as old lines are given up: what was told last is what the next is measured by.
        self._told[finding.id] = _Told(severity, finding.count, change == "closed", finding.last_seen)
        return Change(change, finding, before)
