"""Running the program as people do: another process, real files and pipes."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


def environment(home: Path, **extra: str) -> dict[str, str]:
    """A user's environment without settings of the person who runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "VIRTUAL_ENV") if name in os.environ}
    here = str(Path.cwd())
    return {
        **kept, "PYTHONPATH": os.pathsep.join(filter(None, [here, kept.get("PYTHONPATH")])), "HOME": str(home),
        "LC_ALL": "C.UTF-8", "TZ": "UTC", **extra,
    }  # fmt: skip


class Called(NamedTuple):
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str


Call = Callable[..., Called]
COMMAND = (sys.executable, "-m", "mailtriage")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``run("scan", path, env={…}, stdin=b"…")``: the finished process."""

    def call(
        *args: object, env: Mapping[str, str] | None = None, stdin: bytes | None = b"", **more: object
    ) -> "subprocess.CompletedProcess[bytes]":
        given = {} if "stdout" in more else {"stdout": subprocess.PIPE}
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [*COMMAND, *map(str, args)], input=stdin, stderr=subprocess.PIPE, timeout=60, check=False,
            env=environment(tmp_path, **(env or {})), **given, **more,
        )  # fmt: skip

    return call


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """``call("scan", path, env={…})``: the same within this process, which is faster."""
    from mailtriage.cli.frame import group
    from mailtriage.cli.frame import run as run_command

    for name in [name for name in os.environ if name.startswith(("MAILTRIAGE_", "LC_", "LANG", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))

    def run_here(*args: object, env: Mapping[str, str] | None = None) -> Called:
        with monkeypatch.context() as patch:
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            status = run_command(group, [str(arg) for arg in args])
        return Called(status, *capsys.readouterr())

    return run_here
