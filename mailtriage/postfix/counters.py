"""anvil(8) and scache(8): counters. Sources: anvil/anvil.c, scache/scache.c."""

from mailtriage.postfix import fields as f


def read_anvil(text: str, tag: str) -> f.Fields | None:
    """``statistics: max connection rate 3/60s for (smtp:203.0.113.9) at …``."""
    return {"event": "anvil", "text": text} if text.startswith("statistics: ") else None
