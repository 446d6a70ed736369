"""No rule can be made slow: a pattern's cost is bounded, whatever a stranger writes."""

import re
import time

from mailtriage.rules.book import Query
from mailtriage.rules.entry import words_of_patterns
from mailtriage.rules.normal import LIMIT
from mailtriage.rules.shelf import load_book

ENOUGH = 0.25  # seconds for one pattern and one text: a hundred times of what the slowest takes
SLOW = 0.003  # seconds; what takes more must grow in proportion: a cost like the square would be 16 times for 4
GROWTH = 8


def _texts(pattern: str) -> list[str]:
    """Texts that make a pattern start as often as it can and fail late, each as long as the longest reply."""
    (words,) = words_of_patterns([pattern])
    literals = [re.sub(r"\\.|[^\w ]", "", part) for part in re.findall(r"[A-Za-z][\w ]{2,20}", pattern)][:12]
    seeds = [*(words or ("a",))[:3], " ".join(literals) or "a", "1.", "<a@", "a b "]
    return [(seed + " ") * (LIMIT // (len(seed) + 1)) for seed in seeds]


def _seconds(compiled: re.Pattern[str], text: str) -> float:
    begin = time.thread_time()
    compiled.search(text)
    return time.thread_time() - begin


def test_every_pattern_against_long_texts_made_for_it() -> None:
    book, _ = load_book()
    slow: list[str] = []
    for rule in book.rules.values():
        for pattern in rule.match:
            compiled = re.compile(pattern, re.IGNORECASE)
            for text in _texts(pattern):
                if (took := _seconds(compiled, text)) > ENOUGH:
                    slow.append(f"{rule.id}: {took:.2f} s for {text[:40]!r}…")
                elif took > SLOW and (grown := _seconds(compiled, text * 4)) > GROWTH * took:
                    slow.append(f"{rule.id}: {grown / took:.1f} times the time for four times {text[:40]!r}…")
    assert not slow, "\n".join(slow)


def test_a_very_long_reply_costs_no_more_than_a_long_one() -> None:
    book, _ = load_book()
    begin = time.thread_time()
    for n in range(5):
        book.classify(Query(f"550 w{n} " + "blocked spam 1.2.3.4 <a@b> " * 100_000, "outbound"))
    assert time.thread_time() - begin < 5
