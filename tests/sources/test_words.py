"""Every reason why something was not read has its sentence, and every sentence its reason."""

import re
import string
import tomllib
from pathlib import Path

import pytest

import mailtriage
from mailtriage.sources.detect import UNREADABLE

ROOT = Path(mailtriage.__file__).parent
TEXTS = tomllib.loads((ROOT / "texts/en/unread.toml").read_text(encoding="utf-8"))
CODE = "".join(
    path.read_text(encoding="utf-8") for room in ("sources", "system") for path in (ROOT / room).glob("*.py")
)
REASON = (
    r'\bUnread\(\s*[^,]+,\s*"(\w+)"|\bDamage\("(\w+)"\)|reason = "(\w+)"|_stop\("(\w+)"\)|fault = "(\w+)"'
    r'|"(\w+)" if (?:cutter|stat|self\._window)|else "(\w+)"\)\)|codec != "tar" else "(\w+)"'
)
REASONS = {name for names in re.findall(REASON, CODE) for name in names if name} | UNREADABLE
SKIPPED = set(re.findall(r'\bSkipped\(\s*[^,]+,\s*"(\w+)"', CODE))


def test_each_reason_has_a_sentence() -> None:
    assert REASONS - TEXTS.keys() == set()
    assert set(TEXTS) - REASONS - {"skipped"} == set()
    assert set(TEXTS["skipped"]) == SKIPPED


@pytest.mark.parametrize("sentence", [*TEXTS.values(), *TEXTS["skipped"].values()], ids=str)
def test_sentences_use_what_there_is(sentence: str | dict[str, str]) -> None:
    if isinstance(sentence, str):
        fields = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
        assert fields <= {"source", "place", "group", "command", "other"}
