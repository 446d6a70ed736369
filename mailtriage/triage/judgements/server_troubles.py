"""What the server says of itself: what crashes, is missing, or is ignored, and which mail that hurt.

Rules of packs of kind ``server`` carry the judgement's name, severity and words. Here they come together (one trouble,
one finding), get the mail that they hurt, and are weighed by harm and by whether they go on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from mailtriage.model.finding import Finding, Party
from mailtriage.rules.advice import Advice, advise
from mailtriage.rules.book import Classification
from mailtriage.scan.ask import Answers, Fact, Question
from mailtriage.scan.sample import Sample
from mailtriage.triage.case import Case, together
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.episodes import course
from mailtriage.triage.gravity import gravity, one_less
from mailtriage.triage.harm import claim_hurt, ours, take
from mailtriage.triage.of_server import says
from mailtriage.triage.trouble import Trouble, near, plain_object, span, troubles

ORDER = 50  # before those who would take the refusals of a broken server for the senders' trouble
OVER = timedelta(hours=2)  # without another such line before the log's end, the trouble is taken to be over
STANDING = timedelta(hours=24)  # the same for what is only said when a daemon starts
LASTING = timedelta(days=3)  # and for what nobody mends by the way
BRIEF = timedelta(minutes=10)
MANY_DELETED = 100
NO_ROOM = "Resource temporarily unavailable"  # EAGAIN: the helper is there, and its queue of callers is full
SEVERAL = 3  # lines that say that a helper of Postfix itself does not answer
FEW_NAMES = 5  # addresses refused as unknown; more are a dictionary that somebody tries out
UNKNOWN = ("postfix.recipient-unknown-", "postfix.local-unknown-user", "postfix.error-unknown-user")
MANY_LOOPS = 3  # mails that went in a circle: not one slip, but everybody's
# What happens now and then without anybody's fault; fewer lines are noise.
_SLIGHT = {"tls_certificate_distrusted": 5, "proxy_protocol": 3}
_EVERYBODYS = frozenset({"smtpd", "cleanup", "qmgr", "trivial-rewrite", "proxymap", "postscreen"})
_LOGIN_PORTS = ("/smtps/smtpd[", "/submission/smtpd[", "/submissions/smtpd[")
NAMES = 3  # objects that a title names
# What stays wrong until somebody mends it, though Postfix says it but now and then.
_STANDING = frozenset(
    {"config_ignored", "config_overridden", "deprecated_setting", "table_not_rebuilt", "missing_support",
     "tls_file_missing", "hostname_bad", "domain_listed_twice", "queue_corrupt", "alias_loop", "mail_discarded"}
)  # fmt: skip
_LASTING = frozenset({"missing_support", "tls_file_missing", "queue_corrupt", "hostname_bad"})
_HARMLESS_ALONE = frozenset({"milter_down"})  # medium where no mail was refused for it: mail came in unchecked
STARTS = frozenset({"does_not_start", "port_in_use", "config_broken"})
_BEFORE_MASTER = frozenset({"does_not_start", "port_in_use"})  # master(8) says that it runs once these are mended
MASTER = "master"
_AGENTS = frozenset({"smtp", "lmtp", "local", "virtual", "pipe"})
_EVENT = {"qmgr": "qmgr", "smtpd": "client", "cleanup": "cleanup"}


class Course(NamedTuple):
    """How a trouble stands."""

    state: str
    successes: Sequence[Fact]


def questions(desk: Desk) -> Iterable[Question]:
    """Do the daemons that stopped work again? Can users log in again?"""
    wanted: set[str] = set()
    for trouble in troubles(desk):
        wanted |= _proofs(trouble)
    for name in sorted(wanted):
        if name == "login":
            where = (("sasl_username", "has", ""),)
            yield Question("works:login", ("sasl_username=",), frozenset({"client"}), where)
        elif name == MASTER:
            yield Question(f"works:{name}", ("daemon started -- ",), frozenset({"other"}))
        else:
            events = {"sent"} if name in _AGENTS else {_EVENT[name]}
            yield Question(f"works:{name}", (f"/{name}[",), frozenset(events), (("program", "is", name),))


def _proofs(trouble: Trouble) -> set[str]:
    """Whose work would show that a trouble is over; nothing where no such line tells."""
    if trouble.kind == "auth_socket_missing":
        return {"login"}
    workers = {name for name in trouble.first if name in _AGENTS or name in _EVENT}
    if trouble.kind in STARTS and not workers:
        return {"qmgr", MASTER} if trouble.kind in _BEFORE_MASTER else {"qmgr"}
    if not trouble.stopped and trouble.kind != "config_broken":
        return set()
    return workers or {name for name in trouble.stopped if name in _AGENTS or name in _EVENT}


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a trouble."""
    found = troubles(desk)
    desk.claim(desk.open("server"))
    claim_hurt(desk, found)
    for trouble in found:
        yield _finding(desk, trouble, answers)
    yield from _by_refusals(desk)


