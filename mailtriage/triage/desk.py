"""The desk at which everything is judged: what was gathered, what is ours, the rules and the words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from mailtriage.model.finding import Evidence, LateMail, LostMail
from mailtriage.rules.book import RuleBook
from mailtriage.scan.ask import Fact
from mailtriage.scan.survey import Survey
from mailtriage.scan.tally import Hours, Line, Mail, Place
from mailtriage.texts.catalog import Texts
from mailtriage.triage.case import Case
from mailtriage.triage.episodes import Hour
from mailtriage.triage.organisation import domain_of
from mailtriage.triage.own import Own

RELAYED = 5  # recipients refused at the door, and mails passed on, that make a domain one that we relay for


@dataclass
class Desk:
    """All that a judgement may look at. Judgements claim cases; nothing else here changes."""

    survey: Survey
    book: RuleBook
    texts: Texts
    own: Own
    cases: list[Case]
    now: datetime | None  # the time of the last line read
    options: dict[str, str] = field(default_factory=dict)
    _days: dict[tuple[int, int], str] = field(default_factory=dict, repr=False)
    _by_party: dict[tuple[str, str], list[Case]] = field(default_factory=dict, repr=False)

    def open(self, direction: str | None = None, cause: str | None = None) -> list[Case]:
        """The cases that no judgement has claimed, the largest first."""
        found = [case for case in self.cases if not case.claimed]
        if direction is not None:
            found = [case for case in found if case.key.direction == direction]
        return found if cause is None else [case for case in found if case.key.cause == cause]

    def of_party(self, party: str, cause: str) -> list[Case]:
        """All cases of a party with a cause, claimed or not."""
        if not self._by_party:
            for case in self.cases:
                self._by_party.setdefault((case.key.party, case.key.cause), []).append(case)
        return self._by_party.get((party, cause), [])

    def claim(self, claimed: Iterable[Case]) -> None:
        """Take cases off the desk: a finding speaks for them."""
        for case in claimed:
            case.claimed = True

    def when(self, place: Place | None) -> datetime | None:
        return self.survey.when(place)

    def hours(self, hours: Hours | None) -> list[Hour]:
        """Counted hours with their dates."""
        out = []
        for count, first, last in hours.by_hour.values() if hours else ():
            begin, end = self.when(first), self.when(last)
            if begin is not None and end is not None:
                out.append(Hour(min(begin, end), max(begin, end), count))
        return out

    def days(self, hours: Hours) -> Iterator[tuple[str, int]]:
        """Attempts by day (ISO date), hour by hour. Dates are kept: a log has many groups and few hours."""
        for hour, (count, first, _) in hours.by_hour.items():
            day = self._days.get(hour)
            if day is None:
                when = self.when(first)
                if when is None:
                    continue
                day = when.date().isoformat()
                if not (first.stamp and first.stamp.offset and first.stamp.offset % 60):  # a day begins with an hour
                    self._days[hour] = day
            yield day, count

    def evidence(self, lines: Iterable[Line], limit: int = 20) -> tuple[Evidence, ...]:
        """Lines with their place as people count it, in order."""
        chosen = sorted({line.place[:2]: line for line in lines}.values())
        if len(chosen) > limit:
            chosen = chosen[: limit - limit // 2] + chosen[-(limit // 2) :]
        sources = self.survey.sources
        return tuple(
            Evidence(sources[line.place.source].name, self.survey.line(line.place), line.raw) for line in chosen
        )

    def evidence_of(self, case: Case, limit: int = 20) -> tuple[Evidence, ...]:
        """The first and the last line of a case, and an even sample between."""
        return self.evidence([*case.group.ends, *(line for _, line in case.group.evidence.items())], limit)

    def mails(self, case: Case) -> list[Mail]:
        """The mails of a case that were kept, in the order of the log."""
        return sorted(mail for _, mail in case.group.mails.items())

    def lost(self, mails: Iterable[Mail]) -> tuple[LostMail, ...]:
        """Mails that must be sent again."""
        return tuple(
            LostMail(time=self.when(m.place), sender=m.sender, recipient=m.recipient, queue_id=m.queue_id)
            for m in sorted(mails)
        )

    def number_of_mails(self, count: int) -> str:
        """How many mails, in words."""
        return self.texts.say("report.mails", count=count, number=f"{count:,}")

    @cached_property
    def relayed(self) -> frozenset[str]:
        """Domains that we receive mail for and pass on: refused recipients at the door, and deliveries by smtp."""
        received: Counter[str] = Counter()
        for case in self.cases:
            if case.key.direction == "inbound" and case.key.cause not in ("relay_denied", "auth_failed"):
                received.update(domain_of(recipient) for recipient in case.group.recipients)
        taken, tried = self.survey.tally.known.taken, self._tried()
        return frozenset(
            name
            for name, count in received.items()
            if count >= RELAYED and (taken[name] >= RELAYED or tried[name] >= RELAYED)
        )

    def _tried(self) -> Counter[str]:
        """Strangers' mails that could not be passed on, by domain, where no address of ours stands behind them.

        The server behind may be down for as long as the log is. Big providers are left out: their customers' mail goes
        everywhere.
        """
        tried: Counter[str] = Counter()
        for case in self.cases if self.own.domains else ():
            senders = [sender for sender in case.group.senders.members() if sender]
            if case.key.direction != "outbound" or not senders or any(map(self.own.has, senders)):
                continue
            if not any(" orig_to=<" in line.text for line in case.group.ends):
                for name in {domain_of(recipient) for recipient in case.group.recipients.members()}:
                    if not self.book.operator_of_domain(name):
                        tried[name] += len(case.group.messages)
        return tried

    @cached_property
    def given_up(self) -> dict[str, Mail]:
        """Mails that the queue manager returned to their senders after days, by queue ID."""
        return {
            mail.queue_id: mail
            for case in self.cases
            for key, group in case.groups
            if key.outcome in ("expired", "force-expired")
            for _, mail in group.mails.items()
            if mail.queue_id
        }

    @cached_property
    def arrived(self) -> dict[str, Mail]:
        """Mails that arrived late, by queue ID."""
        return dict(self.survey.tally.late.items())

    def late(self, queue_ids: Iterable[str]) -> tuple[LateMail, ...]:
        """Those of these mails that arrived after all."""
        found = [self.arrived[queue_id] for queue_id in dict.fromkeys(queue_ids) if queue_id in self.arrived]
        return tuple(
            LateMail(time=self.when(m.place), sender=m.sender, recipient=m.recipient, delay=m.delay or 0.0)
            for m in sorted(found)
        )

    def fact_hours(self, facts: Sequence[Fact]) -> list[Hour]:
        """The hours of several facts."""
        return [hour for fact in facts for hour in self.hours(fact.hours)]
