"""Rules prove themselves: every sample of every rule is asked of the whole book."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailtriage.rules.book import Classification, Query, RuleBook
from mailtriage.rules.pack import Rule, Sample


@dataclass(frozen=True, slots=True)
class Failure:
    """A sample that a rule did not keep its promise on."""

    rule: Rule
    sample: Sample
    key: str  # "rule": the wrong rule (or none) won; "miss": it matched what it must not; else the capture's name
    got: str | None


def ask(book: RuleBook, rule: Rule, sample: Sample) -> Classification:
    """Ask the whole book about a sample of a rule, as a log would."""
    direction = sample.direction or (rule.direction[0] if rule.direction else None)
    relay = sample.relay or (rule.operator.mx[0] if rule.needs_relay and rule.operator.mx else None)
    program = sample.program or (rule.program[0] if rule.program else None)
    stage = rule.stage[0] if rule.stage else None
    return book.classify(Query(sample.text, direction, sample.code, sample.dsn, relay, program, stage))


def check(book: RuleBook, rules: Iterable[Rule]) -> Iterator[Failure]:
    """The samples that fail, and the near misses that are taken.

    A generic rule is asked among its like: which of somebody's own rules knows its sample as well does not matter.
    """
    whole, generic = book, book.generic_layer()
    for rule in rules:
        book = generic if rule.operator.kind == "generic" and not rule.user_pack else whole
        for sample in rule.samples:
            got = ask(book, rule, sample)
            if got.rule is None or got.rule.id != rule.id:
                yield Failure(rule, sample, "rule", got.rule.id if got.rule else None)
                continue
            for key, value in sample.expect.items():
                found = {"operator": got.operator, "via": got.via}.get(key, got.captures.get(key))
                if found != value:
                    yield Failure(rule, sample, key, found)
        for sample in rule.misses:
            got = ask(book, rule, sample)
            if got.rule is not None and got.rule.id == rule.id:
                yield Failure(rule, sample, "miss", got.rule.id)
