#!/usr/bin/env python3
"""Run mailtriage, pflogsumm, ripgrep and grep side by side on synthetic logs and print tables for docs/performance.md.

    python benchmarks/compare.py                    everything: an hour, 12 GiB of disk
    python benchmarks/compare.py --quick            the same on small logs: a minute
    python benchmarks/compare.py --only profiles    one table; others: ways growth cores flood

Tables: ``profiles`` (three kinds of log), ``ways`` (events, compressed logs, standard input, without Hyperscan),
``growth`` (from 1 MiB on), ``cores`` (from 1 on), ``flood`` (ten million senders, each seen once).

Times are medians of the wall clock; the commands take turns, so that all see the same machine; logs are in the page
cache; output goes into a pipe, for grep stops at its first hit when it writes to /dev/null. Memory is the peak of the
largest process, and of a command and all that it started, together. What is not installed is left out. Runs of
mailtriage that must print the same bytes are compared; a difference is said and ends with status 1.
"""

import argparse
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from measure import Memory, memory, timed

HERE = Path(__file__).parent
PATTERN = r"reject:|status=(bounced|deferred)"
SENDER = 515  # bytes of the flood for each new sender
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Command:
    """What to run; ``same``: those of one name must print the same bytes."""

    name: str
    line: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    same: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """What came out."""

    name: str
    seconds: float
    memory: Memory
    digest: str


class Bench:
    """Measures; notes where outputs differ that must not."""

    def __init__(self, runs: int, jobs: int) -> None:
        self.runs, self.jobs = runs, jobs
        self.differs: list[str] = []

    def measure(self, commands: list[Command]) -> list[Row]:
        """All commands, taking turns."""
        times: list[list[float]] = [[] for _ in commands]
        digests = ["" for _ in commands]
        for _ in range(self.runs):
            for number, command in enumerate(commands):
                seconds, digests[number] = timed(command.line, command.environment)
                times[number].append(seconds)
        seen: dict[str, tuple[str, str]] = {}
        for command, digest in zip(commands, digests, strict=True):
            name, first = seen.setdefault(command.same, (command.name, digest))
            if command.same and first != digest:
                self.differs.append(f"{name} and {command.name} print different bytes")
        return [
            Row(command.name, statistics.median(took), memory(command.line, command.environment), digest)
            for command, took, digest in zip(commands, times, digests, strict=True)
        ]


def scan(log: Path | str, jobs: int, *more: str) -> list[str]:
    """A scan with findings as JSON."""
    return [sys.executable, "-m", "mailtriage", "scan", "--format", "jsonl", "--jobs", str(jobs), *more, str(log)]


def piped(*commands: list[str]) -> list[str]:
    """A pipeline."""
    return ["sh", "-c", " | ".join(map(shlex.join, commands))]


def installed(commands: list[Command]) -> list[Command]:
    return [command for command in commands if shutil.which(command.line[0])]


def made(folder: Path, profile: str, mib: float) -> Path:
    """A log, in the page cache."""
    log = folder / f"{profile}-{mib:g}.log"
    if not log.exists():
        make = [sys.executable, str(HERE / "make_log.py"), "--profile", profile, "--mib", str(mib)]
        with log.with_suffix(".part").open("wb") as out:
            subprocess.run(make, stdout=out, check=True)
        log.with_suffix(".part").rename(log)
    with log.open("rb") as file:
        while file.read(1 << 22):
            pass
    return log


def table(title: str, *heads: str) -> Callable[..., None]:
    """Print a table's head; returns what prints a row."""
    print(f"\n### {title}\n\n| {' | '.join(heads)} |\n| {' | '.join('---' for _ in heads)} |")
    return lambda *cells: print(f"| {' | '.join(map(str, cells))} |", flush=True)


def size_of(log: Path) -> float:
    return log.stat().st_size / MIB


def profiles(bench: Bench, folder: Path, mib: float) -> None:
    """Findings, against the others."""
    row = table(
        f"Findings, logs of {mib:g} MiB", "profile", "command", "seconds", "MiB/s", "times mailtriage's",
        "MiB, largest process", "MiB, together",
    )  # fmt: skip
    for profile in ("quiet", "mixed", "spammed"):
        log = made(folder, profile, mib)
        rows = bench.measure(installed([
            Command(f"mailtriage --jobs {bench.jobs}", scan(log, bench.jobs), same="findings"),
            Command("mailtriage --jobs 1", scan(log, 1), same="findings"),
            Command("pflogsumm", ["pflogsumm", str(log)]),
            Command("grep -cE", ["grep", "-cE", PATTERN, str(log)]),
            Command("rg -c -j1", ["rg", "-c", "-j1", PATTERN, str(log)]),
        ]))  # fmt: skip
        for one in rows:
            row(
                profile, one.name, f"{one.seconds:.2f}", f"{size_of(log) / one.seconds:,.0f}",
                f"{one.seconds / rows[0].seconds:.2f}", f"{one.memory.largest:.0f}", f"{one.memory.together:.0f}",
            )  # fmt: skip


