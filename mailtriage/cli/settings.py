"""Settings: /etc/mailtriage/config.toml, then the user's config.toml, then MAILTRIAGE_*, then flags.

Keys are the long options without dashes in front: ``own-ip = ["203.0.113.25"]``.
"""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from mailtriage.cli.words import interface

SYSTEM = Path("/etc/mailtriage")
KEYS = ("own-ip", "own-domain", "lang", "color", "width", "jobs", "tz", "year", "spool", "fail-on", "format")


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it comes from: default, a file's name, an environment variable."""

    key: str
    value: Any
    origin: str


def user_folder() -> Path:
    """~/.config/mailtriage, or below XDG_CONFIG_HOME."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "mailtriage"


def pack_folders() -> list[Path]:
    """Where the user's own rule packs stand; the later wins."""
    return [SYSTEM / "rules.d", user_folder() / "rules.d"]


def load() -> dict[str, Setting]:
    """All settings that files and the environment give. Raises click.ClickException for a broken file."""
    found: dict[str, Setting] = {}
    for path in (SYSTEM / "config.toml", user_folder() / "config.toml"):
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
            raise click.ClickException(interface().say("cli.config.broken", file=path, reason=err)) from err
        for key, value in data.items():
            if key not in KEYS:
                raise click.ClickException(interface().say("cli.config.unknown", file=path, name=key))
            found[key] = Setting(key, value, str(path))
    for key in KEYS:
        name = "MAILTRIAGE_" + key.upper().replace("-", "_")
        if value := os.environ.get(name):
            found[key] = Setting(key, value.split(",") if key in ("own-ip", "own-domain") else value, name)
    return found


class Defaults(dict[str, Any]):
    """The settings as click takes them for defaults, by the names of parameters; read when the first is asked for.

    So that --help and --version need no settings, and say no word of broken ones.
    """

    def __init__(self, command: str) -> None:
        super().__init__()
        self._command = command

    def get(self, key: str, default: Any = None) -> Any:
        self._read()
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self._read()
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._read()
        return super().__contains__(key)

    def _read(self) -> None:
        if not self:
            # The formats of other commands are others.
            keys = {key: setting for key, setting in load().items() if key != "format" or self._command == "scan"}
            self.update({parameter(key): setting.value for key, setting in keys.items()} or {"": None})


def parameter(key: str) -> str:
    """The name of the parameter that a setting is a default of."""
    return "format_" if key == "format" else key.replace("-", "_")


def default_map(command: str = "scan") -> dict[str, Any]:
    """What a command takes for its defaults."""
    return Defaults(command)
