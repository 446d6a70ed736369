"""``--format html``: one self-contained file, without scripts, without anything from elsewhere.

All text from a log passes ``plain`` (control characters and marks that turn the direction of writing become visible)
and then jinja2's autoescape. A link is made only of an http, https or mailto URL of a step or link of ours.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailtriage.model.finding import Finding
from mailtriage.model.report import Report
from mailtriage.report import facts
from mailtriage.report.html_chart import time_line, volume
from mailtriage.report.safe import plain
from mailtriage.report.state import state_words
from mailtriage.texts.catalog import Texts

EVIDENCE, NAMES, LOST = 12, 50, 200
_SCHEMES = ("http", "https", "mailto")


def render(report: Report, findings: Sequence[Finding], texts: Texts) -> str:
    """The whole report as one HTML file."""
    high, medium, low = facts.loud(findings)
    first, last = report.first_time, report.last_time
    return environment().get_template("report.html.j2").render(
        lang=texts.lang, say=texts.say, title=_title(report, len(high), texts),
        head=plain(" · ".join(facts.head(report, texts))), host=plain(next(iter(report.hosts), "")),
        unread=[plain(facts.unread(one, texts)) for one in report.unread],
        now=[view(number, one, report, texts) for number, one in high],
        watch=[view(number, one, report, texts) for number, one in medium],
        low=[view(number, one, report, texts) for number, one in low],
        noise=plain(facts.noise(report, texts)), volume=volume(report.days, texts), read=_read(report, texts),
        span=facts.span(first, last, texts), charts=True,
    )  # fmt: skip


@cache
def environment() -> Environment:
    """The templates, with everything escaped."""
    folder = Path(__file__).parent / "templates"
    made = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters["plain"] = plain
    return made


def view(number: int, finding: Finding, report: Report, texts: Texts) -> dict[str, Any]:
    """A finding as the templates want it: texts without anything harmful, not yet escaped."""
    say = texts.say
    legitimacy = finding.looks_legitimate
    return {
        "number": number, "id": finding.id, "severity": finding.severity,
        "severity_word": say(f"report.severity.{finding.severity}"), "state": finding.state,
        "state_word": state_words(finding, texts), "title": plain(finding.title),
        "facts": [plain(one) for one in facts.facts(finding, texts)],
        "mails": finding.messages, "since": plain(texts.date(finding.first_seen) if finding.first_seen else ""),
        "quote": plain(finding.quote) if finding.quote else "", "why": plain(finding.why),
        "because": [plain(one.text) for one in legitimacy.because] if legitimacy else [],
        "steps": [
            {"text": plain(one.text), "command": _block(one.command), "link": _link(one.url)} for one in finding.steps
        ],
        "links": [{"label": plain(one.label), "link": _link(one.url)} for one in facts.links(finding)],
        "request": _block(finding.request_text), "user": _block(finding.user_text),
        "lost": [_mail(one, texts) for one in finding.lost[:LOST]],
        "lost_more": max(len(finding.lost) - LOST, 0),
        "late": [_mail(one, texts) for one in finding.late[:NAMES]],
        "parties": [
            (say(f"html.parties.{label}"), [plain(x or "<>") for x in names[:NAMES]], _size(finding, name, len(names)))
            for label, name, names in _parties(finding)
        ],
        "episodes": [plain(facts.episode(one, texts, facts.counted(finding))) for one in finding.episodes],
        "line": time_line(finding, report.first_time, report.last_time, texts),
        "evidence": [
            {"place": plain(f"{one.source}:{one.line}") if one.line else "", "text": plain(one.text)}
            for one in finding.evidence[:EVIDENCE]
        ],
    }  # fmt: skip


def _parties(finding: Finding) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Label, field and members of each party. Of mail that goes out the clients are their servers' addresses."""
    clients = "addresses" if finding.direction == "outbound" else "clients"
    for label, name in (("senders",) * 2, ("recipients",) * 2, ("relays",) * 2, (clients, "clients")):
        if names := getattr(finding, name):
            yield label, name, names


def _mail(mail: Any, texts: Texts) -> dict[str, str]:
    """A lost or late mail as cells of a table."""
    sender = mail.sender if mail.sender else "<>" if mail.sender == "" else texts.say("report.missing.sender")
    when = texts.date(mail.time) if mail.time else ""
    return {"when": when, "from": plain(sender), "to": plain(mail.recipient or "?")}


def _size(finding: Finding, name: str, shown: int) -> str:
    """How many there are in all, with ≈ where that is an estimate."""
    count = max(finding.distinct.get(name, shown), shown)
    return ("≈" if name in finding.estimated else "") + f"{count:,}"


def _block(text: str | None) -> str:
    """A text of several lines, each made harmless."""
    return "\n".join(plain(line) for line in text.strip().splitlines()) if text else ""


def _link(url: str | None) -> dict[str, str] | None:
    """A URL to show and, where it is one that a reader may follow, to click."""
    if not url:
        return None
    shown = plain(url)
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    return {"text": shown, "href": shown if scheme in _SCHEMES else ""}


def _title(report: Report, urgent: int, texts: Texts) -> str:
    what = texts.say("report.needs", count=urgent) if urgent else texts.say("report.nothing.found")
    host = next(iter(report.hosts), "")
    return plain(f"mailtriage {host}: {what}" if host else f"mailtriage: {what}")


def _read(report: Report, texts: Texts) -> list[tuple[str, str]]:
    """What was read and is known, as rows of a table."""
    lines = report.lines
    rows = [(f"html.read.{name}", f"{getattr(lines, name):,}") for name in ("read", "postfix", "other", "broken")]
    rows.append(("html.read.sources", ", ".join(report.sources)))
    for name, known in (("own_ips", report.own_ips), ("own_domains", report.own_domains)):
        values = [one.value + facts.aside(texts.say(f"html.origin.{one.origin}"), texts) for one in known[:NAMES]]
        rows.append((f"html.read.{name}", ", ".join(values)))
    return [(texts.say(key), plain(value)) for key, value in rows if value]
