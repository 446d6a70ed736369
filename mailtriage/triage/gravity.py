"""How much a trouble of the server asks of a person: by how many it hurts and by what becomes of their mail.

The table is the one of docs/triage.md. Judgements say whom a trouble reaches and what it does; nobody weighs by
feeling or by the number of lines.
"""

from typing import Literal

from mailtriage.model.finding import SEVERITIES

Reach = Literal["everybody", "some", "one"]
Effect = Literal["lost", "waits", "unguarded", "nothing"]

# everybody: all mail one way, all logins, or all that one service of ours handles; some: one place, one kind of mail;
# one: one person, mailbox or program.
# lost: mail is refused or returned for good; waits: it goes on when somebody acts; unguarded: a check or TLS is off;
# nothing: it does no harm yet.
TABLE: dict[tuple[Reach, Effect], str] = {
    ("everybody", "lost"): "high", ("everybody", "waits"): "high",
    ("everybody", "unguarded"): "medium", ("everybody", "nothing"): "low",
    ("some", "lost"): "high", ("some", "waits"): "medium", ("some", "unguarded"): "low", ("some", "nothing"): "low",
    ("one", "lost"): "medium", ("one", "waits"): "medium", ("one", "unguarded"): "low", ("one", "nothing"): "info",
}  # fmt: skip


def gravity(reach: Reach, effect: Effect, *, over: bool = False) -> str:
    """The severity; what is over asks one step less, and is still told."""
    severity = TABLE[reach, effect]
    return one_less(severity) if over else severity


def one_less(severity: str) -> str:
    """One step down, not below ``low``; ``info`` stays."""
    return severity if severity == "info" else SEVERITIES[max(SEVERITIES.index(severity) - 1, SEVERITIES.index("low"))]
