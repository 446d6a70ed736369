"""A check of ours hits mail that looks like people's: it throws it away, or refuses it for a line in it.

What is thrown away is worse: the sender is told that it arrived, and nobody gets it. Sources: access(5) and
header_checks(5) DISCARD and REJECT, a milter's discard.
"""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.delivery import listed
from mailtriage.triage.desk import Desk
from mailtriage.triage.inbound import case_organisation, own_words
from mailtriage.triage.judgements import refused_senders
from mailtriage.triage.legitimacy import LIKELY
from mailtriage.triage.of_server import of_server, stands

ORDER = 780
MANY = 3  # mails
SEVERAL = 2  # organisations


def questions(desk: Desk) -> Iterable[Question]:
    """What refused_senders asks of the same cases."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding over all that discard, one over all that refuse for a line, one over all that our probe turned away.

    What looks like spam stays what it was meant for.
    """
    yield from _discarded(desk, answers)
    lines = [case for case in desk.open("inbound", "content_policy") if _by_line(case)]
    refused = [case for case in lines if _people(desk, case, answers)]
    if len({case_organisation(case) or case.key.party for case in refused}) >= SEVERAL:
        desk.claim(refused)
        finding = of_server(
            desk, refused, "own_check_refuses", "check", "medium", cause="content_policy", direction="inbound",
            state=stands(desk, refused), values=_values(refused),
        )  # fmt: skip
        yield own_words(finding)
    probed = [case for case in desk.open("inbound", "sender_unverifiable") if _people(desk, case, answers)]
    if len({case_organisation(case) or case.key.party for case in probed}) >= SEVERAL:
        desk.claim(probed)
        places = sorted({case_organisation(case) or case.key.party for case in probed})
        more = " …" if len(places) > MANY else ""
        finding = of_server(
            desk, probed, "own_check_refuses", "sender verification", "medium", cause="sender_unverifiable",
            direction="inbound", state=stands(desk, probed), words="own_probes_refused",
            values={**_values(probed), "names": ", ".join(places[:MANY]) + more},
        )  # fmt: skip
        yield own_words(finding)


def _discarded(desk: Desk, answers: Answers) -> Iterator[Finding]:
    found = [case for case in desk.open() if case.outcomes["discard"] and _people(desk, case, answers)]
    if not found:
        return
    desk.claim(found)
    ours = any(case.key.direction == "submission" for case in found)
    mails = sum(len(case.group.messages) for case in found)
    yield of_server(
        desk, found, "mail_discarded", "check", "high" if ours else "medium" if mails >= MANY else "low",
        cause="policy", direction="inbound", state=stands(desk, found), words="mail_discarded_by_check",
        values=_values(found),
    )  # fmt: skip


def _values(found: list[Case]) -> dict[str, object]:
    return {
        "messages": sum(len(case.group.messages) for case in found),
        "who": listed(s for case in found for s in case.group.senders.members() if s),
        "to": listed(r for case in found for r in case.group.recipients.members()),
    }


def _by_line(case: Case) -> bool:
    """Whether header_checks or body_checks spoke, not somebody's filter."""
    return any(f": reject: {part} " in line.text for line in case.group.ends for part in ("header", "body"))


def _people(desk: Desk, case: Case, answers: Answers) -> bool:
    if case.key.direction == "submission":
        return True
    return case.key.direction == "inbound" and refused_senders.weighed(desk, case, answers)[0] >= LIKELY
