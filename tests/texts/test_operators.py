"""The operators that mail servers of a country meet most are whole in its language: every rule's words."""

import pytest

from tools import language_coverage as coverage

JAPANESE = (
    "apple", "google", "microsoft", "exchange-online", "yahoo", "yahoo-japan", "docomo", "au", "softbank",
    "jcom", "ocn", "biglobe", "nifty", "so-net", "sakura", "iij", "spamhaus", "spamcop", "barracuda",
    "barracuda-brbl", "barracuda-esg", "proofpoint", "mimecast", "cisco", "trend-micro", "trend-ers",
    "cloudmark", "postfix", "postfix-client", "postfix-remote", "exim", "exchange", "gmx", "qq", "netease",
    "generic",
)  # fmt: skip
MET = [("ja", operator) for operator in JAPANESE]


@pytest.mark.parametrize(("lang", "operator"), MET)
def test_every_word_of_an_operator_that_is_met_often(lang: str, operator: str) -> None:
    """``python -m tools.language_coverage ja --missing`` names what is missing elsewhere."""
    assert operator in coverage.operators()
    assert coverage.missing_of_rules(lang, operator) == []
