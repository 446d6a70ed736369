"""One trouble of the server is one finding, as loud as the harm it does."""

from pathlib import Path

import pytest

from tests.triage.server_story import TROUBLES, findings, loud, told

# log of a real Postfix → severity and kind of its one finding; None: nothing above low
FIXTURES = {
    "about-to-expire": ("medium", "failure"),
    "address-in-use": ("high", "port_in_use"),
    "anvil-missing": ("medium", "internal_service_down"),
    "backwards-compatible": ("low", "deprecated_setting"),
    "bcc-to-nobody": ("high", "loops_back"),
    "bounces-to-nobody": ("low", "bounces_fail"),
    "certificate-expired": ("high", "tls_certificate_expired"),
    "certificate-missing": ("high", "tls_file_missing"),
    "clamav-socket-missing": ("medium", "milter_down"),
    "command-does-nothing": ("low", "mail_discarded"),
    "content-filter-down": ("high", "service_down"),
    "corrupt-queue-file": ("high", "queue_corrupt"),
    "daemon-killed": ("high", "postfix_crashes"),
    "deleted-by-hand": ("low", "postsuper_deleted"),
    "delivery-program-missing": ("high", "service_down"),
    "deprecated-restriction": ("low", "deprecated_setting"),
    "discarded": ("high", "mail_discarded"),
    "dnsbl-does-not-answer": ("low", "dead_blocklist"),
    "dnsblog-missing": ("medium", "internal_service_down"),
    "domain-listed-twice": ("high", "domain_listed_twice"),
    "expired": ("medium", "failure"),
    "filter-loop": ("medium", "mail_loops"),
    "ipv6-unreachable": ("low", "ipv6_unreachable"),
    "ldap-down": ("high", "database_down"),
    "login-asked-at-connect": ("high", "login_impossible"),
    "loops-back": ("high", "loops_back"),
    "mailbox-limit-smaller": ("high", "config_broken"),
    "mailboxes-down": ("high", "service_down"),
    "mailboxes-down-and-up": ("low", "service_down"),
    "maildrop-forgotten": ("medium", "queue_stuck"),
    "maildrop-permissions": ("high", "permissions"),
    "main-cf-number": ("high", "config_broken"),
    "main-cf-syntax": ("high", "config_broken"),
    "master-cf-syntax": ("high", "config_broken"),
    "milter-down": ("high", "milter_down"),
    "milter-down-accepted": ("medium", "milter_down"),
    "mysql-down": ("high", "database_down"),
    "name-without-dot": ("high", "identity_rejected"),
    "no-trouble": None,
    "no-worthy-mechanism": ("high", "missing_support"),
    "null-mx-elsewhere": ("low", "failure"),
    "null-mx-own-domain": ("high", "null_mx_ours"),
    "null-mx-sender": ("info", "refusal"),
    "one-destination-stuck": ("medium", "queue_clogged"),
    "origin-without-dot": ("high", "origin_not_set"),
    "out-of-memory": ("high", "out_of_memory"),
    "pgsql-down": ("high", "database_down"),
    "policy-program-missing": ("high", "policy_service_down"),
    "policy-service-down": ("high", "policy_service_down"),
    "port-25-blocked": ("high", "port_25_blocked"),
    "port-465-without-tls": ("high", "relayhost_wrong"),
    "postmap-forgotten": ("medium", "table_not_rebuilt"),
    "postscreen-cache-missing": ("medium", "cache_down"),
    "postscreen-dies": ("high", "config_broken"),
    "postscreen-under-stress": ("low", "all_ports_busy"),
    "process-limit": ("medium", "process_limit"),
    "proxy-filter-down": ("high", "filter_down"),
    "queue-disk-full": ("high", "disk_full"),
    "quiet-by-design": ("low", "dead_blocklist"),
    "relayhost-login-refused": ("high", "smarthost"),
    "relayhost-misspelt": ("high", "relayhost_wrong"),
    "resolver-down": ("high", "resolver_broken"),
    "rewrite-missing": ("high", "internal_service_down"),
    "rspamd-down": ("high", "milter_down"),
    "sasl-socket-missing": ("high", "auth_socket_missing"),
    "saslauthd-missing": ("high", "auth_socket_missing"),
    "table-missing": ("high", "table_missing"),
    "table-type-missing": ("high", "missing_support"),
    "tlsproxy-missing": ("medium", "internal_service_down"),
    "unknown-transport": ("high", "unknown_transport"),
    "unused-parameter": ("medium", "config_ignored"),
    "verify-cache-unwritable": ("high", "cache_down"),
    "web-server-not-in-mynetworks": ("medium", "own_programs_refused"),
}
# Two findings in one log: an alias loop and an alias to nobody.
TWO = {
    "alias-loop": {("medium", "alias_loop"), ("medium", "alias_broken")},
}


@pytest.mark.parametrize("name", TWO)
def test_two_troubles_stay_two(name: str) -> None:
    assert {(one.severity, one.kind) for one in loud(findings(TROUBLES / f"{name}.log"))} == TWO[name]


