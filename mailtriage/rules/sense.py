"""What a reply says, word by word, in a small language of our own.

Administrators write their refusals by hand, in their own words and their own language: no list of sentences is ever
complete. So the words are looked up, not the sentences: each word of ``mailtriage/rules/vocabulary/*.toml`` stands for
a concept, and a reply becomes the row of its concepts: ``Das Postfach existiert nicht.`` is ``user exist no .``, and
so is ``La casilla no existe`` but for the order. Rules of the generic packs search that row (``says``).

An address in angle brackets is ``@``, a host's address ``ip``; links and host names say nothing (what stands in them
are names). The end of a sentence is ``.``, of a part of one ``:``. What is no word of the vocabulary is passed over.

One walk over the text, at each word a look-up by its first two letters: the cost stays in proportion.
"""

import re
import sys
from collections.abc import Iterable, Mapping

LIMIT = 1200  # characters of a reply that are looked at: what it says, it says at its beginning

# Stems by their first two characters, longest first: stem, concept, whether the word may go on; the second table holds
# those that may also stand inside a long word (German and its kin write "E-Mail-Empfängeradresse" in one).
Stem = tuple[str, str, bool]
Vocabulary = tuple[dict[str, tuple[Stem, ...]], dict[str, tuple[Stem, ...]]]
EMPTY: Vocabulary = ({}, {})

_PLAIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ё": "е",
    "’": "'", "‘": "'",
    "`": "'", "´": "'", "–": "-", "—": "-", "，": ", ", "。": ". ", "；": "; ", "：": ": ", "！": "! ",
    "（": " (", "）": ") ",
    "、": ", ", "？": ". ", "\u00a0": " ",
}  # fmt: skip


def _table() -> dict[int, str]:
    import unicodedata

    table = {ord(letter): plain for letter, plain in _PLAIN.items()}
    for number in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        bare = unicodedata.normalize("NFKD", chr(number).lower())
        bare = "".join(c for c in bare if not unicodedata.combining(c))
        if bare.isascii() and number not in table:
            table[number] = bare
    return table


_TABLE = _table()
_LOST = re.compile(r"(?<=[a-z])\?{1,4}(?=[a-z])")  # letters beyond ASCII that were logged as question marks
_SILENT = re.compile(
    r"\bhttps?:\S{1,300}|\bwww\.\S{1,200}|<[^<>\s]{0,200}>|\S{1,80}@[\w.-]{3,200}|(?<![\w.-])(?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,12}(?![\w.-])"
)
_ADDRESS = re.compile(r"192\.0\.2\.1|2001:db8::1")
_START = re.compile(r"[^\W_]|[@.;!?:()\-|,]")
_BORDER = {".": ".", ";": ".", "!": ".", "?": ".", "|": ".", ":": ":", "(": ":", ")": ":", ",": "", "-": ""}
_REST = re.compile(r"(?:(?![\u2e80-\U0010ffff])[\w'?]){0,80}")  # of a word in letters
_DENIED = re.compile(r"\bdenied\b")  # what is blocked is denied, too; the other way round it is not
_INNER = 8  # letters from which on a word is long enough to be a compound


def plain(text: str) -> str:
    """Lower case, without accents; what is left of lost letters is one question mark."""
    text = text.lower()
    if not text.isascii():
        text = text.translate(_TABLE)
    return _LOST.sub("?", text) if "?" in text else text


def _silence(found: re.Match[str]) -> str:
    word = found[0]
    return " @ " if "@" in word else " " if word[0] == "<" or ":" in word or word.startswith("www.") else " ~ "


