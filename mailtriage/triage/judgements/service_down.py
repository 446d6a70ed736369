"""What our own mail passes does not answer: the mailbox server's socket, or a content filter on this machine."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.gravity import gravity
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server, says, stands
from mailtriage.triage.trouble import span

ORDER = 62
BRIEF = timedelta(minutes=10)
_HERE = ("127.", "::1", "private/", "public/", "/")


_AT = re.compile(r"connect to (\S{1,255}): |relay=([^,\s]{1,255}),")


def questions(desk: Desk) -> Iterable[Question]:
    """Does it take mail at other times?"""
    for case in desk.open():
        for key, group in case.groups:
            if _ours(key, group) and (place := _place(group)):
                yield Question(f"service:{place}", (f"{place}, delay", f"{place}, conn_use"), frozenset({"sent"}))


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a service."""
    by_place: dict[str, list[Case]] = {}
    for case in take(desk, _ours):
        by_place.setdefault(_place(case.group), []).append(case)
    for place, found in sorted(by_place.items()):
        facts = [fact for _, fact in answers.of(f"service:{place}")]
        state = stands(desk, found, facts)
        first, last = span(desk, [case.group for case in found])
        brief = first is None or last is None or last - first < BRIEF
        lost = any(case.lost for case in found)
        severity = gravity("one" if _one_mailbox(found) else "everybody", "waits")
        if state != "ongoing":
            severity = "low" if brief and not lost else "medium"
        name = _name(place)
        words = "mailbox_service_down" if "[private/" in place or "[/" in place else "local_service_down"
        if words == "mailbox_service_down" and any(says(case.group, " said: ") for case in found):
            words = "mailbox_service_refuses"
        if all(_wants_tls(key) for case in found for key, _ in case.groups):
            words = "local_service_without_tls"
        port = place.rpartition("]:")[2]
        yield replace(
            of_server(desk, found, words, name, severity, state=state, successes=facts, values={"port": port}),
            kind="service_down",
        )


def _one_mailbox(found: list[Case]) -> bool:
    """Whether the service answers, and puts off the mail of one mailbox: it may well take everybody else's."""
    return all(says(case.group, " said: ") for case in found) and (
        len({address for case in found for address in case.group.recipients}) == 1
    )


def _ours(key: GroupKey, group: Group) -> bool:
    if key.direction not in ("local", "outbound", "internal"):
        return False
    if key.cause not in ("network", "system_error") and not _wants_tls(key):
        return False
    # A strange server's reply may hold any words: where a server answered, its address tells.
    if any(not address.startswith(_HERE) for address in group.clients.members()):
        return False
    place = _place(group)
    return "[private/" in place or "[/" in place or "[127." in place or "[::1]" in place


def _wants_tls(key: GroupKey) -> bool:
    return key.cause == "tls_required" and key.outcome == "deferred"


def _place(group: Group) -> str:
    """What was asked, as the log writes it: ``mail.example[private/lmtp]``, ``127.0.0.1[127.0.0.1]:10024``."""
    for line in group.ends:
        for found in _AT.finditer(line.text):
            if (place := found[1] or found[2]) != "none":
                return place
    return ""


def _name(place: str) -> str:
    """For people: ``private/lmtp``, ``127.0.0.1:10024``."""
    if "[private/" in place or "[/" in place:
        return place.partition("[")[2].rpartition("]")[0]
    host, bracket, rest = place.partition("[")
    return host + rest.partition("]")[2] if bracket else place
