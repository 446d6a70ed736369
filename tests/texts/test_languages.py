"""Every language says what English says: the same keys, the same values, the same commands."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mailtriage.cli.frame import group
from mailtriage.cli.words import interface
from mailtriage.texts.catalog import Texts, fill, languages
from tests.texts.made_up import LANG, make
from tools import language_coverage as coverage

FOREIGN = [lang for lang in languages() if lang != "en"]
WHOLE = ["ja"]  # languages that are complete and have to stay so: a new one is added when it is
_VALUES = re.compile(r"\{[^{}]*\}")
WEEK = "fixtures/family-week.log"
ENGLISH = {rule: words for _, rule, words in coverage.rules()}


@pytest.mark.parametrize("lang", FOREIGN)
def test_no_text_that_nobody_asks_for(lang: str) -> None:
    assert coverage.unknown(lang) == []


@pytest.mark.parametrize("lang", FOREIGN)
def test_the_same_values(lang: str) -> None:
    assert coverage.mismatched(lang) == []


@pytest.mark.parametrize("lang", FOREIGN)
def test_the_words_of_rules_belong_to_rules(lang: str) -> None:
    assert sorted(set(coverage.foreign_rules(lang)) - set(ENGLISH)) == []


@pytest.mark.parametrize("lang", FOREIGN)
def test_the_words_of_rules_ask_for_the_same_values(lang: str) -> None:
    """Or for one that every case knows or has a name for (``rules.placeholder``)."""
    always = {key.rpartition(".")[2] for key in coverage.texts("en") if key.startswith("rules.placeholder.")}
    wrong = []
    for rule, words in coverage.foreign_rules(lang).items():
        english = coverage.values_of([ENGLISH[rule].get(field) or "" for field in coverage.FIELDS])
        foreign = coverage.values_of([words.get(field) or "" for field in coverage.FIELDS])
        if foreign - english - always:
            wrong.append(f"{rule}: {sorted(foreign - english - always)}")
    assert wrong == []


def _copied(words: object) -> set[str]:
    """Lines that are to be copied; a comment in them is a sentence."""
    lines: set[str] = set()
    for step in words if isinstance(words, list) else []:
        if isinstance(step, dict):
            text = "\n".join(str(step.get(key, "")) for key in ("command", "url", "exception"))
            lines |= {line.split("   #")[0].strip() for line in text.splitlines() if not line.lstrip().startswith("#")}
    return lines - {""}


@pytest.mark.parametrize("lang", FOREIGN)
def test_commands_are_not_translated(lang: str) -> None:
    wrong = {
        rule: sorted(extra)
        for rule, words in coverage.foreign_rules(lang).items()
        if (extra := _copied(words.get("steps")) - _copied(ENGLISH[rule].get("steps")))
    }
    english, foreign = coverage.texts("en"), coverage.texts(lang)
    wrong |= {
        key: sorted(extra)
        for key in set(english) & set(foreign)
        if (extra := _copied(foreign[key]) ^ _copied(english[key]))
    }
    assert wrong == {}


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = make(tmp_path)
    monkeypatch.setattr(Texts.__init__, "__defaults__", ("en", root))
    monkeypatch.setattr(languages, "__defaults__", (root,))
    interface.cache_clear()
    for name in ("digest", "explain", "scan", "trace", "watch"):
        for option in import_module(f"mailtriage.cli.{name}").command.params:
            if option.name == "lang":
                monkeypatch.setattr(option, "type", click.Choice(languages()))
    yield root
    interface.cache_clear()


def test_the_made_up_language_has_every_key(made_up: Path) -> None:
    assert coverage.missing(LANG, made_up) == []
    assert coverage.unknown(LANG, made_up) == []
    assert coverage.mismatched(LANG, made_up) == []


@pytest.mark.parametrize("way", [[], ["--details"], ["--format", "markdown"], ["--format", "html"]])
def test_the_made_up_language_passes_through_every_report(made_up: Path, way: list[str]) -> None:
    """No label, title or sentence of a judgement comes from anywhere but the language's files."""
    asked = way if "--format" in way else ["--format", "text", *way]
    done = CliRunner().invoke(group, ["scan", "--lang", LANG, "--jobs", "1", *asked, WEEK])
    assert done.exit_code == 0, done.output
    assert "⟦blocks⟧ ⟦your⟧ ⟦server⟧ 203.0.113.25" in done.output
    for words in ("blocks your server", "sends through", "things need you", "What to do", "Why we think so"):
        assert words not in done.output


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["trace", "son@shirao.example", WEEK], "⟦refused⟧ ⟦at⟧ RCPT ⟦from⟧"),
        (["explain", "550 5.7.0 frobnicated"], "⟦Status⟧ ⟦code⟧"),
        (["explain", "--format", "markdown", "550 5.7.0 frobnicated"], "**⟦Reply⟧ ⟦code⟧**"),
        (["digest", "--dry-run", "--email", "a@example.org", "--state", "STATE", WEEK], "⟦Why⟧"),
    ],
)
def test_the_made_up_language_passes_through_every_command(
    made_up: Path, tmp_path: Path, args: list[str], said: str
) -> None:
    args = [str(tmp_path / "state") if arg == "STATE" else arg for arg in args]
    done = CliRunner().invoke(group, [args[0], "--lang", LANG, *args[1:]])
    assert said in done.output
    for key, text in coverage.texts("en").items():
        words = _VALUES.split(text) if isinstance(text, str) else []
        if key.split(".")[0] in ("report", "digest", "trace", "explain"):
            assert not [part for part in words if len(part.split()) > 2 and part in done.output], key


@pytest.mark.parametrize("lang", WHOLE)
def test_every_key_of_the_interface_and_the_judgements(lang: str) -> None:
    """What falls back to English here is one of the few sentences that everybody meets."""
    assert coverage.missing(lang) == []


@pytest.mark.parametrize(
    ("template", "value", "said"),
    [
        ("こちらのサーバー {x} をブロック", "192.0.2.1", "こちらのサーバー 192.0.2.1 をブロック"),
        ("こちらのサーバー {x} をブロック", "", "こちらのサーバーをブロック"),
        ("{x} が送っている", "メールマガジン", "メールマガジンが送っている"),
        ("宛先 {x}、{y}", "〈宛先〉", "宛先〈宛先〉、{y}"),
        ("［メール サーバー］の {x}", "a", "［メール サーバー］の a"),
        ("the server {x} refuses", "サーバー", "the server サーバー refuses"),
    ],
)
def test_no_blank_between_full_width_letters_and_a_value_of_such(template: str, value: str, said: str) -> None:
    assert fill(template, {"x": value}) == said
