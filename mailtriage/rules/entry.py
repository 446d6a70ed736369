"""A rule as the engine sees it: the conditions alone, as a flat row, and compiled on first use.

A row is a tuple of plain values, so that a whole book of them can be written to one file and read back at once
(mailtriage.rules.frozen). Everything that a reader of a report wants to know stays with the Rule.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from mailtriage.rules import literal
from mailtriage.rules.normal import Normal
from mailtriage.rules.pack import Rule

# The place of a kind of pack in the precedence (mailtriage.rules.book).
STEP = {"filter": 3, "blocklist": 3, "postfix": 4, "server": 4, "mailbox": 5, "hoster": 5, "software": 6, "generic": 7}
USER_STEP = 1
GENERIC_STEP = STEP["generic"]
LAST_STEP = 8  # ``turn`` after: a server software's frame around an administrator's words, where the words tell nothing
USER_TIMEOUT = 0.1  # seconds that one pattern of a user may take; then it does not match

Row = tuple[Any, ...]


def words_of_patterns(patterns: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Of each pattern the words without which it cannot match (empty: it must always be tried)."""
    return tuple(tuple(sorted(literal.required(p))) for p in patterns)


def words_of_row(patterns: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Of each pattern of what a rule ``says`` itself, and the concepts without which it cannot match."""
    return tuple(zip(patterns, words_of_patterns(patterns), strict=True))


def row_of(rule: Rule, operator: int, standing: int) -> Row:
    """The conditions of a rule. ``operator`` is the number of its operator in the book, ``standing`` its place by rank
    among all rules.
    """
    words = words_of_patterns(rule.match)
    return (
        rule.id, step_of(rule), operator, standing, _order(rule), rule.match, words_of_row(rule.says), words,
        rule.needs_relay, rule.turn == "last", rule.direction, rule.program, rule.stage, rule.code, rule.dsn,
    )  # fmt: skip


def step_of(rule: Rule) -> int:
    """The place of a rule's kind in the precedence."""
    if rule.user_pack:
        return USER_STEP
    step = STEP[rule.operator.kind]
    if rule.turn == "after":
        return LAST_STEP
    # Who knows both the operator and the filter behind it knows more than the filter's own pack.
    return 2 if step == STEP["mailbox"] and rule.via and not rule.needs_relay else step


def _order(rule: Rule) -> int:
    """Wording before enhanced status codes before reply codes; ``turn`` says otherwise."""
    return {"first": 0, "last": 4}.get(rule.turn or "", 1 if rule.match or rule.says else 2 if rule.dsn else 3)


def rank(rule: Rule) -> tuple[Any, ...]:
    """The place of a rule among those of its step; the smallest is asked first."""
    order = _order(rule)
    words = [word for pattern in words_of_patterns(rule.match) for word in (pattern or ("",))]
    longest = min(map(len, words), default=0)
    conditions = bool(rule.code) + bool(rule.dsn) + bool(rule.program) + bool(rule.stage) + rule.needs_relay
    exact = -max((len(d) for d in rule.dsn + rule.code), default=0) if order in (2, 3) else 0
    # Of generic rules the first wins, file by file (``wording.toml``, ``wording_meaning.toml``, ``wording_rest.toml``).
    place = (rule.place, rule.position) if rule.operator.kind == "generic" else ()
    return (order, exact, place, -longest, -conditions, rule.id)


class Entry:
    """A row, ready to be asked."""

    __slots__ = (
        "_compiled", "_compiled_says", "code", "direction", "dsn", "groups", "id", "last", "match", "needs_relay",
        "number", "operator",
        "order", "program", "says", "stage", "standing", "step", "words",
    )  # fmt: skip

    def __init__(self, row: Row, number: int) -> None:
        self.number = number  # in the order of precedence
        (
            self.id, self.step, self.operator, self.standing, self.order, self.match, self.says, self.words,
            self.needs_relay, self.last, self.direction, self.program, self.stage, self.code, self.dsn,
        ) = row  # fmt: skip
        self._compiled: list[Any] = [None] * len(self.match)
        self._compiled_says: dict[str, re.Pattern[str]] = {}
        self.groups = any("(?P<" in pattern for pattern in self.match)

    def _search(self, number: int, text: str) -> Any:
        """The match of one pattern, None without one. A user's pattern may be any; it runs against the clock."""
        pattern = self._compiled[number]
        if self.step == USER_STEP:
            import regex

            if pattern is None:
                pattern = self._compiled[number] = regex.compile(self.match[number], regex.IGNORECASE)
            try:
                return pattern.search(text, timeout=USER_TIMEOUT)
            except TimeoutError:
                return None
        if pattern is None:
            pattern = self._compiled[number] = re.compile(self.match[number], re.IGNORECASE)
        return pattern.search(text)

    def _search_row(self, pattern: str, row: str) -> bool:
        if (compiled := self._compiled_says.get(pattern)) is None:
            compiled = self._compiled_says[pattern] = re.compile(pattern)
        return compiled.search(row) is not None

    def found_by(self, text: str, lowered: str, meaning: Callable[[], str]) -> int | None:
        """The number of the first pattern that the text matches; None where none does, -1 where there are none or what
        it says (``meaning``: the row of its concepts) tells.
        """
        if self.says:
            row = meaning()
            for said, words in self.says:
                for word in words or ("",):
                    if word in row:
                        if self._search_row(said, row):
                            return -1
                        break
        elif not self.match:
            return -1
        for number, words in enumerate(self.words):
            for word in words or ("",):
                if word in lowered:
                    if self._search(number, text):
                        return number
                    break
        return None

    def captures(self, text: str, number: int) -> dict[str, str]:
        """What the rule reads out of a text: by the pattern that found it, else by another."""
        if not self.groups:
            return {}
        found = self._search(number, text) if number >= 0 else None
        if found is None:
            found = next((m for n in range(len(self.match)) if n != number and (m := self._search(n, text))), None)
        # A group that stands in several branches has a number behind its name.
        return {k.rstrip("0123456789"): v for k, v in found.groupdict().items() if v} if found else {}

    def conditions_hold(
        self, directions: tuple[str, ...], program: str | None, stage: str | None, normal: Normal, at_home: bool
    ) -> bool:
        """Whether everything but the wording fits."""
        if self.needs_relay and not at_home:
            return False
        if directions and self.direction and not any(d in self.direction for d in directions):
            return False
        if self.program and (program or self.last) and program not in self.program:
            return False
        if self.stage and stage and stage not in self.stage:
            return False
        if self.code and not (normal.code and normal.code.startswith(self.code)):
            return False
        return not self.dsn or bool(normal.dsn and _dsn_fits(normal.dsn, self.dsn))


def _dsn_fits(dsn: str, wanted: Iterable[str]) -> bool:
    anyclass = "X" + dsn[1:]
    return any(
        (dsn.startswith(w) or anyclass.startswith(w)) if w.endswith(".") else w in (dsn, anyclass) for w in wanted
    )
