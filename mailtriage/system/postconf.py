"""Values of Postfix parameters on this machine, as postconf(1) prints them."""

import re
from collections.abc import Sequence

from mailtriage.system.run import run

_NAME = re.compile(r"[a-z0-9_]+")


def parameters(names: Sequence[str], *, seconds: float = 5.0) -> dict[str, str]:
    """Ask for ``names``; those that this Postfix does not know, or all if there is no Postfix, are missing.

    ``$name`` within values is expanded (postconf -x, Postfix 2.10 and later).
    """
    wanted = [name for name in names if _NAME.fullmatch(name)]
    if not wanted:
        return {}
    result = run(["postconf", "-x", *wanted], seconds=seconds)
    values = {}
    for line in result.out.decode("utf-8", "replace").splitlines():
        name, equals, value = line.partition(" =")
        if equals and name in wanted:
            values[name] = value.strip()
    return values
