"""Following the journal, with a journalctl of our own."""

import json
import time
from threading import Event

from mailtriage.sources.follow import Lines, StreamTail, follow
from mailtriage.system import journal
from tests.system.conftest import line


def as_json(number: int, message: object = "connect from a.example") -> str:
    return json.dumps({
        "__CURSOR": f"s=1;i={number}",
        "__REALTIME_TIMESTAMP": str(1_775_865_600_000_000 + number),
        "_HOSTNAME": "mx",
        "SYSLOG_IDENTIFIER": "postfix/smtpd",
        "SYSLOG_PID": "42",
        "MESSAGE": message,
    })  # fmt: skip


def followed(stream: journal.JournalStream, wanted: int) -> tuple[list[Lines], StreamTail]:
    stop, got = Event(), []
    tail = StreamTail("journal:", stream.fileno(), json=True, close=stream.close)
    until = time.monotonic() + 10
    for lines in follow([tail], stop, interval=0.01):
        if lines is not None:
            got.append(lines)
        if sum(each.data.count(b"\n") for each in got) >= wanted or time.monotonic() > until:
            stop.set()
    return got, tail


def test_new_entries_as_they_come(program) -> None:  # type: ignore[no-untyped-def]
    entries = [as_json(1), as_json(2, list(b"na\xefve")), as_json(3, ["first", "second"]), "no entry at all"]
    calls = program(
        "journalctl", f"for one in {entries!r}:\n    print(one, flush=True); time.sleep(0.05)\ntime.sleep(60)"
    )
    begun = time.monotonic()
    got, tail = followed(journal.follow(), 4)
    assert time.monotonic() - begun < 5
    expected = line(1) + line(2, "").rstrip(b"\n") + b"na\xefve\n" + line(3, "first") + b"no entry at all\n"
    assert b"".join(each.data for each in got) == expected
    assert [each.cursor for each in got if each.cursor] == ["s=1;i=1", "s=1;i=2", "s=1;i=3"]
    assert tail.unread == ()
    assert "-o json" in calls.read_text()
    assert "--follow --lines=0" in calls.read_text()


def test_going_on_behind_a_cursor(program) -> None:  # type: ignore[no-untyped-def]
    calls = program("journalctl", f"print({as_json(4)!r}, flush=True); time.sleep(60)")
    got, _ = followed(journal.follow("s=1;i=3"), 1)
    assert [each.data for each in got] == [line(4)]
    assert "--follow --after-cursor=s=1;i=3 --lines=all" in calls.read_text()


def test_a_journal_that_is_closed_to_us_ends_with_a_word(program) -> None:  # type: ignore[no-untyped-def]
    program("journalctl", "print('No journal files were opened due to insufficient permissions.', file=sys.stderr)")
    got, tail = followed(journal.follow(), 1)
    assert got == []
    assert [unread.reason for unread in tail.unread] == ["journal_denied"]


def test_one_that_says_nothing_is_ended(program, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(journal, "SILENCE", 0.3)
    program("journalctl", "time.sleep(60)")
    stream = journal.since(None)
    assert stream.read(100) == b""
    unread = stream.close()
    assert unread is not None
    assert unread.reason == "journal_slow"
