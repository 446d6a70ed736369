"""A remote mail server that says what it is told to say."""

import socket
import time
from collections.abc import Callable
from typing import BinaryIO

from tools.lab.listening import Listening

Answer = str | None  # None: close the connection without a word
Script = Callable[[str, str], Answer]
"""(stage, argument) → reply. Stages: CONNECT, EHLO, HELO, LHLO, MAIL, RCPT, DATA, END, RSET, QUIT, …"""

DEFAULTS = {
    "CONNECT": "220 ready",
    "EHLO": "250-here\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 50000000",
    "LHLO": "250-here\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 50000000",
    "HELO": "250 here",
    "DATA": "354 go on",
    "END": "250 2.0.0 Ok: queued as 4DB8E1800214",
    "QUIT": "221 2.0.0 Bye",
}


def accepting(stage: str, argument: str) -> Answer:
    """Takes everything."""
    return DEFAULTS.get(stage, "250 2.1.0 Ok")


def saying(**replies: str) -> Script:
    """A script that answers the named stages with these replies and all others well."""

    def script(stage: str, argument: str) -> Answer:
        return replies.get(stage) or accepting(stage, argument)

    return script


def apple_blocking(own: str, dash: str = "-") -> Script:
    """Apple's servers while Proofpoint's reputation list names our address `own`."""
    url = f"https://support.proofpoint.com/dnsbl-lookup.cgi?ip={own}"
    return saying(MAIL=f"550 5.7.0 Blocked {dash} see {url}")


def lmtp(stage: str, argument: str) -> Answer:
    """A mailbox server as Dovecot's LMTP answers; END is asked for once a recipient."""
    if stage == "END":
        return f"250 2.0.0 <{argument}> 8Fx2Nh3e1WmVDAAAOkWv9w Saved"
    return accepting(stage, argument)


class SmtpServer(Listening):
    """Listens on `listener` (bound) and answers by `script`, which may be changed while it runs."""

    def __init__(self, listener: socket.socket, script: Script = accepting) -> None:
        self.script = script
        super().__init__(listener)

    def _talk(self, stream: BinaryIO) -> None:
        recipients: list[str] = []
        is_lmtp = False

        def say(stage: str, argument: str = "") -> str:
            answer = self.script(stage, argument)
            if answer is None:
                raise ConnectionResetError
            if answer.startswith("sleep "):
                time.sleep(float(answer.split()[1]))
                return ""
            stream.write(answer.encode() + b"\r\n")
            stream.flush()
            return answer

        if not say("CONNECT").startswith("2"):
            stream.readline()
            return
        while line := stream.readline():
            verb, _, argument = line.decode(errors="replace").strip().partition(" ")
            verb = verb.upper()
            is_lmtp |= verb == "LHLO"
            answer = say(verb, argument)
            if verb == "MAIL":
                recipients.clear()
            if verb == "RCPT" and answer.startswith("2"):
                recipients.append(argument.partition("<")[2].partition(">")[0])
            if verb == "DATA" and answer.startswith("3"):
                while (body := stream.readline()) and body != b".\r\n":
                    pass
                for recipient in recipients if is_lmtp else recipients[:1]:
                    say("END", recipient)
            if verb == "QUIT":
                return
