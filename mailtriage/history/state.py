"""What the digest remembers, in one SQLite file that its owner alone may read.

Everything that a run learns goes in at once, the mail to be sent included: killed at any moment, either nothing has
happened or all of it, and what was not sent is sent next time.
"""

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mailtriage.history import codec
from mailtriage.model.finding import Finding
from mailtriage.sources.position import Position

VERSION = 2
WAIT = 30.0  # seconds for another run to end

_FIRST = """
CREATE TABLE log(name TEXT PRIMARY KEY, places TEXT NOT NULL, keys TEXT NOT NULL, first TEXT, now TEXT) WITHOUT ROWID;
CREATE TABLE seen(log TEXT, id TEXT, base TEXT, current TEXT, PRIMARY KEY(log, id)) WITHOUT ROWID;
CREATE TABLE told(id TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE outbox(number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, recipients TEXT NOT NULL,
  message_id TEXT NOT NULL, content BLOB NOT NULL);
"""
# From version 1 on: what leads to the next.
_STEPS: dict[int, str] = {
    0: _FIRST,
    1: "CREATE TABLE sent(number INTEGER PRIMARY KEY, message_id TEXT UNIQUE, bounced INTEGER DEFAULT 0);",
}


class StateError(Exception):
    """The state cannot be used: ``reason`` is a key below digest.state., ``detail`` what the system said."""

    def __init__(self, reason: str, path: Path, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.path, self.detail = reason, path, detail


@dataclass
class Log:
    """What is remembered of a log: where its last windows begin, and what was seen up to there and in the last."""

    name: str
    places: list[Position] = field(default_factory=list)  # where the window before the last and the last begin
    keys: list[str] = field(default_factory=list)  # their first lines' digests
    first: datetime | None = None
    now: datetime | None = None  # the time of the last line read
    base: dict[str, Finding] = field(default_factory=dict)  # up to the last window
    current: dict[str, Finding] = field(default_factory=dict)  # with it


@dataclass(frozen=True, slots=True)
class Letter:
    """Something to be sent or printed."""

    kind: str  # mail, print
    recipients: tuple[str, ...]
    message_id: str
    content: bytes
    number: int = 0


class State:
    """The open state. ``notice``: a key below digest.state. where something had to be done to open it."""

    def __init__(self, path: Path, *, wait: float = WAIT) -> None:
        self.path = path
        self.notice: tuple[str, str] | None = None
        self._lock = _locked(path, wait)
        try:
            self._base = self._opened()
        except BaseException:
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Give the state back."""
        self._base.close()
        os.close(self._lock)

    def _opened(self) -> sqlite3.Connection:
        try:
            return _connect(self.path)
        except sqlite3.DatabaseError as err:
            if isinstance(err, sqlite3.OperationalError):
                raise StateError("unusable", self.path, str(err)) from err
            aside = _put_aside(self.path)
            self.notice = ("damaged", aside)
            return _connect(self.path)

    def logs(self) -> dict[str, Log]:
        """All logs that are remembered. Raises StateError where what is kept makes no sense."""
        try:
            found = {
                name: Log(
                    name,
                    [Position(**one) for one in json.loads(places)],
                    json.loads(keys),
                    _time(first),
                    _time(now),
                )
                for name, places, keys, first, now in self._base.execute("SELECT * FROM log ORDER BY name")
            }
            for log, identity, base, current in self._base.execute("SELECT * FROM seen ORDER BY log, id"):
                for kept, text in ((found[log].base, base), (found[log].current, current)):
                    if text is not None:
                        kept[identity] = codec.load(text)
        except (ValueError, TypeError, KeyError, sqlite3.DatabaseError) as err:
            raise StateError("damaged_content", self.path, str(err)) from err
        return found

    def told(self) -> dict[str, dict[str, Any]]:
        """What was said of each finding, and acknowledgements."""
        return {identity: json.loads(data) for identity, data in self._base.execute("SELECT * FROM told")}

    def sent(self) -> list[str]:
        """Message-IDs of the last mails, those left out of which we know that they came back."""
        rows = self._base.execute("SELECT message_id FROM sent WHERE bounced = 0 ORDER BY number DESC LIMIT 20")
        return [row[0] for row in rows]

    def outbox(self) -> list[Letter]:
        """What was decided and may not have been sent."""
        rows = self._base.execute("SELECT kind, recipients, message_id, content, number FROM outbox ORDER BY number")
        return [
            Letter(kind, tuple(json.loads(to)), mid, bytes(content), number) for kind, to, mid, content, number in rows
        ]

    def learn(
        self, logs: Mapping[str, Log], told: Mapping[str, Mapping[str, Any]], letters: list[Letter],
        bounced: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """Keep all of it, or nothing. Raises StateError (disk full, read-only)."""
        with self._change() as base:
            for log in logs.values():
                places = json.dumps([asdict(place) for place in log.places])
                base.execute(
                    "INSERT OR REPLACE INTO log VALUES(?,?,?,?,?)",
                    (log.name, places, json.dumps(log.keys), _text(log.first), _text(log.now)),
                )
                base.execute("DELETE FROM seen WHERE log = ?", (log.name,))
                for identity in sorted({*log.base, *log.current}):
                    pair = [
                        codec.dump(kept[identity]) if identity in kept else None for kept in (log.base, log.current)
                    ]
                    base.execute("INSERT INTO seen VALUES(?,?,?,?)", (log.name, identity, *pair))
            self._tell(base, told)
            for letter in letters:
                base.execute(
                    "INSERT INTO outbox(kind, recipients, message_id, content) VALUES(?,?,?,?)",
                    (letter.kind, json.dumps(letter.recipients), letter.message_id, letter.content),
                )
            for message_id in bounced:
                base.execute("UPDATE sent SET bounced = 1 WHERE message_id = ?", (message_id,))

    def tell(self, told: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what was said or acknowledged."""
        with self._change() as base:
            self._tell(base, told)

    def done(self, letter: Letter) -> None:
        """A letter is on its way."""
        with self._change() as base:
            base.execute("DELETE FROM outbox WHERE number = ?", (letter.number,))
            if letter.kind == "mail":
                base.execute("INSERT OR IGNORE INTO sent(message_id) VALUES(?)", (letter.message_id,))

    @staticmethod
    def _tell(base: sqlite3.Connection, told: Mapping[str, Mapping[str, Any]]) -> None:
        base.executemany(
            "INSERT OR REPLACE INTO told VALUES(?,?)",
            [(key, json.dumps(data, sort_keys=True)) for key, data in told.items()],
        )

    @contextlib.contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        try:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield self._base
                self._base.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._base.execute("ROLLBACK")
                raise
        except sqlite3.Error as err:
            raise StateError("unusable", self.path, str(err)) from err


def _connect(path: Path) -> sqlite3.Connection:
    """Open or make the file, and bring it to this version. Raises StateError where it is of a newer one."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as err:
        raise StateError("unusable", path, err.strerror or str(err)) from err
    base = sqlite3.connect(path, isolation_level=None, timeout=10.0)
    try:
        version = int(base.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise StateError("newer", path, str(version))
        if base.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("quick_check")
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = FULL")
        while version < VERSION:
            base.executescript(f"BEGIN IMMEDIATE; {_STEPS[version]} PRAGMA user_version = {version + 1}; COMMIT;")
            version += 1
    except BaseException:
        base.close()
        raise
    return base


def _put_aside(path: Path) -> str:
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}")
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    path.rename(aside)
    return str(aside)


def _locked(path: Path, wait: float) -> int:
    """One run at a time: a descriptor that holds the lock. Raises StateError where another keeps it."""
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as err:
        raise StateError("unusable", path, err.strerror or str(err)) from err
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except OSError as err:
            if time.monotonic() >= until:
                os.close(descriptor)
                raise StateError("locked", path) from err
            time.sleep(0.1)


def _text(when: datetime | None) -> str | None:
    return when.isoformat() if when else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
