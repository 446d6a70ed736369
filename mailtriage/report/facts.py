"""What reports for reading say of a finding in short sentences: how many, when, whom, what was lost."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mailtriage.model.finding import Episode, Finding, LateMail, Link, LostMail
from mailtriage.model.report import Report, Unread
from mailtriage.texts.catalog import Texts

NAMES = 3  # names in a sentence


def between(parts: Sequence[str], texts: Texts) -> str:
    """Facts in a row, parted as the language parts them."""
    return texts.say("report.facts.between").join(parts)


def aside(text: str, texts: Texts) -> str:
    """A word in brackets, to be put behind another."""
    return texts.say("report.facts.aside", text=text) if text else ""


def span(first: datetime | None, last: datetime | None, texts: Texts) -> str:
    """From when to when; one time where they are within a minute."""
    if first is None or last is None:
        return ""
    if last - first < timedelta(minutes=1):
        return texts.date(first)
    form = "time" if first.date() == last.date() else "minute"
    return texts.say("report.facts.span", first=texts.date(first), last=texts.date(last, form))


def many(finding: Finding, texts: Texts) -> str:
    """How many mails; or how many times, where it is the server's own trouble, or logins that failed."""
    own = finding.party.kind == "own_server" and finding.direction != "outbound"
    times = own or finding.direction == "server"
    times = times or (finding.cause == "auth_failed" and finding.direction in ("inbound", "submission"))
    if unnamed(finding) and not times:
        return texts.say("report.attempts", count=finding.count, number=f"{finding.count:,}")
    return texts.say(
        "report.times" if times else "report.mails", count=finding.messages, number=f"{finding.messages:,}"
    )


def unnamed(finding: Finding) -> bool:
    """Whether clients were turned away before they said whom from and to: how many mails it was nobody knows."""
    own = finding.party.kind == "own_server" or finding.cause == "auth_failed"
    return finding.direction == "inbound" and not finding.senders and not finding.recipients and not own


def how_many(finding: Finding, texts: Texts) -> str:
    """Mails, attempts where they are more, users of ours, and where to."""
    parts = [many(finding, texts)] if finding.messages else []
    if finding.own_users and finding.party.kind != "own_user":
        parts.append(texts.say("report.users", count=len(finding.own_users)))
    domains = sorted({address.rpartition("@")[2] for address in finding.recipients if "@" in address})
    if domains and finding.direction == "outbound":
        names = ", ".join(domains[:NAMES]) + (" …" if len(domains) > NAMES else "")
        parts.append(texts.say("report.facts.to", names=names))
    sentence = texts.say("report.facts.beside").join(parts)
    if finding.count != finding.messages and not unnamed(finding):
        attempts = texts.say(counted(finding), count=finding.count, number=f"{finding.count:,}")
        sentence = between([sentence, attempts], texts) if sentence else attempts
    return sentence


def counted(finding: Finding) -> str:
    """The key of what ``count`` counts: attempts to deliver, or lines in which the server tells of itself."""
    own = finding.party.kind == "own_server" and (finding.rule or "").startswith("server.")
    return "report.lines" if own else "report.attempts"


def from_whom(finding: Finding, texts: Texts) -> str:
    """The senders of refused mail."""
    if finding.direction != "inbound" or not finding.senders:
        return ""
    names = [sender or "<>" for sender in finding.senders[:NAMES]]
    more = finding.distinct.get("senders", 0) - len(names)
    return texts.say("report.facts.from", names=", ".join(names) + (f" +{more}" if more > 0 else ""))


def success(finding: Finding, texts: Texts) -> str:
    """When it went well: afterwards, else before."""
    if finding.next_success:
        return texts.say("report.facts.again", when=texts.date(finding.next_success))
    if finding.last_success:
        return texts.say("report.facts.accepted", when=texts.date(finding.last_success))
    return ""


def facts(finding: Finding, texts: Texts) -> list[str]:
    """All of these, without what is unknown."""
    when = span(finding.first_seen, finding.last_seen, texts)
    parts = (how_many(finding, texts), from_whom(finding, texts), when, success(finding, texts))
    return [part for part in parts if part]


def lost(mail: LostMail | LateMail, texts: Texts) -> str:
    """A mail in a line."""
    when = texts.date(mail.time) if mail.time else "?"
    sender = mail.sender if mail.sender else "<>" if mail.sender == "" else texts.say("report.missing.sender")
    return texts.say("report.lost.line", sender=sender, recipient=mail.recipient or "?", when=when)


def episode(one: Episode, texts: Texts, counts: str = "report.attempts") -> str:
    """An episode in a line; ``counts`` is what ``counted`` says of its finding."""
    attempts = texts.say(counts, count=one.count, number=f"{one.count:,}")
    parts = [texts.say("report.episode.line", span=span(one.first, one.last, texts), attempts=attempts)]
    if one.next_success:
        parts.append(texts.say("report.facts.again", when=texts.date(one.next_success)))
    return between(parts, texts)


def late(mail: LateMail, texts: Texts) -> str:
    """A mail that came late, in a line."""
    return texts.say("report.late.line", mail=lost(mail, texts), delay=texts.length(mail.delay))


def links(finding: Finding) -> list[Link]:
    """The links that no step has."""
    told = {step.url for step in finding.steps}
    return [link for link in finding.links if link.url not in told]


def days(first: datetime, last: datetime, texts: Texts) -> str:
    """From which day to which; the year stands where the language has it."""
    if first.date() == last.date():
        return texts.date(last, "full")
    short = "day" if first.year == last.year else "full"
    return texts.say(
        "report.head.days",
        first=texts.date(first, short), last_full=texts.date(last, "full"),
        first_full=texts.date(first, "full"), last=texts.date(last, short),
    )  # fmt: skip


def head(report: Report, texts: Texts) -> list[str]:
    """What was read: host, logs, time, lines."""
    parts = [*report.hosts[:1], ", ".join(report.sources[:2]) + (" …" if len(report.sources) > 2 else "")]
    if report.first_time and report.last_time:
        parts.append(days(report.first_time, report.last_time, texts))
    lines = report.lines
    parts.append(texts.say("report.head.lines", count=lines.read, read=f"{lines.read:,}", postfix=f"{lines.postfix:,}"))
    return [part for part in parts if part]


def unread(one: Unread, texts: Texts) -> str:
    """Why a part could not be read."""
    return texts.say(
        f"unread.{one.reason}", source=one.source, place=one.place or "?", group=one.group or "?",
        command=one.command or "?",
    )  # fmt: skip


def noise(report: Report, texts: Texts) -> str:
    """The refusals that need nobody, in a sentence."""
    if not report.noise:
        return ""
    parts = " · ".join(
        texts.say("report.noise.part", cause=texts.say(f"cause.{cause}"), count=f"{count:,}")
        for cause, count in list(report.noise.items())[:NAMES]
    )
    count = sum(report.noise.values())
    return texts.say("report.noise.line", count=count, number=f"{count:,}", parts=parts)


def loud(findings: Sequence[Finding]) -> tuple[list[tuple[int, Finding]], ...]:
    """Numbered findings in three parts: what needs somebody now, what is to be watched, what is only noted."""
    numbered = list(enumerate(findings, 1))
    parts = (("high",), ("medium",), ("low",))
    return tuple([pair for pair in numbered if pair[1].severity in severities] for severities in parts)
