"""The compiled loop brings home what the ways beside it do, of whatever lines."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailtriage.scan import inner
from mailtriage.scan.ask import Answers, Question, answer
from mailtriage.scan.chunk import Chunk, ScanPlan
from mailtriage.scan.gather import gather
from mailtriage.scan.inner import WITHOUT, compiled_loop
from mailtriage.scan.tally import Tally
from mailtriage.sources.interface import Source

pytestmark = pytest.mark.skipif(compiled_loop() is None, reason="not compiled")

NAMES = (
    "unknown",
    "mail.example.com",
    "omta0014.jcom.example.co.jp",
    "1-2-3.dyn.example.net",
    ".x..y.",
    "a[b",
    "MX.Example",
)
ADDRESSES = ("192.0.2.1", "198.51.100.077", "2001:db8::1", "10.0.0.256", "1.2.3", "::ffff:192.0.2.1")
BOXES = (
    "a@example.com",
    "B+tag@Example.org",
    "",
    "x",
    "two words@example.com",
    'q"@example.com',
    "é@example.com",
    "a@b@c",
)
STAMPS = (
    "Apr  1 00:00:00", "Apr 30 23:59:60", "Feb 30 10:00:61", "2026-04-01T00:15:00.123456+05:45", "2026-04-01T24:00:00",
    "2026-04-01T00:00:00Z", "2026-13-01T00:00:00.5-0330", "2026-04-01T09:59:59+09:00", "Apr 01 00:00:00",
)  # fmt: skip
WRITERS = (
    "mx postfix/smtpd[1]",
    "mx postfix/smtpd[77]",
    "mx postfix/smtp[2]",
    "mx:[3 postfix/smtp[2]",
    "mx postfix/qmgr[5]",
)
TEXTS = (
    "NOQUEUE: reject: RCPT from {name}[{addr}]: 554 5.7.1 <{to}>: Relay access denied; from=<{sender}> to=<{to}> "
    "proto=ESMTP helo=<{helo}>",
    "NOQUEUE: reject: RCPT from {name}[{addr}]: 450 4.7.25 Client host rejected: cannot find your hostname, [{addr}]; "
    "from=<{sender}> to=<{to}> proto=SMTP helo=<{helo}>",
    "NOQUEUE: reject: RCPT from {name}[{addr}]: 450 4.7.1 <{helo}>: Helo command rejected: Host not found; "
    "from=<{sender}> to=<{to}> proto=ESMTP helo=<{helo}>",
    "NOQUEUE: reject: RCPT from {name}[{addr}]: 550 5.1.0 <{sender}>: Sender address rejected; from=<{sender}>; "
    "from=<{to}> to=<{to}> proto=ESMTP helo=<{helo}>",
    "NOQUEUE: reject: RCPT from {name}[{addr}]: 554 5.7.1 Service unavailable; Client host [{addr}] blocked using "
    "zen.spamhaus.org; https://www.spamhaus.org/query/ip/{addr}; from=<{sender}> to=<{to}> proto=ESMTP helo=<{helo}>",
    "warning: hostname {name} does not resolve to address {addr}: Name or service not known",
    "warning: hostname {name} does not resolve to address {addr}",
    "warning: {name}[{addr}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username={sender}",
    "warning: {name}[{addr}]: SASL PLAIN authentication failed: ",
    "connect from {name}[{addr}]",
    "4VDx00{n}: to=<{to}>, relay={helo}[{addr}]:25, delay={n}.5, delays=0.1/0/0.2/0.3, dsn=5.1.1, status=bounced "
    "(host {helo}[{addr}] said: 550 5.1.1 <{to}>: unknown user (in reply to RCPT TO command))",
    "4VDx00{n}: to=<{to}>, relay=none, delay=31, delays=0.6/0.01/21/9.0, dsn=4.4.1, status=deferred (connect to "
    "{name}[{addr}]:25: Connection timed out)",
    "4VDx00{n}: to=<{to}>, relay=none, delay=3, delays=1/1/1/0, dsn=4.4.1, status=deferred (connect to ] [: no)",
    "4VDx00{n}: to=<{to}>, relay={helo}[{addr}]:25, conn_use={n}, delay=0.9, delays=0.1/0/0.2/0.6, dsn=2.0.0, "
    "status=sent (250 2.0.0 OK {n})",
    "4VDx00{n}: client={name}[{addr}], sasl_method=PLAIN, sasl_username={sender}",
    "4VDx00{n}: client={name}[{addr}]:2525",
    "4VDx00{n}: from=<{sender}>, size=123, nrcpt=1 (queue active)",
)  # fmt: skip
QUESTIONS = (
    Question("logins", (", sasl_method=",), frozenset({"client"}), (("sasl_username", "has", ""),),
             ("sasl_username", "client_wide"), tens=True),
    Question("clients", ("client=",), frozenset({"client"}), (("client_name", "ends", "example.net"),),
             ("client_name",)),
    Question("pool", ("example.net[", "com["), frozenset({"client", "sent"}), lead="client="),
    Question("sender", ("from=<",), frozenset({"qmgr"}), (("sender", "is", "a@example.com"),)),
    Question("others", ("from=<", "to=<"), frozenset({"qmgr", "sent"}), (("sender", "isnt", "a@example.com"),),
             tens=True),
    Question("who", ("status=sent",), frozenset({"sent"}), by=("recipient", "relay_name"), sender=True),
    Question("program", ("/smtp[",), frozenset({"sent"}), (("program", "is", "smtp"),)),
    Question("refused", ("reject: ",), frozenset({"reject"}), (("sender", "has", "example"),), ("client_addr",)),
)  # fmt: skip

line = st.builds(
    lambda stamp, writer, text, name, addr, sender, to, helo, n: (
        f"{stamp} {writer}: {text.format(name=name, addr=addr, sender=sender, to=to, helo=helo, n=n)}"
    ),
    *map(st.sampled_from, (STAMPS, WRITERS, TEXTS, NAMES, ADDRESSES, BOXES, BOXES, (*NAMES, *BOXES))),
    st.integers(0, 30),
)  # fmt: skip
log = st.lists(line, min_size=1, max_size=40).map(lambda lines: "\n".join([*lines, *lines, ""]).encode())


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """Such a log with some bytes changed, put in or left out."""
    data = bytearray(draw(log))
    for _ in range(draw(st.integers(0, 12))):
        at = draw(st.integers(0, len(data) - 1))
        size = draw(st.sampled_from((0, 1, 1, 3)))
        data[at : at + size] = draw(
            st.one_of(st.sampled_from((b"", b"<", b">", b"[", b"]", b" ", b";", b"\r", b"\0")), st.binary(max_size=2))
        )
    return bytes(data)


def state(thing: Any) -> Any:
    """Everything that a tally or an answer holds, to be compared."""
    if hasattr(thing, "settle") and hasattr(thing, "limit"):
        thing.settle()
    if isinstance(thing, dict):
        return {key: state(value) for key, value in thing.items() if value}
    slots = [
        name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ()) if not name.startswith("__")
    ]
    names = [*slots, *getattr(thing, "__dict__", ())]
    if names and not isinstance(thing, tuple):
        return {name: state(getattr(thing, name)) for name in names if name not in ("_order", "_members", "_grown")}
    return thing


def both(monkeypatch: pytest.MonkeyPatch, path: Path, data: bytes, plan: ScanPlan) -> list[tuple[Any, Any]]:
    """What is gathered and answered of a log, with and without the compiled loop."""
    path.write_bytes(data)
    source = Source(name="log", path=str(path), size=len(data))
    chunk = Chunk(3, source, 0, len(data))
    found = []
    for without in ("0", "1"):
        monkeypatch.setenv(WITHOUT, without)
        tally: Tally = gather(chunk, plan)
        answers: Answers = answer(chunk, QUESTIONS, plan)
        found.append((state(tally), state(answers)))
    return found


@settings(max_examples=150, deadline=None)
@given(data=broken())
@example(data=(STAMPS[0] + " mx postfix/smtpd[1]: " + TEXTS[0] + "\n").encode() * 3)
def test_the_same_of_whatever_lines(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    with pytest.MonkeyPatch.context() as patch:
        compiled, beside = both(patch, path, data, ScanPlan(tz_minutes=0, year=2026))
    assert compiled == beside


def test_one_made_of_other_sources_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inner, "sources", lambda: 1)
    inner._loop.cache_clear()
    try:
        assert compiled_loop() is None
    finally:
        inner._loop.cache_clear()


def test_the_same_of_a_part_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        f"2026-04-01T{hour:02}:00:0{n}Z mx postfix/smtpd[1]: "
        + text.format(name="mail.example.com", addr=f"192.0.2.{n}", sender="a@example.com", to="b@example.org",
                      helo="x.y", n=n)
        for hour in range(24) for n in range(5) for text in TEXTS
    ]  # fmt: skip
    since = 1_775_001_600_000_000 + 5 * 3_600_000_000
    plan = ScanPlan(since=since, until=since + 4 * 3_600_000_000, tz_minutes=0, year=2026)
    compiled, beside = both(monkeypatch, tmp_path / "log", "\n".join(lines).encode(), plan)
    assert compiled == beside


def test_the_same_of_more_lines_than_wait_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        f"Apr  {1 + n // 30000} {n // 2000 % 24:02}:00:00 mx postfix/smtpd[{n % 9}]: "
        + TEXTS[n % len(TEXTS)].format(
            name=NAMES[n % 3], addr=f"192.0.{n % 7}.{n % 251}", sender=f"s{n % 999}@example.com",
            to=f"{n % 99}@example.org", helo=f"h{n % 77}.example.net", n=n % 50,
        )
        for n in range(80_000)
    ]  # fmt: skip
    compiled, beside = both(monkeypatch, tmp_path / "log", "\n".join(lines).encode(), ScanPlan(tz_minutes=0, year=2026))
    assert compiled == beside
