"""An exception's exact Postfix lines for one case, in the order in which a reader needs them."""

import re
from collections.abc import Mapping

from mailtriage.rules.exceptions import PostfixChange, change
from mailtriage.texts.catalog import Texts

_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){2,10}", re.ASCII)
_POOL = re.compile(r"[A-Za-z0-9_*-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){2,10}", re.ASCII)


def lines(change_id: str, values: Mapping[str, str], texts: Texts) -> str | None:
    """The lines to copy, or None where the case lacks a value that they need (or there is no such exception)."""
    try:
        filled = change(change_id).filled({**_derived(values), **values})
    except KeyError:
        return None
    return "\n".join(_lines(filled, texts)) if filled is not None else None


def _lines(found: PostfixChange, texts: Texts) -> list[str]:
    out: list[str] = []
    for table in found.tables:
        out += [f"# {table.path}", *table.lines]
    out.append(texts.say(f"rules.place.{found.place}", parameter=found.parameter, anchor=found.anchor))
    out += found.main_cf if found.place == "set" else [found.entry]
    out += found.commands
    if found.check:
        out.append(found.check + (f"    # {found.expect}" if found.expect else ""))
    return out


def _derived(values: Mapping[str, str]) -> dict[str, str]:
    """What follows from the case's values under the names that the exceptions use."""
    out: dict[str, str] = {}
    if address := values.get("client_ip"):
        out |= {"client_addr": address, "client_cidr": f"{address}/{128 if ':' in address else 32}"}
    if "@" in (sender := values.get("sender", "")):
        out["sender_domain"] = sender.rpartition("@")[2]
    name = values.get("client_name", "")
    if _NAME.fullmatch(name):
        out["client_host"] = name
    pool = next((p for p in (values.get("client_pattern", ""), values.get("pattern", ""), name) if _is_pool(p)), None)
    if pool:
        label, dot, rest = pool.partition(".")
        out["pool_regex"] = re.sub(r"\*|\d{1,63}", "[0-9]+", label) + (dot + rest).replace(".", r"\.")
        out.setdefault("client_host", re.sub(r"\*", "1", pool))
    return out


def _is_pool(pattern: str) -> bool:
    return bool(_POOL.fullmatch(pattern)) and bool(re.search(r"[\d*]", pattern.partition(".")[0]))
