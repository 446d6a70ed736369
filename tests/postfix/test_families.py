"""Every line family gives the event that the table says. The table is also the documentation's."""

import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from mailtriage.model.event import EVENTS
from mailtriage.postfix.parse import parse
from mailtriage.syslog.head import Head

TABLE = Path(__file__).with_name("families.toml")
LINES: list[dict[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))["line"]


def test_ids_are_unique() -> None:
    ids = [line["id"] for line in LINES]
    assert len(ids) == len(set(ids))


def test_page_is_up_to_date() -> None:
    spec = spec_from_file_location("line_families", TABLE.parents[2] / "tools" / "line_families.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "run python tools/line_families.py"


@pytest.mark.parametrize("line", LINES, ids=[line["id"] for line in LINES])
def test_family(line: dict[str, Any]) -> None:
    event = parse(Head(None, "mx1", line["tag"], 1, line["text"]))
    assert event is not None
    assert event.event in EVENTS
    expected = line["event"]
    got = {name: getattr(event, name) for name in expected}
    assert {name: list(value) if isinstance(value, tuple) else value for name, value in got.items()} == expected
    assert event.flags == tuple(expected.get("flags", ()))
