"""Lets a real Postfix write what it says when something of its own is broken: fixtures/server-troubles/*.log.

    sudo python -m tools.lab.troubles fixtures/server-troubles [NAME …]

One function a trouble (broken_setup, broken_service); its name, with hyphens, is the log's. What each log should make
a reader say stands in fixtures/README.md.
"""

import inspect
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tools.lab import broken_delivery, broken_helpers, broken_machine, broken_service, broken_setup
from tools.lab.laboratory import Lab

TROUBLES: dict[str, Callable[[], Lab]] = {
    name.replace("_", "-"): function
    for module in (broken_setup, broken_service, broken_delivery, broken_helpers, broken_machine)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__ and not name.startswith("_")
}


def main(directory: Path, names: list[str]) -> None:
    """Provoke the named troubles, or all, and write their logs."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in names or TROUBLES:
        lab = TROUBLES[name]()
        time.sleep(0.3)
        (directory / f"{name}.log").write_text(lab.log())
        lab.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
