"""A milter that refuses or lets pass, over TCP: as much of the protocol as Postfix needs."""

import contextlib
import socket
import struct
import threading

CONTINUE = b"c"


class MilterServer:
    """Answers every recipient with `reply` ("550 5.7.1 Spam …"), or lets all pass where it is None."""

    def __init__(self, listener: socket.socket, reply: str | None) -> None:
        self.reply = reply
        self._listener = listener
        listener.listen(20)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rwb") as stream:
            while head := stream.read(4):
                packet = stream.read(struct.unpack("!I", head)[0])
                command = packet[:1]
                if command == b"Q":
                    return
                if command in b"DA":  # macros and abort want no answer
                    continue
                answer = CONTINUE
                if command == b"O":
                    answer = b"O" + struct.pack("!III", struct.unpack("!I", packet[1:5])[0], 0, 0)
                elif command == b"R" and self.reply:
                    answer = b"y" + self.reply.encode() + b"\0"
                stream.write(struct.pack("!I", len(answer)) + answer)
                stream.flush()