def ways(bench: Bench, folder: Path, mib: float) -> None:
    """Events, packed logs, standard input, without Hyperscan."""
    row = table(
        f"Other ways in and out, logs of {mib:g} MiB", "profile", "command", "seconds", "MiB/s", "MiB, largest process",
        "MiB, together",
    )  # fmt: skip
    for profile in ("quiet", "mixed"):
        log = made(folder, profile, mib)
        commands = [
            Command("scan", scan(log, bench.jobs)),
            Command("scan, without Hyperscan", scan(log, bench.jobs), {"MAILTRIAGE_WITHOUT_HYPERSCAN": "1"}),
            Command("scan -", piped(["cat", str(log)], scan("-", bench.jobs))),
            Command("scan --events", scan(log, bench.jobs, "--events"), same="events"),
            Command("scan --events --jobs 1", scan(log, 1, "--events"), same="events"),
            Command("scan --events --all", scan(log, bench.jobs, "--events", "--all")),
        ]
        for tool, suffix in (("gzip", ".gz"), ("zstd", ".zst")):
            packed = log.with_name(log.name + suffix)
            if not shutil.which(tool):
                continue
            if not packed.exists():
                subprocess.run([tool, "-qkf", str(log)], check=True)
            commands += [
                Command(f"scan of {suffix}", scan(packed, bench.jobs)),
                Command(f"{tool} -dc, wc -l", piped([tool, "-dc", str(packed)], ["wc", "-l"])),
            ]
        for one in bench.measure(commands):
            row(
                profile, one.name, f"{one.seconds:.2f}", f"{size_of(log) / one.seconds:,.0f}",
                f"{one.memory.largest:.0f}", f"{one.memory.together:.0f}",
            )  # fmt: skip


def growth(bench: Bench, folder: Path, sizes: list[float]) -> None:
    """From small to large."""
    row = table("Growth, profile mixed", "MiB", "seconds", "MiB/s", "MiB, largest process", "MiB, together")
    for mib in sizes:
        log = made(folder, "mixed", mib)
        (one,) = bench.measure([Command("scan", scan(log, bench.jobs))])
        row(
            f"{mib:g}", f"{one.seconds:.2f}", f"{size_of(log) / one.seconds:,.0f}", f"{one.memory.largest:.0f}",
            f"{one.memory.together:.0f}",
        )  # fmt: skip


def cores(bench: Bench, folder: Path, mib: float) -> None:
    """From one process to all cores."""
    row = table(f"Cores, profile mixed, {mib:g} MiB", "--jobs", "seconds", "MiB/s", "times as fast", "MiB, together")
    log = made(folder, "mixed", mib)
    counts = [jobs for jobs in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 60) if jobs <= bench.jobs]
    rows = bench.measure([Command(str(jobs), scan(log, jobs), same="findings") for jobs in counts])
    for one in rows:
        row(
            one.name, f"{one.seconds:.2f}", f"{size_of(log) / one.seconds:,.0f}",
            f"{rows[0].seconds / one.seconds:.2f}", f"{one.memory.together:.0f}",
        )  # fmt: skip


def flood(bench: Bench, folder: Path, senders: int) -> None:
    """Every sender is new."""
    log = made(folder, "flood", round(senders * SENDER / MIB))
    row = table(f"Flood, {senders:,} senders", "command", "seconds", "MiB/s", "MiB, largest process", "MiB, together")
    commands = [
        Command(f"mailtriage --jobs {bench.jobs}", scan(log, bench.jobs), same="findings"),
        Command("mailtriage --jobs 1", scan(log, 1), same="findings"),
        Command("pflogsumm", ["pflogsumm", str(log)]),
    ]
    for one in Bench.measure(bench, installed(commands)):
        row(
            one.name, f"{one.seconds:.2f}", f"{size_of(log) / one.seconds:,.0f}", f"{one.memory.largest:.0f}",
            f"{one.memory.together:.0f}",
        )  # fmt: skip


def machine() -> str:
    """Processor, cores, system, Python."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{len(os.sched_getaffinity(0))} cores of {model}, {platform.system()}, Python {platform.python_version()}"


@contextmanager
def workplace(kept: Path | None) -> Iterator[Path]:
    """Where the logs are made: a folder that is kept, or one for now."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def main() -> int:
    """The command line."""
    tables = ("profiles", "ways", "growth", "cores", "flood")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=float, default=1024, help="size of the logs (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--senders", type=int, default=10_000_000)
    parser.add_argument("--only", nargs="*", choices=tables, default=tables)
    parser.add_argument("--quick", action="store_true", help="small logs, each command once")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="make the logs here, and leave them for next time")
    options = parser.parse_args()
    sizes = [1, 16, 64, 256, 1024, 2048]
    if options.quick:
        options.mib, options.runs, options.senders, sizes = 16, 1, 50_000, [1, 4, 16]
    bench = Bench(options.runs, options.jobs)
    print(machine())
    with workplace(options.keep) as folder:
        for name in options.only:
            given: object = {"growth": sizes, "flood": options.senders}.get(name, options.mib)
            globals()[name](bench, folder, given)
    for difference in bench.differs:
        print(f"\nWRONG: {difference}")
    return 1 if bench.differs else 0


if __name__ == "__main__":
    sys.exit(main())
