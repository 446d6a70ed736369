"""``trace`` in words: one line an event, the verdict of the rules beside every failure, one screen a message."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mailtriage.report.facts import aside
from mailtriage.report.safe import plain
from mailtriage.report.wrap import wrap
from mailtriage.scan.events import Told, ToldLife
from mailtriage.texts.catalog import Texts

MOST = 30  # lines of one life; the middle of a longer one is passed over
_STYLE = {"sent": "green", "bounced": "bold red", "expired": "bold red", "refused": "bold red", "deferred": "yellow"}
_SAID = {"client", "cleanup", "qmgr", "removed", "bounce_notice", "connect"}


def render(console: Console, found: Sequence[ToldLife], texts: Texts, width: int) -> None:
    """Print lives."""
    for number, life in enumerate(found):
        if number:
            console.print()
        for line in _life(life, texts, width):
            console.print(line, soft_wrap=True, highlight=False, markup=False)


def _life(life: ToldLife, texts: Texts, width: int) -> Iterator[Text]:
    say = texts.say
    sender = life.first("sender")
    title = say(
        "trace.title",
        sender=say("trace.null_sender") if sender == "" else sender or say("trace.unknown_sender"),
        recipients=", ".join(life.recipients[:3])
        + (f" +{len(life.recipients) - 3}" if len(life.recipients) > 3 else ""),
    )
    head = Text(plain(title), style="bold")
    head.append("  " + say(f"trace.outcome.{life.outcome}"), style=_STYLE.get(life.outcome, ""))
    yield head
    facts = [", ".join(life.queue_ids), life.first("message_id") and f"<{str(life.first('message_id')).strip('<>')}>"]
    if size := life.first("size"):
        facts.append(say("trace.size", size=f"{size:,}"))
    if login := life.first("sasl_username"):
        facts.append(say("trace.login", login=login))
    if line := "  ".join(plain(str(fact)) for fact in facts if fact):
        yield Text("  " + line, style="dim")
    told = list(life.lines)
    skipped = len(told) - MOST
    if skipped > 0:
        told = told[: MOST // 2] + told[-MOST // 2 :]
    day = None
    for number, (text, group) in enumerate(groupby(told, key=lambda one: _words(one, texts))):
        same = list(group)
        one = same[0]
        stamp = ""
        if one.time is not None:
            stamp = texts.date(one.time) if one.time.date() != day else texts.date(one.time, "time")
            day = one.time.date()
        if skipped > 0 and number == MOST // 2:
            yield Text("  " + say("trace.skipped", count=skipped), style="dim")
        times = aside(f"×{len(same)}", texts) if len(same) > 1 else ""
        room = max(width - 18, 20)
        for row, piece in enumerate(wrap(plain(text) + times, room)):
            lead = stamp if not row else ""
            yield Text("  " + " " * max(0, 14 - cell_len(lead)) + lead + "  ").append(piece, style=_style(one))
        if one.cause is not None:
            verdict = say("trace.verdict", cause=say(f"cause.{one.cause}"), operator=one.operator or "?")
            yield Text(" " * 18 + "→ " + plain(verdict), style="yellow")
            if one.lookup_url:
                yield Text(" " * 20 + plain(one.lookup_url), style="cyan", no_wrap=True)


def _style(told: Told) -> str:
    return _STYLE.get(told.event.status or "", "red" if told.event.failed else "")


def _words(told: Told, texts: Texts) -> str:
    """One event in words."""
    event = told.event
    values = {
        "client": _peer(event.client_name, event.client_addr), "relay": _peer(event.relay_name, event.relay_addr),
        "recipient": event.recipient or "", "sender": event.sender or "<>", "reply": event.reply or "",
        "reason": " ".join(x for x in (event.code, event.dsn, event.reason) if x), "next": event.next_queue_id or "",
        "delay": f"{event.delay:g}" if event.delay is not None else "?", "text": event.text or event.reason or "",
        "program": event.program or "", "stage": event.stage or "", "queue_id": event.queue_id or "",
    }  # fmt: skip
    if event.event == "delivery":
        key = "hop" if event.direction == "internal" else event.status or "other"
    else:
        key = event.event
    key = f"trace.event.{key}"
    return texts.say(key if texts.has(key) else "trace.event.other", **values)


def _peer(name: str | None, address: str | None) -> str:
    if name and address and name != address:
        return f"{name} [{address}]"
    return name or address or "?"
