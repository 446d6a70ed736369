"""Months as journalctl(1) writes them where the locale is not English: ``Okt 15 23:48:15``, ``4月 11 06:14:46``.

Source: abbreviated month names of the locales of glibc and CLDR.
"""

import re

_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMES = (  # a language a line; "-" where its name of the month is another's, too
    "jan feb mär apr mai jun jul aug sep okt nov dez",  # German
    "jän feb märz april mai juni juli aug sept okt nov dez",  # Austria, long forms
    "janv févr mars avril mai juin juil août sept oct nov déc",  # French
    "ene feb mar abr may jun jul ago sep oct nov dic",  # Spanish
    "gen feb mar apr mag giu lug ago set ott nov dic",  # Italian
    "jan fev mar abr mai jun jul ago set out nov dez",  # Portuguese
    "jan feb mrt apr mei jun jul aug sep okt nov dec",  # Dutch
    "jan feb mar apr maj jun jul aug sep okt nov dec",  # Danish, Swedish
    "jan feb mars april mai juni juli aug sep okt nov des",  # Norwegian
    "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",  # Finnish
    "sty lut mar kwi maj cze lip sie wrz paź lis gru",  # Polish
    "led úno bře dub kvě čen čec srp zář říj - pro",  # Czech
    "янв фев мар апр мая июн июл авг сен окт ноя дек",  # Russian
    "січ лют бер кві тра чер лип сер вер жов лис гру",  # Ukrainian
    "oca şub mar nis may haz tem ağu eyl eki kas ara",  # Turkish
    "jan febr márc ápr máj jún júl aug szept okt nov dec",  # Hungarian
)
_MONTHS = {name: _ENGLISH[number] for line in _NAMES for number, name in enumerate(line.split()) if name != "-"}
_WORD = re.compile(r"([^\W\d_]{3,6})\.? {1,2}(?=\d{1,2} \d\d:\d\d:\d\d)")
_NUMBER = re.compile(r"(\d{1,2})(?:月|월) {1,2}(?=\d{1,2} \d\d:\d\d:\d\d)")  # Japanese and Chinese, Korean


def english(text: str) -> str | None:
    """A line whose stamp begins with a month of another language, with the English name. None: it does not."""
    if found := _WORD.match(text):
        name = _MONTHS.get(found[1].lower())
    elif found := _NUMBER.match(text):
        name = _ENGLISH[int(found[1]) - 1] if 1 <= int(found[1]) <= 12 else None
    else:
        return None
    return f"{name} {text[found.end() :]}" if name else None
