"""Every exception that the product prints, applied to a real Postfix as a reader would: line by line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from mailtriage.rules.exceptions import PostfixChange, all_changes
from tools.lab import Lab, Reply
from tools.lab.smtp_server import saying

Mail = dict[str, Any]  # arguments of Lab.smtp; `code`: the refusal that is expected, where it differs

VALUES = {
    "pool_regex": r"omta[0-9]+\.jcom\.zaq\.ne\.jp",
    "client_host": "omta0014.jcom.zaq.ne.jp",
    "client_addr": "198.51.100.14",
    "client_cidr": "198.51.100.14/32",
    "sender": "anna@nowhere.example",
    "sender_domain": "nowhere.example",
    "recipient": "info@shirao.example",
    "mailbox": "taro@shirao.example",
    "domain": "shirao.example",
    "login": "taro@shirao.example",
    "size": "4000",
}
POOL: Mail = {
    "client_addr": "198.51.100.14",
    "reverse_name": "omta0014.jcom.zaq.ne.jp",
    "helo": "omta0014.jcom.zaq.ne.jp",
}
POOL_2: Mail = POOL | {"client_addr": "198.51.100.21", "reverse_name": "omta0021.jcom.zaq.ne.jp"}
NAMELESS: Mail = {"client_addr": "198.51.100.99"}
FORGED: Mail = {"client_addr": "198.51.100.98", "reverse_name": "omta0014.jcom.zaq.ne.jp.evil.example"}
NAMED: Mail = {"client_addr": "198.51.100.14", "client_name": "mail.client.example"}
OTHER: Mail = {"client_addr": "198.51.100.15", "client_name": "mail.other.example"}
RELAYING: Mail = NAMED | {"rcpt": "somebody@elsewhere.example", "code": 554}
ANNA: Mail = OTHER | {"mail_from": "anna@nowhere.example"}
BERT: Mail = OTHER | {"mail_from": "bert@not-there.example"}


def over_the_network(mail: Mail) -> Mail:
    """Without XCLIENT: what looks at the connection itself does not believe XCLIENT."""
    return {name: value for name, value in mail.items() if name != "client_name"} | {"xclient": False}


@dataclass(frozen=True)
class Trial:
    """Who is let in by an exception, and who still is not."""

    before: str  # value of the parameter that the exception changes, before the change
    code: int  # of the refusals, before and after
    welcome: list[Mail]
    refused: list[Mail]
    settings: dict[str, str] = field(default_factory=dict)
    warm_up: bool = False  # every mail is sent once first, so that limits count
    tightens: bool = False  # before the change all are let in


PERMIT = "permit_mynetworks, permit_sasl_authenticated, "
RELAY_SAFE = PERMIT + "reject_unauth_destination, "
UNKNOWN_CLIENT = PERMIT + "reject_unknown_client_hostname"
UNKNOWN_SENDER = PERMIT + "reject_unknown_sender_domain"
UNKNOWN_HELO = PERMIT + "reject_unknown_helo_hostname"
ZEN = PERMIT + "reject_rbl_client zen.spamhaus.org"
POSTSCREEN = {"postscreen_dnsbl_sites": "zen.spamhaus.org", "postscreen_dnsbl_action": "enforce"}
POSTSCREEN |= {"postscreen_greet_wait": "1s"}
DEEP = {"postscreen_non_smtp_command_enable": "yes", "postscreen_greet_wait": "1s"}

TRIALS = {
    "unresolvable_client_hostname.address": Trial(
        UNKNOWN_CLIENT, 450, [POOL, {"client_addr": "198.51.100.14"}], [NAMELESS, POOL_2, RELAYING]
    ),
    "unresolvable_client_hostname.pool": Trial(
        UNKNOWN_CLIENT, 450, [POOL, POOL_2], [NAMELESS, FORGED, POOL | {"rcpt": "a@elsewhere.example", "code": 554}]
    ),
    "unresolvable_client_hostname.milder": Trial(UNKNOWN_CLIENT, 450, [POOL, FORGED], [NAMELESS]),
    "reverse_name_missing.address": Trial(
        PERMIT + "reject_unknown_reverse_client_hostname", 450, [{"client_addr": "198.51.100.14"}], [NAMELESS]
    ),
    "helo_invalid.address": Trial(
        PERMIT + "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname",
        504,
        [NAMED | {"helo": "WIN-9KD2"}, NAMED | {"helo": "bad..name", "code": 501}],
        [OTHER | {"helo": "WIN-9KD2"}, OTHER | {"helo": "bad..name", "code": 501}, RELAYING],
    ),
    "helo_unknown.address": Trial(
        UNKNOWN_HELO, 450, [NAMED | {"helo": "nowhere.example"}], [OTHER | {"helo": "nowhere.example"}]
    ),
    "helo_unknown.pool": Trial(
        UNKNOWN_HELO,
        450,
        [POOL, POOL_2 | {"helo": "omta0021.jcom.zaq.ne.jp"}],
        [OTHER | {"helo": "nowhere.example"}, OTHER | {"helo": "omta0014.jcom.zaq.ne.jp.evil.example"}],
    ),
    "helo_unknown.warn": Trial(UNKNOWN_HELO, 450, [OTHER | {"helo": "nowhere.example"}], []),
    "sender_domain_not_found.address": Trial(UNKNOWN_SENDER, 450, [ANNA | NAMED], [ANNA, RELAYING]),
    "sender_domain_not_found.domain": Trial(
        UNKNOWN_SENDER, 450, [ANNA, ANNA | {"mail_from": "carl@nowhere.example"}], [BERT]
    ),
    "sender_unverifiable.sender": Trial(
        PERMIT + "reject_unverified_sender", 450, [ANNA], [ANNA | {"mail_from": "carl@nowhere.example"}],
        {"address_verify_poll_delay": "1s"},
    ),
    "sender_rejected.sender": Trial(
        PERMIT + "check_sender_access hash:/etc/postfix/sender_access",
        554,
        [ANNA],
        [ANNA | {"mail_from": "carl@nowhere.example"}],
    ),
    "sender_login_mismatch.user": Trial(
        "",
        553,
        [OTHER | {"mail_from": "anna@nowhere.example", "login": "taro@shirao.example"}],
        [
            OTHER | {"mail_from": "anna@nowhere.example", "login": "hanako@shirao.example"},
            OTHER | {"mail_from": "hanako@shirao.example", "login": "taro@shirao.example"},
        ],
        {"smtpd_sasl_auth_enable": "yes", "smtpd_sender_restrictions": "reject_authenticated_sender_login_mismatch"},
    ),
    "own_domain_forged.reject": Trial(
        PERMIT.rstrip(", "),
        554,
        [OTHER, OTHER | {"mail_from": "taro@shirao.example", "login": "taro@shirao.example"}],
        [OTHER | {"mail_from": "taro@shirao.example"}],
        {"smtpd_sasl_auth_enable": "yes"},
        tightens=True,
    ),
    "own_domain_forged.address": Trial(
        PERMIT + "check_sender_access hash:/etc/postfix/own_domain",
        554,
        [NAMED | {"mail_from": "shop@shirao.example"}],
        [OTHER | {"mail_from": "shop@shirao.example"}, RELAYING],
    ),
    "user_unknown.alias": Trial(
        "",
        550,
        [OTHER | {"rcpt": "info@shirao.example"}],
        [OTHER | {"rcpt": "nobody@shirao.example"}],
    ),
    "dnsbl.address": Trial(ZEN, 554, [NAMED], [OTHER, RELAYING]),
    "dnsbl.dnswl": Trial(ZEN, 554, [NAMED], [OTHER, RELAYING]),
    "dnsbl.real_codes": Trial(ZEN, 554, [{"client_addr": "198.51.100.30", "client_name": "a.client.example"}], [OTHER]),
    "dnsbl.sender_domain": Trial(
        PERMIT + "reject_rhsbl_sender dbl.spamhaus.org", 554, [ANNA], [BERT]
    ),
    "auth_spf.address": Trial(
        RELAY_SAFE + "check_policy_service unix:private/policyd-spf", 550, [NAMED], [OTHER, RELAYING]
    ),
    "greylist.address": Trial(
        RELAY_SAFE + "check_policy_service inet:127.0.0.1:10023", 450, [NAMED], [OTHER, RELAYING]
    ),
    "greylist.pool": Trial(
        RELAY_SAFE + "check_policy_service inet:127.0.0.1:10023",
        450,
        [POOL | {"client_name": "omta0014.jcom.zaq.ne.jp"}],
        [POOL, FORGED, OTHER],
    ),
    "tls_required.may": Trial("encrypt", 530, [OTHER], []),
    "too_large.limit": Trial(
        "1000", 552, [OTHER | {"body": "x" * 2000}], [OTHER | {"body": "x" * 9000}]
    ),
    "local_policy.address": Trial(
        PERMIT + "check_client_access hash:/etc/postfix/client_access", 554, [NAMED], [OTHER, RELAYING]
    ),
    "rate_limit.address": Trial(
        "$mynetworks",
        450,
        [over_the_network(NAMED)],
        [over_the_network(OTHER)],
        {"smtpd_client_message_rate_limit": "1"},
        warm_up=True,
    ),
    "postscreen.address": Trial(
        "permit_mynetworks",
        550,
        [over_the_network(NAMED) | {"port": 2525}],
        [over_the_network(OTHER) | {"port": 2525}],
        POSTSCREEN,
    ),
    "postscreen.deep_tests_off": Trial(
        "yes", 450, [over_the_network(NAMED | {"client_addr": "198.51.100.40"}) | {"port": 2525}], [], DEEP
    ),
    "milter.address": Trial(
        "", 550, [over_the_network(NAMED)], [over_the_network(OTHER)], {"smtpd_milters": "inet:127.0.0.1:8891"}
    ),
    "milter.down": Trial("tempfail", 451, [over_the_network(OTHER)], [], {"smtpd_milters": "inet:127.0.0.1:8899"}),
}  # fmt: skip

RECORDS = {
    ("14.100.51.198.zen.spamhaus.org", "A"): ["127.0.0.4"],
    ("15.100.51.198.zen.spamhaus.org", "A"): ["127.0.0.10"],
    ("30.100.51.198.zen.spamhaus.org", "A"): ["127.255.255.254"],
    ("14.100.51.198.list.dnswl.org", "A"): ["127.0.5.2"],
    ("nowhere.example.dbl.spamhaus.org", "A"): ["127.0.1.2"],
    ("not-there.example.dbl.spamhaus.org", "A"): ["127.0.1.2"],
}
MAPS = {
    "hash:sender_access": "nowhere.example REJECT\n",
    "hash:client_access": "client.example REJECT\nother.example REJECT\n",
    "hash:own_domain": "shirao.example REJECT own domain without login\n",
}
MASTER_CF = """\
2525 inet n - n - 1 postscreen
smtpd pass - - n - - smtpd
dnsblog unix - - n - 0 dnsblog
tlsproxy unix - - n - 0 tlsproxy
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(maps=MAPS, records=RECORDS, master_cf=MASTER_CF) as lab:
        lab.policy(lab.unix_listener("private/policyd-spf"), lambda request: "550 5.7.23 SPF fail")
        lab.policy(lab.listener("127.0.0.1", 10023), lambda request: "450 4.2.0 Greylisted")
        lab.milter(8891, "550 5.7.1 Spam message rejected")
        yield lab


