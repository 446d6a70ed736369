"""How this machine is called, and whether a log is its own."""

import platform
from collections.abc import Iterable


def own_names() -> tuple[str, ...]:
    """The names that a syslog daemon of this machine would write, lower case."""
    name = platform.node().lower().rstrip(".")
    return (name,) if name else ()


def is_own(host: str, names: Iterable[str]) -> bool:
    """Whether ``host``, as logged, is one of ``names``. Daemons cut domains off: a bare label fits a full name."""
    logged = host.lower().rstrip(".")
    return any(_same(logged, name) for name in names) if logged else False


def _same(one: str, other: str) -> bool:
    if "." in one and "." in other:
        return one == other
    return one.split(".")[0] == other.split(".")[0]
