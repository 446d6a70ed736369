"""One self-contained HTML file, whatever a log contains; looked at by Chromium where it is installed."""

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mailtriage.model.finding import Episode, Evidence, Finding, Link, LostMail, Party, Step
from mailtriage.model.report import Known, LineCounts, Report, Unread
from mailtriage.report.html import render
from mailtriage.report.html_chart import BARS, WIDTH, time_line, volume
from mailtriage.texts.catalog import Texts

HOSTILE = (
    "<script>document.title='owned'</script>\" onload=\"x' {{ 7*7 }} \u202etxt.exe\u202c \x1b[31m &amp; "
    "<img src=x onerror=1>"
)
T0 = datetime(2026, 4, 11, 6, 14, tzinfo=UTC)
FINDING = Finding(
    id="abc123", kind="address_listed", severity="high", cause="ip_reputation", direction="outbound",
    title="Apple blocks your server 203.0.113.25", party=Party("operator", "apple", "Apple"), state="ongoing",
    count=5, messages=4, first_seen=T0, last_seen=T0 + timedelta(hours=3), fault="ours", act="our_admin",
    why="It is on a list.", episodes=(Episode(first=T0, last=T0 + timedelta(hours=3), count=5, last_success=T0),),
    recipients=("a@icloud.com",), senders=("taro@example.org",), own_users=("taro@example.org",),
    lost=(LostMail(time=T0, sender="taro@example.org", recipient="a@icloud.com"),),
    steps=(Step("1", "Look up.", url="https://lookup.example/?ip=203.0.113.25"), Step("2", "Go.", "postfix reload")),
    links=(Link("lookup", "https://lookup.example/?ip=203.0.113.25", "Lookup"),),
    evidence=(Evidence("mail.log", 12, "Apr 11 06:14:46 mx postfix/smtp[1]: x"),), quote="550 5.7.0 Blocked",
    request_text="Hello,\nplease.", user_text="Send it again.",
)  # fmt: skip
REPORT = Report(
    sources=("mail.log",), lines=LineCounts(read=10, postfix=9, other=1), first_time=T0 - timedelta(days=1),
    last_time=T0 + timedelta(days=1), hosts=("mx.example.org",), own_ips=(Known("203.0.113.25", "reply"),),
    days={"2026-04-11": {"ip_reputation": 5, "dnsbl": 3}}, noise={"dnsbl": 3},
)  # fmt: skip
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def hostile() -> Finding:
    """A finding in which everything that can come from a log is hostile."""
    return replace(
        FINDING, title=HOSTILE, why=HOSTILE, quote=HOSTILE, senders=(HOSTILE,), recipients=(HOSTILE + "@" + HOSTILE,),
        clients=(HOSTILE,), relays=(HOSTILE,), lost=(LostMail(time=T0, sender=HOSTILE, recipient=HOSTILE),),
        evidence=(Evidence(HOSTILE, 1, HOSTILE),), user_text=HOSTILE, request_text=HOSTILE,
        steps=(Step("1", HOSTILE, HOSTILE, "javascript:alert(1)"),), links=(Link("x", "data:text/html,x", HOSTILE),),
    )  # fmt: skip


class Page(HTMLParser):
    """The elements and attributes of a page, and whether they close in order."""

    VOID = frozenset({"meta", "br", "rect", "line"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("finding", [FINDING, hostile()], ids=["plain", "hostile"])
def test_is_one_file_without_scripts_or_anything_from_elsewhere(finding: Finding) -> None:
    report = replace(REPORT, hosts=(HOSTILE,), sources=(HOSTILE,), unread=(Unread(HOSTILE, "truncated", "5"),))
    page = Page(render(report, [finding], Texts()))
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "base", "form", "input", "link", "video", "audio"}
    for _, attributes in page.elements:
        assert not any(name.startswith("on") or name in ("src", "srcset") for name in attributes)
        assert (attributes.get("href") or "#").startswith(("#", "https://", "http://", "mailto:"))


def test_marks_that_turn_the_direction_and_escapes_become_visible() -> None:
    page = render(REPORT, [hostile()], Texts())
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x1b\x00]", page)
    assert "\\u202etxt.exe" in page


