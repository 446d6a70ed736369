"""Precision and recall of triage over the labelled stories in tests/triage, those that must stay quiet included.

    python -m tools.triage_score [-v] [NAME…]

Recall: of the findings that a postmaster would expect, how many are there. Precision: of those that say medium or high,
how many are right. -v names what was missed and what was a false alarm. Exits with 1 where either is below 0.95.
"""

import importlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.triage.stories import Story

ROOT = Path(__file__).parent.parent / "tests" / "triage"
ENOUGH = 0.95


def stories() -> Iterator[tuple[str, Story]]:
    """All stories: every module of tests/triage that has a STORIES table, with the module's name."""
    seen: set[int] = set()
    for path in sorted(ROOT.glob("*.py")):
        module = importlib.import_module(f"tests.triage.{path.stem}")
        for story in getattr(module, "STORIES", ()):
            if isinstance(story, Story) and id(story) not in seen:
                seen.add(id(story))
                yield path.stem, story


def main(arguments: Sequence[str]) -> int:
    """Judge and print."""
    verbose, chosen = "-v" in arguments, [word for word in arguments if word != "-v"]
    sums: Counter[str] = Counter()
    for module, story in stories():
        if chosen and not any(word in f"{module} {story.name}" for word in chosen):
            continue
        findings = story.findings()
        missed, alarms = story.missed(findings), story.false_alarms(findings)
        loud = sum(finding.severity in ("medium", "high") for finding in findings)
        sums.update(stories=1, quiet=not story.needs, wanted=len(story.needs), missed=len(missed), loud=loud)
        sums["false"] += len(alarms)
        if verbose:
            for want in missed:
                print(f"missed       {module}: {story.name}: {want}")
            for finding in alarms:
                print(f"false alarm  {module}: {story.name}: {finding.severity} {finding.kind}: {finding.title}")
    recall = 1 - sums["missed"] / max(sums["wanted"], 1)
    precision = 1 - sums["false"] / max(sums["loud"], 1)
    print(
        f"{sums['stories']} stories ({sums['quiet']} quiet): "
        f"recall {recall:.3f} ({sums['wanted'] - sums['missed']} of {sums['wanted']}), "
        f"precision {precision:.3f} ({sums['loud'] - sums['false']} of {sums['loud']})"
    )
    return int(min(recall, precision) < ENOUGH)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
