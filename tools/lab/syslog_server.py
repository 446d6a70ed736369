"""A syslog daemon: /dev/log, written to a file in the traditional form."""

import contextlib
import re
import socket
import threading
from pathlib import Path


class SyslogServer:
    """Reads datagrams from a UNIX socket at `path`, appends `Apr  1 06:14:46 HOST TAG: TEXT` to `log`."""

    def __init__(self, path: Path, log: Path, host: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        path.chmod(0o666)
        self._log = log
        self._host = host
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                datagram = self._socket.recv(65536)
            except OSError:
                return
            if not datagram:
                return
            found = re.match(rb"<\d+>(.{15}) (.*)", datagram.rstrip(b"\n\0"), re.DOTALL)
            if found:
                with self._log.open("ab") as log:
                    log.write(found[1] + b" " + self._host.encode() + b" " + found[2] + b"\n")
