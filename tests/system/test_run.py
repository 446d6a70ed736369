"""Starting other programs, real ones."""

import os
import time

import pytest

from mailtriage.system.run import Running, find, run


def test_what_it_says(program) -> None:  # type: ignore[no-untyped-def]
    program("talk", "print('out', *sys.argv[1:]); print('err', file=sys.stderr); sys.exit(3)")
    assert run(["talk", "a b", "$HOME; x"]) == (3, b"out a b $HOME; x\n", b"err\n")


def test_in_the_c_locale_and_with_sbin(program, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    monkeypatch.setenv("LD_PRELOAD", "")
    program("talk", "print(os.environ['LC_ALL'], 'LANG' in os.environ, '/usr/sbin' in os.environ['PATH'].split(':'))")
    assert run(["talk"]).out == b"C False True\n"


def test_nothing_waits_for_our_input(program) -> None:  # type: ignore[no-untyped-def]
    program("talk", "print(repr(sys.stdin.read()))")
    assert run(["talk"]).out == b"''\n"


def test_one_that_is_not_there() -> None:
    assert run(["no-such-program-anywhere"]).status is None
    assert find("no-such-program-anywhere") is None


def test_one_that_takes_too_long(program) -> None:  # type: ignore[no-untyped-def]
    program("talk", f"open({os.devnull!r}); print(os.getpid(), flush=True); time.sleep(60)")
    begun = time.monotonic()
    result = run(["talk"], seconds=0.5)
    assert time.monotonic() - begun < 5
    assert result.status is None
    with pytest.raises(ProcessLookupError):
        os.kill(int(result.out), 0)


def test_one_that_never_stops_talking(program) -> None:  # type: ignore[no-untyped-def]
    program("talk", "while True: out.write(b'x' * 65536)")
    assert len(run(["talk"]).out) >= 4 * 1024 * 1024


def test_silence_ends_it(program) -> None:  # type: ignore[no-untyped-def]
    program("talk", "out.write(b'a'); out.flush(); time.sleep(60)")
    with Running(["talk"], silence=0.5) as running:
        assert [running.read(10), running.read(10)] == [b"a", b""]
    assert running.late
