"""Mail on its way out and into our mailboxes: stories, and what only such findings have."""

import pytest

from mailtriage.triage.likeness import near
from tests.triage.outbound_stories import (
    BLOCKED,
    FRIEND,
    ICLOUD,
    STORIES,
    TIMEOUT,
    bounce,
    early,
    expired_long_after,
    released_and_blocked_again,
    wait,
)
from tests.triage.stories import Log, Story, check, judged


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_stories(story: Story) -> None:
    check(story)


def _apple(log: Log, **how: object):  # type: ignore[no-untyped-def]
    found = judged(log, **how).findings  # type: ignore[arg-type]
    return next(finding for finding in found if finding.operator == "Apple")


def _seed(ip: str = "203.0.113.25") -> Log:
    reply = BLOCKED.format(dash="–", ip=ip)
    return bounce(Log(), "hogehoge@icloud.com", ICLOUD, reply, sender="taro@example.org")


def test_both_addresses_are_shown_where_they_differ() -> None:
    finding = _apple(_seed(), ips=("198.51.100.7",))
    assert finding.own_ips == ("203.0.113.25", "198.51.100.7")
    assert "not 198.51.100.7" in finding.why
    assert finding.links[0].url.endswith("203.0.113.25")


def test_request_carries_its_evidence_and_no_user_of_ours() -> None:
    finding = _apple(_seed())
    assert finding.request_text is not None
    assert "2026-04-06 08:07:03 +0000  mx01.mail.icloud.com: 550 5.7.0 Blocked" in finding.request_text
    assert "taro" not in finding.request_text


def test_users_learn_what_to_send_again() -> None:
    finding = _apple(_seed())
    assert finding.own_users == ("taro@example.org",)
    assert "taro@example.org → hogehoge@icloud.com, 6 Apr 08:07" in (finding.user_text or "")


def test_a_block_that_comes_back_asks_what_earns_it() -> None:
    log = Log()
    released_and_blocked_again(log)
    finding = _apple(log)
    assert len(finding.episodes) == 4
    assert finding.episodes[-1].last_success is not None
    assert "comes back" in finding.steps[0].text


def test_lost_senders_are_asked_by_queue_id() -> None:
    log = Log()
    expired_long_after(log)
    finding = next(finding for finding in judged(log).findings if finding.cause == "network")
    assert [(mail.sender, mail.recipient) for mail in finding.lost] == [("cara@example.org", "ann@far.example")]


def test_sender_far_before_its_failure() -> None:
    log = Log().family()
    queue_id = log.take("home.isp.example[203.0.113.4]", "cara@example.org", login="cara@example.org")
    log.raw(*["Apr  6 09:00:00 mail other[1]: " + "x" * 1000] * 3000)
    log.deliver(queue_id, "ann@icloud.com", ICLOUD, BLOCKED.format(dash="-", ip="192.0.2.25"), status="bounced")
    assert [mail.sender for mail in _apple(log).lost] == ["cara@example.org"]


def test_deferred_mail_that_arrived_is_no_loss() -> None:
    log = wait(Log().family(), "ann@friend.example", "none", TIMEOUT.format(host=FRIEND), 1, arrives=True)
    finding = next(f for f in judged(log).findings if f.direction == "outbound")
    assert (finding.severity, finding.state, finding.lost, len(finding.late)) == ("low", "recovered", (), 1)
    assert "60 minutes late" in finding.why


def test_a_first_host_that_refuses_is_a_warning() -> None:
    log = Log()
    early(log)
    warned = [finding for finding in judged(log).findings if finding.kind == "early_warning"]
    assert [finding.severity for finding in warned] == ["low"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("gmial.com", "gmail.com"), ("gmai.com", "gmail.com"), ("gmaill.com", "gmail.com"), ("gmeil.com", "gmail.com"),
     ("gmail.com", None), ("example.com", None), ("gmx", None)],
)  # fmt: skip
def test_one_slip(typed: str, meant: str | None) -> None:
    assert near(typed, {"gmail.com", "hotmail.com"} - {typed}) == meant
