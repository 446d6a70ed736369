"""How much of the words there are in a language: ``python tools/language_coverage.py ja [--missing]``.

Texts are counted by key against English; a table by number (``one``, ``other``) is one key, and so is a list. The words
of rules are counted by rule and field. The exit status is 1 where texts are missing, unknown or disagree on values.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parent.parent / "mailtriage"
TEXTS = HOUSE / "texts"
PACKS = HOUSE / "rules" / "packs"
CATEGORIES = {"zero", "one", "two", "few", "many", "other"}
FIELDS = ("title", "why", "wait", "steps", "request", "user")
_VALUE = re.compile(r"\{([a-z_]+)(?:![rs])?\}")
# Texts that ask for other values in another language (the year stands elsewhere in a date), or need not all.
FREE = {"click", "dates", "report.head.days"}


def texts(lang: str, root: Path = TEXTS) -> dict[str, Any]:
    """Every text of a language by its key."""
    found: dict[str, Any] = {}
    base = root / lang
    for path in sorted(base.rglob("*.toml")):
        prefix = ".".join(path.relative_to(base).with_suffix("").parts)
        found |= _flat(prefix, tomllib.loads(path.read_text(encoding="utf-8")))
    return found


def _flat(prefix: str, table: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{prefix}.{key}"
        if isinstance(value, Mapping) and not _is_plural(value):
            found |= _flat(name, value)
        else:
            found[name] = value
    return found


def _is_plural(value: Mapping[str, Any]) -> bool:
    return bool(value) and set(value) <= CATEGORIES and all(isinstance(text, str) for text in value.values())


def values_of(text: Any) -> set[str]:
    """The placeholders in a text, a list or a table of texts."""
    if isinstance(text, str):
        return set(_VALUE.findall(text))
    if isinstance(text, Mapping):
        return set().union(*(values_of(one) for one in text.values()))
    return set().union(*(values_of(one) for one in text)) if isinstance(text, list) else set()


def missing(lang: str, root: Path = TEXTS) -> list[str]:
    """Keys that English has and the language lacks."""
    return sorted(set(texts("en", root)) - set(texts(lang, root)))


def unknown(lang: str, root: Path = TEXTS) -> list[str]:
    """Keys that the language has and English lacks: nobody will ever ask for them."""
    return sorted(set(texts(lang, root)) - set(texts("en", root)))


def mismatched(lang: str, root: Path = TEXTS) -> list[str]:
    """Keys whose text asks for a value that the English text does not have, or leaves one out, or has another form."""
    english, foreign = texts("en", root), texts(lang, root)
    return sorted(
        key
        for key in set(english) & set(foreign)
        if not {key, key.split(".")[0]} & FREE and not _agree(english[key], foreign[key])
    )


def _agree(english: Any, foreign: Any) -> bool:
    # A text by number may leave its number out in some category ("1 mail"), so the whole table counts.
    plain = not isinstance(english, Mapping) or not isinstance(foreign, Mapping)
    if plain and type(english) is not type(foreign):
        return {type(english), type(foreign)} == {str, dict} and values_of(english) | {"count"} >= values_of(foreign)
    return values_of(english) - {"count"} == values_of(foreign) - {"count"}


def rules() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Operator, rule id and English words of every rule that has some of its own."""
    for path in sorted(PACKS.rglob("*.toml")):
        pack = tomllib.loads(path.read_text(encoding="utf-8"))
        for rule in pack.get("rule", ()) if "operator" in pack else ():
            if words := rule.get("text", {}).get("en"):
                yield pack["operator"]["id"], rule["id"], words


def foreign_rules(lang: str) -> dict[str, Mapping[str, Any]]:
    """The words of a language's packs, by rule id."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted((PACKS / lang).glob("*.toml")):
        found |= tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def operators() -> set[str]:
    """The ids of all operators, also of those that have no rules yet."""
    packs = (tomllib.loads(path.read_text(encoding="utf-8")) for path in PACKS.rglob("*.toml"))
    return {pack["operator"]["id"] for pack in packs if "operator" in pack}


def missing_of_rules(lang: str, operator: str | None = None) -> list[str]:
    """Words of rules that English has and the language lacks, as ``rule: field``; of one operator or of all.

    A request may be missing: it goes to an operator, who may read English only.
    """
    foreign = foreign_rules(lang)
    return [
        f"{rule}: {field}"
        for speaker, rule, words in rules()
        for field in FIELDS
        if operator in (None, speaker) and field in words and field != "request" and field not in foreign.get(rule, {})
    ]


def main() -> int:
    """Print the coverage of one language."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("lang")
    parser.add_argument("--missing", action="store_true", help="name what is missing")
    options = parser.parse_args()
    wrong = _print_texts(options.lang, names=options.missing)
    _print_rules(options.lang, names=options.missing)
    return 1 if wrong else 0


def _print_texts(lang: str, *, names: bool) -> bool:
    english, lacks = texts("en"), missing(lang)
    print(f"texts: {len(english) - len(lacks)} of {len(english)} keys")
    for title, keys in (("missing", lacks), ("unknown", unknown(lang)), ("values differ", mismatched(lang))):
        if keys:
            print(f"  {title}: {len(keys)}")
        if names:
            print(*(f"    {key}" for key in keys), sep="\n", end="\n" if keys else "")
    return bool(lacks or unknown(lang) or mismatched(lang))


def _print_rules(lang: str, *, names: bool) -> None:
    foreign = foreign_rules(lang)
    whole: dict[str, int] = {}
    done: dict[str, int] = {}
    gaps: list[str] = []
    for operator, rule, words in rules():
        fields = [field for field in FIELDS if field in words]
        lacks = [field for field in fields if field not in foreign.get(rule, {})]
        whole[operator] = whole.get(operator, 0) + len(fields)
        done[operator] = done.get(operator, 0) + len(fields) - len(lacks)
        if lacks and rule in foreign:
            gaps.append(f"{rule}: {', '.join(lacks)}")
    print(f"rules: {sum(done.values())} of {sum(whole.values())} texts")
    for operator, count in done.items():
        if count or names:
            print(f"  {operator}: {count} of {whole[operator]}")
    if names:
        print(*(f"    {gap}" for gap in gaps), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
