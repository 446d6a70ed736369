"""Log text is chosen by strangers: what of it may reach a terminal or a file.

Control characters, terminal escapes and marks that turn the direction of writing become visible stand-ins.
"""

import unicodedata

_SHOWN = {code: f"\\x{code:02x}" for code in [*range(0x20), *range(0x7F, 0xA0)]}
_SHOWN |= {0x09: " "}


def plain(text: str) -> str:
    """A text without anything that a terminal would obey."""
    text = text.translate(_SHOWN)
    if text.isascii():
        return text
    return "".join(
        f"\\u{ord(c):04x}" if unicodedata.category(c) in ("Cf", "Cc", "Co", "Cs", "Zl", "Zp") else c for c in text
    )


def encodable(text: str, encoding: str) -> str:
    """A text that an encoding can carry: signs of ours become ASCII, what is left becomes ``?``."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        text = text.translate(_ASCII)
        return text.encode(encoding if encoding else "ascii", "replace").decode(encoding or "ascii", "replace")
    return text


_ASCII = str.maketrans({
    "–": "-", "—": "-", "→": "->", "·": "|", "“": '"', "”": '"', "’": "'", "≈": "~", "…": "...", "×": "x",
})  # fmt: skip
