"""The language of the interface: --lang where it was given, MAILTRIAGE_LANG, else the locale."""

import os
import sys
from functools import cache

from mailtriage.texts.catalog import FALLBACK, Texts, languages


def choose(asked: str | None = None) -> str:
    """The language to speak: the first of what was asked for that there are words in."""
    wanted = [asked, os.environ.get("MAILTRIAGE_LANG")]
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            wanted.append(value)
            break
    there = languages()
    for one in wanted:
        if one:
            base = one.split(".")[0].replace("-", "_")
            if found := next((lang for lang in (base, base.split("_")[0]) if lang in there), None):
                return found
    return FALLBACK


@cache
def interface() -> Texts:
    """The words of help and messages, chosen before options are parsed."""
    asked = None
    for index, arg in enumerate(sys.argv):
        if arg.startswith("--lang="):
            asked = arg[7:]
        elif arg == "--lang" and index + 1 < len(sys.argv):
            asked = sys.argv[index + 1]
    return Texts(choose(asked))
