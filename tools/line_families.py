"""Writes docs/line-families.md from tests/postfix/families.toml: ``python tools/line_families.py``."""

import tomllib
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "postfix" / "families.toml"
PAGE = ROOT / "docs" / "line-families.md"
KEYS = {"sender": "from", "recipient": "to"}

HEAD = """\
# Line families

Every family of lines that Postfix writes, with a sample and the event that `mailtriage scan --events --all` makes of
it. Fields are named as in the event record; those that follow from the line's head are left out. `source` names the
file of Postfix's source code that writes the line, or the parameter that decides about it.

Made from `tests/postfix/families.toml` by `tools/line_families.py`; the tests run from the same table. Do not edit.
"""


def page() -> str:
    """The whole page."""
    lines = tomllib.loads(TABLE.read_text(encoding="utf-8"))["line"]
    lines.sort(key=lambda line: line["tag"].rpartition("/")[2])
    parts = [HEAD]
    for program, group in groupby(lines, key=lambda line: line["tag"].rpartition("/")[2]):
        parts.append(f"\n## {program}\n")
        parts.extend(_entry(line) for line in group)
    return "".join(parts)


def _entry(line: dict[str, Any]) -> str:
    fields = dict(line["event"])
    event = fields.pop("event")
    said = ", ".join(f"{KEYS.get(name, name)}={_value(value)}" for name, value in fields.items())
    by = f" · `{line['by']}`" if "by" in line else ""
    event_line = f"- event `{event}`" + (f": {_code(said)}" if said else "")
    return f"\n### {line['id']}\n\n    {line['tag']}: {line['text']}\n\n{event_line}\n- source: {line['source']}{by}\n"


def _value(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, list) else str(value) if value != "" else '""'


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
