"""The digest's HTML part, from the templates of the HTML report, without drawings: mail programs take SVG out."""

from collections.abc import Sequence

from mailtriage.history.changes import Change
from mailtriage.model.report import Report
from mailtriage.report import digest_text
from mailtriage.report.html import environment, view
from mailtriage.report.safe import plain
from mailtriage.texts.catalog import Texts


def render(changes: Sequence[Change], report: Report, texts: Texts, title: str, warnings: Sequence[str] = ()) -> str:
    """A whole page."""
    whole = [change for change in changes if change.kind in digest_text.WHOLE]
    brief = [
        (texts.say(f"digest.heading.{kind}"), [plain(digest_text.sentence(one, texts)) for one in told])
        for kind in ("ongoing", "resolved")
        if (told := [one for one in changes if one.kind == kind])
    ]
    return environment().get_template("digest.html.j2").render(
        lang=texts.lang, say=texts.say, title=plain(title), warnings=[plain(one) for one in warnings], brief=brief,
        cards=[_card(number, change, report, texts) for number, change in enumerate(whole, 1)], nothing=not changes,
    )  # fmt: skip


def _card(number: int, change: Change, report: Report, texts: Texts) -> dict[str, object]:
    card = view(number, change.finding, report, texts)
    card["title"] = plain(texts.say(f"digest.kind.{change.kind}", title=change.finding.title))
    if told := digest_text.history(change, texts):
        card["facts"] = [plain(told), *card["facts"]]
    return card
