"""A client that says what it is told to say, and keeps the answers."""

import base64
import re
import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer that decided: the first refusal, else the last one."""

    stage: str  # CONNECT, EHLO, XCLIENT, AUTH, MAIL, RCPT, DATA, END-OF-MESSAGE
    code: int
    dsn: str  # enhanced status code, empty where there is none
    text: str  # what stands behind the codes; lines joined by a space

    @property
    def accepted(self) -> bool:
        """Whether this stage was taken."""
        return 200 <= self.code < 400

    def __str__(self) -> str:
        return f"{self.stage}: {self.code} {self.dsn} {self.text}"


class Refused(Exception):  # noqa: N818 - a reply is no error
    """Ends a conversation; holds the reply."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(str(reply))


class Conversation:
    """One SMTP session over a connected socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")
        self._connection = connection
        self.last = self._read("CONNECT")

    def say(self, stage: str, line: str) -> Reply:
        """Send one line; raises Refused where the answer is 4xx or 5xx."""
        self._stream.write(line.encode() + b"\r\n")
        self._stream.flush()
        self.last = self._read(stage)
        return self.last

    def login(self, user: str, password: str) -> Reply:
        """AUTH PLAIN."""
        token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return self.say("AUTH", f"AUTH PLAIN {token}")

    def message(self, sender: str, recipients: list[str], body: str) -> Reply:
        """A whole transaction."""
        self.say("MAIL", f"MAIL FROM:<{sender}> SIZE={len(body)}")
        for recipient in recipients:
            self.say("RCPT", f"RCPT TO:<{recipient}>")
        self.say("DATA", "DATA")
        escaped = re.sub(r"(?m)^\.", "..", body).replace("\n", "\r\n")
        return self.say("END-OF-MESSAGE", f"{escaped}\r\n.")

    def close(self, quit_first: bool = True) -> None:
        """End politely, or not."""
        try:
            if quit_first:
                self.say("QUIT", "QUIT")
        except (Refused, OSError):
            pass
        self._stream.close()
        self._connection.close()

    def _read(self, stage: str) -> Reply:
        lines: list[str] = []
        while line := self._stream.readline():
            lines.append(line.decode(errors="replace").rstrip("\r\n"))
            if lines[-1][3:4] != "-":
                break
        if not lines:
            raise Refused(Reply(stage, 0, "", "connection closed"))
        found = re.match(r"(\d{3})[ -]?(?:([245]\.\d{1,3}\.\d{1,3}) )?", lines[-1])
        code, dsn = (int(found[1]), found[2] or "") if found else (0, "")
        prefix = re.compile(rf"{code}[ -]?(?:{re.escape(dsn)} )?" if dsn else rf"{code}[ -]?")
        reply = Reply(stage, code, dsn, " ".join(prefix.sub("", line, count=1) for line in lines))
        if not reply.accepted:
            raise Refused(reply)
        return reply
