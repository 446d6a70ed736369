"""Process 1 of the lab's namespaces: mounts, addresses, then reaps orphans until its standard input closes.

Run by `namespace.Namespace` as `unshare … python holder.py ROOT HOSTNAME`; ROOT/mounts.txt names the paths that
ROOT/mounts lays over the machine's own.
"""

import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

NETWORKS = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "17.0.0.0/8")
NETWORKS6 = ("2001:db8::/32",)
OWN_ADDRESSES = ("203.0.113.25/32", "2001:db8:25::25/128")


def _do(*command: str) -> None:
    subprocess.run(command, check=True)


def main(root: Path, hostname: str) -> None:
    """Set the namespaces up, say `ready`, and stay."""
    _do("mount", "--make-rprivate", "/")
    _do("mount", "-t", "proc", "proc", "/proc")
    for target in (root / "mounts.txt").read_text().splitlines():
        _do("mount", "--bind", f"{root}/mounts{target}", target)
    socket.sethostname(hostname)
    _do("ip", "link", "set", "lo", "up")
    for network in NETWORKS:
        _do("ip", "route", "add", "local", network, "dev", "lo")
    for network in NETWORKS6:
        _do("ip", "-6", "route", "add", "local", network, "dev", "lo")
    for address in OWN_ADDRESSES:
        _do("ip", "address", "add", address, "dev", "lo", *(["nodad"] if ":" in address else []))
    print("ready", flush=True)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    wake, wakened = os.pipe()
    os.set_blocking(wakened, False)
    signal.set_wakeup_fd(wakened)
    stdin = sys.stdin.fileno()
    while stdin not in select.select([stdin, wake], [], [])[0]:
        os.read(wake, 512)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
