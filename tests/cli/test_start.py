"""What a short run does not load: a log of a few lines is answered at once."""

import subprocess
import sys
from pathlib import Path

import pytest

LOG = Path(__file__).parents[2] / "fixtures" / "family-week.log"
# What only other formats, options and inputs need; some of these take longer than the reading of a small log.
HEAVY = ("rich", "jinja2", "dateutil", "regex", "multiprocessing", "subprocess", "zipfile", "statistics",
         "msgspec")  # fmt: skip
SCRIPT = "import sys; from mailtriage.cli.frame import group, run; run(group, sys.argv[1:]); print(*sys.modules)"


@pytest.mark.parametrize("args", [["scan", "--format", "jsonl", str(LOG)], ["--version"]], ids=["scan", "version"])
def test_what_is_not_loaded(args: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, *args], capture_output=True, text=True, check=True)
    assert set(done.stdout.splitlines()[-1].split()).isdisjoint(HEAVY)
