"""Markdown for tickets: nothing in a log becomes markup."""

import re
from dataclasses import replace

import pytest

from mailtriage.report.markdown import block, code, escape, render
from mailtriage.texts.catalog import Texts
from tests.report.test_html import FINDING, REPORT, hostile


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("*bold* _it_", "\\*bold\\* \\_it\\_"),
        ("<script>", "\\<script\\>"),
        ("[a](https://x.example)", "\\[a\\](https&#58;//x.example)"),
        ("www.x.example", "www&#46;x.example"),
        ("@team", "&#64;team"),
        ("1. one", "1\\. one"),
        ("- item", "\\- item"),
        ("# head\n## two", "\\# head \\#\\# two"),
        ("a | b", "a \\| b"),
        ("&lt;", "\\&lt;"),
        ("a\u202eb", "a\\\\u202eb"),
    ],
)
def test_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("a", "`a`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("a``b", "```a``b```"), ("a\nb", "`a b`")]
)
def test_code_holds_backticks(text: str, shown: str) -> None:
    assert code(text) == shown


def test_a_block_cannot_be_left() -> None:
    assert block("a\n```\nb") == ["````", "a", "```", "b", "````"]


def test_a_report() -> None:
    page = render(REPORT, [FINDING, replace(FINDING, severity="medium", title="To watch")], Texts())
    for said in (
        "# mx.example.org: 1 thing needs you", "### 1. Apple blocks", "<https://lookup.example/?ip=203.0.113.25>",
        "| 11 Apr 06:14 | `taro@example.org` | `a@icloud.com` |", "## 1 to watch", "### 2. To watch",
    ):  # fmt: skip
        assert said in page
    assert not re.search(r"\{[a-z_]+\}", page)


def test_hostile_text_leaves_no_line_of_its_own() -> None:
    page = render(REPORT, [replace(hostile(), request_text=None, user_text=None, steps=(), evidence=())], Texts())
    assert not re.search(r"^<(?!https?:)", page, re.MULTILINE)
    assert "](javascript:" not in page
