"""The engine's promises: precedence, the same answer whatever was asked before, user packs, honest gaps."""

import random
from pathlib import Path

import pytest

from mailtriage.rules.book import Query, RuleBook, public_address
from mailtriage.rules.load import parse_pack
from mailtriage.rules.shelf import load_book


def pack(id_: str, kind: str, rules: str, head: str = "", user: bool = False) -> tuple:  # type: ignore[type-arg]
    return parse_pack(f'[operator]\nid = "{id_}"\nname = "{id_.title()}"\nkind = "{kind}"\n{head}\n{rules}', id_, user)


def rule(id_: str, match: str, cause: str = "policy", more: str = "") -> str:
    return (
        f"[[rule]]\nid = \"{id_}\"\ncause = \"{cause}\"\nmatch = '''{match}'''\n{more}\nsamples = [\"x\"]\n"
        f'text.en = {{ why = "w", steps = ["s"] }}\n'
    )


def book_of(*packs: tuple) -> RuleBook:  # type: ignore[type-arg]
    return RuleBook([r for _, rules in packs for r in rules], [o for o, _ in packs])


ALL = (
    pack("home", "mailbox", rule("home.a", "blocked", more="needs_relay = true"), 'mx = ["mx.home.example"]'),
    pack("filter", "filter", rule("filter.a", "blocked by filter")),
    pack("other", "mailbox", rule("other.a", "blocked by filter of other")),
    pack("soft", "software", rule("soft.a", "blocked")),
    pack("generic", "generic", rule("generic.a", "block") + rule("generic.b", "blocked by")),
)


@pytest.mark.parametrize(
    ("text", "relay", "direction", "expected"),
    [
        ("550 blocked", "a.mx.home.example", "outbound", "home.a"),
        ("550 blocked", "a.mx.home.example.evil.example", "outbound", "soft.a"),
        ("550 blocked by filter of other", None, "outbound", "filter.a"),
        ("550 blocked", None, "outbound", "soft.a"),
        ("550 blocked by", None, "inbound", "generic.a"),  # software speaks of mail that we send; the file's order
        ("550 fine", None, "outbound", None),
    ],
)
def test_precedence(text: str, relay: str | None, direction: str, expected: str | None) -> None:
    found = book_of(*ALL).classify(Query(text, direction, relay=relay))
    assert (found.rule.id if found.rule else None) == expected


def test_a_users_rule_wins_and_takes_the_place_of_ours() -> None:
    user = pack("mine", "mailbox", rule("mine.a", "blocked.*", "greylist") + rule("home.a", "never"), user=True)
    book = book_of(*ALL, user)
    assert book.classify(Query("550 blocked", "outbound", relay="mx.home.example")).rule.id == "mine.a"  # type: ignore[union-attr]
    assert book.rules["home.a"].user_pack


def test_a_slow_pattern_of_a_user_is_given_up() -> None:
    user = pack("mine", "mailbox", rule("mine.slow", r"(\w+\s?)*$ZZ", "greylist"), user=True)
    assert book_of(*ALL, user).classify(Query("550 blocked " + "word " * 300, "outbound")).rule.id == "soft.a"  # type: ignore[union-attr]


def test_tiers() -> None:
    book, _ = load_book()
    tiers = {
        "550 5.1.1 The mailbox you want is unknown: user not found": "wording",
        "550 5.2.2 qwertz": "enhanced_code",
        "503 qwertz": "reply_code",
        "550 qwertz": "none",
        "554 5.7.1 qwertz": "none",
        "550 5.7.0 qwertz": "none",
    }
    for text, tier in tiers.items():
        found = book.classify(Query(text, "outbound"))
        assert found.tier == tier, text
        assert found.generic == (tier not in ("rule", "none"))


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    fresh, _ = load_book()
    queries = [
        Query(sample.text, sample.direction or next(iter(r.direction), None), relay=relay)
        for r in list(fresh.rules.values())[::5]
        for sample in r.samples
        for relay in (sample.relay, None)
    ]
    answers = {q: fresh.classify(q) for q in queries}
    random.Random(7).shuffle(queries)
    other, _ = load_book()
    for query in queries * 2:
        assert other.classify(query) == answers[query]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("203.0.113.25", "203.0.113.25"), ("[203.0.113.25]", "203.0.113.25"), ("2001:DB8:0::1", "2001:db8::1"),
        ("10.0.0.1", None), ("127.0.0.2", None), ("fe80::1", None), ("300.1.1.1", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_an_own_address_is_one_that_the_world_can_see(text: str | None, expected: str | None) -> None:
    assert public_address(text) == expected


def test_broken_user_packs_are_named_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[operator")
    (tmp_path / "b.toml").write_text(
        '[operator]\nid="b"\nname="B"\nkind="mailbox"\n[[rule]]\nid="b.x"\ncause="nonsense"'
    )
    (tmp_path / "c.toml").write_text('[operator]\nid="c"\nname="C"\nkind="mailbox"\n' + rule("c.x", "quite special .*"))
    (tmp_path / "d.toml").write_bytes(b"\xff\xfe")
    book, broken = load_book([tmp_path, tmp_path / "missing"])
    assert [Path(b.file).name for b in broken] == ["a.toml", "b.toml", "d.toml"]
    assert (broken[1].rule, broken[1].key) == ("b.x", "cause")
    assert book.classify(Query("550 quite special words", "outbound")).operator == "C"
    assert book.classify(Query("550 5.1.1 User unknown", "outbound")).cause == "user_unknown"


def test_an_operator_with_several_files_is_one() -> None:
    book = book_of(
        pack("a", "mailbox", rule("a.x", "first words"), 'mx = ["mx1.example"]'),
        pack("a", "mailbox", rule("a.y", "other words", more="needs_relay = true"), 'mx = ["mx2.example"]'),
    )
    assert book.classify(Query("550 other words", relay="h.mx1.example")).rule.id == "a.y"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "direction", "fault", "act"),
    [
        ("550 High probability of spam", "outbound", "ours", "our_admin"),
        ("550 High probability of spam", "inbound", "sender", "nobody"),
        ("550 High probability of spam", "submission", "our_user", "our_user"),
        ("451 Internal server error", "inbound", "ours", "our_admin"),
        ("550 qwertz", "inbound", "nobody", "our_admin"),
    ],
)
def test_at_our_own_door_the_sides_of_a_generic_rule_change(text: str, direction: str, fault: str, act: str) -> None:
    found = load_book()[0].generic_layer().classify(Query(text, direction))
    assert (found.fault, found.act) == (fault, act)
