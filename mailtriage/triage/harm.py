"""Which mail a trouble of the server hurt: refusals and deferrals whose own words say that the fault is ours.

They are claimed for the trouble, so that nobody reports them again as refused senders or failed deliveries.
"""

from collections.abc import Callable, Collection
from datetime import timedelta

from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.trouble import Trouble, near

Test = Callable[[GroupKey, Group], bool]

MARGIN = timedelta(hours=1)
DOUBLE_BOUNCE = "double-bounce@"  # double_bounce_sender: notices to the postmaster that nothing can bounce to
_CONFIGURATION = ("postfix.server-configuration", "postfix-client.server-configuration")
_LOOKUP = ("postfix.temporary-lookup-failure", "postfix.alias-expansion", "postfix.resolver-failure", *_CONFIGURATION)
_WRITE = ("postfix.queue-write-failed", "postfix.queue-full")
_TRANSPORT = ("postfix.transport-missing",)
# Kind of trouble → rules of the refusals and deferrals that it causes (packs/postfix).
_BY_KIND: dict[str, tuple[str, ...]] = {
    "disk_full": _WRITE,
    "queue_write": _WRITE,
    "permissions": _WRITE,
    "milter_down": ("postfix.milter-down", "postfix.milter-refuses-when-down"),
    "filter_down": _WRITE,
    "table_answers_error": _CONFIGURATION,
    "policy_service_down": _CONFIGURATION,
    "config_broken": _CONFIGURATION,
    "table_missing": _LOOKUP,
    "missing_support": _LOOKUP,
    "database_down": _LOOKUP,
    "cache_down": ("postfix.recipient-probe-running",),
    "mailbox_permissions": ("postfix.mailbox-permissions",),
    "mail_loops": ("postfix-remote.hops", "postfix.too-many-hops"),
    "resolver_broken": ("postfix.resolver-failure",),
    "unknown_transport": _TRANSPORT,
    "transport_down": _TRANSPORT,
    "loops_back": ("postfix-client.loops-back",),
    "alias_loop": ("postfix.forwarding-loop",),
    "domain_listed_twice": (
        "postfix.recipient-unknown-local", "postfix.recipient-unknown-virtual-mailbox",
        "postfix.recipient-unknown-virtual-alias", "postfix.recipient-unknown-relay", "postfix.local-unknown-user",
    ),
}  # fmt: skip
# Rule that leads a trouble → the same for it alone.
_BY_RULE: dict[str, tuple[str, ...]] = {
    "server.virtual-ids": ("postfix.mail-system-configuration",),
    "server.tls-policy": ("postfix-client.tls-configuration",),
    "server.sasl-client-mechanisms": ("postfix-client.relay-login-mechanism",),
}
# Kind of trouble → rules of lines that say the same again, of no mail.
_SAME: dict[str, tuple[str, ...]] = {"auth_socket_missing": ("server.auth-service-lost",)}
_OUR_FAULT = ("system_error", "config_error")


def take(desk: Desk, test: Test) -> list[Case]:
    """Claim the groups of open cases that pass a test; a case that passes in part is cut in two."""
    taken = []
    for number, case in enumerate(desk.cases):
        if case.claimed or case.key.direction == "server":
            continue
        fits = [pair for pair in case.groups if test(*pair)]
        if not fits:
            continue
        part = case
        if len(fits) < len(case.groups):
            part, rest = Case(case.key), Case(case.key)
            for pair in case.groups:
                (part if pair in fits else rest).add(*pair)
            desk.cases[number] = rest
        part.claimed = True
        taken.append(part)
    return taken


def claim_hurt(desk: Desk, found: list[Trouble]) -> None:
    """Give each trouble the mail that it hurt, in the order of severity."""
    for margin in (MARGIN, timedelta(days=3650)):
        for trouble in found:
            test = _test(trouble)
            if test is not None:
                trouble.hurt += take(desk, _in_time(desk, trouble, test, margin))
            if same := _SAME.get(trouble.kind):
                trouble.after += take(desk, _in_time(desk, trouble, _of_rules(same), margin))


def _in_time(desk: Desk, trouble: Trouble, test: Test, margin: timedelta) -> Test:
    def inside(key: GroupKey, group: Group) -> bool:
        return test(key, group) and near(desk, trouble.groups, [group], margin)

    return inside


def _of_rules(rules: Collection[str]) -> Test:
    return lambda key, group: key.rule in rules


def _test(trouble: Trouble) -> Test | None:
    kind = trouble.kind
    if kind == "relayhost_wrong":
        return lambda key, group: (
            key.direction == "outbound" and key.cause in ("dns_failure", "network") and key.outcome == "deferred"
            and any(dsn in ("4.3.5", "4.3.0") for _, dsn in group.codes)
        )  # fmt: skip
    rules = set(_BY_KIND.get(kind, ())) | set(_BY_RULE.get(trouble.rule.id if trouble.rule else "", ()))
    if trouble.stopped:
        rules |= {*_TRANSPORT, "postfix.temporary-lookup-failure"}
    if kind == "bounces_fail":
        return lambda key, group: (
            key.direction in ("outbound", "local") and bool(senders := group.senders.members())
            and all(sender.startswith(DOUBLE_BOUNCE) for sender in senders)
        )  # fmt: skip
    if kind == "domain_listed_twice":
        domains = {name.lower() for name in trouble.objects()}
        return lambda key, group: (
            key.rule in rules
            and any(address.rpartition("@")[2].lower() in domains for address in group.recipients.members())
        )  # fmt: skip
    return _of_rules(rules) if rules else None


def ours(key: GroupKey, group: Group) -> bool:
    """Whether a refusal or deferral says by itself that our own server is broken."""
    return (
        key.cause in _OUR_FAULT
        and (
            (
                key.direction in ("inbound", "submission")
                and key.operator == "Postfix"
                and key.rule.startswith("postfix")
            )
            or key.rule in (*_TRANSPORT, *_LOOKUP, *_WRITE)
        )
    ) or key.rule == "postfix.recipient-probe-no-answer"  # our server behind, which is asked whether an address exists
