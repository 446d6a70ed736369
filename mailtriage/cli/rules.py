"""``mailtriage rules``: list, show, test and start rules."""

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from mailtriage.cli import frame, settings
from mailtriage.cli.options import shared
from mailtriage.cli.words import interface
from mailtriage.report.safe import plain
from mailtriage.rules.book import RuleBook
from mailtriage.rules.pack import Rule

_texts = interface()


def _say(key: str, **values: Any) -> str:
    return _texts.say(f"rules.{key}", **values)


@click.group("rules", help=_say("help"))
def command() -> None:
    """The rule packs."""


chosen = shared(
    click.option("--operator", multiple=True, metavar="OPERATOR", help=_say("by_operator")),
    click.option("--cause", multiple=True, metavar="CAUSE", help=_say("by_cause")),
    click.option("--direction", multiple=True, metavar="DIRECTION", help=_say("by_direction")),
)


def _book() -> tuple[RuleBook, bool]:
    """The rules, and whether every pack of the user could be read; those that could not are named."""
    from mailtriage.rules.shelf import load_book

    book, broken = load_book(settings.pack_folders())
    for error in broken:
        click.echo(f"mailtriage: {_say('broken', problem=error)}", err=True)
    return book, not broken


def _chosen(book: RuleBook, options: dict[str, Any]) -> list[Rule]:
    operators = {name.lower() for name in options["operator"]}
    rules: Iterable[Rule] = sorted(book.rules.values(), key=lambda rule: (rule.operator.id, rule.id))
    return [
        rule
        for rule in rules
        if (not operators or operators & {rule.operator.id.lower(), rule.operator.name.lower()})
        and (not options["cause"] or rule.cause in options["cause"])
        and (not options["direction"] or not rule.direction or set(rule.direction) & set(options["direction"]))
    ]


@command.command("list", help=_say("list.short"))
@chosen
@click.option("--json", "as_json", is_flag=True, help=_say("as_json"))
def list_(as_json: bool, **options: Any) -> int:
    """One rule a line: id, cause, operator."""
    book, _ = _book()
    rules = _chosen(book, options)
    wide = max((len(rule.id) for rule in rules), default=0)
    for rule in rules:
        if as_json:
            click.echo(json.dumps(_record(rule), ensure_ascii=False))
        else:
            via = f" ({rule.via})" if rule.via else ""
            click.echo(f"{rule.id:{wide}}  {rule.cause:28}  {plain(rule.operator.name + via)}")
    if not as_json and sys.stdout.isatty():
        click.echo(_say("counted", rules=len(rules), operators=len({r.operator.id for r in rules})), err=True)
    return frame.DONE


def _record(rule: Rule) -> dict[str, Any]:
    """What a rule is, in its pack's own keys; what is empty is left out."""
    words = rule.text.get("en")
    table = {
        "id": rule.id, "cause": rule.cause, "detail": rule.detail, "operator": rule.operator.name, "via": rule.via,
        "kind": rule.operator.kind, "direction": rule.direction, "code": rule.code, "dsn": rule.dsn,
        "needs_relay": rule.needs_relay or None, "mx": rule.operator.mx, "match": rule.match, "program": rule.program,
        "stage": rule.stage, "temporary": rule.temporary, "act": rule.act, "fault": rule.fault,
        "links": [{"kind": link.kind, "url": link.url} for link in rule.links], "why": words.why if words else None,
        "wait": words.wait if words else None, "samples": [sample.text for sample in rule.samples],
        "misses": [sample.text for sample in rule.misses], "pack": rule.place, "user": rule.user_pack or None,
    }  # fmt: skip
    return {key: value for key, value in table.items() if value not in (None, (), [])}


@command.command("show", help=_say("show.short"))
@click.argument("rule_ids", nargs=-1, required=True, metavar="RULE...")
@click.option("--json", "as_json", is_flag=True, help=_say("as_json"))
def show(rule_ids: tuple[str, ...], as_json: bool) -> int:
    """A rule whole: what it matches, and its advice."""
    from mailtriage.report import explanation
    from mailtriage.triage.explain import Asker

    book, _ = _book()
    status = frame.DONE
    for number, id_ in enumerate(rule_ids):
        rule = book.rules.get(id_.lower())
        if rule is None:
            import difflib

            near = ", ".join(difflib.get_close_matches(id_, list(book.rules), n=3, cutoff=0.4))
            click.echo(f"mailtriage: {_say('no_rule', value=id_, nearest=near or '-')}", err=True)
            status = frame.FOUND
            continue
        if as_json:
            click.echo(json.dumps(_record(rule), ensure_ascii=False))
            continue
        if number:
            click.echo()
        for key, value in _record(rule).items():
            if key in ("why", "wait", "links"):
                continue
            for one in value if isinstance(value, list | tuple) else [value]:
                click.echo(f"{key:11}  {plain(str(one))}")
        click.echo()
        for line in explanation.text(Asker(book, _texts.lang).explain(rule.id), _texts):
            click.echo(line)
    return status


@command.command("test", help=_say("test.short"))
@chosen
def test(**options: Any) -> int:
    """Every sample of every rule, asked of the whole book."""
    from mailtriage.rules.samples import check

    book, whole = _book()
    rules = _chosen(book, options)
    failures = list(check(book, rules))
    for failure in failures:
        got = failure.got or _say("nobody")
        key = {"rule": "failure_rule", "miss": "failure_miss"}.get(failure.key, "failure_value")
        expected = failure.sample.expect.get(failure.key)
        click.echo(
            _say(
                key, rule=failure.rule.id, text=plain(failure.sample.text), name=failure.key, got=got, expected=expected
            )
        )
    samples = sum(len(rule.samples) + len(rule.misses) for rule in rules)
    word = "failed" if failures else "ok"
    click.echo(_say(word, rules=len(rules), samples=samples, count=len(failures)))
    return frame.FOUND if failures or not whole else frame.DONE


@command.command("new", help=_say("new.short"))
@click.argument("words", nargs=-1, metavar="[TEXT]...")
def new(words: tuple[str, ...]) -> int:
    """A skeleton of a pack."""
    from mailtriage.rules.skeleton import skeleton
    from mailtriage.triage.explain import Asker

    text = " ".join(words) if words and words != ("-",) else "" if sys.stdin.isatty() else sys.stdin.read(1 << 20)
    if not text.strip():
        raise click.UsageError(_say("nothing"))
    book, _ = _book()
    found = next(iter(Asker(book).explain(text.strip().splitlines()[0])))
    event = found.event
    known = found.found.rule
    pack = skeleton(
        (event.reply or event.reason or event.text or "") if event else found.input,
        relay=event.relay_name if event else None,
        direction=event.direction if event else None,
        code=event.code if event else None,
        dsn=event.dsn if event else None,
        why=_say("new_why"),
        step=_say("new_step"),
    )
    click.echo(_say("new_save", id=pack.id))
    click.echo(_say("new_known", cause=known.cause, rule=known.id) if known else _say("new_unknown"))
    click.echo(pack.toml, nl=False)
    return frame.DONE
