"""The organisation of a name is what the public suffix list's own library says."""

import pytest
from publicsuffixlist import PublicSuffixList

from mailtriage.triage.organisation import organisation

NAMES = (
    "omta0014.jcom.zaq.ne.jp", "mail.shirao.example", "example.com", "localhost", "unknown", "a.co.uk", "co.uk",
    "x.y.kawasaki.jp", "kawasaki.jp", "a.kawasaki.jp", "city.kawasaki.jp", "x.city.kawasaki.jp", "foo.github.io",
    "x.y.xn--p1ai", "xn--zckzah.xn--zckzah", "a..b", "bucket.s3.amazonaws.com", "eu-west-3.rds.amazonaws.com", "xn--a",
)  # fmt: skip


@pytest.fixture(scope="module")
def library() -> PublicSuffixList:
    return PublicSuffixList()


@pytest.mark.parametrize("name", NAMES)
def test_as_the_library(name: str, library: PublicSuffixList) -> None:
    assert organisation(name) == (library.privatesuffix(name) or name)


def test_addresses_and_bare_words_stand_for_themselves() -> None:
    assert organisation("192.0.2.0/24") == "192.0.2.0/24"
    assert organisation("2001:db8::1") == "2001:db8::1"
    assert organisation("Host.") == "host"
