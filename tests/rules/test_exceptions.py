"""The exceptions as data: whole, filled, and never with a value that a stranger made into syntax."""

import re

import pytest

from mailtriage.rules.exceptions import PostfixChange, all_changes, changes_for

POOL = {"pool_regex": r"omta[0-9]+\.jcom\.zaq\.ne\.jp", "client_host": "omta0014.jcom.zaq.ne.jp"}


def test_ids_are_unique_and_places_known() -> None:
    changes = all_changes()
    assert len({change.id for change in changes}) == len(changes)
    assert {change.place for change in changes} <= {"instead_of", "before", "last", "set"}


@pytest.mark.parametrize("change", all_changes(), ids=lambda change: change.id)
def test_entry_is_whole(change: PostfixChange) -> None:
    text = "\n".join(change.main_cf)
    assert change.main_cf[0].startswith(change.parameter + " =")
    assert change.entry in text
    if change.place == "before":
        assert text.index(change.entry) < text.rindex(change.anchor)
    if change.place == "instead_of":
        assert not re.search(rf"(?m)^ +{re.escape(change.anchor)},?$", text)
    used = set(
        re.findall(r"\{([a-z_]+)\}", "\n".join([text, change.check or "", change.expect or "", *change.commands]))
    )
    used |= {name for table in change.tables for line in table.lines for name in re.findall(r"\{([a-z_]+)\}", line)}
    assert used == set(change.needs)
    for table in change.tables:
        assert f"{table.type}:{table.path}" in text
        indexed = f"postmap {table.type}:{table.path}" in change.commands
        assert indexed == (table.type in ("hash", "btree", "lmdb"))


def test_narrowest_first() -> None:
    values = POOL | {"client_addr": "198.51.100.14", "client_cidr": "198.51.100.14/32"}
    found = changes_for("reject_unknown_client_hostname", values)
    assert [change.id for change in found][:2] == [
        "unresolvable_client_hostname.address",
        "unresolvable_client_hostname.pool",
    ]
    assert found[1].tables[0].lines[0] == r"/^omta[0-9]+\.jcom\.zaq\.ne\.jp$/    DUNNO"
    assert found[1].check == "postmap -q omta0014.jcom.zaq.ne.jp regexp:/etc/postfix/reverse_client.regexp"


@pytest.mark.parametrize(
    "values",
    [
        {},
        POOL | {"pool_regex": "x$/ OK\n/."},
        POOL | {"pool_regex": ".*"},
        POOL | {"client_host": "a;reboot"},
        POOL | {"client_host": "$(reboot)"},
    ],
)
def test_what_could_be_syntax_is_not_filled_in(values: dict[str, str]) -> None:
    ids = [change.id for change in changes_for("reject_unknown_client_hostname", values)]
    assert "unresolvable_client_hostname.pool" not in ids
