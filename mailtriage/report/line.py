"""``--format line``: one finding on one self-contained line, for grep and for other programs' eyes."""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.report.facts import counted
from mailtriage.report.safe import plain
from mailtriage.report.state import state_words
from mailtriage.texts.catalog import Texts


def findings(found: Iterable[Finding], texts: Texts) -> Iterator[str]:
    """Severity, state, count, times, cause, title, domains, link, id: fields that grep finds, a tab between them."""
    for finding in found:
        yield line(finding, texts) + "\n"


def line(finding: Finding, texts: Texts) -> str:
    """The line of one finding."""
    times = [when.strftime("%Y-%m-%dT%H:%M:%S%z") for when in (finding.first_seen, finding.last_seen) if when]
    domains = sorted({address.rpartition("@")[2] for address in finding.recipients if "@" in address})[:5]
    parts = [
        finding.severity.upper(),
        state_words(finding, texts),
        finding.cause,
        finding.title,
        texts.say(counted(finding), count=finding.count, number=finding.count),
        "..".join(times),
        ",".join(domains),
        finding.links[0].url if finding.links else "",
        f"id={finding.id}",
    ]
    return "\t".join(plain(part) for part in parts if part)
