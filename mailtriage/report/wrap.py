"""Wrapping by terminal cells, also of text that has no blanks between words."""

from collections.abc import Iterator

from rich.cells import cell_len

# Japanese line breaking (JIS X 4051): what must not begin a line, and what must not end one.
_NOT_FIRST = set("～、。，．・：；？！）］｝」』】〉》〕々ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ,.;:!?)]}…”’")
_NOT_LAST = set("（［｛「『【〈《〔([{“‘")

# A number is not parted from what it counts: 4月, 52 回.
_COUNTED = set("年月日時分秒回通件人個行桁社台本倍割")


def wrap(text: str, width: int) -> Iterator[str]:
    """Lines of at most ``width`` cells; a word longer than that stands alone and whole."""
    line = ""
    for piece in _pieces(text):
        if line and cell_len(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = piece.lstrip()
        else:
            line += piece
    if line:
        yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """The text cut where a line may break: after blanks, and between full-width characters."""
    piece = ""
    for index, char in enumerate(text):
        piece += char
        following = text[index + 1 : index + 2]
        wide = cell_len(char) == 2 or (following and cell_len(following) == 2)
        number = piece[-2:].rstrip(" ")[-1:].isdigit() and text[index + 1 : index + 3].lstrip(" ")[:1] in _COUNTED
        between = wide and following != " " and following not in _NOT_FIRST and char not in _NOT_LAST
        if (char == " " or between) and not number:
            yield piece
            piece = ""
    if piece:
        yield piece
