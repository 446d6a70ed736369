"""How fast replies are known, and that no rule's cost grows faster than the text: ``python benchmarks/classify.py``.

Prints replies a second for repeated shapes and for new ones, the time that loading the packs takes, and the patterns
whose cost grows most when a text made for them gets four times as long.
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


def growth(book: RuleBook) -> list[tuple[float, float, str]]:
    """Per pattern: how many times longer a text four times as long takes, milliseconds for it, the rule."""
    out = []
    for rule in book.rules.values():
        for pattern in rule.match:
            compiled = re.compile(pattern, re.IGNORECASE)
            seed = " ".join(words_of_patterns([pattern])[0][:4]) or "a 1.2 <a@b>"
            took = []
            for length in (LIMIT // 4, LIMIT):
                text = (seed + " ") * (length // (len(seed) + 1))
                best = 1.0
                for _ in range(3):
                    begin = time.perf_counter()
                    compiled.search(text)
                    best = min(best, time.perf_counter() - begin)
                took.append(best)
            if took[1] > 0.0005:
                out.append((took[1] / took[0], took[1] * 1000, rule.id))
    return sorted(out, reverse=True)


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
    for factor, took, rule in growth(book)[:5]:
        print(f"four times the text: {factor:4.1f} times the time, {took:5.2f} ms  {rule}")


if __name__ == "__main__":
    main()
