"""Which hosts that wrote the lines are one server: a container gets another name with every restart."""

import re
from collections.abc import Iterable

_CONTAINER = re.compile(r"[0-9a-f]{12}(?:[0-9a-f]{52})?")  # docker's and podman's default host name
# A pod of a Deployment: the Deployment's name, the hash of its template, five letters (Kubernetes' safe alphabet).
_POD = re.compile(r"(.+)-[0-9a-z]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}")


def _server(host: str) -> str:
    """What stays of a host's name over restarts."""
    if _CONTAINER.fullmatch(host):
        return ""
    found = _POD.fullmatch(host) if "." not in host else None
    return found[1] if found else host


def servers(hosts: Iterable[str]) -> tuple[str, ...]:
    """Hosts, each server once: under the first of its names, in the order given. Unnamed ones are left out."""
    found: dict[str, str] = {}
    for host in filter(None, hosts):
        found.setdefault(_server(host), host)
    return tuple(found.values())
