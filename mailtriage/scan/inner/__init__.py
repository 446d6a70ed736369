"""The compiled inner loop (loop.pyx), where it was built; else None, and what does its work stands beside it."""

import os
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any
from zlib import crc32

WITHOUT = "MAILTRIAGE_WITHOUT_COMPILED"  # set to 1 in the environment: as if nothing were compiled


def compiled_loop() -> Any:
    """The compiled module; None where it is missing, not wanted, or made of other sources than stand here."""
    if os.environ.get(WITHOUT, "") not in ("", "0"):
        return None
    return _loop()


@lru_cache(maxsize=1)
def _loop() -> Any:
    try:
        module = import_module("mailtriage.scan.inner.loop")
    except ImportError:
        return None
    return module if sources() == module.SOURCES else None


def sources() -> int:
    """A check sum of what the module is compiled of: an old one must not answer for new sources."""
    found = 0
    for path in sorted(Path(__file__).parent.glob("*.p[xy][xi]")):
        found = crc32(path.read_bytes(), found)
    return found
