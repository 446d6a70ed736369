"""How fast replies are known, and that no rule's cost grows faster than the text: ``python benchmarks/classify.py``.

Prints replies a second for repeated shapes and for new ones, the time that loading the packs takes, what hostile
replies of growing length cost, the patterns whose cost grows most when a text made for them gets four times as long,
and the slowest.
"""

import argparse
import random
import re
import time

from mailtriage.rules.book import Query, RuleBook
from mailtriage.rules.entry import words_of_patterns
from mailtriage.rules.normal import LIMIT
from mailtriage.rules.shelf import load_book

_ADDRESS = re.compile(r"(?<![\d.])(?!127\.)(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_LOCAL = re.compile(r"<[^<>\s@]+@")
GROWTH = 4.6  # times the time for four times the text: what is more is measured anew
WORTH = 0.0005  # seconds; what takes less for the longest reply does not matter
_WORDS = ("alpha", "beta", "server", "mail", "message", "user", "host", "relay", "policy", "queue", "system", "filter")


def replies(book: RuleBook, count: int, rng: random.Random) -> list[Query]:
    """Samples of all rules with other addresses each time."""
    samples = [(s, r) for r in book.rules.values() for s in r.samples]
    out = []
    for _ in range(count):
        sample, rule = rng.choice(samples)
        text = _ADDRESS.sub(
            lambda _: f"{rng.randint(11, 99)}.{rng.randint(1, 250)}.{rng.randint(1, 250)}.7", sample.text
        )
        text = _LOCAL.sub(lambda _: f"<u{rng.randint(1, 10**6)}@", text)
        direction = sample.direction or (rule.direction[0] if rule.direction else "outbound")
        out.append(Query(text, direction, sample.code, sample.dsn, sample.relay))
    return out


def rate(book: RuleBook, queries: list[Query]) -> float:
    """Classifications a second of processor time."""
    begin = time.process_time()
    for query in queries:
        book.classify(query)
    return len(queries) / max(time.process_time() - begin, 1e-9)


def hostile(pattern: str, length: int) -> list[str]:
    """Texts that make a pattern start as often as it can and fail late, about ``length`` characters each."""
    (words,) = words_of_patterns([pattern])
    literals = [re.sub(r"\\.|[^\w ]", "", part) for part in re.findall(r"[A-Za-z][\w ]{2,20}", pattern)][:12]
    seeds = (
        *(words or ("a",))[:3], " ".join((words or ("a",))[:4]), " ".join(literals) or "a",
        "1.", "1.2.3.4", "<a@", "a b", "a.", "a-b.c",
    )  # fmt: skip
    return [f"{seed} " * (length // (len(seed) + 1)) for seed in dict.fromkeys(seeds)]


def _seconds(pattern: re.Pattern[str], text: str, tries: int) -> float:
    best = 1.0
    for _ in range(tries):
        begin = time.thread_time()
        pattern.search(text)
        best = min(best, time.thread_time() - begin)
    return best


def growth(book: RuleBook) -> list[tuple[float, float, str, str]]:
    """Per pattern, for the text that is worst for it: how many times longer four times the text takes, milliseconds
    for the longest text that a rule ever sees, the rule, the text's beginning.

    The shorter text is as long as the longest reply, so that it holds every bounded repeat (``.{0,400}``) whole: below
    that a repeat is cut short by the end of the text, and the cost seems to grow faster than the text.
    """
    out = []
    for rule in book.rules.values():
        for pattern in rule.match:
            compiled = re.compile(pattern, re.IGNORECASE)
            for short, long in zip(hostile(pattern, LIMIT), hostile(pattern, 4 * LIMIT), strict=True):
                if (took := _seconds(compiled, short, 3)) < WORTH:
                    continue
                grown = _seconds(compiled, long, 2)
                for _ in range(20):  # a busy machine, or the pattern? Take both in turn, and the best of each
                    if grown < GROWTH * took:
                        break
                    took, grown = min(took, _seconds(compiled, short, 5)), min(grown, _seconds(compiled, long, 2))
                factor = grown / took
                out.append((factor, took * 1000, rule.id, short[:30]))
    return sorted(out, reverse=True)


def whole_book(book: RuleBook) -> list[tuple[int, float]]:
    """Milliseconds that the whole book takes for a hostile reply of a length that it has not seen."""
    out = []
    for length in (1_000, 2_000, 4_000, 8_000, 1_000_000):
        text = "550 blocked spam user unknown 1.2.3.4 <a@b.example> listed policy " * (length // 60 + 1)
        best = 1.0
        for n in range(5):
            begin = time.thread_time()
            book.classify(Query(f"w{n}x{length} {text}"[:length], "outbound"))
            best = min(best, time.thread_time() - begin)
        out.append((length, best * 1000))
    return out


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replies", type=int, default=100_000)
    options = parser.parse_args()
    rng = random.Random(1)
    load_book()
    begin = time.perf_counter()
    book, _ = load_book()
    print(f"load       {(time.perf_counter() - begin) * 1000:8.1f} ms for {len(book.rules):,} rules")
    queries = replies(book, options.replies, rng)
    rate(book, queries)
    print(f"repeated   {rate(book, queries):8,.0f} replies/s ({options.replies:,} distinct replies)")
    new = [
        Query(f"{q.text} {' '.join(rng.choices(_WORDS, k=6))} n{i}x", q.direction, q.code, q.dsn, q.relay)
        for i, q in enumerate(queries[:10_000])
    ]
    rate(book, new[:1000])
    print(f"new shapes {rate(book, new[1000:]):8,.0f} replies/s")
    for length, took in whole_book(book):
        print(f"hostile reply of {length:9,} characters: {took:6.2f} ms")
    grown = growth(book)
    for factor, took, rule, text in grown[:5]:
        print(f"four times the text: {factor:4.1f} times the time, {took:5.2f} ms  {rule}  {text!r}")
    for factor, took, rule, text in sorted(grown, key=lambda g: -g[1])[:5]:
        print(f"slowest: {took:5.2f} ms, four times the text {factor:4.1f} times  {rule}  {text!r}")


if __name__ == "__main__":
    main()
