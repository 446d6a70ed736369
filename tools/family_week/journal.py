"""The log as rsyslog and Postfix write it: stamps, process ids, queue ids, delays. Knows nothing of mail."""

import heapq
import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=9))
HOST = "mail.shirao.example"
IDLE = 100.0  # seconds, max_idle: a daemon without work ends

Scene = Callable[[float], None]


def at(day: int, clock: str) -> float:
    """Seconds since the epoch of a local time in April 2026, `clock` being HH:MM or HH:MM:SS(.ffffff)."""
    hours, minutes, *rest = clock.split(":")
    start = datetime(2026, 4, day, int(hours), int(minutes), tzinfo=ZONE)
    return start.timestamp() + (float(rest[0]) if rest else 0.0)


def seconds(value: float) -> str:
    """A delay as Postfix prints it: two significant digits, at most two decimals, no trailing zeros (format_tv.c)."""
    value = max(value, 0.0)
    if value >= 10:
        return f"{value:.0f}"
    text = f"{value:.1f}" if value >= 1 else f"{value:.2g}" if value >= 0.095 else f"{value:.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Journal:
    """Collects scenes, plays them in the order of time, and gives the lines sorted by time."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self._scenes: list[tuple[float, int, Scene]] = []
        self._planned = 0
        self._lines: list[tuple[float, int, str]] = []
        self._workers: dict[str, list[tuple[float, int]]] = {}
        self._next_pid = 1180
        self._inodes = [0xA0000 + n for n in range(2, 64)]
        self._busy_inodes: list[tuple[float, int]] = []

    def plan(self, when: float, scene: Scene) -> None:
        """Let `scene` be played at `when`; a scene may plan others later than itself."""
        self._planned += 1
        heapq.heappush(self._scenes, (when, self._planned, scene))

    def play(self, end: float) -> None:
        """Play all scenes planned before `end`."""
        while self._scenes:
            when, _, scene = heapq.heappop(self._scenes)
            if when < end:
                scene(when)

    def line(self, when: float, tag: str, pid: int, text: str) -> None:
        """One line of Postfix's; `tag` without the leading `postfix/`."""
        self.other(when, f"postfix/{tag}[{pid}]", text)

    def other(self, when: float, tag: str, text: str) -> None:
        """One line of any program."""
        self._lines.append((when, len(self._lines), f"{HOST} {tag}: {text}"))

    def lines(self, end: float) -> list[str]:
        """All lines before `end`, with their stamps, in the order of time."""
        return [
            f"{datetime.fromtimestamp(when, ZONE).isoformat(timespec='microseconds')} {text}"
            for when, _, text in sorted(self._lines)
            if when < end
        ]

    def worker(self, service: str, when: float, took: float) -> int:
        """The process id of a daemon of `service` that is free at `when` and busy for `took` seconds."""
        alive = [(free, pid) for free, pid in self._workers.get(service, []) if free > when - IDLE]
        idle = [entry for entry in alive if entry[0] <= when]
        if idle:
            chosen = max(idle)
            alive.remove(chosen)
            pid = chosen[1]
        else:
            self._next_pid += self.rng.randrange(1, 40)
            pid = self._next_pid
        alive.append((when + took, pid))
        self._workers[service] = alive
        return pid

    def restart(self) -> None:
        """All daemons end; the next ones have new process ids."""
        self._workers.clear()

    def queue_id(self, when: float, stays: float) -> str:
        """A short queue ID: the microseconds of the arrival, then an inode that is free again after `stays` seconds."""
        while self._busy_inodes and self._busy_inodes[0][0] < when:
            self._inodes.append(heapq.heappop(self._busy_inodes)[1])
        inode = self._inodes.pop(self.rng.randrange(len(self._inodes)))
        heapq.heappush(self._busy_inodes, (when + stays, inode))
        return f"{round(when % 1 * 1_000_000) % 1_000_000:05X}{inode:X}"
