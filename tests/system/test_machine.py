"""Whether a log is this machine's."""

import pytest

from mailtriage.system.machine import is_own, own_names


@pytest.mark.parametrize(
    ("host", "name", "own"),
    [
        ("mail.example.com", "mail.example.com", True),
        ("Mail.Example.com", "mail.example.com", True),
        ("mail", "mail.example.com", True),
        ("mail.example.com", "mail", True),
        ("mail.example.net", "mail.example.com", False),
        ("mx", "mail.example.com", False),
        ("", "mail", False),
    ],
)
def test_is_own(host: str, name: str, own: bool) -> None:
    assert is_own(host, [name]) is own


def test_own_names() -> None:
    assert all(name == name.lower() for name in own_names())