@pytest.mark.parametrize("name", FIXTURES)
def test_what_a_real_postfix_said(name: str) -> None:
    found = findings(TROUBLES / f"{name}.log")
    expected = FIXTURES[name]
    if expected is None:
        assert not found
        return
    severity, kind = expected
    assert [(one.severity, one.kind) for one in found if one.kind == kind] == [(severity, kind)]
    assert [one.kind for one in loud(found)] == ([kind] if severity in ("medium", "high") else [])


HURT = {
    "milter-down": 2,
    "policy-service-down": 1,
    "queue-disk-full": 1,
    "unknown-transport": 2,
    "relayhost-misspelt": 2,
}


@pytest.mark.parametrize("name", HURT)
def test_hurt_mail_is_counted_with_the_trouble_and_nowhere_else(name: str) -> None:
    found = findings(TROUBLES / f"{name}.log")
    assert [one.messages for one in loud(found)] == [HURT[name]]
    assert all(one.party.kind == "own_server" for one in found)


CRASH = [
    "06:00:{:02d} smtp[{}]: fatal: specify a password table via the `smtp_sasl_password_maps' configuration parameter",
    "06:00:{:02d} master[1]: warning: process /usr/lib/postfix/sbin/smtp pid {} exit status 1",
    "06:00:{:02d} master[1]: warning: /usr/lib/postfix/sbin/smtp: bad command startup -- throttling",
    "06:00:{:02d} qmgr[2]: warning: private/smtp socket: malformed response",
    "06:00:{:02d} qmgr[2]: warning: transport smtp failure -- see a previous warning/fatal/panic logfile record for the"
    " problem description",
]


def test_a_crash_loop_is_one_finding_led_by_its_cause(tmp_path: Path) -> None:
    lines = [line.format(second, second + 100) for second in range(20) for line in CRASH]
    lines.append("06:01:00 error[9]: 4F1A221463E: to=<a@b.example>, relay=none, delay=2, delays=1/1/0/0, dsn=4.3.0,"
                 " status=deferred (unknown mail transport error)")  # fmt: skip
    (one,) = told(tmp_path, lines)
    assert (one.severity, one.state, one.rule, one.count, one.messages) == (
        "high", "ongoing", "server.parameter-wanted", 20, 1,
    )  # fmt: skip
    assert "these daemons stop" in one.why
    assert one.evidence[0].text.endswith("configuration parameter")


def test_work_after_the_crashes_shows_that_it_is_over(tmp_path: Path) -> None:
    lines = [line.format(second, second + 100) for second in range(20) for line in CRASH]
    sent = "09:00:0{0} smtp[7]: 4F1A221463{0}: to=<a@b.example>, relay=mx.b.example[192.0.2.7]:25, status=sent (ok)"
    (one,) = told(tmp_path, [*lines, *map(sent.format, range(4))])
    assert (one.severity, one.state) == ("low", "recovered")


def test_many_objects_of_one_rule_are_one_finding(tmp_path: Path) -> None:
    line = (
        '06:01:{0:02d} qmgr[2]: warning: saving corrupt file "4F1A22146{0:02d}" from queue "active" to queue "corrupt"'
    )
    lines = [line.format(n) for n in range(40)]
    assert len([one for one in told(tmp_path, lines) if one.kind == "queue_corrupt"]) == 1


def test_one_milter_under_two_spellings_is_one_finding(tmp_path: Path) -> None:
    lines = [f"06:00:0{n} smtpd[2]: warning: connect to Milter service local:{slash}opendkim/opendkim.sock: "
             "No such file or directory" for n, slash in enumerate(["", "/", "", "/"])]  # fmt: skip
    (one,) = told(tmp_path, lines)
    assert (one.kind, one.count, one.party.id) == ("milter_down", 4, "milter_down unix:opendkim/opendkim.sock")


def test_a_brief_trouble_that_is_over_is_low(tmp_path: Path) -> None:
    line = "06:00:00 smtpd[2]: warning: connect to Milter service inet:127.0.0.1:8891: Connection refused"
    (one,) = told(tmp_path, [line, "12:00:00 smtpd[2]: warning: TLS library problem: error:0A00010B: x"])
    assert (one.severity, one.state) == ("low", "recovered")


def test_unknown_fatals_are_loud_when_a_daemon_stops_of_them(tmp_path: Path) -> None:
    lines = ["06:00:00 smtpd[100]: fatal: the moon is in the wrong house",
             "06:00:01 master[1]: warning: process /usr/lib/postfix/sbin/smtpd pid 100 exit status 1",
             "06:00:01 master[1]: warning: /usr/lib/postfix/sbin/smtpd: bad command startup -- throttling"]  # fmt: skip
    (one,) = told(tmp_path, lines)
    assert one.severity == "high"
    assert "the moon is in the wrong house" in one.title


def test_refusals_alone_show_a_full_disk(tmp_path: Path) -> None:
    line = ("06:00:0{0} smtpd[2]: NOQUEUE: reject: MAIL from mx{0}.friend.example[192.0.2.18{0}]: 452 4.3.1"
            " Insufficient system storage; from=<haru@friend.example> proto=ESMTP helo=<mx>")  # fmt: skip
    (one,) = told(tmp_path, [line.format(n) for n in range(5)])
    assert (one.severity, one.party.kind, one.cause) == ("high", "own_server", "system_error")
