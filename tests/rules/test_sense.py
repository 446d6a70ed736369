"""What a reply says, concept by concept."""

import re
import time
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtriage.rules.book import Query
from mailtriage.rules.pack import PackError
from mailtriage.rules.sense import pattern, plain, sense
from mailtriage.rules.shelf import PACKS, VOCABULARY, load_book, read_vocabulary

WORDS = read_vocabulary()


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("The mailbox is full", " user full "),
        ("Das Postfach ist voll", " user full "),
        ("Boîte aux lettres pleine", " user full "),
        ("Bo??te aux lettres pleine", " user full "),  # logged without SMTPUTF8
        ("Empfängeradresse unbekannt.", " address unknown . "),
        ("Empfaengeradresse unbekannt.", " address unknown . "),
        ("La casilla no existe", " user unknown "),
        ("Почтовый ящик переполнен", " mail user full "),
        ("收件人邮箱不存在", " user unknown "),
        ("宛先のメールアドレスは存在しません", " user address unknown "),
        ("메일함이 가득 찼습니다", " user full "),
        ("We do not accept mail from your IP 192.0.2.1.", " no accept mail from ip . "),
        # What stands in addresses, links and host names are names.
        ("<full@unknown.example> see https://spam.example/blocked or virus.example.com", " @ "),
        ("", "  "),
    ],
)
def test_row_of_a_reply(text: str, row: str) -> None:
    assert sense(text, WORDS) == row


def test_how_a_rule_is_written() -> None:
    said = re.compile(pattern("user ~ (full|exceeded)"))
    assert said.search(" mail user own space full ")
    assert not said.search(" user . full ")  # another sentence
    assert not said.search(" user a b c d e full ")  # too far away
    assert re.search(pattern("^later$"), " later . ")
    assert not re.search(pattern("^later$"), " server later ")


def test_rules_and_vocabulary_know_the_same_concepts() -> None:
    spoken = {"@", "ip", ".", ":"}
    for path in VOCABULARY.glob("*.toml"):
        for concept in tomllib.loads(path.read_text(encoding="utf-8")):
            spoken.update(concept.split())
    wanted: set[str] = set()
    for path in (PACKS / "generic").glob("*.toml"):
        for rule in tomllib.loads(path.read_text(encoding="utf-8")).get("rule", ()):
            for said in rule.get("says", ()):
                wanted.update(re.findall(r"[a-z-]+", re.sub(r"\{[^}]*\}", "", said)))
    assert wanted <= spoken


def test_a_star_stands_at_an_end(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "xx.toml").write_text('user = ["us*er"]', encoding="utf-8")
    with pytest.raises(PackError, match="star"):
        read_vocabulary(tmp_path)


@given(st.text())
def test_any_text_has_a_row(text: str) -> None:
    row = sense(text, WORDS)
    assert row.startswith(" ")
    assert row.endswith(" ")
    assert plain(plain(text)) is not None


@pytest.mark.parametrize("seed", ["a", "?", "é? ", "user ", "<a@", "aaaaaaaa-", "a.", "не", "拒", "too many "])
def test_a_long_text_costs_in_proportion(seed: str) -> None:
    begin = time.thread_time()
    sense(seed * 100_000, WORDS)
    assert time.thread_time() - begin < 0.25


# Refusals that administrators wrote by hand, in many languages: the rows tell the cause.
HAND_WRITTEN = {
    "helo_invalid": [
        "550 Dropped IP-only or IP-starting helo",
        "550 Invalid domain or IP given in HELO/EHLO (HELO was SERVER01)",
        "550 5.7.1 Sheesh people! Use a proper helo name!",
    ],
    "attachment_blocked": [
        "550 5.7.1 Sorry, we do not accept .exe file types.",
        "554 Anexo com extensão não permitida",
    ],
    "content_policy": ["550 5.7.1 Sorry, we do not accept messages in the koi8-r character set."],
    "header_invalid": ["550 Header From exist, but not have a valid address"],
    "ip_reputation": [
        "550 5.7.1 We do not accept mail directly from end-user machines; relay through your provider",
        "554 お使いのIPアドレスからのメールは受け付けておりません",
        "550 ip in prison",
    ],
    "user_unknown": ["550 Kein Benutzer mit diesem Namen", "550 Mottagaren finns inte", "550 Ismeretlen címzett"],
    "mailbox_disabled": ["550 La cuenta ha sido deshabilitada por inactividad"],
    "recipient_policy": ["550 Le destinataire n'accepte que les messages de contacts autorisés"],
    "relay_denied": ["550 Dieser Server ist für die Domain example.com nicht zuständig"],
    "too_large": ["552 Die Mail ist größer als erlaubt"],
    "system_error": ["450 DB not ready", "451 Intente más tarde, servidor ocupado"],
    "rate_limit": ["451 4.7.1 Sie senden zu schnell, bitte später erneut versuchen"],
    "greylist": ["450 4.7.1 Bitte versuchen Sie es in 5 Minuten erneut"],
    "unclassified": ["550 Hugo said so", "554 5.7.1 No", "550 5.7.1 Computer says no, mate"],
}


@pytest.mark.parametrize(("cause", "text"), [(c, t) for c, texts in HAND_WRITTEN.items() for t in texts])
def test_hand_written_refusals(cause: str, text: str) -> None:
    book, _ = load_book()
    assert book.classify(Query(text, "outbound", relay="mx.example.com")).cause == cause
