"""Incoming mail: small logs and what a postmaster would conclude from each."""

import re

import pytest

from tests.triage.inbound_stories import NOT_LOGGED_IN, STORIES, lost
from tests.triage.stories import NO_USER, Log, Story, check, judged


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story(story: Story) -> None:
    check(story)


def test_names_are_unique() -> None:
    assert len({story.name for story in STORIES}) == len(STORIES)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_every_text_is_filled(story: Story) -> None:
    for finding in story.findings():
        texts = [finding.title, finding.why, finding.request_text or "", finding.user_text or ""]
        texts += [f"{step.text}\n{step.url or ''}" for step in finding.steps]
        texts += [reason.text for reason in finding.looks_legitimate.because] if finding.looks_legitimate else []
        assert not [text for text in texts if re.search(r"\{[a-z_]+\}|^because\.|^finding\.", text)], finding.kind


def test_a_stranger_cannot_put_words_into_a_command() -> None:
    log = Log().family()
    for number in range(4):
        client = f"mail-ed1-f4{number}.google.com[209.85.208.4{number}]"
        log.later(minutes=30).refuse(client, f"pat{number}@gmail.com", "$(reboot)@example.org", NO_USER)
    findings = judged(log).findings
    assert any(finding.kind == "recipient_missing" for finding in findings)
    assert not [step for finding in findings for step in finding.steps if "reboot" in (step.command or "")]


@pytest.mark.parametrize(
    ("pool", "operator"),
    [
        ("omta001{0}.jcom.zaq.ne.jp", "JCOM"),
        ("mogw000{0}.ocn.ad.jp", "OCN"),
        ("mta-snd-w0{0}.biglobe.ne.jp", "Biglobe"),
        ("mta-snd-e0{0}.mail.nifty.com", "Nifty"),
        ("ms-omx0{0}.so-net.ne.jp", "So-net"),
        ("hsmtpd-def{0}.xspmail.jp", "IIJ"),
        ("snd0000{0}.auone-net.jp", "au one net"),
        ("mail0{0}.asahi-net.or.jp", "Asahi Net"),
        ("mvs{0}.plala.or.jp", "Plala"),
        ("www26{0}.sakura.ne.jp", "Sakura"),
        ("sv1600{0}.xserver.jp", "Xserver"),
    ],
)
def test_a_program_that_fell_back_to_its_access_provider(pool: str, operator: str) -> None:
    log = Log()
    lost(f"{pool}[198.51.100.1{{0}}]", NOT_LOGGED_IN)(log)
    (finding,) = (f for f in judged(log).findings if f.kind == "lost_smtp_setting")
    assert finding.severity == "high"
    assert finding.looks_legitimate is not None
    assert operator in " ".join((finding.title, *(reason.text for reason in finding.looks_legitimate.because)))
