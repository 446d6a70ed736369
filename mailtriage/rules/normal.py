"""Bring a reply into the form that rules are matched against.

Remote servers fold long replies over several lines, and Postfix joins them with a blank, codes and all (smtp_proto.c):
``550-5.7.26 This mail 550-5.7.26 has been blocked``. Non-ASCII bytes come as ``?`` where SMTPUTF8 is off
(printable()), so that an en dash may be three question marks.
"""

import re
from functools import lru_cache
from typing import NamedTuple

LIMIT = 4096  # characters of a reply that rules look at; Postfix itself cuts a line at 2,000 bytes

_HEAD = re.compile(r"\s*([245]\d\d)(?:[ -]|$)\s*(?:#?([245]\.\d{1,3}\.\d{1,3})(?![\d.]))?\s*:?\s*")
_BARE_DSN = re.compile(r"\s*\(?#?([245]\.\d{1,3}\.\d{1,3})\)?(?![\d.])\s*:?\s*")
_HASH_DSN = re.compile(r"\(#\s?([245]\.\d{1,3}\.\d{1,3})\)")
_MILTER_FOLD = re.compile(r"\?\?(?=[245]\d\d[ -])")
_QUOTES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc", "'") | dict.fromkeys("\u201c\u201d", '"'))
_DASHES = re.compile(r"[‐-―−]|(?<= )\?{1,3}(?= )|â€“")

_MASK = re.compile(
    r"(?P<v4>(?<![\d.])(?!127\.)(?:\d{1,3}\.){3}\d{1,3}(?![\d.]))"  # 127.x is a DNSBL's answer: it means something
    r"|(?P<v6>(?<![\w:])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){3,7}(?![\w:]))"
    r"|(?P<addr><[^<>\s]{1,256}@[^<>\s]{1,256}>)"
    r"|(?P<time>(?<!\d)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z?(?!\d))"
    r"|(?P<hex>(?<==)(?=[A-F]{0,11}\d)[0-9A-F]{8,11}(?![\w-]))"  # Microsoft's MxId=11BD21D8E
    # Two digits at least (``UCEPROTECT-Level2`` is a word), and no error code of the form ``OXSUS0001_101``.
    r"|(?P<id>(?<![\w-])(?=[A-Za-z_-]{0,40}\d[A-Za-z_-]{0,40}\d)(?![A-Za-z]{2,12}\d{0,4}_\d{3,4}(?![\w-]))"
    r"[\w-]{12,200}(?![\w-]))"
)
_PLAIN_V4 = re.compile(r"([\[(]?)(?!127\.)(?:\d{1,3}\.){3}\d{1,3}([\]),;]{0,3})")  # the most frequent word, in short
STAND_IN_V4 = "192.0.2.1"
_MASKS = {
    "v4": STAND_IN_V4,
    "v6": "2001:db8::1",
    "addr": "<user@example.org>",
    "id": "a0b1c2d3e4f5g6",
    "time": "2026-01-01T00:00:00Z",
    "hex": "A0B1C2D3",
}


class Normal(NamedTuple):
    """A reply in normal form."""

    code: str | None  # reply code
    dsn: str | None  # enhanced status code, as the text has it
    text: str  # without the codes, on one line, with plain dashes and quotes; case as it was


def normalize(text: str, code: str | None = None, dsn: str | None = None) -> Normal:
    """Take a reply's codes off (also those inside folded lines) and tidy its dashes, quotes and blanks.

    ``code`` and ``dsn`` are what the log line says apart from the text; what the text itself says wins.
    """
    text = text[:LIMIT]
    if "??" in text:
        text = _MILTER_FOLD.sub(" ", text)
    said = None
    if head := _HEAD.match(text):
        code, said, text = head[1], head[2], text[head.end() :]
    elif bare := _BARE_DSN.match(text):
        said, text = bare[1], text[bare.end() :]
    if code and code in text:
        text = _repeated(code).sub("", text)
    if said is None and "(#" in text and (hashed := _HASH_DSN.search(text)):
        said = hashed[1]
    if "?" in text or not text.isascii():
        text = _DASHES.sub("-", text).translate(_QUOTES)
    return Normal(code, said or dsn, " ".join(text.split()))


@lru_cache(maxsize=1000)
def _repeated(code: str) -> re.Pattern[str]:
    """A reply code in the middle, where a line was folded."""
    # The code itself stands first, so that the search is one for a plain word.
    return re.compile(rf"{re.escape(code)}(?<!\S{re.escape(code)})(?:-|\s|$)(?:[245]\.\d{{1,3}}\.\d{{1,3}}(?:\s|$))?")


def shape(text: str) -> str:
    """The text with what varies from mail to mail replaced by one stand-in of the same form.

    Addresses of hosts, addresses in angle brackets and long identifiers are replaced; words, links and short numbers
    stay. Rules are matched against the shape, so that a reply's meaning never depends on such a part.
    """
    return " ".join(map(_masked.__getitem__, text.split(" ")))


def normalize_and_shape(text: str, code: str | None = None, dsn: str | None = None) -> tuple[Normal, str]:
    """The normal form of a reply and the shape of its text."""
    normal = normalize(text, code, dsn)
    return normal, " ".join(map(_masked.__getitem__, normal.text.split(" ")))


def _stand_in(match: re.Match[str]) -> str:
    return _MASKS[match.lastgroup or "id"]


class _Masked(dict[str, str]):
    """Words and what stands for them. No stand-in reaches over a blank, so that each word can be looked at alone."""

    def __missing__(self, word: str) -> str:
        if plain := _PLAIN_V4.fullmatch(word):
            masked = f"{plain[1]}{_MASKS['v4']}{plain[2]}"
        else:
            masked = _MASK.sub(_stand_in, word)
        if len(word) <= 60:
            if len(self) >= 50_000:
                self.clear()
            self[word] = masked
        return masked


_masked = _Masked()
