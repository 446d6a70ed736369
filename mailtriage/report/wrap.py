"""Wrapping by terminal cells, also of text that has no blanks between words."""

import re
from collections.abc import Iterator

from rich.cells import cell_len

# Japanese line breaking (JIS X 4051): what must not begin a line, and what must not end one.
_NOT_FIRST = set("～、。，．・：；？！）］｝」』】〉》〕々ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ,.;:!?)]}…”’")
_NOT_LAST = set("（［｛「『【〈《〔([{“‘")

# A number is not parted from what it counts: 4月, 52 回; nor a date from its time: 4月11日 06:14.
_COUNTED = set("年月日時分秒回通件人個行桁社台本倍割")
_DATE = re.compile(r"\d{1,2}月\d{1,2}日(?: \d\d:\d\d(?:～\d\d:\d\d(?!\d))?)?|\S \d\d:\d\d(?![\d:])")
# Signs that a terminal for full-width text may draw in two cells: lines leave room for that.
_AMBIGUOUS = re.compile(r"[“”‘’…–—→·×≈≡]")


def cells(text: str) -> int:
    """How many cells a text may take: beside full-width letters, signs of ambiguous width count twice."""
    length = cell_len(text)
    return length + len(_AMBIGUOUS.findall(text)) if length > len(text) else length


def wrap(text: str, width: int) -> Iterator[str]:
    """Lines of at most ``width`` cells; a word longer than that stands alone and whole."""
    line = ""
    for piece in _pieces(text):
        if line and cells(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = piece.lstrip()
        else:
            line += piece
    if line:
        yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """The text cut where a line may break: after blanks, and between full-width characters."""
    piece = ""
    dates = {place for found in _DATE.finditer(text) for place in range(found.start(), found.end() - 1)}
    for index, char in enumerate(text):
        piece += char
        following = text[index + 1 : index + 2]
        wide = cell_len(char) == 2 or (following and cell_len(following) == 2)
        number = piece[-2:].rstrip(" ")[-1:].isdigit() and text[index + 1 : index + 3].lstrip(" ")[:1] in _COUNTED
        between = wide and following != " " and following not in _NOT_FIRST and char not in _NOT_LAST
        if (char == " " or between) and not number and index not in dates:
            yield piece
            piece = ""
    if piece:
        yield piece