def _finding(desk: Desk, trouble: Trouble, answers: Answers) -> Finding:
    now = _course(desk, trouble, answers)
    hurt = together(trouble.hurt) if trouble.hurt else None
    mails = _mails(hurt)
    severity = _severity(desk, trouble, now.state, mails)
    party = _party(trouble)
    whole = [*trouble.cases, *trouble.after, *trouble.hurt]
    words = _advice(desk, trouble)
    cause = trouble.rule.cause if trouble.rule else "unclassified"
    lost = [m for key, group in (hurt.groups if hurt else ()) if key.outcome in ("bounced", "expired") for _, m in group.mails.items()]  # fmt: skip  # noqa: E501
    finding = draft(
        desk, whole, trouble.kind, party, severity, cause=cause, direction="local", state=now.state,
        successes=now.successes, words=None if trouble.rule else "unknown_trouble", lost=desk.lost(lost),
        values={"program": trouble.cases[0].key.trust, "text": _first_words(trouble)},
        steps=words.steps if words else None,
        fault=trouble.rule.fault if trouble.rule else "ours", act=trouble.rule.act if trouble.rule else "our_admin",
    )  # fmt: skip
    why = words.why if words else finding.why
    return replace(
        finding,
        title=(words.title if words else None) or finding.title,
        why=desk.texts.say("report.facts.sentences").join([why, *_what_followed(desk, trouble, mails, lost != [])]),
        rule=trouble.rule.id if trouble.rule else None,
        links=words.links if words else (),
        count=trouble.count,
        messages=mails,
        operator=None,
        quote=_quote(trouble),
        evidence=_evidence(desk, trouble),
    )


def _party(trouble: Trouble) -> Party:
    objects = trouble.objects()
    kind = trouble.kind
    if trouble.rule is None:
        return Party("own_server", trouble.cases[0].key.trust, trouble.cases[0].key.trust)
    one = len(objects) == 1 or not trouble.rule
    about = objects[0] if one and objects else ""
    if not about and trouble.stopped:
        about = min(trouble.stopped)
    return Party("own_server", f"{kind} {about}".strip(), about or "Postfix")


def _advice(desk: Desk, trouble: Trouble) -> Advice | None:
    """The rule's words: the title names the objects there are, commands the first of them."""
    rule = trouble.rule
    if rule is None:
        return None
    captures: dict[str, list[str]] = defaultdict(list)
    for case in trouble.cases:
        for name, seen in case.group.captures.items():
            captures[name] += seen.members()
    each = {name: sorted(set(map(plain_object, values))) for name, values in captures.items()}
    own_host = {"own_host": next(iter(sorted(host for case in trouble.cases for host in case.hosts)), "")}
    counted = own_host | {"count": str(_deleted(trouble) or trouble.count)}
    shown = {name: _names(desk, values) for name, values in each.items() if name != "count"}
    single = {name: values[0] for name, values in each.items() if name != "count"}
    titled = advise(Classification(rule.cause, rule, None, None, shown), counted, desk.texts.lang)
    stepped = advise(Classification(rule.cause, rule, None, None, single), counted, desk.texts.lang)
    return replace(titled, steps=stepped.steps)


