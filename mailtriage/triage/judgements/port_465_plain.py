"""The relay is asked at port 465, which wants TLS from the first byte, and is spoken to in plain text.

Both sides wait for the other to begin, until smtp gives up while it waits for the greeting (RFC 8314 section 3.3).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.desk import Desk
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server, says, stands

ORDER = 61


def questions(desk: Desk) -> Iterable[Question]:
    """Did mail ever get out by that port?"""
    if any(_waits_for_greeting(key, group) for case in desk.open("outbound") for key, group in case.groups):
        where = (("direction", "is", "outbound"), ("relay_port", "is", "465"))
        yield Question("port465", ("]:465, ",), frozenset({"sent"}), where)


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding, where nothing ever got out by that port."""
    if answers.one("port465") is not None:
        return
    found = take(desk, _waits_for_greeting)
    if found:
        relay = next(iter(sorted(r for case in found for r in case.group.relays.members())), "")
        state = stands(desk, found)
        finding = of_server(
            desk, found, "port_465_plain", relay, "high" if state == "ongoing" else "medium", state=state,
            cause="config_error", direction="outbound", values={"relay": relay},
        )  # fmt: skip
        yield replace(finding, kind="relayhost_wrong")


def _waits_for_greeting(key: GroupKey, group: Group) -> bool:
    return (
        key.direction == "outbound" and key.cause == "network" and says(group, "]:465, ")
        and says(group, "receiving the initial server greeting")
    )  # fmt: skip