def sense(text: str, vocabulary: Vocabulary) -> str:
    """The concepts of a text in order, with a blank before and behind each."""
    heads, inner = vocabulary
    text = text[:LIMIT].lower().replace("...", " . ")
    text = plain(_ADDRESS.sub(" ip ", _SILENT.sub(_silence, text)))
    out: list[str] = []
    place, end = 0, len(text)
    while found := _START.search(text, place):
        place = found.start()
        letter = text[place]
        if letter == "@":
            out.append("@")
            place += 1
            continue
        if letter in _BORDER:
            mark = _BORDER[letter]
            last = place + 1 >= end or text[place + 1] == " "
            if mark == "." and not last:
                mark = ""
            if letter == "-" and last and place and text[place - 1] == " ":
                mark = "."
            if mark and out and out[-1] not in ".:":
                out.append(mark)
            place += 1
            continue
        wide = letter >= "\u2e80"  # scripts without blanks between the words
        for stem, concept, open_ in heads.get(text[place : place + 2], ()) or heads.get(letter, ()):
            after = place + len(stem)
            if text.startswith(stem, place) and (open_ or wide or after >= end or not _goes_on(text[after])):
                if not out or out[-1] != concept:
                    out.append(concept)
                place = after
                if not wide and open_:
                    word_end = _REST.match(text, place).end()  # type: ignore[union-attr]
                    if word_end - place >= 4:
                        _inside(text, place, word_end, inner, out)
                    place = word_end
                break
        else:
            if wide or letter.isdigit():  # "10MB"
                place += 1
                continue
            if text[place + 1 : place + 2] == "'":  # d'expéditeur
                place += 2
                continue
            word_end = max(_REST.match(text, place).end(), place + 1)  # type: ignore[union-attr]
            if word_end - place >= _INNER:
                _inside(text, place + 2, word_end, inner, out)
            place = word_end
    return f" {' '.join(out)} "


def _goes_on(letter: str) -> bool:
    """Whether a word of letters goes on with this one."""
    return letter == "'" or (letter.isalnum() and letter < "\u2e80")


def _inside(text: str, place: int, end: int, inner: Mapping[str, tuple[Stem, ...]], out: list[str]) -> None:
    """Concepts inside a compound word."""
    while place < end - 2:
        for stem, concept, _ in inner.get(text[place : place + 2], ()):
            if text.startswith(stem, place):
                if not out or out[-1] != concept:
                    out.append(concept)
                place += len(stem) - 1
                break
        place += 1


def pattern(words: str) -> str:
    """The regular expression of what a rule ``says``: words and groups of words in their order.

    ``~`` stands for up to four other words of the same sentence; ``^`` and ``$`` for the beginning and the end.
    """
    start, words = ("^ ", words[1:].strip()) if words.startswith("^") else (" ", words.strip())
    words = words[:-1] + "(?: [.:])? $" if words.endswith("$") else words + " "
    words = _DENIED.sub("(?:denied|blocked)", words)
    return f"{start}{words}".replace(" ~ ", " (?:[^ .]{1,20} ){0,4}")


def vocabulary(words: Iterable[tuple[str, str]]) -> Vocabulary:
    """The tables of pairs of a word and its concept.

    ``recipient*``: the word may go on; ``*adresse*``: it may also stand inside a longer one. Letters beyond ASCII are
    known without their accents, as a lost letter and, in German, in two letters.
    """
    heads: dict[str, dict[str, tuple[str, bool]]] = {}
    inner: dict[str, dict[str, tuple[str, bool]]] = {}
    for word, concept in words:
        open_, within = word.endswith("*"), word.startswith("*")
        bare = word.strip("*").lower()
        for stem in _spellings(bare):
            known = heads.setdefault(stem[:2], {}).setdefault(stem, (sys.intern(concept), open_))
            if open_ and known[0] == concept:
                heads[stem[:2]][stem] = known[0], True
            if within:
                inner.setdefault(stem[:2], {}).setdefault(stem, (sys.intern(concept), open_))
    # A one-letter stem is looked for where no longer one begins with the same two letters, and behind those that do.
    for key in [k for k in heads if len(k) == 1]:
        for other in [k for k in heads if len(k) == 2 and k[0] == key]:
            for stem, value in heads[key].items():
                heads[other].setdefault(stem, value)
    return _sorted(heads), _sorted(inner)


def _sorted(table: Mapping[str, Mapping[str, tuple[str, bool]]]) -> dict[str, tuple[Stem, ...]]:
    return {
        key: tuple((s, *v) for s, v in sorted(stems.items(), key=lambda i: (-len(i[0]), i[0])))
        for key, stems in sorted(table.items())
    }


def _spellings(word: str) -> Iterable[str]:
    """How a word may be written in a log."""
    yield plain(word)
    if not word.isascii():
        if any(c in "äöü" for c in word):
            yield plain(word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue"))
        lost = re.sub(r"[^\x00-\x7f]+", "?", word)
        if re.fullmatch(r"[a-z?' -]+", lost) and re.search(r"[a-z]\?", lost):
            yield lost