def _names(desk: Desk, values: Sequence[str]) -> str:
    if len(values) <= NAMES:
        return ", ".join(values)
    more = desk.texts.say("finding.server.more", count=len(values) - NAMES + 1)
    return ", ".join([*values[: NAMES - 1], more])


def _deleted(trouble: Trouble) -> int:
    """How many mails postsuper says it deleted, over all its lines."""
    total = 0
    for case in trouble.cases:
        counts = [int(n) for n in case.group.captures.get("count", Sample(1)).members() if n.isdigit()]
        total += sum(counts) if len(counts) != 1 else counts[0] * case.count
    return total


def _course(desk: Desk, trouble: Trouble, answers: Answers) -> Course:
    proofs = sorted(_proofs(trouble))
    failures = desk.hours(together(trouble.cases).group.hours)
    if proofs:
        facts = [fact for name in proofs for _, fact in answers.of(f"works:{name}")]
        state = course(failures, desk.fact_hours(facts), desk.now).state
        last_failure = together(trouble.cases).group.last
        started = answers.one(f"works:{MASTER}") if MASTER in proofs else None
        if started and started.last and last_failure and started.last > last_failure:
            return Course("recovered", facts)
        if trouble.count == 1 and last_failure and any(fact.last and fact.last > last_failure for fact in facts):
            return Course("recovered", facts)  # it happened once, and the same daemon works again
        before = all(fact.last is None or last_failure is None or fact.last < last_failure for fact in facts)
        return Course("ongoing" if state == "unknown" or before else state, facts)
    _, last = span(desk, [case.group for case in [*trouble.mine, *trouble.hurt]])
    wait = LASTING if trouble.kind in _LASTING else STANDING if trouble.kind in _STANDING else OVER
    over = last is not None and desk.now is not None and desk.now - last > wait
    return Course("recovered" if over else "ongoing", ())


def _severity(desk: Desk, trouble: Trouble, state: str, mails: int) -> str:
    """The rule's severity, by harm and by whether it goes on."""
    kind = trouble.kind
    if trouble.rule is None:
        severity = "low"
        if trouble.programs and (trouble.stopped or trouble.count >= 3):
            severity = "high" if trouble.stopped else "medium"
    else:
        severity = trouble.rule.severity or "low"
        if severity == "medium" and ((trouble.stopped and trouble.count > 1) or MASTER in trouble.first):
            severity = "high"  # what master(8) dies of, nothing survives
        if severity == "medium" and any(case.rule == "server.start-failed" for case in trouble.after):
            severity = gravity("everybody", "waits")
        throttled = any(case.rule == "server.throttled" for case in trouble.after)
        if trouble.first & _EVERYBODYS and (
            throttled or (severity == "medium" and trouble.rule.cause == "config_error")
        ):
            severity = gravity("everybody", "waits")  # what all mail passes ends by its own words
    if kind == "postsuper_deleted":
        return "medium" if _deleted(trouble) >= MANY_DELETED else "low"
    if kind in _HARMLESS_ALONE and not mails:
        severity = "medium"
    if kind == "domain_listed_twice" and mails:
        severity = "high"
    if kind == "mail_loops" and trouble.count >= MANY_LOOPS:
        severity = "high"
    asked = trouble.rule is not None and trouble.rule.id == "server.internal-service"
    if asked and trouble.count < SEVERAL and not mails and not any(says(c.group, NO_ROOM) for c in trouble.cases):
        severity = "low"  # around a reload, a helper misses a question
    if (
        kind == "tls_certificate_expired"
        and trouble.count >= SEVERAL
        and any(says(case.group, *_LOGIN_PORTS) for case in trouble.cases)
    ):
        severity = gravity("everybody", "waits")  # one client's clock may be wrong; where users log in, nobody sends
    if kind == "transport_down" and trouble.count < SEVERAL and not mails:
        severity = gravity("some", "waits")
    if severity == "low" and trouble.count < _SLIGHT.get(kind, 0):
        return "info"
    if state == "recovered":
        return one_less(severity) if mails or _lasted(desk, trouble) else "low"
    return severity


