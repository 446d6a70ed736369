"""Put a real report into the README: what `mailtriage scan` prints for the family's week, 80 cells wide.

python -m tools.readme_report          rewrites README.md (and README.ja.md where it has the mark)
"""

import io
import os
import re
import sys
from pathlib import Path

from rich.console import Console

from mailtriage.cli.scanning import Inputs, look
from mailtriage.report import text
from mailtriage.scan.chunk import ScanPlan
from mailtriage.texts.catalog import Texts
from mailtriage.triage.own import Given

ROOT = Path(__file__).parent.parent
LOG = "fixtures/family-week.log"
_BLOCK = re.compile(
    r"(<!-- mailtriage scan (?:--lang \w+ )?fixtures/family-week\.log -->\n```text\n).*?(```\n)", re.DOTALL
)


def report(lang: str = "en") -> str:
    """The report as a terminal of 80 cells shows it, without colours."""
    texts = Texts(lang)
    os.chdir(ROOT)
    inputs = Inputs((LOG,), ScanPlan(), Given(), 1, 1 << 30, None)
    result = look(inputs, texts).result
    out = io.StringIO()
    console = Console(file=out, width=80, no_color=True, highlight=False, markup=False, emoji=False)
    text.render(console, result.report, result.findings, texts, text.View(width=80, command=f"mailtriage scan {LOG}"))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def renewed(page: str, lang: str) -> str:
    """A page with its report renewed."""
    printed = report(lang)
    return _BLOCK.sub(lambda found: found[1] + printed + found[2], page)


def main() -> None:
    """Rewrite the pages."""
    for name, lang in (("README.md", "en"), ("README.ja.md", "ja")):
        path = ROOT / name
        if path.exists():
            path.write_text(renewed(path.read_text(encoding="utf-8"), lang), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
