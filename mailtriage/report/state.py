"""The state of a finding in words: a block is said to stand, other troubles to go on."""

from mailtriage.model.finding import Finding
from mailtriage.texts.catalog import Texts

_BLOCKS = frozenset({"ip_reputation", "dnsbl", "domain_reputation"})


def state_words(finding: Finding, texts: Texts) -> str:
    """``still blocked`` for what receivers refuse us by reputation, ``goes on`` and its kin for the rest."""
    blocked = finding.cause in _BLOCKS and finding.direction == "outbound"
    return texts.say(f"report.{'blocked' if blocked else 'state'}.{finding.state}")
