"""Exceptions for what our own Postfix refuses, from advice.toml: which exist for a restriction, and their exact lines.

The file's head says what each key means. Every line that comes out of here was tried on a real Postfix
(tests/lab/test_advice.py). Values that go into lines may stem from a log, and so from strangers: those that could mean
something else in a Postfix table or a shell are not filled in.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
# No white space, quotes or anything else that a shell or a table would take for syntax; {pool_regex} may hold more.
_SAFE = re.compile(r"[A-Za-z0-9_.:@/+=-]{1,255}", re.ASCII)
_SAFE_REGEX = re.compile(r"(?:[A-Za-z0-9_-]|\\\.|\[0-9\][+*]?|\[[0-9a-z-]{1,20}\][+*]?){1,255}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Table:
    """A lookup table to be written: `type` is Postfix's (regexp, cidr, hash …)."""

    type: str
    path: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostfixChange:
    """One exception; with placeholders as read, without them once `filled`."""

    id: str
    restriction: tuple[str, ...]  # names in main.cf whose refusal it lifts
    needs: tuple[str, ...]  # placeholders that must have a value
    order: int  # of several for one restriction, 1 is the narrowest
    parameter: str
    place: str  # instead_of, before: next to `anchor`; last: in the list; set: the parameter becomes `entry`
    anchor: str
    entry: str
    main_cf: tuple[str, ...]  # a whole example
    tables: tuple[Table, ...]
    commands: tuple[str, ...]
    check: str | None
    expect: str | None
    since: str | None  # the first Postfix that knows it

    def filled(self, values: Mapping[str, str]) -> "PostfixChange | None":
        """The exception for one case, or None where a needed value is missing or is none that may be filled in."""
        if not all(_may_stand(name, values.get(name, "")) for name in self.needs):
            return None

        def fill(text: str) -> str:
            return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)

        def all_of(lines: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(map(fill, lines))

        return replace(
            self,
            entry=fill(self.entry),
            anchor=fill(self.anchor),
            main_cf=all_of(self.main_cf),
            tables=tuple(replace(table, lines=all_of(table.lines)) for table in self.tables),
            commands=all_of(self.commands),
            check=fill(self.check) if self.check else None,
            expect=fill(self.expect) if self.expect else None,
        )

    def to_paste(self) -> str:
        """The whole change as lines to paste: main.cf, the tables, the commands, the check."""
        lines = ["# /etc/postfix/main.cf", *self.main_cf]
        for table in self.tables:
            lines += [f"# {table.path}", *table.lines]
        lines += self.commands
        if self.check:
            lines += [f"{self.check}    # {self.expect}" if self.expect else self.check]
        return "\n".join(lines)


def case_values(known: Mapping[str, str]) -> dict[str, str]:
    """A case's values under the names that exceptions use (the head of advice.toml)."""
    values = {"login": known.get("own_user", ""), "dnsbl": known.get("list", ""), "size": "41943040"} | dict(known)
    client = known.get("client_ip", "")
    if client and client != "unknown":
        values |= {"client_addr": client}
        values.setdefault("client_cidr", f"{client}/{128 if ':' in client else 32}")
    if (name := known.get("client_name", "unknown")) != "unknown":
        values["client_host"] = name
    return values


def _may_stand(name: str, value: str) -> bool:
    return (_SAFE_REGEX if name == "pool_regex" else _SAFE).fullmatch(value) is not None


@cache
def all_changes() -> tuple[PostfixChange, ...]:
    """Every exception, in the order of the file."""
    text = Path(__file__).with_name("advice.toml").read_text(encoding="utf-8")
    return tuple(
        PostfixChange(
            id=entry["id"],
            restriction=tuple(entry["restriction"]),
            needs=tuple(entry["needs"]),
            order=entry["order"],
            parameter=entry["parameter"],
            place=entry["place"],
            anchor=entry.get("anchor", ""),
            entry=entry["entry"],
            main_cf=tuple(entry["main_cf"]),
            tables=tuple(Table(t["type"], t["path"], tuple(t["lines"])) for t in entry.get("table", [])),
            commands=tuple(entry["commands"]),
            check=entry.get("check"),
            expect=entry.get("expect"),
            since=entry.get("since"),
        )
        for entry in tomllib.loads(text)["advice"]
    )


def changes_for(restriction: str, values: Mapping[str, str]) -> list[PostfixChange]:
    """The exceptions from one restriction, filled, the narrowest first; those that lack a value are left out."""
    known = (change.filled(values) for change in all_changes() if restriction in change.restriction)
    return sorted((change for change in known if change), key=lambda change: change.order)


def change(change_id: str) -> PostfixChange:
    """One exception by its id; raises KeyError where there is none."""
    return {known.id: known for known in all_changes()}[change_id]
