"""Everyday servers: small logs and what a postmaster would conclude from each."""

import pytest

from tests.triage.everyday_stories import STORIES
from tests.triage.outbound_stories import taken_over
from tests.triage.stories import Log, Story, check, judged


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


def test_a_login_taken_over_shows_its_lines_though_all_was_delivered() -> None:
    log = Log()
    taken_over(log)
    finding = next(f for f in judged(log).findings if f.kind == "login_taken_over")
    assert len(finding.evidence) > 3
    assert all(log.lines[one.line - 1] == one.text and "sasl_username=cara@" in one.text for one in finding.evidence)
    assert (finding.count, finding.state) == (90, "ongoing")
    assert "203.0.113." not in " ".join(finding.clients)  # where cara is at home
