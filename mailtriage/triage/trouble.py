"""Troubles of the server itself: which of its own lines belong to one trouble, and which only follow from it.

A daemon that cannot start says why in a ``fatal:`` line; then the process exits, master throttles it, the queue manager
misses it, others wait for it. All that is one trouble, led by the words that name the cause (Postfix master(8),
msg_fatal(3)).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from mailtriage.rules.pack import Rule
from mailtriage.scan.tally import Group
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk

NEAR = timedelta(minutes=10)  # consequences come within minutes: master tries again once a minute
# Lines that something else caused; of equals the one that says most leads where no cause is found.
CRASH = (
    "server.process-killed", "server.watchdog", "server.process-exit", "server.throttled", "server.transport-failure",
    "server.internal-service",
)  # fmt: skip
START = frozenset({"does_not_start", "port_in_use", "config_broken", "permissions", "missing_support", "file_error"})
_TRANSPORTS = ("server.transport-failure", "server.internal-service")
_AGENTS = frozenset({"smtp", "lmtp", "local", "virtual", "pipe"})
_AFTER = {  # rule → kinds of trouble that it may follow from
    "server.start-failed": START,
    "server.not-running": START,
    "server.table-lookup": frozenset({"table_missing", "missing_support", "database_down"}),
    "server.database-down": frozenset({"table_missing", "missing_support", "database_down"}),
    "server.database-query": frozenset({"table_missing", "missing_support"}),
    "server.queue-write": frozenset({"disk_full", "permissions"}),
    "server.local-submission": frozenset({"disk_full", "permissions", "config_broken"}),
    "server.queue-write-local": frozenset(
        {"disk_full", "permissions", "database_down", "table_missing", "missing_support", "config_broken"}
    ),
}
# What leads the rest where nothing that it could follow from is there.
_LEADS_ELSE = ("server.database-query", "server.database-down", "server.table-lookup")
# Rule that leads → rules of what follows from it, though these lead elsewhere.
_FOLLOWED = {
    "server.spawn": frozenset({"server.policy-service"}),
    "server.wakeup": frozenset({"server.file-error"}),  # the queue directory as a whole
}
# One service is one trouble; of everything else all objects of a rule come together.
_SERVICES = frozenset(
    {"milter_down", "policy_service_down", "filter_down", "unknown_transport", "transport_down", "config_broken",
     "deprecated_setting", "relayhost_wrong", "process_limit"}
)  # fmt: skip
# Rules of these kinds tell of one trouble in different words.
_WHOLE = frozenset(
    {"auth_socket_missing", "auth_service_down", "disk_full", "queue_corrupt", "postsuper_deleted", "milter_down",
     "policy_service_down", "process_limit", "tls_file_missing"}
)  # fmt: skip
_DAEMONS = {
    "relay": "smtp",
    "retry": "error",
    "rewrite": "trivial-rewrite",
    "maildrop": "pipe",
    "submission": "smtpd",
    "proxywrite": "proxymap",
}


class Trouble:
    """What leads (``cases``), what follows from it (``after``), and the mail that it hurt (``hurt``)."""

    def __init__(self, rule: Rule | None, cases: list[Case]) -> None:
        self.rule = rule
        self.cases = cases
        self.after: list[Case] = []
        self.hurt: list[Case] = []
        self.first = {case.key.trust for case in cases if _fatal(case)}  # programs that stop by their own words
        self.programs = {case.key.trust for case in cases if {"fatal", "panic"} & set(case.outcomes)}
        self.stopped: set[str] = set()  # daemons that die of it

    @property
    def kind(self) -> str:
        return (self.rule.kind if self.rule else None) or "server"

    @property
    def count(self) -> int:
        """Lines that name the cause."""
        return sum(case.count for case in self.cases)

    @property
    def mine(self) -> list[Case]:
        return [*self.cases, *self.after]

    @property
    def groups(self) -> list[Group]:
        return [case.group for case in self.mine]

    def objects(self) -> list[str]:
        """What it is about, in order; one spelling of each."""
        return sorted({plain_object(case.key.party) for case in self.cases} - {""})


def plain_object(name: str) -> str:
    """One spelling of a socket's or file's name: ``local:/x/y.sock`` and ``unix:x/y.sock`` are the same here."""
    kind, colon, path = name.partition(":")
    if colon and kind in ("local", "unix"):
        return "unix:" + path.lstrip("/")
    return name


def daemon(name: str) -> str:
    """The daemon behind a program's path, a transport's name or a socket: ``/usr/lib/postfix/sbin/smtp`` → ``smtp``."""
    last = name.rsplit("/", 1)[-1]
    return _DAEMONS.get(last, last)


def near(desk: Desk, one: Iterable[Group], other: Iterable[Group], margin: timedelta = NEAR) -> bool:
    """Whether two sets of groups overlap in time, give or take ``margin``; where times are unknown: yes."""
    first, last = span(desk, one)
    begin, end = span(desk, other)
    if first is None or last is None or begin is None or end is None:
        return True
    return first - margin <= end and begin - margin <= last


def span(desk: Desk, groups: Iterable[Group]) -> tuple[datetime | None, datetime | None]:
    """First and last time of groups."""
    found = list(groups)
    first = [when for group in found if (when := desk.when(group.first))]
    last = [when for group in found if (when := desk.when(group.last))]
    return min(first, default=None), max(last, default=None)


def troubles(desk: Desk) -> list[Trouble]:
    """The troubles that open cases of direction ``server`` tell of. Harmless ones (severity info) are left out."""
    leads: list[Case] = []
    follow: list[Case] = []
    unknown: list[Case] = []
    for case in desk.open("server"):
        rule = rule_of(desk, case)
        if rule is None:
            unknown.append(case)
        elif (rule.severity or "low") == "info":
            continue
        elif rule.id in CRASH or rule.id in _AFTER:
            follow.append(case)
        else:
            leads.append(case)
    found = list(_together(desk, leads)) + list(_unknown_fatals(unknown))
    found = _followers(desk, found)
    left = _attach(desk, found, follow)
    for rule_id in _LEADS_ELSE:
        mine = [case for case in left if case.rule == rule_id]
        if mine:
            found.append(Trouble(desk.book.rules[rule_id], mine))
            left = _attach(desk, found, [case for case in left if case.rule != rule_id])
    found += _alone(desk, left)
    return found + _quiet(desk, found, [case for case in unknown if not _fatal(case)])


def rule_of(desk: Desk, case: Case) -> Rule | None:
    """The rule of a case, where it is one that knows what servers say of themselves."""
    rule = desk.book.rules.get(case.rule or "")
    return rule if rule is not None and (rule.operator.kind == "server" or rule.user_pack) else None


def _fatal(case: Case) -> bool:
    return bool({"fatal", "panic"} & set(case.outcomes))


def _together(desk: Desk, leads: list[Case]) -> Iterator[Trouble]:
    by_key: dict[tuple[str, str], list[Case]] = {}
    for case in leads:
        rule = rule_of(desk, case)
        assert rule is not None
        kind = rule.kind or "server"
        about = plain_object(case.key.party) if kind in _SERVICES else ""
        by_key.setdefault((kind if kind in _WHOLE else rule.id, about), []).append(case)
    for _, found in sorted(by_key.items()):
        rules = [rule for case in found if (rule := rule_of(desk, case))]
        lead = min(rules, key=lambda rule: (-_weight(rule), rule.position, rule.id))
        first = [case for case in found if case.rule == lead.id]
        trouble = Trouble(lead, first)
        trouble.after = [case for case in found if case.rule != lead.id]
        trouble.programs |= {case.key.trust for case in trouble.after if _fatal(case)}
        yield trouble


def _followers(desk: Desk, found: list[Trouble]) -> list[Trouble]:
    """Troubles without those that another one brings with it."""
    left = []
    for trouble in found:
        id_ = trouble.rule.id if trouble.rule else ""
        roots = [t for t in found if t.rule and id_ in _FOLLOWED.get(t.rule.id, ())]
        roots = [t for t in roots if near(desk, t.groups, trouble.groups)]
        if roots:
            roots[0].after += trouble.mine
        else:
            left.append(trouble)
    return left


def _weight(rule: Rule) -> int:
    return ("info", "low", "medium", "high").index(rule.severity or "low")


def _unknown_fatals(unknown: list[Case]) -> Iterator[Trouble]:
    by_program: dict[str, list[Case]] = {}
    for case in unknown:
        if _fatal(case):
            by_program.setdefault(case.key.trust, []).append(case)
    for _, found in sorted(by_program.items()):
        yield Trouble(None, found)


def _attach(desk: Desk, found: list[Trouble], follow: list[Case]) -> list[Case]:
    """Give consequences to what they follow from; a fatal line may itself have consequences, so go round again."""
    left = follow
    for _ in range(3):
        rest = []
        for case in left:
            root = _root(desk, found, case)
            if root is None:
                rest.append(case)
                continue
            root.after.append(case)
            if case.rule in CRASH:
                root.stopped.add(_victim(case))
            if _fatal(case):
                root.programs.add(case.key.trust)
        if len(rest) == len(left):
            break
        left = rest
    return left


def _victim(case: Case) -> str:
    return daemon(case.key.party)


def _root(desk: Desk, found: list[Trouble], case: Case) -> Trouble | None:
    kinds = _AFTER.get(case.rule or "")
    if kinds is not None:
        fitting = [trouble for trouble in found if trouble.kind in kinds]
    else:
        fitting = [trouble for trouble in found if _victim(case) in trouble.programs]
        if not fitting and case.rule in _TRANSPORTS:  # a transport has any name; an agent that dies beside it serves it
            fitting = [trouble for trouble in found if trouble.first & _AGENTS]
    fitting = [trouble for trouble in fitting if near(desk, trouble.groups, [case.group])]
    return min(fitting, key=lambda trouble: -trouble.count, default=None)


def _alone(desk: Desk, left: list[Case]) -> list[Trouble]:
    """Consequences whose cause the log does not show: one trouble a daemon."""
    by_daemon: dict[str, list[Case]] = {}
    for case in left:
        key = _victim(case) if case.rule in CRASH else case.rule or ""
        by_daemon.setdefault(key, []).append(case)
    out = []
    for _, cases in sorted(by_daemon.items()):
        order = {rule: n for n, rule in enumerate((*CRASH, *_AFTER))}
        lead = min((case.rule or "" for case in cases), key=lambda rule: order[rule])
        trouble = Trouble(desk.book.rules[lead], [case for case in cases if case.rule == lead])
        trouble.after = [case for case in cases if case.rule != lead]
        trouble.stopped |= {_victim(case) for case in cases if case.rule in CRASH[:4]}
        out.append(trouble)
    return out


def _quiet(desk: Desk, found: list[Trouble], unknown: list[Case]) -> list[Trouble]:
    """Warnings that no rule knows: those beside a trouble of their program belong to it."""
    by_program: dict[str, list[Case]] = {}
    for case in unknown:
        beside = [
            t
            for t in found
            if any(c.key.trust == case.key.trust for c in t.mine) and near(desk, t.groups, [case.group])
        ]
        if beside:
            max(beside, key=lambda trouble: trouble.count).after.append(case)
        else:
            by_program.setdefault(case.key.trust, []).append(case)
    return [Trouble(None, cases) for _, cases in sorted(by_program.items())]
