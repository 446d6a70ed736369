"""Options that several commands share, and what their values mean."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, TypeVar

import click

from mailtriage.cli.words import interface
from mailtriage.model.finding import SEVERITIES
from mailtriage.texts.catalog import languages

F = TypeVar("F", bound=Callable[..., Any])
_SPAN = re.compile(r"(\d{1,5})\s?(s|m|h|d|w)$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SIZE = re.compile(r"(\d{1,12})\s?([kmgt]?)i?b?$", re.IGNORECASE)


class Moment(click.ParamType[datetime]):
    """A time: ISO date or time, ``yesterday``, ``today``, or so long ago: ``24h``, ``7d``; in the zone of --tz."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        text = str(value).strip().lower()
        said = ctx.params.get("tz") if ctx else None
        zone = _zone(said if isinstance(said, dict) else {})
        now = datetime.now(UTC).astimezone(zone)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if text in ("now", "today", "yesterday"):
            return {"now": now, "today": midnight, "yesterday": midnight - timedelta(days=1)}[text]
        if span := _SPAN.match(text):
            return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
        from dateutil import parser

        try:
            found = parser.parse(str(value), default=midnight.replace(tzinfo=None))
        except (ValueError, OverflowError):
            self.fail(interface().say("cli.bad_time", value=value), param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=zone) if zone else found.astimezone()


def _zone(said: Mapping[str, int | str]) -> tzinfo | None:
    """The zone that --tz says; None: this machine's."""
    if "tz_minutes" in said:
        return timezone(timedelta(minutes=int(said["tz_minutes"])))
    if "tz_name" in said:
        from zoneinfo import ZoneInfo

        return ZoneInfo(str(said["tz_name"]))
    return None


class Size(click.ParamType[int]):
    """A size in bytes: ``512M``, ``2GiB``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        if not (found := _SIZE.match(str(value).strip())):
            self.fail(interface().say("cli.bad_size", value=value), param, ctx)
        power = "_kmgt".index(found[2].lower() or "_")
        return int(found[1]) << 10 * power


class Zone(click.ParamType["dict[str, int | str]"]):
    """A zone, ``+09:00``, ``UTC`` or ``Europe/Berlin``, as the field of ScanPlan that says it."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "dict[str, int | str]":
        if isinstance(value, dict):
            return value
        text = str(value)
        if found := re.fullmatch(r"([+-])(\d\d):?([0-5]\d)", text):
            minutes = int(found[2]) * 60 + int(found[3])
            if minutes < 24 * 60:
                return {"tz_minutes": -minutes if found[1] == "-" else minutes}
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(text)
        except (KeyError, ValueError, OSError):
            self.fail(interface().say("cli.bad_zone", value=value), param, ctx)
        return {"tz_name": text}


def option(*names: str, **settings: Any) -> Callable[[F], F]:
    """An option whose help is the text under ``option.<its name>``."""
    key = next(n for n in names if n.startswith("--")).lstrip("-").replace("-", "_")
    return click.option(*names, help=interface().say(f"option.{key}"), **settings)


def shared(*wanted: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, in this order of the help."""

    def decorate(function: F) -> F:
        for one in reversed(wanted):
            function = one(function)
        return function

    return decorate


common = shared(
    option("--own-ip", multiple=True, metavar="ADDRESS"),
    option("--own-domain", multiple=True, metavar="DOMAIN"),
    option("--year", type=click.IntRange(1970, 9999), metavar="YEAR"),
    option("--tz", type=Zone(), metavar="ZONE", is_eager=True),  # --since is read in it
)
reading = shared(
    option("--since", type=Moment(), metavar="TIME"),
    option("--until", type=Moment(), metavar="TIME"),
    common,
    option("--jobs", type=click.IntRange(0, 1024), default=0, metavar="N"),
    option("--spool", type=Size(), default="1GiB", metavar="SIZE"),
)
speaking = shared(
    option("--lang", type=click.Choice(languages()), metavar="LANG"),
    option("--color", type=click.Choice(["auto", "always", "never"]), default="auto"),
    option("--width", type=click.IntRange(20, 1000), metavar="CELLS"),
    option("--quiet", "-q", is_flag=True),
)
fail_on = option("--fail-on", type=click.Choice(SEVERITIES), metavar="SEVERITY")
