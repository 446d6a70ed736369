"""Mail that reached this server and then no mailbox: full, unknown behind the door, or the delivery service is down."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Mail
from mailtriage.triage.case import Case, together
from mailtriage.triage.delivery import ask_senders, names_of, waiting
from mailtriage.triage.desk import Desk
from mailtriage.triage.gravity import gravity
from mailtriage.triage.of_server import says
from mailtriage.triage.outgoing import outgoing

ORDER = 880
FULL = "mailbox_full"
DOWN = ("network", "system_error", "config_error", "dns_failure", "protocol_error", "auth_failed", "connection_limit")
MOST = 50  # mailboxes that are asked about
AGENTS = 5  # and services
FEW = 3  # mailboxes whose own trouble it is, where others get their mail


def questions(desk: Desk) -> Iterable[Question]:
    """Did mail to these mailboxes get through later? Did anything, where the service failed?"""
    yield from ask_senders(desk, _cases(desk))
    for relay in sorted(_relays(_down_cases(desk)))[:AGENTS]:
        yield Question(f"agent:{relay}", (f"relay={relay},",), frozenset({"sent"}))
    for case in _cases(desk)[:MOST]:
        if "@" in case.key.party:
            yield Question(f"mailbox:{case.key.party}", (f"to=<{case.key.party}>",), frozenset({"sent"}))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a full mailbox; one a cause where several mailboxes share it."""
    shared: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in _cases(desk):
        if case.key.cause == FULL:
            yield _full(desk, answers, case)
        else:
            shared[case.key.cause, case.key.direction].append(case)
    for (cause, direction), found in sorted(shared.items()):
        desk.claim(found)
        if cause in DOWN:
            yield _down(desk, answers, cause, direction, found)
        else:
            yield _refused(desk, answers, cause, direction, found)


def _full(desk: Desk, answers: Answers, case: Case) -> Finding:
    desk.claim([case])
    mailbox = case.key.party
    finding = outgoing(
        desk, answers, [case], "own_mailbox_full", Party("own_user", mailbox, mailbox), words="own_mailbox_full",
        direction="local", fault="our_user", act="our_admin",
        values={"mailbox": mailbox, "from": names_of(sender for sender in case.group.senders if sender)},
        user_text=desk.texts.say("finding.own_mailbox_full.user", mailbox=mailbox),
    )  # fmt: skip
    since = _later(desk, answers, mailbox, case)
    return replace(
        finding,
        state="recovered" if since else finding.state,
        severity="low" if since and not case.lost else gravity("one", "lost" if case.lost else "waits"),
        own_users=(mailbox,),
        user_text=desk.texts.say("finding.own_mailbox_full.user", mailbox=mailbox),
    )


def _later(desk: Desk, answers: Answers, mailbox: str, case: Case) -> bool:
    fact = answers.one(f"mailbox:{mailbox}")
    return fact is not None and fact.last is not None and case.group.last is not None and fact.last > case.group.last


def _down(desk: Desk, answers: Answers, cause: str, direction: str, found: list[Case]) -> Finding:
    whole = together(found)
    agent = _agent(whole)
    finding = outgoing(
        desk, answers, found, "service_down", Party("own_server", f"delivery {agent}", agent), words="service_down",
        cause="config_error" if cause == "config_error" else "system_error", direction=direction, fault="ours",
        act="our_admin", values={"agent": agent, "reason": desk.texts.say(f"cause.{cause}")},
    )  # fmt: skip
    passed = [fact for case in found if (fact := answers.one(f"mailbox:{case.key.party}"))]
    over = any(f.last is not None and whole.group.last is not None and f.last > whole.group.last for f in passed)
    stuck = waiting(desk, found)
    over = over or not (stuck or any(case.lost for case in found))
    if not over and (mailboxes := _others_get_theirs(desk, answers, found)):
        return _some(desk, answers, cause, direction, found, mailboxes)
    return replace(
        finding,
        state="recovered" if over else finding.state,
        severity=_weight(found) if not over else "medium" if stuck else "low",
    )


def _weight(found: list[Case]) -> str:
    """A service that answers and puts off one mailbox's mail may well take everybody else's."""
    answers = all(says(case.group, " said: ") for case in found)
    alone = answers and len({address for case in found for address in case.group.recipients}) == 1
    return gravity("one" if alone else "everybody", "lost" if any(case.lost for case in found) else "waits")


def _others_get_theirs(desk: Desk, answers: Answers, found: list[Case]) -> list[str]:
    """The few mailboxes that wait while the same service puts mail into others after them; else nothing."""
    whole = together(found)
    mailboxes = sorted({address.lower() for address in whole.group.recipients})
    facts = [fact for relay in sorted(_relays(found)) if (fact := answers.one(f"agent:{relay}"))]
    if (
        not facts
        or len(mailboxes) > FEW
        or any(case.key.cause not in ("system_error", "unclassified") for case in found)
    ):
        return []
    after = any(fact.last and whole.group.last and fact.last > whole.group.last for fact in facts)
    return mailboxes if after else []


def _some(
    desk: Desk, answers: Answers, cause: str, direction: str, found: list[Case], mailboxes: list[str]
) -> Finding:  # fmt: skip
    names = names_of(mailboxes)
    return outgoing(
        desk, answers, found, "service_down", Party("own_server", f"delivery to {names}", names),
        words="mailbox_refused_by_service", cause="system_error", direction=direction, fault="ours", act="our_admin",
        level="medium", values={"mailboxes": names, "first": mailboxes[0], "agent": _agent(together(found))},
    )  # fmt: skip


def _relays(cases: Iterable[Case]) -> set[str]:
    return {relay for case in cases for relay in case.group.relays.members()} - {"none"}


def _down_cases(desk: Desk) -> list[Case]:
    return [case for case in _cases(desk) if case.key.cause in DOWN]


def _refused(desk: Desk, answers: Answers, cause: str, direction: str, found: list[Case]) -> Finding:
    """Accepted at the door and refused behind it: the bounce goes to whoever the envelope names."""
    whole = together(found)
    own = any(desk.own.has(sender) for sender in whole.group.senders if sender)
    lost = any(case.lost for case in found)
    mails = [mail for case in found for mail in desk.mails(case)]
    return outgoing(
        desk, answers, found, "accepted_then_refused", Party("own_server", f"behind {cause}", _agent(whole)),
        words="accepted_behind", cause=cause, direction=direction, fault="ours", act="our_admin",
        level="medium" if lost and (len(mails) >= 3 or own) else "low",
        values={"mailboxes": names_of(_mailboxes(found)), "senders": names_of(_known(mails))},
    )  # fmt: skip


def _mailboxes(found: list[Case]) -> set[str]:
    """The mailboxes; of a hop between our own parts the party is a host, so that the recipients stand for them."""
    return {
        name.lower()
        for case in found
        for name in ([case.key.party] if "@" in case.key.party else case.group.recipients)
    }


def _known(mails: list[Mail]) -> set[str]:
    return {mail.sender for mail in mails if mail.sender}


def _agent(case: Case) -> str:
    """The delivery agent and its socket, as the log names them."""
    relays = sorted(case.group.relays.members())
    text = case.group.ends[-1].text if case.group.ends else ""
    program = next((name for name in ("lmtp", "virtual", "pipe", "local", "smtp") if f"{name}[" in text), "local")
    return f"{program} ({relays[0]})" if relays and relays[0] not in ("none", program) else program


def _cases(desk: Desk) -> list[Case]:
    return [case for direction in ("local", "internal") for case in desk.open(direction) if "hold" not in case.outcomes]
