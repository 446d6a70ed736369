"""The four nouns travel, and what comes home adds up in any order: pickled, shuffled, merged in random trees."""

import pickle
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from mailtriage.model.finding import Finding
from mailtriage.model.report import Report
from mailtriage.rules.book import RuleBook
from mailtriage.rules.shelf import load_book
from mailtriage.scan.ask import Answers, Question, answer
from mailtriage.scan.chunk import Chunk, ScanPlan, split
from mailtriage.scan.executor import Serial
from mailtriage.scan.gather import gather
from mailtriage.scan.survey import Survey
from mailtriage.scan.tally import Tally
from mailtriage.sources.opening import open_sources
from mailtriage.syslog.calendar import Calendar
from mailtriage.syslog.calendar import Source as Dated
from mailtriage.texts.catalog import Texts
from mailtriage.triage.run import triage

T = TypeVar("T")
N = TypeVar("N", Tally, Answers)
LOG = Path("fixtures/family-week.log")
SIZE = 90_000


def travelled(thing: T) -> T:
    """As it comes out of another process."""
    return pickle.loads(pickle.dumps(thing))  # type: ignore[no-any-return]


def merged(parts: Sequence[N], dice: random.Random | None) -> N:
    """In the order of the log, one after the other; or in a random tree, each branch from another process."""
    left = [travelled(part) for part in parts]
    while len(left) > 1:
        at = dice.randrange(len(left) - 1) if dice else 0
        left[at].merge(travelled(left.pop(at + 1)))
    return left[0]


class Shuffled(Survey):
    """Merges answers as ``merged`` does."""

    dice: random.Random | None = None

    def ask(self, questions: Sequence[Question]) -> Answers:
        if not questions:
            return Answers()
        parts = [answer(travelled(chunk), travelled(tuple(questions)), travelled(self.plan)) for chunk in self.chunks]
        if self.dice:
            self.dice.shuffle(parts)
        return merged(parts, self.dice)


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_book()[0]


@pytest.fixture(scope="module")
def chunks() -> list[Chunk]:
    (source,) = open_sources([str(LOG)]).sources
    return split(0, source, SIZE)


@pytest.fixture(scope="module")
def tallies(chunks: list[Chunk]) -> list[bytes]:
    """Each pickled, for merging changes them."""
    plan = travelled(ScanPlan())
    return [pickle.dumps(gather(travelled(chunk), plan)) for chunk in chunks]


def result(
    tallies: list[bytes], chunks: list[Chunk], book: RuleBook, dice: random.Random | None
) -> tuple[tuple[Finding, ...], Report]:
    parts: list[Tally] = [pickle.loads(tally) for tally in tallies]
    if dice:
        dice.shuffle(parts)
    tally = merged(parts, dice)
    tally.name_senders()
    source = chunks[0].source
    calendar = Calendar([Dated(tuple(tally.turns[0]), source.mtime)])
    surveyed = Shuffled((source,), chunks, ScanPlan(), tally, calendar, Serial())
    surveyed.dice = dice
    found = triage(surveyed, book, Texts())
    return found.findings, found.report


def test_any_tree_gives_the_same(tallies: list[bytes], chunks: list[Chunk], book: RuleBook) -> None:
    assert len(chunks) > 5
    expected = result(tallies, chunks, book, None)
    assert expected[0]
    for seed in range(4):
        assert result(tallies, chunks, book, random.Random(seed)) == expected


def test_chunks_and_plans_are_equal_after_a_journey(chunks: list[Chunk]) -> None:
    assert travelled(chunks) == chunks
    plan = ScanPlan(user_packs=("x",), since=1, until=2, year=2026, tz_name="Asia/Tokyo")
    assert travelled(plan) == plan
    assert travelled(plan).zone == plan.zone
