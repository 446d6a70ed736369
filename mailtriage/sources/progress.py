"""How much was read so far, for whoever wants to know: one listener a process, none by default."""

from typing import Protocol


class Listener(Protocol):
    """Is told of every pass over the bytes."""

    def begin(self) -> None:
        """A pass begins."""
        ...

    def advance(self, size: int) -> None:
        """So many more stored bytes were read."""
        ...


_listener: Listener | None = None


def listen(listener: Listener | None) -> None:
    """Have ``listener`` told from now on; None: nobody."""
    global _listener
    _listener = listener


def begin() -> None:
    """A pass begins."""
    if _listener is not None:
        _listener.begin()


def advance(size: int) -> None:
    """So many more stored bytes were read."""
    if _listener is not None and size > 0:
        _listener.advance(size)
