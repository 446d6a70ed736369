"""click's own sentences come from the language's files, and its help fits the terminal."""

import pytest
from rich.cells import cell_len

from mailtriage.cli import speech
from tests.cli.conftest import Run

JA = {"MAILTRIAGE_LANG": "ja"}


def test_every_sentence_is_one_of_clicks_own() -> None:
    """Where click words a sentence anew, its key here must follow."""
    sources = "".join(
        open(module.__file__, encoding="utf-8").read()  # noqa: SIM115, PTH123
        for module in speech._MODULES
        if module.__file__
    )
    assert [text for text in speech._keys() if f'"{text}"' not in sources] == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["scan", "--sinc", "x"], "--sinc というオプションはありません。 近いもの: '--since'"),
        (["scan", "--jobs", "abc"], "'--jobs' の値が正しくありません: 'abc' は整数ではありません"),
        (["scan", "--jobs", "-5"], "'--jobs' の値が正しくありません: -5 は範囲 0<=x<=1024 の外です"),
        (["scan", "--lang", "xx"], "'xx' は選べません"),
        (["scan", "--color", "red"], "'red' は選べません。選べる値: 'auto', 'always', 'never'"),
        (["scan", "--year"], "--year に値を指定してください。"),
        (["scan", "--details=3"], "--details に値は指定できません。"),
        (["scan", "--unknown-to", "/"], "'/' はディレクトリーです"),
        (["trace"], "を指定してください"),
        (["config", "a", "b"], "余分な引数があります: a b"),
        (["rules", "foo"], "foo というコマンドはありません。"),
    ],
)
def test_wrong_usage_in_another_language(run: Run, args: list[str], said: str) -> None:
    done = run(*args, env=JA)
    assert done.returncode == 2
    assert said in done.stderr.decode()


@pytest.mark.parametrize(
    "command", [[], ["scan"], ["digest"], ["watch"], ["trace"], ["explain"], ["rules"], ["config"]]
)
def test_help_in_another_language_fits_80_cells(run: Run, command: list[str]) -> None:
    said = run(*command, "--help", env={**JA, "COLUMNS": "80"}).stdout.decode()
    assert "使い方: mailtriage" in said
    for word in ("Usage", "Options", "Commands", "Show this message"):
        assert word not in said
    # A line that is to be copied stays whole, however long.
    assert [line for line in said.splitlines() if cell_len(line) > 80 and "mailtriage" not in line] == []
