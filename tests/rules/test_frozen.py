"""Frozen packs answer as the packs that they were made of; a file that is none of ours is no file."""

import marshal

import pytest

from mailtriage.rules import shelf
from mailtriage.rules.book import Query, RuleBook
from mailtriage.rules.frozen import FORMAT, freeze, thaw
from mailtriage.rules.pack import PackError
from mailtriage.rules.shelf import load_book, read_packs


def test_frozen_and_thawed_rules_are_the_same() -> None:
    fresh = RuleBook(frozen=read_packs())
    thawed = thaw(freeze(read_packs()))
    assert thawed is not None
    book = RuleBook(frozen=thawed)
    assert dict(book.rules) == dict(fresh.rules)
    for rule in fresh.rules.values():
        for sample in rule.samples:
            query = Query(sample.text, sample.direction or next(iter(rule.direction), None), relay=sample.relay)
            assert book.classify(query) == fresh.classify(query)


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"\x00" * 50, marshal.dumps(1), marshal.dumps(("other", (), (), (), (), ())), marshal.dumps((FORMAT,))],
)
def test_what_is_none_of_ours_is_not_believed(data: bytes) -> None:
    assert thaw(data) is None


def test_the_cache_follows_the_packs(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first, _ = load_book()
    (kept,) = (tmp_path / "mailtriage").glob("packs-*.bin")
    again, _ = load_book()
    assert list(again.rules) == list(first.rules)
    kept.write_bytes(kept.read_bytes()[:1000])
    damaged, _ = load_book()
    assert list(damaged.rules) == list(first.rules)


def test_no_place_for_a_cache_is_no_harm(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load_book()[0].rules


def test_two_packs_with_one_rule_id_do_not_load(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    pack = next(p for p in shelf.pack_files() if p.stem == "apple").read_text(encoding="utf-8")
    for name in ("one", "two"):
        (tmp_path / "packs" / "mailbox").mkdir(parents=True, exist_ok=True)
        (tmp_path / "packs" / "mailbox" / f"{name}.toml").write_text(pack, encoding="utf-8")
    monkeypatch.setattr(shelf, "PACKS", tmp_path / "packs")
    monkeypatch.setattr(shelf, "pack_files", lambda: sorted((tmp_path / "packs").rglob("*.toml")))
    with pytest.raises(PackError, match=r"one\.toml as well"):
        shelf.read_packs()
