"""A milter that refuses or lets pass, over TCP: as much of the protocol as Postfix needs."""

import socket
import struct
from typing import BinaryIO

from tools.lab.listening import Listening

CONTINUE = b"c"


class MilterServer(Listening):
    """Answers every recipient with `reply` ("550 5.7.1 Spam …"), or lets all pass where it is None."""

    def __init__(self, listener: socket.socket, reply: str | None) -> None:
        self.reply = reply
        super().__init__(listener)

    def _talk(self, stream: BinaryIO) -> None:
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
