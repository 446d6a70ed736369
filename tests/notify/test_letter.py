"""The mail itself: whatever a log contains, headers are ours alone."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from mailtriage.notify.letter import SUBJECT, Content, compose, is_address, message_id, one_line

WHEN = datetime(2026, 4, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "hostile",
    [
        "a\r\nBcc: victim@example.org",
        "a\nContent-Type: text/html",
        "\x00\x1b[31m\u202etxt\u2028X-Evil: 1\u2029",
        "=?utf-8?q?=0D=0ABcc:_victim=40example.org?=",
        "\udcff lone surrogate",
        "長い件名" * 100,
        "x" * 5000,
    ],
)
def test_no_header_from_a_log(hostile: str) -> None:
    content = Content(hostile, f".\n{hostile}\nFrom x\n", f"<p>{hostile}</p>", WHEN, "en", (hostile, "<a@b>"))
    data = compose(content, "mailtriage@mx.example.org", ["you@example.org"], "<1@mx.example.org>")
    mail = message_from_bytes(data, policy=policy.default)
    assert set(mail.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
        "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert len(mail["Subject"]) <= SUBJECT
    assert mail["In-Reply-To"] == "<a@b>"
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))


def test_a_subject_is_one_line_that_is_read_back_as_it_was() -> None:
    data = compose(Content("Zürich: 4 mails – lost", "x", "x", WHEN, "en"), "a@b.example", ["c@d.example"], "<1@b>")
    assert data.isascii()
    assert message_from_bytes(data, policy=policy.default)["Subject"] == "Zürich: 4 mails – lost"
    assert one_line("a" * 500) == "a" * (SUBJECT - 1) + "…"


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("you@example.org", True), ("a+b@x.example", True), ("", False), ("you", False), ("-f@x.example", False),
        ("a@b@c", False), ("a b@c.example", False), ("a@c.example\n", False), ("<a@c.example>", False),
        ("x" * 300 + "@c.example", False),
    ],
)  # fmt: skip
def test_is_address(address: str, good: bool) -> None:
    assert is_address(address) is good


def test_a_message_id_is_the_same_for_the_same() -> None:
    assert message_id("mx.example.org", "a", "b") == message_id("mx.example.org", "a", "b")
    assert message_id("mx.example.org", "ab") != message_id("mx.example.org", "a", "b")
    assert message_id("evil\r\nhost", "a").endswith("@localhost>")
