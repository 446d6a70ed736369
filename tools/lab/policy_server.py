"""A policy server (SMTPD_POLICY_README): greylisting, or any answer at all."""

import socket
from collections.abc import Callable
from typing import BinaryIO

from tools.lab.listening import Listening

Policy = Callable[[dict[str, str]], str]
"""Attributes of the request → action, e.g. `dunno` or `450 4.2.0 …`."""


def greylisting(*known: str) -> Policy:
    """Sends each new triplet of network, sender and recipient away once; not clients at the addresses `known`."""
    seen: set[tuple[str, str, str]] = set()

    def policy(request: dict[str, str]) -> str:
        triplet = (request["client_address"].rpartition(".")[0], request["sender"], request["recipient"])
        if triplet in seen or request["client_address"] in known:
            return "dunno"
        seen.add(triplet)
        domain = request["recipient"].partition("@")[2]
        return f"DEFER_IF_PERMIT 4.2.0 Greylisted, see http://postgrey.schweikert.ch/help/{domain}.html"

    return policy


class PolicyServer(Listening):
    """Answers on `listener` (bound) by `policy`."""

    def __init__(self, listener: socket.socket, policy: Policy) -> None:
        self.policy = policy
        super().__init__(listener)

    def _talk(self, stream: BinaryIO) -> None:
        request: dict[str, str] = {}
        while line := stream.readline():
            name, found, value = line.decode().rstrip("\n").partition("=")
            if found:
                request[name] = value
            elif request:
                stream.write(f"action={self.policy(request)}\n\n".encode())
                stream.flush()
                request = {}
