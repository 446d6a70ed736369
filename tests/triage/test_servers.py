"""Containers that were restarted are one server."""

import pytest

from mailtriage.triage.servers import servers


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["mx1.example.com", "mx2.example.com"], ("mx1.example.com", "mx2.example.com")),
        (["8f3a2b1c9d0e", "", "0123456789ab"], ("8f3a2b1c9d0e",)),
        (["mail-7d9f8b6c5d-x2x4z", "mail-5c6d7f8b9d-bcdfg"], ("mail-7d9f8b6c5d-x2x4z",)),
        (["mail-7d9f8b6c5d-x2x4z", "web-7d9f8b6c5d-x2x4z"], ("mail-7d9f8b6c5d-x2x4z", "web-7d9f8b6c5d-x2x4z")),
        (["mail-0", "mail-1"], ("mail-0", "mail-1")),
        (["relay-outbound-mx1", "relay-outbound-mx2"], ("relay-outbound-mx1", "relay-outbound-mx2")),
    ],
)
def test_servers(hosts: list[str], expected: tuple[str, ...]) -> None:
    assert servers(hosts) == expected