def _send(lab: Lab, mail: Mail) -> Reply:
    return lab.smtp(**{name: value for name, value in mail.items() if name != "code"})


def _apply(lab: Lab, change: PostfixChange) -> None:
    for table in change.tables:
        lab.path(table.path).write_text("\n".join(table.lines) + "\n")
    lab.set_lines(change.main_cf)
    for command in change.commands:
        if command == "postfix reload":
            lab.reload()
        else:
            lab.run("sh", "-c", command)


@pytest.mark.parametrize("change", all_changes(), ids=lambda change: change.id)
def test_exception(lab: Lab, change: PostfixChange) -> None:
    trial = TRIALS[change.id]
    settings = lab.main_cf
    try:
        lab.main_cf = settings | trial.settings | {change.parameter: trial.before}
        if change.id == "sender_unverifiable.sender":
            lab.mx("nowhere.example", "mx.nowhere.example", "192.0.2.200", saying(RCPT="550 5.1.1 no such user"))
        lab.write_main_cf()
        lab.reload()
        everybody = trial.welcome + trial.refused
        for mail in everybody if trial.warm_up else []:
            _send(lab, mail)
        for mail in everybody:
            reply = _send(lab, mail)
            expected = mail.get("code", trial.code)
            right = reply.accepted if trial.tightens else reply.code == expected
            assert right or mail.get("code") == 554, f"before the change: {mail}: {reply}"
        filled = change.filled(VALUES)
        assert filled is not None
        _apply(lab, filled)
        for mail in everybody if trial.warm_up else []:
            _send(lab, mail)
        for mail in trial.welcome:
            reply = _send(lab, mail)
            assert reply.accepted, f"not let in: {mail}: {reply}"
        for mail in trial.refused:
            reply = _send(lab, mail)
            assert reply.code == mail.get("code", trial.code), f"not refused any more: {mail}: {reply}"
        if filled.check:
            assert lab.run("sh", "-c", filled.check).strip() == filled.expect
    finally:
        lab.main_cf = settings


def test_every_exception_has_a_trial() -> None:
    assert set(TRIALS) == {change.id for change in all_changes()}


def test_ok_by_unverified_name_is_a_configuration_error(lab: Lab) -> None:
    """The recipe that is found everywhere, and why the exception for a pool says DUNNO."""
    settings = lab.main_cf
    try:
        lab.write_map("regexp:ok.regexp", "/^omta/ OK\n")
        entry = "check_reverse_client_hostname_access regexp:/etc/postfix/ok.regexp, reject_unknown_client_hostname"
        lab.main_cf = settings | {"smtpd_client_restrictions": entry}
        lab.write_main_cf()
        lab.reload()
        reply = _send(lab, POOL)
        assert (reply.code, reply.text) == (451, "Server configuration error")
    finally:
        lab.main_cf = settings
