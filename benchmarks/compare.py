#!/usr/bin/env python3
"""Run mailtriage, pflogsumm, ripgrep and grep side by side on synthetic logs and print a table.

    python benchmarks/compare.py --mib 256 --runs 5

Medians of the wall clock, the ratio to mailtriage's time, and the peak resident memory of the largest process. What is
not installed is left out. Output goes into a pipe, for grep stops at its first hit when it writes to /dev/null.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PATTERN = r"reject:|status=(bounced|deferred)"


def commands(jobs: int) -> dict[str, list[str]]:
    """What to compare, each to be followed by the log's name."""
    scan = [sys.executable, "-m", "mailtriage", "scan", "--format", "jsonl"]
    found = {
        f"mailtriage --jobs {jobs}": [*scan, "--jobs", str(jobs)],
        "mailtriage --jobs 1": [*scan, "--jobs", "1"],
        "pflogsumm": ["pflogsumm"],
        "grep -cE": ["grep", "-cE", PATTERN],
        "rg -c -j1": ["rg", "-c", "-j1", PATTERN],
    }
    return {name: command for name, command in found.items() if shutil.which(command[0])}


def run(command: list[str]) -> tuple[float, float]:
    """Seconds, and MiB of the largest process."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    while process.stdout.read(1 << 20):
        pass
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def measure(profile: str, log: Path, runs: int, jobs: int) -> None:
    """One profile's rows."""
    size = log.stat().st_size / 2**20
    rows = {}
    for name, command in commands(jobs).items():
        results = [run([*command, str(log)]) for _ in range(runs)]
        rows[name] = statistics.median(r[0] for r in results), max(r[1] for r in results)
    own = next(iter(rows.values()))[0]
    for name, (seconds, memory) in rows.items():
        print(f"| {profile} | {name} | {seconds:.2f} | {size / seconds:,.0f} | {seconds / own:.2f} | {memory:.0f} |")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=float, default=256)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--profiles", nargs="*", default=["quiet", "mixed", "spammed"])
    arguments = parser.parse_args()
    print("| profile | command | seconds | MiB/s | times mailtriage's | MiB of memory |")
    print("| ------- | ------- | ------: | ----: | -----------------: | ------------: |")
    with tempfile.TemporaryDirectory() as folder:
        for profile in arguments.profiles:
            log = Path(folder, f"{profile}.log")
            make = [sys.executable, str(HERE / "make_log.py"), "--profile", profile, "--mib", str(arguments.mib)]
            with log.open("wb") as out:
                subprocess.run(make, stdout=out, check=True)
            measure(profile, log, arguments.runs, arguments.jobs)


if __name__ == "__main__":
    main()
