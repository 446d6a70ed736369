"""Names of DNSBL zones as they may be shown: without the key of a customer who pays for the list.

Spamhaus' Data Query Service and Abusix make the key a label in front of the zone (``KEY.zen.dq.spamhaus.net``), and a
server that refuses mail writes the whole name into its reply. Who has the key can ask on the customer's account.
"""

import re

_KEYED = ("dq.spamhaus.net", "mail.abusix.zone")  # below them stand one label for the zone and, before it, the key
_NAMED = re.compile(r"\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.(?:dq\.spamhaus\.net|mail\.abusix\.zone)\b", re.IGNORECASE)
_KEY = re.compile(r"(?=[a-z0-9]{0,62}\d)[a-z0-9]{20,63}", re.IGNORECASE)  # a first label that nobody would speak


def without_key(zone: str) -> str:
    """The zone without its customer's key; any other name as it is."""
    lowered = zone.lower().rstrip(".")
    for end in _KEYED:
        if lowered.endswith(f".{end}"):
            return f"{lowered[: -len(end) - 1].rsplit('.', 1)[-1]}.{end}"
    first, _, rest = zone.partition(".")
    return rest if "." in rest and _KEY.fullmatch(first) else zone


def text_without_keys(text: str) -> str:
    """A text in which the zones of lists that have keys stand without them."""
    lowered = text.lower()
    for end in _KEYED:
        if end in lowered:
            return _NAMED.sub(lambda match: without_key(match[0]), text)
    return text


def shown(captures: dict[str, str]) -> dict[str, str]:
    """What a rule read out of a text, without keys."""
    if not captures or (len(captures) == 1 and "own_ip" in captures):
        return captures  # the usual cases
    return {k: without_key(v) if k == "list" else text_without_keys(v) for k, v in captures.items()}
