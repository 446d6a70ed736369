"""Namespaces of the lab: started, entered, ended. Knows nothing of mail."""

import ctypes
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

CLONE_NEWNET = 0x40000000
_HOLDER = Path(__file__).with_name("holder.py")


def missing() -> str | None:
    """Why there can be no lab here, or None."""
    if sys.platform != "linux":
        return "needs Linux"
    if os.geteuid() != 0:
        return "needs root"
    for program in ("unshare", "nsenter", "ip", "mount", "postfix", "postmap"):
        if shutil.which(program) is None:
            return f"needs the program {program}"
    tried = subprocess.run(["unshare", "--mount", "--net", "--pid", "--uts", "--fork", "true"], capture_output=True)
    return None if tried.returncode == 0 else "needs the right to make namespaces"


class Namespace:
    """A private network, process table and set of mounts.

    `root` is a directory that exists; its `mounts.txt` lists the paths, one a line, in which the files and directories
    below `root/mounts` take the place of the machine's.
    """

    def __init__(self, root: Path, hostname: str) -> None:
        command = ["unshare", "--mount", "--net", "--pid", "--uts", "--fork", "--kill-child"]
        self._process = subprocess.Popen(
            [*command, sys.executable, str(_HOLDER), str(root), hostname], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError("the lab's namespaces could not be set up")
        outer = self._process.pid
        self.pid = int(Path(f"/proc/{outer}/task/{outer}/children").read_text().split()[0])

    def run(self, *command: str, stdin: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program inside and wait for it."""
        enter = ["nsenter", f"--target={self.pid}", "--mount", "--net", "--pid", "--uts", "--wd=/", "--"]
        done = subprocess.run(
            [*enter, *command], input=stdin, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
        return done

    def socket(self, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM) -> socket.socket:
        """A socket that belongs to the inner network; a socket keeps the network of the thread that made it."""
        made: list[socket.socket] = []

        def make() -> None:
            libc = ctypes.CDLL(None, use_errno=True)
            with open(f"/proc/{self.pid}/ns/net") as network:  # noqa: PTH123 - a descriptor is wanted
                if libc.setns(network.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            made.append(socket.socket(family, kind))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return made[0]

    def close(self) -> None:
        """End everything that runs inside."""
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
