"""Dovecot's authentication service as Postfix sees it: the protocol of auth-client, PLAIN and LOGIN only."""

import base64
import socket
from pathlib import Path
from typing import BinaryIO

from tools.lab.listening import Listening

HELLO = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t77\nCUID\t1\nCOOKIE\t0a1b2c\nDONE\n"


class SaslServer(Listening):
    """Knows `passwords`, {user: password}, on a UNIX socket."""

    def __init__(self, path: Path, passwords: dict[str, str]) -> None:
        self.passwords = passwords
        self._path = path
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        path.chmod(0o666)
        super().__init__(listener)

    def close(self) -> None:
        """Stop; the socket file goes too."""
        self._path.unlink(missing_ok=True)
        super().close()

    def _talk(self, stream: BinaryIO) -> None:
        stream.write(HELLO.encode())
        stream.flush()
        login: dict[str, str] = {}
        while line := stream.readline():
            words = line.decode().rstrip("\n").split("\t")
            if words[0] not in ("AUTH", "CONT"):
                continue
            number = words[1]
            given = next((word[5:] for word in words if word.startswith("resp=")), None)
            if words[0] == "CONT":
                given = words[2]
            plain = base64.b64decode(given).decode() if given else ""
            if words[0] == "AUTH" and words[2] == "LOGIN":
                login = {}
                answer = f"CONT\t{number}\t{base64.b64encode(b'Username:').decode()}"
            elif words[0] == "CONT" and "user" not in login and not plain.startswith("\0"):
                login["user"] = plain
                answer = f"CONT\t{number}\t{base64.b64encode(b'Password:').decode()}"
            else:
                user, password = (login["user"], plain) if "user" in login else plain.split("\0")[1:3]
                right = self.passwords.get(user) == password
                answer = f"{'OK' if right else 'FAIL'}\t{number}\tuser={user}"
                login = {}
            stream.write(answer.encode() + b"\n")
            stream.flush()
