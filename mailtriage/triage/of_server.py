"""A finding about our own server, from cases whose words are in texts/<lang>/finding/<kind>.toml."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Fact
from mailtriage.scan.tally import Group
from mailtriage.triage.case import Case, together
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.episodes import course
from mailtriage.triage.trouble import span

OVER = timedelta(hours=2)
OFTEN = 5  # hours in which it showed, before its pauses mean anything
_GONE = ("bounced", "expired", "discarded", "undeliverable")


def of_server(
    desk: Desk,
    cases: Sequence[Case],
    kind: str,
    about: str,
    severity: str,
    *,
    state: str,
    cause: str | None = None,
    direction: str = "local",
    successes: Sequence[Fact] = (),
    values: Mapping[str, Any] | None = None,
    words: str | None = None,
) -> Finding:
    """One finding over these cases; ``about`` names what of the server it is, ``words`` its texts (else ``kind``)."""
    lost = [
        mail for case in cases for key, group in case.groups if key.outcome in _GONE for _, mail in group.mails.items()
    ]
    waited = {mail.queue_id: mail for case in cases for _, mail in case.group.mails.items()}
    lost += [mail for queue_id, mail in waited.items() if queue_id in desk.given_up and mail not in lost]
    senders = {sender for case in cases for sender in case.group.senders.members()}
    return draft(
        desk, list(cases), kind, Party("own_server", f"{kind} {about}".strip(), about or "Postfix"), severity,
        cause=cause, direction=direction, state=state, successes=successes, fault="ours", act="our_admin",
        words=words or kind,
        lost=desk.lost(lost), own_users={sender for sender in senders if desk.own.has(sender)},
        values={"about": about, **(values or {})},
    )  # fmt: skip


def stands(desk: Desk, cases: Sequence[Case], facts: Sequence[Fact] | None = None) -> str:
    """The state of cases: by what worked, where that was asked, else by whether they are long past."""
    if facts:
        failed = together(cases).group
        state = course(desk.hours(failed.hours), desk.fact_hours(facts), desk.now).state
        if failed.last and all(fact.last is None or fact.last < failed.last for fact in facts):
            return "ongoing"  # within the hour there was a success, but before the last failure
        return state
    first, last = span(desk, [case.group for case in cases])
    over = last is not None and desk.now is not None and desk.now - last > max(OVER, _pause(cases, first, last))
    return "ongoing" if not over else "unknown" if facts is not None else "recovered"


def _pause(cases: Sequence[Case], first: datetime | None, last: datetime | None) -> timedelta:
    """How long a trouble that comes now and then may be silent and not be over: twice its usual pause."""
    hours = {hour for case in cases for hour in case.group.hours.by_hour}
    if first is None or last is None or len(hours) < OFTEN:
        return timedelta(0)
    return min(2 * (last - first) / (len(hours) - 1), timedelta(days=2))


def says(group: Group, *words: str) -> bool:
    """Whether a line of a group holds one of these words."""
    lines = [*group.ends, *(line for _, line in group.evidence.items())]
    return any(word in line.text for line in lines for word in words)
