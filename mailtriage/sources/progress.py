"""How much was read so far, for whoever wants to know: one listener a process, none by default."""

from collections.abc import Callable

Listener = Callable[[int], None]  # is told how many more stored bytes were read

_listener: Listener | None = None


def listen(listener: Listener | None) -> None:
    """Have ``listener`` told from now on; None: nobody."""
    global _listener
    _listener = listener


def advance(size: int) -> None:
    """So many more stored bytes were read."""
    if _listener is not None and size > 0:
        _listener(size)
