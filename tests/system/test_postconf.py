"""Parameters as postconf prints them."""

from mailtriage.system.postconf import parameters

REPLY = r"""
known = {"myhostname": "mail.example.com", "maillog_file": "", "mydestination": "$myhostname, localhost"}
for name in sys.argv[2:]:
    if name in known: print(name, "=", known[name])
    else: print("postconf: warning:", name + ": unknown parameter", file=sys.stderr)
"""


def test_those_it_knows(program) -> None:  # type: ignore[no-untyped-def]
    calls = program("postconf", REPLY)
    assert parameters(["myhostname", "maillog_file", "new_parameter"]) == {
        "myhostname": "mail.example.com",
        "maillog_file": "",
    }
    assert calls.read_text() == "-x myhostname maillog_file new_parameter\n"


def test_no_postfix(program) -> None:  # type: ignore[no-untyped-def]
    program("postconf", "sys.exit(1)")
    assert parameters(["myhostname"]) == {}


def test_nothing_asked_starts_nothing(program) -> None:  # type: ignore[no-untyped-def]
    calls = program("postconf", REPLY)
    assert parameters([]) == parameters(["-d; x"]) == {}
    assert not calls.exists()
