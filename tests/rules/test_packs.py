"""Every sample of every rule of every pack, asked of the whole book."""

import pytest

from mailtriage.rules.book import RuleBook
from mailtriage.rules.samples import check
from mailtriage.rules.shelf import load_book, pack_files


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_book()[0]


@pytest.mark.parametrize("pack", [p.stem for p in pack_files()])
def test_samples_of_a_pack(book: RuleBook, pack: str) -> None:
    rules = [r for r in book.rules.values() if r.place.endswith(f"/{pack}.toml")]
    failures = [f"{f.rule.id}: {f.sample.text!r}: {f.key} is {f.got!r}" for f in check(book, rules)]
    assert not failures, "\n".join(failures)
