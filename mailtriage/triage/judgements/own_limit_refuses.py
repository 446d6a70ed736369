"""A setting of ours turns proper senders away, whoever they are: TLS demanded on port 25, a size or connection limit.

One finding a setting; the senders did nothing wrong that they could mend for us alone.
"""

from collections.abc import Iterable, Iterator

from mailtriage.model.finding import Finding, Party
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.case import Case
from mailtriage.triage.desk import Desk
from mailtriage.triage.draft import draft
from mailtriage.triage.inbound import case_organisation, sender_organisations
from mailtriage.triage.judgements import refused_senders
from mailtriage.triage.legitimacy import dynamic, mail_host

ORDER = 770
_CAUSES = ("tls_required", "too_large", "connection_limit", "rate_limit")
SEVERAL = 2  # organisations


def questions(desk: Desk) -> Iterable[Question]:
    """What refused_senders asks of the same cases."""
    return ()


def judge(desk: Desk, answers: Answers) -> Iterator[Finding]:
    """One finding a cause that meets several organisations."""
    for cause in _CAUSES:
        found = [case for case in desk.open("inbound", cause) if _proper(desk, case)]
        orgs = {case_organisation(case) for case in found}
        if len(orgs) < SEVERAL:
            continue
        desk.claim(found)
        through = all(refused_senders.got_through(case, answers) for case in found)
        yield draft(
            desk, found, "own_limit_refuses", Party("own_server", cause, desk.texts.say(f"cause.{cause}")),
            "low" if through else "medium", cause=cause, direction="inbound", fault="ours", act="our_admin",
            words="own_limit_refuses", values={"organisations": len(orgs), "names": ", ".join(sorted(orgs)[:4])},
        )  # fmt: skip


def _proper(desk: Desk, case: Case) -> bool:
    """Whether a client is a mail server that brings mail of its own."""
    names = case.group.names.members()
    if not names or case.key.trust not in ("client", "ptr") or desk.of_party(case.key.party, "dnsbl"):
        return False
    if desk.book.operator_of_pool(names[0]) is not None:
        return True
    if dynamic(names[0]):
        return False
    senders = case.group.senders.members()
    if not senders:
        # SIZE= is refused at MAIL, before there is a sender: the verified name has to do.
        return case.key.cause == "too_large" and case.key.trust == "client" and mail_host(names[0])
    return case_organisation(case) in sender_organisations(senders)
