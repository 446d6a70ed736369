"""What all neighbours of the lab have in common: a bound socket, and a thread for each connection to it."""

import contextlib
import socket
import threading
from typing import BinaryIO


class Listening:
    """Listens on ``listener`` (bound) from the start; ``_talk`` holds the conversation on one connection."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        listener.listen(20)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening: the next connection is refused."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rwb") as stream:
            self._talk(stream)

    def _talk(self, stream: BinaryIO) -> None:
        raise NotImplementedError
