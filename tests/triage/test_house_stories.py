"""The fault is in the house: small logs and what a postmaster would conclude from each."""

import pytest

from tests.triage.house_stories import STORIES
from tests.triage.stories import Story, check, judged


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story(story: Story) -> None:
    check(story)


@pytest.mark.parametrize("name", ["checks before logins", "users write to a domain that moved"])
def test_one_finding_for_one_trouble(name: str) -> None:
    story = next(story for story in STORIES if story.name == name)
    assert len([f for f in judged(story.log()).findings if f.severity in ("high", "medium", "low")]) == 1


def test_numbers_are_no_typing_errors() -> None:
    story = next(story for story in STORIES if story.name == "numbered recipients")
    assert not [f for f in judged(story.log()).findings if f.kind == "mistyped_address"]
