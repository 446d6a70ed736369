"""A log of a few lines, all the way to its findings."""

from collections.abc import Sequence
from pathlib import Path

from mailtriage.model.finding import Finding
from mailtriage.model.report import Known
from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.gather import rule_book
from mailtriage.scan.survey import survey
from mailtriage.sources.opening import open_sources
from mailtriage.texts.catalog import Texts
from mailtriage.triage.own import Given
from mailtriage.triage.run import triage

ROOT = Path(__file__).parents[2]
TROUBLES = ROOT / "fixtures" / "server-troubles"


def findings(*paths: Path, domains: Sequence[str] = ()) -> tuple[Finding, ...]:
    """The findings of some files."""
    plan = ScanPlan(year=2026, tz_minutes=0)
    given = Given(domains=tuple(Known(name, "option") for name in domains))
    opened = open_sources(tuple(map(str, paths)))
    return triage(survey(opened.sources, plan, 1), rule_book(()), Texts("en"), given).findings


def told(folder: Path, lines: Sequence[str], domains: Sequence[str] = ()) -> tuple[Finding, ...]:
    """The findings of lines; each ``06:14:46 program[pid]: text`` is of 11 April."""
    path = folder / "mail.log"
    path.write_text("".join(line_of(line) + "\n" for line in lines), encoding="utf-8")
    return findings(path, domains=domains)


def line_of(line: str) -> str:
    time, _, rest = line.partition(" ")
    return f"Apr 11 {time} mail postfix/{rest}"


def loud(found: Sequence[Finding]) -> list[Finding]:
    return [one for one in found if one.severity in ("medium", "high")]
