"""The compiled inner loop (loop.pyx), where it was built; else None, and what does its work stands beside it."""

import os
from importlib import import_module
from typing import Any

WITHOUT = "MAILTRIAGE_WITHOUT_COMPILED"  # set to 1 in the environment: as if nothing were compiled


def compiled_loop() -> Any:
    """The compiled module; None where it is missing or not wanted."""
    if os.environ.get(WITHOUT, "") not in ("", "0"):
        return None
    try:
        return import_module("mailtriage.scan.inner.loop")
    except ImportError:
        return None
