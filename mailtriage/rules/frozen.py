"""All packs as one file of plain values: read at once, without TOML, in a few milliseconds.

The file holds what the engine needs to find a rule (rows, the index of their words) and every rule's other half
(words, links, samples) packed by itself, to be unpacked when somebody asks for it. It is written with ``marshal``,
which knows numbers, strings and tuples only, in a version that every supported Python reads; a file that does not
read is as good as none.
"""

import marshal
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, fields, replace
from typing import Any, NamedTuple

from mailtriage.rules import prefilter
from mailtriage.rules.entry import GENERIC_STEP, Row, rank, row_of, step_of, words_of_patterns
from mailtriage.rules.pack import LinkTemplate, Operator, Rule, RuleText, Sample, StepText
from mailtriage.rules.sense import EMPTY, Vocabulary

FORMAT = "mailtriage rules 5"
_MARSHAL = 4


class Frozen(NamedTuple):
    """A list of rules in the order of precedence, as plain values."""

    operators: tuple[Operator, ...]
    ids: tuple[str, ...]  # of the rules, by step and rank
    rows: tuple[Any, ...]  # a Row each, or its packed form
    bodies: tuple[Any, ...]  # the Rule itself, or its packed form
    required: prefilter.Index  # words of the rows
    vocabulary: Vocabulary = EMPTY
    saying: tuple[int, ...] = ()  # numbers of the generic rules that look for what a reply says


def gather(rules: Iterable[Rule], operators: Iterable[Operator] = (), vocabulary: Vocabulary = EMPTY) -> Frozen:
    """Put rules in order. Of several with one id a user's wins, else the first."""
    chosen: dict[str, Rule] = {}
    for rule in rules:
        if rule.id not in chosen or (rule.user_pack and not chosen[rule.id].user_pack):
            chosen[rule.id] = rule
    known: dict[str, Operator] = {}
    for operator in (*operators, *(rule.operator for rule in chosen.values())):
        known[operator.id] = _joined(known[operator.id], operator) if operator.id in known else operator
    for id_, rule in chosen.items():
        if rule.operator is not known[rule.operator.id]:
            chosen[id_] = replace(rule, operator=known[rule.operator.id])
    numbers = {id_: n for n, id_ in enumerate(known)}
    ordered = sorted(chosen.values(), key=lambda r: (step_of(r), rank(r)))
    standing = {rule.id: n for n, rule in enumerate(sorted(ordered, key=rank))}
    rows = tuple(row_of(rule, numbers[rule.operator.id], standing[rule.id]) for rule in ordered)
    ids = tuple(rule.id for rule in ordered)
    # What a rule ``says`` has no required word: it must always be tried. Generic ones are asked so late that they are
    # no candidates (a word that stands in no text), but fetched when it is their turn.
    saying = tuple(n for n, r in enumerate(ordered) if r.says and step_of(r) == GENERIC_STEP)
    words = [(("\0",),) if n in saying else () if r.says else words_of_patterns(r.match) for n, r in enumerate(ordered)]
    return Frozen(tuple(known.values()), ids, rows, tuple(ordered), prefilter.build(words), vocabulary, saying)


def _joined(a: Operator, b: Operator) -> Operator:
    """An operator that has several files: what each of them says."""
    if a == b:
        return a
    lists: dict[str, Any] = {
        f.name: tuple(dict.fromkeys((*getattr(a, f.name), *getattr(b, f.name))))
        for f in fields(Operator)
        if isinstance(getattr(a, f.name), tuple)
    }
    return replace(a, url=a.url or b.url, **lists)


def freeze(frozen: Frozen) -> bytes:
    """The file's content."""
    bodies = tuple(marshal.dumps(_pack_rule(rule), _MARSHAL) for rule in frozen.bodies)
    operators = tuple(astuple(o) for o in frozen.operators)
    rows = tuple(marshal.dumps(row, _MARSHAL) for row in frozen.rows)
    return marshal.dumps(
        (FORMAT, operators, frozen.ids, rows, bodies, frozen.required, frozen.vocabulary, frozen.saying), _MARSHAL
    )


def thaw(data: bytes) -> Frozen | None:
    """The rules of a file; None if it is none of ours, damaged, or of another format."""
    try:
        head, operators, ids, rows, bodies, index, vocabulary, saying = marshal.loads(data)
        if head != FORMAT:
            return None
        return Frozen(tuple(Operator(*o) for o in operators), ids, rows, bodies, index, vocabulary, saying)
    except (ValueError, EOFError, TypeError):
        return None


def row_at(frozen: Frozen, number: int) -> Row:
    """The conditions of a rule."""
    row = frozen.rows[number]
    return marshal.loads(row) if isinstance(row, bytes) else row  # type: ignore[no-any-return]


_BODY = tuple(f.name for f in fields(Rule) if f.name not in ("operator", "links", "samples", "misses", "text"))


def _pack_rule(rule: Rule) -> tuple[Any, ...]:
    texts = {
        lang: (t.why, tuple(map(astuple, t.steps)), t.title, t.wait, t.request, t.user) for lang, t in rule.text.items()
    }
    links = tuple(map(astuple, rule.links))
    samples, misses = (tuple((*_sample(s), dict(s.expect)) for s in many) for many in (rule.samples, rule.misses))
    return (tuple(getattr(rule, name) for name in _BODY), links, samples, misses, texts)


def _sample(sample: Sample) -> tuple[Any, ...]:
    return (sample.text, sample.code, sample.dsn, sample.relay, sample.program, sample.direction)


def _unpack_rule(data: bytes, operator: Operator) -> Rule:
    plain, links, samples, misses, texts = marshal.loads(data)
    return Rule(
        operator=operator,
        links=tuple(LinkTemplate(*one) for one in links),
        samples=tuple(Sample(*one) for one in samples),
        misses=tuple(Sample(*one) for one in misses),
        text={
            lang: RuleText(why, tuple(StepText(*s) for s in steps), *rest)
            for lang, (why, steps, *rest) in texts.items()
        },
        **dict(zip(_BODY, plain, strict=True)),
    )


class Rules(Mapping[str, Rule]):
    """The rules of a book by id, made whole when asked for."""

    def __init__(self, frozen: Frozen) -> None:
        self._frozen = frozen
        self._number = {id_: n for n, id_ in enumerate(frozen.ids)}
        self._made: dict[int, Rule] = {}

    def at(self, number: int) -> Rule:
        """The rule of a row."""
        if (rule := self._made.get(number)) is None:
            body = self._frozen.bodies[number]
            operator = self._frozen.operators[row_at(self._frozen, number)[2]]
            rule = self._made[number] = body if isinstance(body, Rule) else _unpack_rule(body, operator)
        return rule

    def __getitem__(self, id_: str) -> Rule:
        return self.at(self._number[id_])

    def __iter__(self) -> Iterator[str]:
        return iter(self._number)

    def __len__(self) -> int:
        return len(self._number)
