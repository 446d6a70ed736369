"""Incoming mail: small logs and what a postmaster would conclude from each."""

import pytest

from tests.triage.inbound_stories import STORIES
from tests.triage.stories import Story, check


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story(story: Story) -> None:
    check(story)


def test_names_are_unique() -> None:
    assert len({story.name for story in STORIES}) == len(STORIES)
