"""CLDR plural categories of the languages we have words in (Unicode CLDR, cardinal rules)."""


def category(lang: str, count: object) -> str:
    """The category of a number: ``one`` or ``other`` in English, ``other`` alone in Japanese, and so on."""
    if not isinstance(count, int | float):
        return "other"
    base = lang.split("-")[0].split("_")[0]
    if base in ("ja", "zh", "ko", "vi", "th", "id"):
        return "other"
    if base == "fr":
        return "one" if 0 <= count < 2 else "other"
    if base in ("ru", "uk", "pl", "cs"):
        return _slavic(base, int(count))
    return "one" if count == 1 else "other"


def _slavic(base: str, count: int) -> str:
    if base == "cs":
        return "one" if count == 1 else "few" if 2 <= count <= 4 else "other"
    tens, ones = count % 100, count % 10
    if count == 1 if base == "pl" else ones == 1 and tens != 11:
        return "one"
    if 2 <= ones <= 4 and not 12 <= tens <= 14:
        return "few"
    return "many"
