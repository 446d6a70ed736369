"""Every exception that the product prints, applied to a real Postfix as a reader would: line by line."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from mailtriage.rules.exceptions import PostfixChange, all_changes
from tools.lab import Lab, Reply

POOL = {"client_addr": "198.51.100.14", "reverse_name": "omta0014.jcom.zaq.ne.jp", "helo": "omta0014.jcom.zaq.ne.jp"}
VALUES = {
    "pool_regex": r"omta[0-9]+\.jcom\.zaq\.ne\.jp",
    "client_host": "omta0014.jcom.zaq.ne.jp",
    "client_addr": "198.51.100.14",
    "client_cidr": "198.51.100.14/32",
}


@dataclass(frozen=True)
class Trial:
    """Who is let in by an exception, and who still is not."""

    restriction: str  # main.cf's list before the change, of the parameter that the exception names
    welcome: list[dict[str, object]]
    refused: list[dict[str, object]]
    code: int  # of the refusal, before and after
    settings: dict[str, str] = field(default_factory=dict)


NAMELESS = {"client_addr": "198.51.100.99"}
FORGED = {"client_addr": "198.51.100.98", "reverse_name": "omta0014.jcom.zaq.ne.jp.evil.example"}
UNKNOWN = "permit_mynetworks, permit_sasl_authenticated, reject_unknown_client_hostname"

TRIALS = {
    "unresolvable_client_hostname.pool": Trial(
        UNKNOWN, [POOL, POOL | {"reverse_name": "omta0021.jcom.zaq.ne.jp"}], [NAMELESS, FORGED], 450
    ),
    "unresolvable_client_hostname.address": Trial(
        UNKNOWN, [POOL, {"client_addr": "198.51.100.14"}], [NAMELESS, POOL | {"client_addr": "198.51.100.15"}], 450
    ),
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


def _send(lab: Lab, mail: dict[str, object]) -> Reply:
    return lab.smtp(**mail)  # type: ignore[arg-type]


def _apply(lab: Lab, change: PostfixChange) -> None:
    for table in change.tables:
        lab.path(table.path).write_text("\n".join(table.lines) + "\n")
    lab.set_lines(change.main_cf)
    for command in change.commands:
        if command == "postfix reload":
            lab.reload()
        else:
            lab.run("sh", "-c", command)


@pytest.mark.parametrize("change", all_changes(), ids=lambda change: change.id)
def test_exception(lab: Lab, change: PostfixChange) -> None:
    trial = TRIALS[change.id]
    settings = lab.main_cf
    try:
        lab.main_cf = settings | trial.settings | {change.parameter: trial.restriction}
        lab.write_main_cf()
        lab.reload()
        for mail in trial.welcome + trial.refused:
            reply = _send(lab, mail)
            assert reply.code == trial.code, f"before the change: {mail}: {reply}"
        filled = change.filled(VALUES)
        assert filled is not None
        _apply(lab, filled)
        for mail in trial.welcome:
            reply = _send(lab, mail)
            assert reply.accepted, f"not let in: {mail}: {reply}"
        for mail in trial.refused:
            reply = _send(lab, mail)
            assert reply.code == trial.code, f"not refused any more: {mail}: {reply}"
        if filled.check:
            assert lab.run("sh", "-c", filled.check).strip() == filled.expect
    finally:
        lab.main_cf = settings
