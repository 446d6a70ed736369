"""A case: the groups of one trouble of one party, before anybody has judged it."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from mailtriage.scan.tally import WIDE, Group, GroupKey, Tally

# access(5) REDIRECT and FILTER: the mail was taken and goes another way, as somebody wanted.
_TAKEN = ("redirect", "filter")


class CaseKey(NamedTuple):
    """What makes groups one case: hosts and outcomes come together, causes do not."""

    direction: str
    cause: str
    party: str
    trust: str
    operator: str
    via: str
    rule: str


class Case:
    """All attempts of one party with one meaning."""

    def __init__(self, key: CaseKey) -> None:
        self.key = key
        # Nearly all cases have one group, and there may be very many: it is shared until a second one comes.
        self._group: Group | None = None
        self._shared = False
        self.hosts: set[str] = set()
        self.outcomes: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.groups: list[tuple[GroupKey, Group]] = []
        self.claimed = False

    def add(self, key: GroupKey, group: Group) -> None:
        """Take a group in."""
        self.groups.append((key, group))
        if self._group is None:
            self._group, self._shared = group, True
        else:
            if self._shared:
                first, self._group, self._shared = self._group, Group(WIDE), False
                self._group.merge(first)
            self._group.merge(group)
        self.hosts.add(key.host)
        self.outcomes[key.outcome] += group.count
        self.rules[key.rule] += group.count

    @property
    def group(self) -> Group:
        """All groups in one. Not to be changed where the case was filled by ``add``."""
        if self._group is None:
            self._group = Group(WIDE)
        return self._group

    @property
    def count(self) -> int:
        return self.group.count

    @property
    def rule(self) -> str | None:
        """The rule that most attempts fell under (of equals the first by id)."""
        best = min(self.rules, key=lambda rule: (-self.rules[rule], rule), default="")
        return best or None

    @property
    def lost(self) -> int:
        """Attempts after which a mail was lost for good."""
        return sum(
            self.outcomes[outcome] for outcome in ("bounced", "expired", "discarded", "discard", "undeliverable")
        )


def cases(tally: Tally) -> list[Case]:
    """The cases of a tally, the largest first."""
    found: dict[CaseKey, Case] = {}
    for key, group in sorted(tally.groups.items()):
        if key.outcome in _TAKEN:
            continue
        # The rule tells server troubles apart; elsewhere cause and party are what matters.
        rule = key.rule if key.direction == "server" else ""
        case_key = CaseKey(key.direction, key.cause, key.party, key.trust, key.operator, key.via, rule)
        found.setdefault(case_key, Case(case_key)).add(key, group)
    return sorted(found.values(), key=lambda case: (-case.count, case.key))


def together(found: Iterable[Case]) -> Case:
    """One case out of several, under the key of the first."""
    found = list(found)
    whole = Case(found[0].key)
    for case in found:
        for key, group in case.groups:
            whole.add(key, group)
    return whole
