"""The report in the README was really printed, by this version."""

from pathlib import Path

import pytest

from tools.readme_report import renewed

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("page", "lang"), [("README.md", "en"), ("README.ja.md", "ja")])
def test_report(page: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / page).read_text(encoding="utf-8")
    assert "<!-- mailtriage scan" in text
    assert renewed(text, lang) == text, "run: python -m tools.readme_report"