def test_is_accessible() -> None:
    page = Page(render(REPORT, [FINDING, replace(FINDING, id="b", severity="medium")], Texts()))
    by_tag: dict[str, list[dict[str, str | None]]] = {}
    for tag, attributes in page.elements:
        by_tag.setdefault(tag, []).append(attributes)
    assert by_tag["html"] == [{"lang": "en"}]
    assert len(by_tag["h1"]) == len(by_tag["main"]) == 1
    assert all(th.get("scope") in ("row", "col") for th in by_tag["th"])
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in by_tag["svg"])
    identities = [a["id"] for _, a in page.elements if a.get("id")]
    assert len(identities) == len(set(identities))
    assert all(a["aria-labelledby"] in identities for _, a in page.elements if a.get("aria-labelledby"))


def test_says_everything_about_a_finding() -> None:
    page = render(REPORT, [FINDING], Texts())
    for said in ("Apple blocks your server", "still blocked", "550 5.7.0 Blocked", "postfix reload", "a@icloud.com",
                 'href="https://lookup.example/?ip=203.0.113.25"', "Send it again.", "mail.log:12"):  # fmt: skip
        assert said in page
    assert not re.search(r"\{[a-z_]+\}", page.split("</style>")[1])  # every placeholder has its value
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_nothing_found_is_said() -> None:
    assert "Nothing needs you." in render(Report(), [], Texts())


def test_the_contrast_of_every_text_is_enough() -> None:
    style = (Path(render.__code__.co_filename).parent / "templates" / "style.css").read_text()
    light = dict(re.findall(r"--(\w+): (#\w{6})", style.split("@media")[0]))
    dark = light | dict(re.findall(r"--(\w+): (#\w{6})", style.split("@media")[1]))
    for colours in (light, dark):
        for ink in ("ink", "soft", "link", "high", "medium", "low", "good"):
            for ground in ("paper", "card", "code"):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_a_time_line_stays_within_its_drawing() -> None:
    line = time_line(FINDING, T0 - timedelta(days=1), T0 + timedelta(hours=3), Texts())
    assert line is not None
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH and bar.width > 0 for bar in line.bars)
    assert time_line(FINDING, T0, T0, Texts()) is None


@pytest.mark.parametrize(("days", "bars", "step"), [(1, 1, 1), (BARS, BARS, 1), (BARS + 1, 32, 2), (365, 61, 6)])
def test_many_days_are_drawn_in_stretches(days: int, bars: int, step: int) -> None:
    counts = {(T0 + timedelta(days=n)).date().isoformat(): {"dnsbl": 2} for n in range(days)}
    drawn = volume(counts, Texts())
    assert drawn is not None
    assert (len(drawn.days), drawn.step) == (bars, step)
    assert sum(sum(day.counts) for day in drawn.days) == 2 * days


def test_causes_beyond_the_colours_come_under_one_word() -> None:
    causes = ("dnsbl", "greylist", "policy", "loop", "network", "expired", "too_large", "rate_limit")
    drawn = volume({"2026-04-11": dict.fromkeys(causes, 1)}, Texts())
    assert drawn is not None
    assert len(drawn.causes) == 6
    assert drawn.days[0].counts == (1, 1, 1, 1, 1, 3)


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_chromium_runs_nothing_of_a_hostile_log(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(REPORT, [hostile()], Texts()), encoding="utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
               "--disable-background-networking", "--disable-component-update", "--disable-sync",
               f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()]  # fmt: skip
    dumped = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "<title>mailtriage" in dumped
    assert "<script" not in dumped
    assert "<img" not in dumped
