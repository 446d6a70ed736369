"""Mail that has waited for days and will soon go back to its senders: the last time to mend what keeps it.

``delay=`` of a deferral is the age of the mail; after ``maximal_queue_lifetime``, mostly five days,
Postfix gives up.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import SEVERITIES, Finding
from mailtriage.model.mails import mails as mails_of
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.sample import digest
from mailtriage.scan.tally import Line
from mailtriage.texts.catalog import Texts
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.of_server import of_server
from mailtriage.triage.organisation import domain_of

KIND = "expires_soon"
ORDER = 950  # beside the findings that say why the mail waits
DAY = 86400
FROM, LIFETIME = 4 * DAY, 5 * DAY
MARGIN = 1.1  # the queue is looked through now and then only
_AGE = re.compile(r"[ ,]([0-9A-Za-z]{5,30}): to=<[^>]{0,320}>,.{0,400}? delay=(\d{1,9})(?:\.\d{1,6})?,")


def questions(desk: Desk) -> Iterable[Question]:
    """Nothing beyond the tally."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for all of it. A queue that keeps mail for longer than five days says nothing."""
    old: dict[str, tuple[Case, Line]] = {}
    oldest = 0
    for case in desk.cases:
        if case.key.direction not in ("outbound", "local", "internal") or "deferred" not in case.outcomes:
            continue
        for line in [*case.group.ends, *(line for _, line in case.group.evidence.items())]:
            if (found := _AGE.search(line.text[:1000])) and " status=deferred " in line.text:
                oldest = max(oldest, int(found[2]))
                if int(found[2]) >= FROM and found[1] not in desk.given_up and found[1] not in desk.arrived:
                    old[found[1]] = case, line
    if not old or oldest > LIFETIME * MARGIN:
        return
    cases = list({id(case): case for case, _ in old.values()}.values())
    mails = {mail.queue_id: mail for case in cases for _, mail in case.group.mails.items() if mail.queue_id in old}
    senders = {mail.sender for mail in mails.values() if mail.sender}
    severity = "medium" if senders or any(mail.sender is None for mail in mails.values()) else "low"
    hours = max(round((LIFETIME - oldest) / 3600), 0)
    finding = of_server(
        desk, cases, KIND, "", severity, state="ongoing", cause="expired", direction="outbound",
        values={
            "mails": len(old), "hours": hours,
            "to": listed(domain_of(mail.recipient) for mail in mails.values() if mail.recipient) or "?",
            "queue_id": min(old),
        },
    )  # fmt: skip
    yield replace(
        finding, count=len(old), messages=len(old), mails=mails_of(map(digest, old)), lost=(),
        evidence=desk.evidence(line for _, line in old.values()),
        recipients=tuple(sorted({mail.recipient for mail in mails.values() if mail.recipient})),
        senders=tuple(sorted(senders)), title=desk.texts.say(
            "finding.expires_soon.title", count=len(old), hours=hours,
        ),
    )  # fmt: skip


def told_once(findings: list[Finding], texts: Texts) -> list[Finding]:
    """Without the warning of mails whose trouble is told as loudly already; that finding says when time runs out."""
    warning = next((one for one in findings if one.kind == KIND and one.mails is not None), None)
    if warning is None:
        return findings
    old, weight = set(warning.mails.hashes if warning.mails else ()), SEVERITIES.index(warning.severity)
    for number, one in enumerate(findings):
        if (
            one is not warning and one.mails is not None and one.state != "recovered"
            and SEVERITIES.index(one.severity) >= weight and old <= set(one.mails.hashes)
        ):  # fmt: skip
            why = texts.say("report.facts.sentences").join([one.why, f"{warning.title}."])
            findings[number] = replace(one, why=why)
            return [other for other in findings if other is not warning]
    return findings
