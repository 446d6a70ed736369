"""Running the program as people do: another process, real files and pipes."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

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
