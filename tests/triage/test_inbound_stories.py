"""Incoming mail: small logs and what a postmaster would conclude from each."""

import re

import pytest

from tests.triage.inbound_stories import STORIES
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
