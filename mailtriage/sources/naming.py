"""Rotated sets by their names, and which names in a folder are mail logs.

Sources: logrotate(8) (``mail.log.2.gz``, dateext ``maillog-20260411``), savelog(8) (``.0``), newsyslog(8)
(``maillog.0.bz2``), cronolog and rsyslog templates (``mail-2026-04-11.log``).
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePath
from typing import NamedTuple

_PACKED = re.compile(r"\.(?:gz|bz2|xz|lzma|zst|lz4|Z)$", re.IGNORECASE)
_NUMBER = re.compile(r"\.(\d{1,4})$")
_EPOCH = re.compile(r"[-._](1\d{9})$")
_DATE = re.compile(
    r"[-._]?((?:19|20)\d\d)[-_.]?([01]\d)(?:[-_.]?([0-3]\d))?(?:[-_.T]?([0-2]\d)(?:[-_.:]?([0-5]\d)){0,2})?(?!\d)"
)
_OLD = re.compile(r"\.old$")

CURRENT, ROTATED = 1, 0

# Debian and SUSE write warnings and errors a second time into files of their own.
_WHOLE = ("mail.log", "mail.info", "mail", "maillog")
_EXTRACTS = ("mail.warn", "mail.err", "mail.warning", "mail.error")
_MAIL = re.compile(r"(?:mail|maillog|smtp|postfix|mx\d*|mta)(?:[-._\d].*)?", re.IGNORECASE)
_OTHER_MAIL = re.compile(r"(?:mailman|mailgraph|mailq).*", re.IGNORECASE)


class Place(NamedTuple):
    """Where a file stands in its set. Files of one ``log`` sort by ``age``, oldest first."""

    log: str  # the name that all of the set have in common, with its folder
    kind: str  # current, numbered, dated, epoch
    age: tuple[int, ...]


def place(name: str) -> Place:
    """Take a file's name apart."""
    path = PurePath(name)
    stem = _PACKED.sub("", path.name)
    folder = str(path.parent)
    if found := _EPOCH.search(stem):
        return Place(f"{folder}/{stem[: found.start()]}", "epoch", (ROTATED, int(found[1])))
    number = 0
    if (found := _NUMBER.search(stem)) or (old := _OLD.search(stem)):
        match = found or old
        number = int(found[1]) + 1 if found else 1
        stem = stem[: match.start()] if match else stem
    if found := _DATE.search(stem):
        date = tuple(int(part or 0) for part in found.groups())
        base = stem[: found.start()] + stem[found.end() :]
        return Place(f"{folder}/{base}", "dated", (ROTATED, *date, -number))
    if number:
        return Place(f"{folder}/{stem}", "numbered", (ROTATED, -number))
    return Place(f"{folder}/{stem}", "current", (CURRENT,))


def in_order(files: Iterable[tuple[str, float]]) -> list[tuple[str, bool]]:
    """Names (with the time each was last written) -> names in order of time, and whether each follows the one before.

    Sets stay in the order in which their first file was given. A set that was rotated in two manners is put in order
    by time alone.
    """
    sets: dict[str, list[tuple[Place, float, str]]] = {}
    for name, mtime in files:
        where = place(name)
        sets.setdefault(where.log, []).append((where, mtime, name))
    ordered = []
    for members in sets.values():
        mixed = len({where.kind for where, _, _ in members} - {"current"}) > 1
        members.sort(key=lambda row: (row[0].age[0], row[1]) if mixed else (row[0].age, row[1]))
        ordered += [(name, number > 0) for number, (_, _, name) in enumerate(members)]
    return ordered


def rotated(current: str) -> list[str]:
    """The files beside ``current`` that were rotated out of it, oldest first."""
    log = place(current).log
    with suppress(OSError):
        beside = [
            str(path) for path in Path(current).parent.iterdir() if place(str(path)).log == log and path.is_file()
        ]
        times = [(name, Path(name).stat().st_mtime) for name in beside if name != current]
        return [name for name, _ in in_order(times)]
    return []


def extracts(names: Iterable[str]) -> dict[str, str]:
    """Names that repeat part of what another of them has (mail.warn beside mail.log), and that other."""
    places = {name: place(name) for name in names}
    by_place = {(where.log, where.age): name for name, where in places.items()}
    found = {}
    for name, where in places.items():
        folder, _, base = where.log.rpartition("/")
        if base in _EXTRACTS:
            wholes = (by_place.get((f"{folder}/{whole}", where.age)) for whole in _WHOLE)
            if other := next(filter(None, wholes), None):
                found[name] = other
    return found


def mail_logs(names: Iterable[str]) -> list[str]:
    """Of all files in a folder or archive those that are named like mail logs; all but the hidden where none is."""
    every = sorted(name for name in names if not PurePath(name).name.startswith("."))
    return [name for name in every if _named(PurePath(name).name)] or every


def _named(name: str) -> bool:
    return bool(_MAIL.fullmatch(name)) and not _OTHER_MAIL.fullmatch(name) and not name.endswith("~")
