"""Everyday servers: small logs and what a postmaster would conclude from each."""

import pytest

from tests.triage.everyday_stories import STORIES
from tests.triage.outbound_stories import STORIES as OUTBOUND
from tests.triage.outbound_stories import taken_over
from tests.triage.stories import UNKNOWN_NAME, Log, Story, check, judged


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story(story: Story) -> None:
    check(story)


def test_each_list_has_its_own_links() -> None:
    story = next(story for story in STORIES if story.name == "two lists, many receivers")
    finding = next(f for f in judged(story.log()).findings if f.kind == "address_listed")
    labels = {link.label.partition(":")[0]: link.url for link in finding.links}
    assert "barracuda" in labels["Barracuda"]
    assert not [link for link in finding.links if link.label.startswith("UCEPROTECT") and "barracuda" in link.url]
    assert len([step for step in finding.steps if step.text.startswith(("Barracuda:", "UCEPROTECT"))]) == 2


@pytest.mark.parametrize(
    ("lang", "story", "japanese"),
    [
        ("ja", "two operators at once", True),
        ("ja", "two lists, many receivers", False),
        ("en", "two operators at once", False),
    ],
)
def test_a_request_stands_in_the_language_that_an_operator_reads(lang: str, story: str, japanese: bool) -> None:
    log = next(one for one in (*STORIES, *OUTBOUND) if one.name == story).log()
    finding = next(f for f in judged(log, lang=lang).findings if f.kind == "address_listed")
    request = finding.request_text or ""
    assert ("お世話になっております" in request, "Hello,\n\nour mail server" in request) == (japanese, True)


def test_a_login_taken_over_shows_its_lines_though_all_was_delivered() -> None:
    log = Log()
    taken_over(log)
    finding = next(f for f in judged(log).findings if f.kind == "login_taken_over")
    assert len(finding.evidence) > 3
    assert all(log.lines[one.line - 1] == one.text and "sasl_username=cara@" in one.text for one in finding.evidence)
    assert (finding.count, finding.state) == (90, "ongoing")
    assert "203.0.113." not in " ".join(finding.clients)  # where cara is at home


def test_every_address_of_ours_that_is_named_has_its_links() -> None:
    log = Log().family()
    for address in ("192.0.2.25", "192.0.2.26"):
        for number in range(2):
            log.later(hours=1).send(
                "bea@example.org", f"a{number}@icloud.com", "mx01.mail.icloud.com[17.57.154.33]:25",
                f"550 5.7.0 Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip={address}",
                status="bounced", dsn="5.7.0",
            )  # fmt: skip
    finding = next(f for f in judged(log).findings if f.operator == "Apple")
    assert finding.own_ips == ("192.0.2.25", "192.0.2.26")
    assert {link.url.partition("ip=")[2] for link in finding.links if "proofpoint" in link.url} >= set(finding.own_ips)


@pytest.mark.parametrize(("servers", "said"), [(1, "1 server"), (3, "3 servers")])
def test_a_pool_says_how_many_servers(servers: int, said: str) -> None:
    log = Log().family()
    for number in range(6):
        ip = f"198.51.100.{number % servers + 14}"
        log.later(minutes=40).refuse(
            f"unknown[{ip}]",
            "pat@isp.example",
            "bea@example.org",
            UNKNOWN_NAME,
            ptr=f"mx{number % servers}.isp.example",
        )
    assert any(said in finding.title for finding in judged(log).findings)


def test_a_user_on_an_access_line_is_no_success_of_its_providers_pool() -> None:
    log = Log().family()
    for number in range(6):
        queue_id = log.later(hours=1).take(
            "zaqc61.zaq.ne.jp[198.18.77.45]", "cara@example.org", login="cara@example.org"
        )
        log.local(queue_id, "bea@example.org")
        for turn in (4, 5):
            log.later(minutes=15).refuse(
                f"unknown[198.51.100.1{turn}]", f"pat{number % 3}@jcom.zaq.ne.jp", "bea@example.org", UNKNOWN_NAME,
                ptr=f"omta001{turn}.jcom.zaq.ne.jp",
            )  # fmt: skip
    finding = next(f for f in judged(log).findings if f.party.name == "JCOM")
    assert (finding.state, finding.last_success) == ("ongoing", None)
