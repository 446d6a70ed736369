"""Writes docs/catalogue.md, what the rules know: ``python -m tools.catalogue``."""

from collections import Counter
from pathlib import Path

from mailtriage.model.vocabulary import CAUSES
from mailtriage.rules.book import RuleBook
from mailtriage.rules.pack import Operator, Rule
from mailtriage.rules.shelf import load_book
from mailtriage.texts.catalog import Texts

PAGE = Path(__file__).resolve().parent.parent / "docs" / "catalogue.md"
KINDS = {
    "mailbox": "Mailbox providers", "hoster": "Hosters and sending services", "filter": "Filters and gateways",
    "blocklist": "Blocklists", "software": "Server software", "postfix": "Our own Postfix and what it asks",
    "server": "Troubles of the server itself", "generic": "Common words and codes",
}  # fmt: skip

HEAD = """\
# Catalogue

What the rules know: {operators} operators, filters, lists and programs, {rules} rules with {samples} samples.
`mailtriage rules list` and `mailtriage rules show RULE` say more.

Made from the packs by `tools/catalogue.py`. Do not edit.
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _operators(book: RuleBook) -> list[tuple[Operator, list[Rule]]]:
    by_id: dict[str, list[Rule]] = {}
    for rule in book.rules.values():
        by_id.setdefault(rule.operator.id, []).append(rule)
    found = [(book.operators[id_], rules) for id_, rules in by_id.items()]
    return sorted(found, key=lambda pair: (pair[0].name.casefold(), pair[0].id))


def page() -> str:
    """The whole page."""
    book, _ = load_book()
    texts = Texts()
    operators = _operators(book)
    samples = sum(len(rule.samples) + len(rule.misses) for rule in book.rules.values())
    out = [HEAD.format(operators=f"{len(operators):,}", rules=f"{len(book.rules):,}", samples=f"{samples:,}")]
    out += ["## Causes", "", "| cause | meaning | rules |", "| --- | --- | ---: |"]
    counts = Counter(rule.cause for rule in book.rules.values())
    out += [f"| `{cause}` | {_cell(texts.say(f'cause.{cause}'))} | {counts[cause]} |" for cause in CAUSES]
    for kind, title in KINDS.items():
        if not (members := [(o, rules) for o, rules in operators if o.kind == kind]):
            continue
        out += ["", f"## {title}", "", "| name | id | rules | causes |", "| --- | --- | ---: | --- |"]
        for operator, rules in members:
            causes = ", ".join(f"`{cause}`" for cause in CAUSES if any(rule.cause == cause for rule in rules))
            name = f"[{_cell(operator.name)}]({operator.url})" if operator.url else _cell(operator.name)
            out.append(f"| {name} | `{operator.id}` | {len(rules)} | {causes} |")
    return "\n".join(out) + "\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