def _lasted(desk: Desk, trouble: Trouble) -> bool:
    first, last = span(desk, trouble.groups)
    return first is not None and last is not None and last - first >= BRIEF and trouble.count >= 3


def _mails(hurt: Case | None) -> int:
    return 0 if hurt is None else len(hurt.group.messages) or hurt.count


def _what_followed(desk: Desk, trouble: Trouble, mails: int, lost: bool) -> Iterator[str]:
    """What a trouble did: which daemons stopped, and how much mail was put off, refused or lost."""
    say = desk.texts.say
    if trouble.stopped and trouble.rule is not None and trouble.rule.id not in ("server.process-exit", "server.throttled", "server.process-killed"):  # fmt: skip  # noqa: E501
        yield say("finding.server.stops", daemons=", ".join(sorted(trouble.stopped)))
    if trouble.kind == "table_not_rebuilt" and (names := _unknown_meanwhile(desk, trouble)):
        yield say("finding.server.unknown_meanwhile", names=names)
    if mails:
        outcomes = {outcome for case in trouble.hurt for outcome in case.outcomes}
        refused = outcomes - {"deferred", "bounced", "expired"}
        word = "lost" if lost else "refused" if refused else "waits"
        yield say(f"finding.server.hurt_{word}", count=mails)
    elif trouble.kind in _HARMLESS_ALONE:
        yield say("finding.server.unchecked")


def _unknown_meanwhile(desk: Desk, trouble: Trouble) -> str:
    """Addresses that were refused as unknown near the warning that their table was not rebuilt; "" where many were."""
    names = {
        recipient
        for case in desk.cases
        for key, group in case.groups
        if key.rule.startswith(UNKNOWN) and near(desk, trouble.groups, [group], OVER)
        for recipient in group.recipients.members()
    }
    return ", ".join(sorted(names)) if len(names) <= FEW_NAMES else ""


def _first_words(trouble: Trouble) -> str:
    words = _quote(trouble) or ""
    return words if len(words) <= 100 else words[:99] + "…"


def _quote(trouble: Trouble) -> str | None:
    """The words of the trouble's last line, behind the tag and the severity."""
    ends = together(trouble.cases).group.ends
    if not ends:
        return None
    _, found, tail = ends[-1].text.partition("]: ")
    return tail if found else ends[-1].text


def _evidence(desk: Desk, trouble: Trouble):  # type: ignore[no-untyped-def]
    """Lines of the cause first, and a few of what followed."""
    lead = together(trouble.cases).group
    lines = [*lead.ends, *[line for _, line in lead.evidence.items()][:12]]
    for cases in (trouble.after, trouble.hurt):
        lines += [line for case in cases[:3] for line in case.group.ends[:1]]
    return desk.evidence(lines)


def _by_refusals(desk: Desk) -> Iterator[Finding]:
    """Refusals and deferrals that say by themselves that our server is broken, without a warning beside them."""
    by_rule: dict[str, list[Case]] = defaultdict(list)
    for case in take(desk, ours):
        by_rule[case.rule or ""].append(case)
    for rule_id, found in sorted(by_rule.items()):
        whole = together(found)
        rule = desk.book.rules.get(rule_id)
        _, last = span(desk, [whole.group])
        over = last is not None and desk.now is not None and desk.now - last > OVER
        severity = "high" if whole.count >= 3 or rule_id == "postfix.transport-missing" else "medium"
        severity = one_less(severity) if over else severity
        yield draft(
            desk, [whole], "server", Party("own_server", rule_id, "Postfix"), severity, direction="local",
            cause=rule.cause if rule else None, state="recovered" if over else "ongoing", fault="ours",
            words="server_refuses", values={"why": ""},
        )  # fmt: skip
