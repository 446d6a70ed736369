"""What Postfix says of itself is explained: each warning by a rule, with something to do; ordinary lines as such."""

from pathlib import Path

import pytest

from mailtriage.rules.shelf import load_book
from mailtriage.triage.explain import Asker

TEXTS = (Path(__file__).parents[1] / "rules" / "postfix_texts.txt").read_text(encoding="utf-8").splitlines()
ROWS = [line.split(" | ", 3) for line in TEXTS if line.startswith("server ")]
LINE = "Apr 11 06:14:46 mail postfix/{program}[4711]: {text}"


@pytest.fixture(scope="module")
def asker() -> Asker:
    return Asker(load_book()[0])


def test_every_text_of_the_server_is_explained_with_a_step(asker: Asker) -> None:
    vague = []
    for head, _, rule, text in ROWS:
        (one,) = asker.explain(LINE.format(program=head.split()[1], text=f"warning: {text}"))
        if one.kind != "line" or one.found.rule is None or one.found.rule.id != rule or not one.advice.steps:
            vague.append((rule, one.found.rule and one.found.rule.id, text))
    assert not vague


@pytest.mark.parametrize("severity", ["warning", "error", "fatal", "panic"])
def test_an_unknown_text_is_weighed_by_its_severity(asker: Asker, severity: str) -> None:
    (one,) = asker.explain(LINE.format(program="qmgr", text=f"{severity}: the moon is in the wrong house"))
    assert one.found.cause == "unclassified"
    assert "postmaster" not in one.advice.why
    assert one.advice.steps[0].command


@pytest.mark.parametrize(
    ("program", "text", "word"),
    [
        ("qmgr", "4F1A221463E: removed", "end of the mail's life"),
        ("qmgr", "4F1A221463E: from=<a@b.example>, size=300, nrcpt=1 (queue active)", "active queue"),
        ("cleanup", "4F1A221463E: message-id=<x@b.example>", "Message-ID"),
        (
            "cleanup",
            "4F1A221463E: warning: header Subject: x from local; from=<a@b.example> to=<c@d.example>: note",
            "did not stop it",
        ),
        ("smtpd", "4F1A221463E: client=mx.b.example[192.0.2.7]", "queue ID"),
        (
            "smtp",
            "4F1A221463E: to=<a@b.example>, relay=mx.b.example[192.0.2.7]:25, delay=1, delays=0/0/1/0, dsn=2.0.0,"
            " status=sent (250 ok)",
            "Delivered",
        ),
    ],
)
def test_an_ordinary_line_is_no_trouble(asker: Asker, program: str, text: str, word: str) -> None:
    (one,) = asker.explain(LINE.format(program=program, text=text))
    assert one.kind == "ordinary"
    assert word in one.advice.why
    assert not one.advice.steps
