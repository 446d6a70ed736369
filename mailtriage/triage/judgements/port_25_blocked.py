"""Every destination times out at connecting: the access provider or cloud does not let port 25 out."""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.scan.tally import Group, GroupKey
from mailtriage.triage.desk import Desk
from mailtriage.triage.gravity import gravity
from mailtriage.triage.harm import take
from mailtriage.triage.of_server import of_server, says, stands
from mailtriage.triage.organisation import domain_of

ORDER = 63


OTHERS = 3  # destinations; two are worth a look, for nothing else was reached either. A great provider always answers


def questions(desk: Desk) -> Iterable[Question]:
    """Did any mail ever go out by port 25?"""
    if _suspects(desk):
        where = (("direction", "is", "outbound"), ("relay_port", "is", "25"))
        yield Question("port25", ("]:25, ",), frozenset({"sent"}), where)


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding for all destinations."""
    if answers.one("port25") is not None or not _suspects(desk):
        return
    found = take(desk, _times_out)
    state = stands(desk, found, [])
    to = sorted({domain_of(r) for case in found for r in case.group.recipients.members()} - {""})
    places = len({case.key.party for case in found})
    sure = places >= OTHERS or any(case.key.trust == "operator" for case in found)
    severity = gravity("everybody" if sure else "some", "waits")
    yield of_server(
        desk, found, "port_25_blocked", "", severity, state=state, cause="network", direction="outbound",
        values={"places": places, "to": ", ".join(to[:4])},
    )  # fmt: skip


def _suspects(desk: Desk) -> bool:
    """Whether so much timed out, and no other server ever answered us."""
    out = [pair for case in desk.open("outbound") for pair in case.groups]
    silent = [(key, group) for key, group in out if _times_out(key, group)]
    if any(key.cause not in ("network", "dns_failure", "unclassified", "expired") for key, _ in out):
        return False
    great = sum(group.count for key, group in silent if key.trust == "operator")
    return len({key.party for key, _ in silent}) >= OTHERS - 1 or great > 0


def _times_out(key: GroupKey, group: Group) -> bool:
    return (
        key.direction == "outbound" and key.cause == "network"
        and says(group, "onnection timed out", "peration timed out", "initial server greeting")
    )  # fmt: skip
