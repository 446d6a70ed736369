"""Time stamps in every form that a log line may begin with, as a ``Stamp``; no year is guessed here.

Sources: RFC 3164 section 4.1.2, RFC 3339, RFC 5424 section 6.2.3, systemd's journalctl(1) output modes.
"""

import re
from datetime import date
from functools import lru_cache

from mailtriage.model.stamp import Stamp

MICROS_PER_DAY = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS_BEFORE = tuple(sum(_MONTH_DAYS[:month]) for month in range(12))

_ISO = re.compile(
    r"(?:[A-Z][a-z]{2},? )?(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?"
    r"(?: ?(Z|[+-]\d\d:?\d\d|[+-]\d\d)(?=[\s,]|$)| ([A-Z]{3,5})(?= ))?(?=[\s,:]|$)"
)
_BSD = re.compile(
    r"(?:[A-Z][a-z]{2},? )?(?:(\d{4}) )?([A-Z][a-z]{2}) {1,2}(\d{1,2})(?: (\d{4}))? (\d\d):(\d\d):(\d\d)"
    r"(?:[.,](\d{1,9}))?(?: (UTC|GMT)(?= ))?(?=[\s,:]|$)"
)
_UNIX = re.compile(r"(\d{9,11})(?:\.(\d{1,9}))?(?= )")
_WORD_ZONES = {"UTC": 0, "GMT": 0}


@lru_cache(maxsize=4096)
def bsd(text: str) -> Stamp | None:
    """Read exactly fifteen characters such as ``Apr  1 06:14:46`` or ``Apr 01 06:14:46`` (RFC 3164 section 4.1.2)."""
    found = _BSD.fullmatch(text)
    return _from_bsd(found) if found else None


def iso(text: str) -> Stamp | None:
    """Read a whole RFC 3339 time such as ``2024-04-11T06:14:46.123456+09:00``, with or without fraction and zone."""
    days = _days(text[:10])
    if days is None or text[13:14] != ":" or text[16:17] != ":":
        return None
    hours, minutes, seconds = text[11:13], text[14:16], text[17:19]
    if not (_digits(hours) and _digits(minutes) and _digits(seconds) and len(seconds) == 2):
        return None
    clock = _clock(int(hours), int(minutes), int(seconds))
    if clock is None:
        return None
    rest = text[19:]
    micros, digits = 0, 0
    if rest[:1] in (".", ","):
        end = 1
        while rest[end : end + 1].isdecimal() and rest[end].isascii():
            end += 1
        micros, digits = _fraction(rest[1:end])
        rest = rest[end:]
    offset: int | None = None
    if rest:
        offset = _offset(rest)
        if offset is None:
            return None
    return Stamp(days * MICROS_PER_DAY + clock + micros - (offset or 0) * 60_000_000, True, offset, digits)


def leading(text: str) -> tuple[Stamp, int] | None:
    """Find a time stamp of any known form at the very start; return it with the position behind it."""
    if found := _ISO.match(text):
        stamp = _from_iso(found)
    elif found := _BSD.match(text):
        stamp = _from_bsd(found)
    elif found := _UNIX.match(text):
        micros, digits = _fraction(found[2] or "")
        stamp = Stamp(int(found[1]) * 1_000_000 + micros, True, 0, digits)
    else:
        return None
    return (stamp, found.end()) if stamp is not None else None


def wall_clock(stamp: Stamp) -> int:
    """Return the microseconds of wall clock since the start of a leap year, on which undated stamps are counted."""
    if not stamp.dated:
        return stamp.micros
    local = stamp.micros + (stamp.offset or 0) * 60_000_000
    days, within = divmod(local, MICROS_PER_DAY)
    day = date.fromordinal(days + _EPOCH)
    return (_DAYS_BEFORE[day.month - 1] + day.day - 1) * MICROS_PER_DAY + within


def date_with(undated: Stamp, dated: Stamp) -> Stamp | None:
    """Date an undated stamp by a dated one of the same moment written by somebody else (a container's log driver).

    The offset of the clock that wrote the undated stamp is what remains, to a quarter of an hour. None where the two
    are further apart than zones are.
    """
    year = date.fromordinal(dated.micros // MICROS_PER_DAY + _EPOCH).year
    best: tuple[int, int] | None = None
    for candidate in (year - 1, year, year + 1):
        micros = in_year(undated, candidate)
        if micros is not None:
            offset = round((micros - dated.micros) / 900_000_000) * 15
            if -12 * 60 <= offset <= 14 * 60 and (best is None or abs(offset) < abs(best[1])):
                best = micros - offset * 60_000_000, offset
    return Stamp(best[0], True, best[1], undated.digits) if best else None


def in_year(stamp: Stamp, year: int) -> int | None:
    """Return an undated stamp's microseconds since 1970 as if in UTC; None for 29 February in a common year."""
    days, within = divmod(stamp.micros, MICROS_PER_DAY)
    month = 11
    while _DAYS_BEFORE[month] > days:
        month -= 1
    try:
        ordinal = date(year, month + 1, days - _DAYS_BEFORE[month] + 1).toordinal()
    except ValueError:
        return None
    return (ordinal - _EPOCH) * MICROS_PER_DAY + within


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _clock(hours: int, minutes: int, seconds: int) -> int | None:
    """Microseconds of the day; second 60 is a leap second."""
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000


def _fraction(text: str) -> tuple[int, int]:
    return (int(text[:6].ljust(6, "0")), len(text)) if text else (0, 0)


def _offset(text: str) -> int | None:
    """Minutes east of UTC of ``Z``, ``+09:00``, ``+0900`` or ``+09``."""
    if text in ("Z", "z"):
        return 0
    figures = text[1:].replace(":", "", 1)
    if text[0] not in "+-" or not _digits(figures) or len(figures) not in (2, 4):
        return None
    minutes = int(figures[:2]) * 60 + int(figures[2:] or 0)
    return -minutes if text[0] == "-" else minutes


@lru_cache(maxsize=512)
def _days(text: str) -> int | None:
    """Days since 1970 of ``2024-04-11``."""
    if len(text) != 10 or not text.isascii():
        return None
    try:
        return date(int(text[:4]), int(text[5:7]), int(text[8:])).toordinal() - _EPOCH
    except ValueError:
        return None


def _from_iso(found: re.Match[str]) -> Stamp | None:
    days = _days(f"{found[1]}-{found[2]}-{found[3]}")
    clock = _clock(int(found[4]), int(found[5]), int(found[6]))
    if days is None or clock is None:
        return None
    micros, digits = _fraction(found[7] or "")
    offset = _offset(found[8]) if found[8] else _WORD_ZONES.get(found[9] or "")
    return Stamp(days * MICROS_PER_DAY + clock + micros - (offset or 0) * 60_000_000, True, offset, digits)


def _from_bsd(found: re.Match[str]) -> Stamp | None:
    month, day = _MONTHS.get(found[2]), int(found[3])
    clock = _clock(int(found[5]), int(found[6]), int(found[7]))
    if month is None or clock is None or not 1 <= day <= _MONTH_DAYS[month - 1]:
        return None
    micros, digits = _fraction(found[8] or "")
    offset = _WORD_ZONES.get(found[9] or "")
    year = found[1] or found[4]
    if year is None:
        days = _DAYS_BEFORE[month - 1] + day - 1
        return Stamp(days * MICROS_PER_DAY + clock + micros, False, offset, digits)
    dated = _days(f"{year}-{month:02}-{day:02}")
    if dated is None:
        return None
    return Stamp(dated * MICROS_PER_DAY + clock + micros, True, offset, digits)
