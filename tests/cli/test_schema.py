"""Every record of every fixture is as its schema promises, and docs/records.md names every field."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mailtriage.report.schema import schema
from tests.cli.conftest import Call

LOGS = ["fixtures/family-week.log", "fixtures/real-postfix.log", "fixtures/server-troubles"]
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
}  # fmt: skip


def faults(value: Any, wanted: dict[str, Any], at: str = "") -> list[str]:
    """Where a value is not as a schema (of the kinds that ours use) says."""
    if "const" in wanted:
        return [] if value == wanted["const"] else [f"{at}: {value!r}"]
    kind = wanted["type"]
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return [f"{at}: {value!r} is no {kind}"]
    if "enum" in wanted and value not in wanted["enum"]:
        return [f"{at}: {value!r} is not among the values"]
    if wanted.get("format") == "date-time" and datetime.fromisoformat(value).tzinfo is None:
        return [f"{at}: {value!r} has no zone"]
    if isinstance(value, str):
        return [f"{at} is empty"] if value == "" and at.split(".")[-1] not in ("from", "[]", "sender") else []
    if isinstance(value, list):
        return [fault for one in value for fault in faults(one, wanted["items"], at + ".[]")]
    if isinstance(value, dict):
        known = wanted.get("properties")
        other = wanted.get("additionalProperties")
        out = [f"{at}.{name} is missing" for name in wanted.get("required", ()) if name not in value]
        for name, one in value.items():
            if known is not None and name not in known:
                out.append(f"{at}.{name} is not promised")
            elif known is not None or other:
                out += faults(one, known[name] if known is not None else other, f"{at}.{name}")
        return out
    return []


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize(
    ("record", "options"),
    [("finding", ["--format", "jsonl"]), ("event", ["--events"]), ("event", ["--events", "--all"]),
     ("report", ["--format", "json"])],
)  # fmt: skip
def test_every_record_is_as_promised(call: Call, log: str, record: str, options: list[str]) -> None:
    done = call("scan", "--jobs", "1", *options, log)
    wanted = schema(record)
    lines = done.out.splitlines()
    assert lines
    for line in lines:
        assert faults(json.loads(line), wanted) == []


def test_the_validator_finds_faults() -> None:
    wanted = schema("finding")
    record = {"schema": "mailtriage.finding/1", "id": "", "count": "3", "severity": "worst", "party": {"x": 1}}
    found = "\n".join(faults(record, wanted))
    for word in (
        ".title is missing",
        ".id is empty",
        "'3' is no integer",
        "'worst' is not among",
        ".x is not promised",
    ):
        assert word in found


@pytest.mark.parametrize(("record", "heading"), [("event", "Event"), ("finding", "Finding"), ("report", "Report")])
def test_the_page_explains_every_field(record: str, heading: str) -> None:
    page = Path("docs/records.md").read_text(encoding="utf-8")
    part = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)`( \(always\))? \| [^|]+ \| (.+) \|$", part, re.MULTILINE)
    wanted = schema(record)
    if record == "report":
        wanted = wanted["properties"]["report"]
    assert [name for name, _, _ in rows] == list(wanted["properties"])
    assert {name for name, always, _ in rows if always} == set(wanted["required"])
    for name, _, words in rows:
        values = wanted["properties"][name].get("enum", ())
        assert all(f"`{value}`" in words for value in values), name
