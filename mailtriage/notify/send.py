"""Handing a mail over: to the sendmail interface, to an SMTP server, or to any command's standard input."""

import os
import shlex
import subprocess
from collections.abc import Sequence

from mailtriage.system.run import find

SECONDS = 60


class SendError(Exception):
    """The mail was not taken; the text says what the other side said."""


def sendmail(mail: bytes, sender: str, recipients: Sequence[str], program: str = "sendmail") -> None:
    """Through sendmail(1): ``-i`` lets a line of a single dot be, ``--`` ends options. Raises SendError."""
    path = find(program)
    if path is None:
        raise SendError(f"{program}: not found")
    _run([path, "-i", "-f", sender, "--", *recipients], mail.replace(b"\r\n", b"\n"))


def smtp(mail: bytes, sender: str, recipients: Sequence[str], server: str) -> None:
    """To ``server`` (host, host:port or [address]:port), with STARTTLS where it is offered. Raises SendError."""
    import smtplib

    host, port = _server(server)
    try:
        with smtplib.SMTP(host, port, timeout=SECONDS) as connection:
            connection.ehlo_or_helo_if_needed()
            if connection.has_extn("starttls") and host not in ("localhost", "127.0.0.1", "::1"):
                import ssl

                connection.starttls(context=ssl.create_default_context())
            refused = connection.sendmail(sender, list(recipients), mail)
    except (OSError, smtplib.SMTPException) as err:
        raise SendError(str(err)) from err
    if refused:
        raise SendError(", ".join(f"{one}: {reply}" for one, reply in refused.items()))


def command(text: str, mail: bytes, sender: str) -> None:
    """The digest's text to a command's standard input, its subject in MAILTRIAGE_SUBJECT. Raises SendError.

    The command is the administrator's own and is run by a shell; nothing from a log is part of it.
    """
    from email import message_from_bytes, policy

    parsed = message_from_bytes(mail, policy=policy.default)
    body = parsed.get_body(("plain",))
    words = body.get_content() if body is not None else ""
    environment = os.environ | {"MAILTRIAGE_SUBJECT": str(parsed["Subject"]), "MAILTRIAGE_FROM": sender}
    _run(["/bin/sh", "-c", text], words.encode("utf-8", "replace"), environment)


def _run(arguments: Sequence[str], data: bytes, environment: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(
            arguments, input=data, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=SECONDS, check=False,
            env=environment,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as err:
        raise SendError(str(err)) from err
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise SendError(f"{shlex.quote(arguments[0])}: {done.returncode} {said}".strip())


def _server(server: str) -> tuple[str, int]:
    if server.startswith("["):
        host, _, rest = server[1:].partition("]")
        return host, int(rest.lstrip(":") or 25)
    host, _, port = server.partition(":") if server.count(":") == 1 else (server, "", "")
    return host, int(port or 25)
