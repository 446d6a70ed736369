"""What questions in forums are about: small logs of one trouble each, and what somebody would have answered."""

from collections.abc import Callable

import pytest

from tests.triage.stories import Expect, Log, Story, check

DEFERRED = "{0}: to=<{1}>, relay=dovecot, delay=0.1, delays=0/0/0/0.1, dsn=4.3.0, status=deferred (temporary failure)"
BOXED = (
    "{0}: to=<{1}>, relay=dovecot, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (delivered via dovecot service)"
)
DIED = (
    ("postfix/lmtp", "fatal: unknown service: private/boxes/tcp"),
    ("postfix/master", "warning: process /usr/lib/postfix/sbin/lmtp pid 2001 exit status 1"),
    ("postfix/qmgr", "warning: private/boxes-out socket: malformed response"),
    ("postfix/qmgr", "warning: transport boxes-out failure -- see a previous warning/fatal/panic logfile record for "
     "the problem description"),
)  # fmt: skip
IN_USE = "fatal: bind 0.0.0.0 port 25: Address already in use"


def own_program_shut_out(log: Log) -> None:
    log.refuse("localhost[127.0.0.1]", "shop@example.org", "carl@firm.example", "554 5.7.1 <{to}>: Relay access denied")


def test_one_mail_of_our_own_machine_that_may_not_go_out_is_worth_a_look() -> None:
    want = Expect("own_programs_refused", "relay_denied", "medium", says=r"mynetworks")
    check(Story("own program", own_program_shut_out, (want,)))


def socket_as_port(log: Log) -> None:
    for _ in range(3):
        for tag, text in DIED:
            log.say(tag, text)
        log.later(minutes=5)


def test_a_socket_without_unix_and_what_follows_of_it_is_one_finding() -> None:
    want = Expect("config_broken", severity="high", party="private/boxes", says="lmtp:unix:private/boxes")
    check(Story("socket", socket_as_port, (want,)))


def one_mailbox_waits(log: Log) -> None:
    for name in ("bea", "dan", "eve", "dan"):
        queue_id = log.take("mx.friend.example[198.51.100.7]", "ann@friend.example")
        words = DEFERRED if name == "bea" else BOXED
        log.say("postfix/pipe", words.format(queue_id, f"{name}@example.org"))
        log.later(minutes=1)


def all_mailboxes_wait(log: Log) -> None:
    for name in ("bea", "dan", "eve", "fay"):
        queue_id = log.take("mx.friend.example[198.51.100.7]", "ann@friend.example")
        log.say("postfix/pipe", DEFERRED.format(queue_id, f"{name}@example.org"))


def test_one_mailbox_that_waits_is_not_a_service_that_is_down() -> None:
    check(Story("one", one_mailbox_waits, (Expect("service_down", severity="medium", party="bea@example.org"),)))
    check(Story("all", all_mailboxes_wait, (Expect("service_down", severity="high", party="pipe (dovecot)"),)))


def machine_in_the_house(log: Log) -> None:
    log.family()
    no_name = "450 4.7.1 Client host rejected: cannot find your reverse hostname, [{ip}]"
    log.refuse("unknown[10.20.30.40]", "root@proxy.clinic.local", "bea@example.org", no_name, times=4)


def test_a_machine_in_the_private_network_is_no_stranger() -> None:
    want = Expect("own_machine_refused", severity="medium", party="10.20.30.40", says="mynetworks")
    check(Story("machine", machine_in_the_house, (want,)))


def started_in_the_end(log: Log) -> None:
    for _ in range(2):
        log.say("postfix/master", IN_USE).later(minutes=1)
    log.say("postfix/master", "daemon started -- version 3.7.11, configuration /etc/postfix")


def never_started(log: Log) -> None:
    log.say("postfix/master", "daemon started -- version 3.7.11, configuration /etc/postfix")
    log.say("postfix/master", IN_USE)


def test_a_port_in_use_is_over_once_master_runs() -> None:
    found = Story("over", started_in_the_end).findings()
    assert [(one.severity, one.state) for one in found if one.kind == "port_in_use"] == [("low", "recovered")]
    check(Story("not", never_started, (Expect("port_in_use", severity="high", state="ongoing"),)))


def first_mail_times_out(log: Log) -> None:
    queue_id = log.take("localhost[127.0.0.1]", "shop@example.org")
    host = "gmail-smtp-in.l.google.com[192.0.2.26]:25"
    reply = f"connect to {host}: Connection timed out"
    log.deliver(queue_id, "carl@gmail.com", "none", reply, status="deferred", dsn="4.4.1", delay=150)


def test_even_one_mail_to_a_great_provider_that_times_out_points_at_port_25() -> None:
    check(Story("port 25", first_mail_times_out, (Expect("port_25_blocked", severity="high"),)))


def relay_without_mechanism(log: Log) -> None:
    for _ in range(2):
        queue_id = log.take("localhost[127.0.0.1]", "shop@example.org")
        place = "smtp.provider.example[203.0.113.30]"
        words = f"SASL authentication failed; cannot authenticate to server {place}: no mechanism available"
        relay = f"{place}:587"
        log.deliver(queue_id, "carl@firm.example", relay, words, status="deferred", dsn="4.7.0", said=False)


def test_a_relay_that_offers_no_login_we_can_do_names_the_package() -> None:
    check(Story("relay", relay_without_mechanism, (Expect("smarthost", severity="high", says="libsasl2-modules"),)))


GONE = "connect to {host}[203.0.113.9]:25: Connection timed out"
SASL = "SASL authentication failed; server {host}[203.0.113.9] said: 535 5.7.8 Error: authentication failed"


def deferred(log: Log, to: str, reply: str, *, delay: int = 150, relay: str = "none", more: str = "") -> None:
    log.say(
        "postfix/smtp",
        f"{log.new_id()}: to=<{to}>,{more} relay={relay}, delay={delay}, delays={delay}/0/1/0, dsn=4.4.1, "
        f"status=deferred ({reply})",
    )


def last_line_of_a_long_wait(log: Log) -> None:
    log.family()
    deferred(log, "ann@slow.example", GONE.format(host="mx.slow.example"), delay=61_000)


def test_how_long_a_mail_waits_stands_in_its_line() -> None:
    check(Story("waits", last_line_of_a_long_wait, (Expect("failure", "network", "medium", party="slow.example"),)))


def nothing_answers(log: Log) -> None:
    for name in ("one.example", "two.example"):
        deferred(log, f"ann@{name}", GONE.format(host=f"mx.{name}"))


def test_two_strangers_that_time_out_and_nothing_that_answers_is_a_closed_port() -> None:
    check(Story("closed", nothing_answers, (Expect("port_25_blocked", severity="medium"),)))


def login_at_port_25(log: Log) -> None:
    deferred(log, "ann@friend.example", SASL.format(host="out.isp.example"), relay="out.isp.example[203.0.113.9]:25")


def test_whoever_asks_our_client_for_a_login_is_our_relay() -> None:
    want = Expect("smarthost", "auth_failed", "high", party="isp.example")
    check(Story("login", login_at_port_25, (want,)))


def root_leaves(log: Log) -> None:
    deferred(
        log, "root@mail.firm.example", GONE.format(host="mail.firm.example"), more=" orig_to=<root>,", delay=300_000
    )


def localhost_leaves(log: Log) -> None:
    deferred(log, "root@localhost.firm.example", "host mx.firm.example[203.0.113.9] said: 454 4.7.1 Relaying denied",
             more=" orig_to=<root@localhost>,", relay="mx.firm.example[203.0.113.9]:25")  # fmt: skip


def alias_of_root(log: Log) -> None:
    log.family()
    deferred(log, "root@firm.example", GONE.format(host="mx.firm.example"), more=" orig_to=<root>,")


def test_own_name_that_is_no_destination_is_told_from_an_alias() -> None:
    want = Expect("own_name_unknown", "config_error", "medium", party="firm.example")
    check(Story("root", root_leaves, (want,)))
    check(Story("localhost", localhost_leaves, (want,)))
    check(Story("alias", alias_of_root, ()))


def panel_without_login(log: Log) -> None:
    text = "553 5.7.1 <{sender}>: Sender address rejected: not logged in"
    log.refuse("unknown[172.18.0.5]", "panel@firm.example", "new@firm.example", text, helo="panel.firm.example")


def test_a_program_in_the_next_container_is_ours() -> None:
    want = Expect("device_without_login", "auth_required", "medium", party="panel@firm.example")
    check(Story("panel", panel_without_login, (want,)))


GREETING = (
    "{0}: host mx03.t-online.de[194.25.134.73] refused to talk to me: 554 IP=192.0.2.25 - A problem occurred. (BL)"
)


def refused_at_greeting(log: Log) -> None:
    log.family()
    log.say("postfix/smtp", GREETING.format(log.new_id()))


def next_host_takes_it(log: Log) -> None:
    log.family()
    queue_id = log.take("home.isp.example[203.0.113.4]", "bea@example.org", login="bea@example.org")
    log.say("postfix/smtp", GREETING.format(queue_id))
    log.deliver(queue_id, "ann@t-online.de", "mx02.t-online.de[194.25.134.9]:25").removed(queue_id)


def test_a_block_told_at_the_greeting_is_heard() -> None:
    check(Story("alone", refused_at_greeting, (Expect("early_warning", "ip_reputation", "medium"),)))
    check(Story("next", next_host_takes_it, ()))


def google_behind_the_gateway(log: Log) -> None:
    log.family()
    text = "450 4.7.25 Client host rejected: cannot find your hostname, [{ip}]"
    for number in (1, 2, 3):
        log.refuse("unknown[192.168.224.1]", "ann@friend.example", "bea@example.org", text,
                   helo=f"mail-ej1-x63{number}.google.com").later(hours=1)  # fmt: skip


def test_a_great_provider_has_no_private_address() -> None:
    check(Story("gateway", google_behind_the_gateway, (Expect("clients_hidden", severity="high"),)))


def expired(log: Log) -> None:
    log.family()
    log.say(
        "postfix/submission/smtpd",
        "warning: TLS library problem: error:0A000415:SSL routines::sslv3 alert certificate expired:"
        "../ssl/record/rec_layer_s3.c:1586:SSL alert number 45:",
    )


def idle_restriction(log: Log) -> None:
    log.family()
    log.say("postfix/smtpd", "warning: restriction `reject_sender_login_mismatch' ignored: no SASL support")
    log.say("postfix/sendmail", "fatal: Recipient addresses must be specified on the command line or via the -t option")


def test_an_expired_certificate_is_worth_a_look_and_slips_are_not() -> None:
    check(Story("expired", expired, (Expect("tls_certificate_expired", severity="medium"),)))
    check(Story("idle", idle_restriction, ()))


SUSPENDED = "delivery temporarily suspended: "


def login_refused_and_suspended(log: Log) -> None:
    log.family()
    deferred(log, "ann@friend.example", SUSPENDED + SASL.format(host="out.isp.example"))


def quota_of_the_relay(log: Log) -> None:
    log.family()
    text = "SASL authentication failed; server out.isp.example[203.0.113.9] said: 451 4.7.0 Too many mails"
    deferred(log, "ann@friend.example", SUSPENDED + text, delay=4000)


def test_all_mail_waits_where_the_relay_takes_none() -> None:
    want = Expect("smarthost", severity="high", party="isp.example")
    check(Story("suspended", login_refused_and_suspended, (want,)))
    quota = Story("quota", quota_of_the_relay, (Expect("smarthost", party="isp.example"),))
    assert [one.severity for one in quota.findings() if one.kind == "smarthost"] in (["medium"], ["high"])


def database_behind_a_table(log: Log) -> None:
    log.family()
    log.say("postfix/trivial-rewrite", "warning: mysql query failed: Unknown column 'active' in 'where clause'", 71)
    log.say("postfix/trivial-rewrite", "fatal: mysql:/etc/postfix/sql.cf(0,lock|fold_fix): table lookup problem", 71)
    log.say("postfix/smtpd", "warning: problem talking to service rewrite: Success")
    log.say("postfix/master", "warning: process /usr/lib/postfix/sbin/trivial-rewrite pid 71 exit status 1")
    log.say("postfix/master", "warning: /usr/lib/postfix/sbin/trivial-rewrite: bad command startup -- throttling")


def test_a_database_and_what_stops_for_it_are_one_finding() -> None:
    want = Expect("database_down", severity="high", says=r"trivial-rewrite")
    check(Story("database", database_behind_a_table, (want,)))


def wrong_clock(log: Log) -> None:
    log.family()
    log.say("postfix/pickup", f"warning: {log.new_id()}: message has been queued for 19000 days")


def test_a_mail_of_the_epoch_is_a_wrong_clock() -> None:
    check(Story("clock", wrong_clock, ()))


DENIED = "454 4.7.1 <{to}>: Relay access denied"


def container_that_may_not(log: Log) -> None:
    log.refuse("unknown[172.19.0.3]", "backup@firm.example", "carl@friend.example", DENIED, helo="d0c53e054ff4")


def probes_through_a_gateway(log: Log) -> None:
    log.refuse("unknown[172.19.0.1]", "test@firm.example", "carl@friend.example", DENIED, helo="x")
    for name in ("a", "b", "c", "d"):
        log.refuse("unknown[172.20.0.7]", f"{name}@{name}.example", "carl@friend.example", DENIED, helo="x")


def own_name_in_the_hosts_file(log: Log) -> None:
    log.refuse("mail[198.51.100.7]", "shop@firm.example", "carl@friend.example", DENIED, helo="mail.firm.example")


def test_a_neighbour_is_told_from_who_comes_through_the_gateway() -> None:
    want = Expect("own_programs_refused", "relay_denied", "medium", party="172.19.0.3", says="mynetworks")
    check(Story("neighbour", container_that_may_not, (want,)))
    check(Story("gateway", probes_through_a_gateway, ()))
    check(Story("hosts", own_name_in_the_hosts_file, (Expect("own_programs_refused", "relay_denied", "medium"),)))


def filter_without_tls(log: Log) -> None:
    log.family()
    queue_id = log.take("home.isp.example[203.0.113.4]", "bea@example.org", login="bea@example.org")
    log.say(
        "postfix/amavis/smtp",
        f"{queue_id}: to=<ann@friend.example>, relay=127.0.0.1[127.0.0.1]:10026, delay=1, delays=1/0/0/0, dsn=4.7.4, "
        "status=deferred (TLS is required, but was not offered by host 127.0.0.1[127.0.0.1])",
    )


def test_tls_demanded_of_our_own_filter_stops_all_mail() -> None:
    want = Expect("service_down", severity="high", party="127.0.0.1:10026", says="smtp_tls_security_level")
    check(Story("filter", filter_without_tls, (want,)))


def alias_with_a_path(log: Log) -> None:
    queue_id = log.take("mx.friend.example[198.51.100.7]", "ann@friend.example")
    log.say(
        "postfix/error",
        f"{queue_id}: to=<bea@example.org/>, orig_to=<bea@example.org>, relay=none, delay=1, dsn=5.1.3, "
        "status=bounced (bad address syntax)",
    )


def test_an_alias_that_makes_no_address_is_ours_to_mend() -> None:
    check(Story("alias", alias_with_a_path, (Expect("alias_broken", severity="medium", says="bea@example.org/"),)))


NO_SUCH = "Host or domain name not found. Name service error for name={name} type={type}: Host not found"


def root_leaves_for_no_domain(log: Log) -> None:
    log.family()
    queue_id = log.take("home.isp.example[203.0.113.4]", "app@box.firm.example")
    log.say(
        "postfix/smtp",
        f"{queue_id}: to=<root@box.firm.example>, orig_to=<root>, relay=none, delay=1, delays=1/0/0/0, dsn=5.4.4, "
        f"status=bounced ({NO_SUCH.format(name='box.firm.example', type='A')})",
    )


def test_root_of_a_name_that_nobody_knows() -> None:
    check(Story("root", root_leaves_for_no_domain, (Expect("own_name_unknown", severity="medium"),)))


def great_name_not_found(log: Log) -> None:
    deferred(log, "ann@gmail.com", NO_SUCH.format(name="gmail.com", type="MX") + ", try again", delay=24)


def relay_at_587_is_silent(log: Log) -> None:
    log.family()
    deferred(log, "ann@friend.example", "connect to smtp.provider.example[203.0.113.9]:587: Connection refused")


def test_one_mail_is_enough_where_it_stands_for_all() -> None:
    want = Expect("failure", "dns_failure", "medium", fault="ours")
    check(Story("dns", great_name_not_found, (want,)))
    check(Story("relay", relay_at_587_is_silent, (Expect("smarthost", "network", "medium"),)))


def saslauthd_gone(log: Log) -> None:
    log.family()
    log.say(
        "postfix/smtpd", "warning: SASL authentication failure: cannot connect to saslauthd server: Permission denied"
    )
    log.say("postfix/smtpd", "warning: unknown[192.168.0.34]: SASL PLAIN authentication failed: generic failure")


def laptop_with_an_old_password(log: Log) -> None:
    log.family()
    for _ in range(2):
        log.say(
            "postfix/smtpd", "warning: laptop[192.168.0.4]: SASL PLAIN authentication failed: authentication failure"
        )


def test_logins_that_fail_for_our_own_reasons() -> None:
    check(Story("saslauthd", saslauthd_gone, (Expect("auth_socket_missing", severity="high"),)))
    findings = Story("laptop", laptop_with_an_old_password).findings()
    assert [one.severity for one in findings if one.kind == "local_logins_fail"] == ["low"]


def accounts_unreadable(log: Log) -> None:
    log.family()
    log.say("postfix/proxymap", "warning: cannot access UNIX password database: Permission denied")
    log.refuse("mx.friend.example[198.51.100.7]", "ann@friend.example", "bea@example.org",
               "451 4.3.0 <{to}>: Temporary lookup failure")  # fmt: skip


def service_by_a_wrong_name(log: Log) -> None:
    log.family()
    log.say("postfix/smtpd", "fatal: host/service policy.firm.example/12340 not found: Name or service not known")
    log.say("postfix/master", "warning: process /usr/lib/postfix/sbin/smtpd pid 2001 exit status 1")


def master_dies(log: Log) -> None:
    log.say("postfix/master", "fatal: remove public/pickup: Invalid argument")


def test_what_stops_everything_is_high() -> None:
    check(Story("accounts", accounts_unreadable, (Expect("database_down", severity="high"),)))
    check(Story("service", service_by_a_wrong_name, (Expect("config_broken", severity="high"),)))
    check(Story("master", master_dies, (Expect(severity="high"),)))


def next_host_for_a_full_mailbox(log: Log) -> None:
    log.family()
    full = "host mx{0}.friend.example[198.51.100.{0}] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command)"
    queue_id = log.take("home.isp.example[203.0.113.4]", "bea@example.org", login="bea@example.org")
    log.say("postfix/smtp", f"{queue_id}: {full.format(1)}")
    relay = "mx2.friend.example[198.51.100.2]:25"
    log.deliver(queue_id, "ann@friend.example", relay, full.format(2), status="deferred", dsn="4.2.2", said=False)


def test_what_each_host_of_a_receiver_says_is_told_once() -> None:
    findings = Story("full", next_host_for_a_full_mailbox).findings()
    assert [one.cause for one in findings if one.severity != "info"] == ["mailbox_full"]


def credits_used_up(log: Log) -> None:
    for _ in range(2):
        queue_id = log.take("home.isp.example[203.0.113.4]", "bea@example.org", login="bea@example.org")
        reply = (
            "delivery temporarily suspended: SASL authentication failed; server smtp.sendgrid.net[192.0.2.7] said: 451 "
            "Authentication failed: Maximum credits exceeded"
        )
        log.deliver(queue_id, "ann@friend.example", "none", reply, status="deferred", dsn="4.0.0")


def relay_next_door_refuses_our_login(log: Log) -> None:
    queue_id = log.take("pc[192.168.9.1]", "bea@example.org")
    reply = "SASL authentication failed; server 192.168.45.120[192.168.45.120] said: 535 5.7.8 authentication failed"
    log.deliver(queue_id, "ann@friend.example", "none", reply, status="deferred", dsn="4.7.8")


def test_a_relay_that_lets_us_in_no_more_is_high() -> None:
    check(Story("credits", credits_used_up, (Expect("smarthost", "rate_limit", "high"),)))
    check(Story("next door", relay_next_door_refuses_our_login, (Expect("smarthost", "auth_failed", "high"),)))


def no_name_behind_our_address(log: Log) -> None:
    for number in range(2):
        queue_id = log.take("home.isp.example[203.0.113.4]", "bea@example.org", login="bea@example.org")
        host = f"host mx{number}.friend.example[198.51.100.{number}]"
        why = "421 Refused. Your reverse DNS entry does not resolve to an IP."
        log.say("postfix/smtp", f"{queue_id}: {host} refused to talk to me: {why}")


def own_client_list_refuses(log: Log) -> None:
    log.refuse("localhost[127.0.0.1]", "shop@example.org", "carl@firm.example",
               "554 5.7.1 <localhost[127.0.0.1]>: Client host rejected: Access denied")  # fmt: skip


def test_turned_away_at_the_greeting_and_by_our_own_list() -> None:
    check(Story("name", no_name_behind_our_address, (Expect("early_warning", "reverse_dns", "medium"),)))
    check(Story("list", own_client_list_refuses, (Expect("own_programs_refused", severity="medium"),)))


def maildirs_of_root(log: Log) -> None:
    log.family()
    queue_id = log.take("mx.friend.example[198.51.100.7]", "ann@friend.example")
    why = "create maildir file /var/vmail/bea/tmp/1712784886.P99.mx1: Permission denied"
    log.say("postfix/virtual", f"warning: maildir access problem for UID/GID=5000/5000: {why}")
    log.say("postfix/virtual", "warning: perhaps you need to create the maildirs in advance")
    fields = "to=<bea@example.org>, relay=virtual, delay=0.1, delays=0.1/0/0/0, dsn=4.2.0, status=deferred"
    log.say("postfix/virtual", f"{queue_id}: {fields} (maildir delivery failed: {why})")


def settings_gone(log: Log) -> None:
    for _ in range(3):
        log.say("postfix/sendmail", "fatal: open /etc/postfix/main.cf: No such file or directory")


def sender_on_a_list(log: Log) -> None:
    reply = "550 Access denied (sender blacklisted)"
    log.send("bea@example.org", "ann@friend.example", "mx.friend.example[198.51.100.7]:25", reply,
             status="bounced", dsn="5.0.0")  # fmt: skip


def test_mailboxes_that_cannot_be_written_are_one_finding_and_settings_that_are_gone_are_high() -> None:
    check(Story("maildirs", maildirs_of_root, (Expect("mailbox_permissions", severity="high"),)))
    check(Story("settings", settings_gone, (Expect("config_broken", severity="high"),)))
    assert [one.cause for one in Story("listed", sender_on_a_list).findings() if one.severity != "info"] == [
        "sender_rejected"
    ]


def address_book_slip(log: Log) -> None:
    log.family()
    log.take("unknown[198.51.100.40]", "bea@example.org", login="bea@example.org")
    log.say(
        "postfix/smtpd", "warning: Illegal address syntax from unknown[198.51.100.40] in RCPT command: <ann@a, b@b>"
    )
    log.say("postfix/smtpd", "warning: Illegal address syntax from unknown[203.0.113.77] in RCPT command: <-x@host>")


def test_a_user_whose_recipient_is_no_address_is_told_from_a_scanner() -> None:
    found = Story("slip", address_book_slip).findings()
    assert {(one.fault, one.own_users) for one in found if one.kind == "illegal_address"} == {
        ("our_user", ("bea@example.org",)), ("sender", ())
    }  # fmt: skip


def alias_to_a_word(log: Log) -> None:
    queue_id = log.take("mx.friend.example[198.51.100.7]", "ann@friend.example")
    fields = "to=<team@net>, orig_to=<team@example.org>, relay=none, delay=0.2, delays=0.2/0/0/0, dsn=4.4.1"
    log.say(
        "postfix/smtp", f"{queue_id}: {fields}, status=deferred (connect to net[203.0.113.5]:25: Connection refused)"
    )


def test_an_alias_to_a_bare_word_is_our_fault() -> None:
    check(Story("word", alias_to_a_word, (Expect("alias_broken", severity="medium", fault="ours"),)))


def one_mail_is_put_off(log: Log) -> None:
    queue_id = log.take("mx.friend.example[198.51.100.7]", "ann@friend.example")
    relay = "mail[private/dovecot-lmtp]"
    fields = f"to=<bea@example.org>, relay={relay}, delay=0.7, delays=0.7/0/0/0, dsn=4.3.0, status=deferred"
    reply = f"host {relay} said: 451 4.3.0 Temporary internal failure (in reply to end of DATA command)"
    log.say("postfix/lmtp", f"{queue_id}: {fields} ({reply})")


def test_a_service_that_answers_and_puts_one_mailbox_off_is_medium() -> None:
    check(Story("mailbox", one_mail_is_put_off, (Expect("service_down", severity="medium"),)))


def provider_brings_mail_for_a_domain_in_no_table(log: Log) -> None:
    words = "454 4.7.1 <{to}>: Relay access denied"
    log.refuse("mout-p-101.mailbox.org[198.51.100.15]", "ann@friend.example", "bea@verein.example", words)


def pc_meets_a_recipient_rule(log: Log) -> None:
    words = "554 5.7.1 <{to}>: Recipient address rejected: Access denied"
    log.refuse("pc.firm.example[192.168.10.107]", "bea@firm.example", "bea@firm.example", words, helo="pc")


def smtpd_cannot_be_reached(log: Log) -> None:
    for _ in range(4):
        log.later(10).say("postfix/postscreen", "warning: timeout sending connection to service private/smtpd", 99)


def integrity_check_fails(log: Log) -> None:
    for _ in range(2):
        log.say("postfix/postfix-script", "fatal: Postfix integrity check failed!")
        log.later(5).say("postfix/postsuper", "fatal: scan_dir_push: open directory defer: Permission denied")


def filter_before_the_queue_is_down(log: Log) -> None:
    log.say("postfix/smtpd", "warning: connect to proxy filter 127.0.0.1:10025: Connection refused", 77)
    refusal = "451 4.3.0 Error: queue file write error; from=<a@friend.example> to=<bea@example.org> proto=ESMTP"
    log.say("postfix/smtpd", f"proxy-reject: END-OF-MESSAGE: {refusal} helo=<mx.friend.example>", 77)


def asked_through_proxymap(log: Log) -> None:
    for program, name in (("trivial-rewrite", "transport"), ("smtpd", "login"), ("smtpd", "access")):
        log.say(
            f"postfix/{program}", f'fatal: proxymap service is not configured for table "pgsql:/etc/postfix/{name}"'
        )


def restarted_by_a_watchdog(log: Log) -> None:
    for _ in range(4):
        log.later(120).say("postfix/master", "daemon started -- version 3.7.6, configuration /etc/postfix")
        log.later(20).say("postfix/master", "terminating on signal 15")


def cache_cannot_be_read(log: Log) -> None:
    log.say("postfix/postscreen", "fatal: error reading /var/lib/postfix/postscreen_cache.db: Unknown error -30986")
    log.say("postfix/master", "warning: process /usr/lib/postfix/sbin/postscreen pid 7 exit status 1")
    log.say("postfix/master", "warning: /usr/lib/postfix/sbin/postscreen: bad command startup -- throttling")


def program_forgets_to_log_in(log: Log) -> None:
    words = "554 5.7.1 <{helo}>: Client host rejected: Access denied"
    log.refuse("dsl-7.isp.example[198.51.100.60]", "bea@verein.example", "ann@friend.example", words,
               helo="[192.168.0.41]", service="postfix/submission/smtpd", times=2)  # fmt: skip


def own_name_is_not_owned(log: Log) -> None:
    words = "553 5.7.1 <bea@example.org>: Sender address rejected: not owned by user bea@example.org"
    log.refuse("dsl-7.isp.example[198.51.100.60]", "bea@example.org", "ann@friend.example", words,
               service="postfix/submission/smtpd")  # fmt: skip


def alias_in_a_circle(log: Log) -> None:
    queue_id = log.take("mx.friend.example[198.51.100.7]", "ann@friend.example")
    fields = "to=<info@example.org>, relay=local, delay=0.1, delays=0.1/0/0/0, dsn=5.4.6, status=bounced"
    log.say("postfix/local", f"{queue_id}: {fields} (mail forwarding loop for info@example.org)")


def queue_without_fifos(log: Log) -> None:
    for _ in range(3):
        log.later(60).say("postfix/master", "warning: master_wakeup_timer_event: service pickup(public/pickup): Invalid argument")  # fmt: skip  # noqa: E501


def private_server_behind_is_down(log: Log) -> None:
    why = "connect to exchange.intern[10.0.0.9]:25: Connection refused"
    for to in ("bea@example.org", "dan@example.org"):
        queue_id = log.take("mx.friend.example[198.51.100.7]", "ann@friend.example")
        fields = f"to=<{to}>, relay=none, delay=900, delays=900/0/0/0, dsn=4.4.1, status=deferred"
        log.later(60).say("postfix/smtp", f"{queue_id}: {fields} ({why})")


def probes_meet_a_server_that_is_down(log: Log) -> None:
    why = "connect to exchange.intern[10.0.0.9]:25: Connection refused"
    words = "450 4.1.1 <{to}>: Recipient address rejected: unverified address: " + why
    log.refuse("mout.gmx.net[198.51.100.20]", "ann@gmx.net", "bea@example.org", words)
    log.refuse("mx.friend.example[198.51.100.7]", "tom@friend.example", "dan@example.org", words)


def mailbox_without_an_owner(log: Log) -> None:
    queue_id = log.take("mx.friend.example[198.51.100.7]", "ann@friend.example")
    log.say("postfix/virtual", "warning: recipient bea@example.org: not found in virtual_uid_maps")
    fields = "to=<bea@example.org>, relay=virtual, delay=0.6, delays=0.5/0/0/0.1, dsn=4.3.5, status=deferred"
    log.say("postfix/virtual", f"{queue_id}: {fields} (mail system configuration error)")


def program_meets_a_rule(log: Log) -> None:
    words = "550 5.7.1 <{to}>: Recipient address rejected: no mail from the shop"
    log.refuse("localhost[127.0.0.1]", "shop@example.org", "ann@friend.example", words, helo="localhost")


@pytest.mark.parametrize(
    ("write", "want"),
    [
        (provider_brings_mail_for_a_domain_in_no_table, Expect("domain_not_set_up", severity="medium")),
        (pc_meets_a_recipient_rule, Expect("own_programs_refused", severity="medium", fault="ours")),
        (smtpd_cannot_be_reached, Expect("internal_service_down", severity="medium")),
        (integrity_check_fails, Expect("file_error", severity="high")),
        (filter_before_the_queue_is_down, Expect("filter_down", severity="high")),
        (asked_through_proxymap, Expect("config_broken", severity="high")),
        (private_server_behind_is_down, Expect("failure", severity="high", fault="ours")),
        (probes_meet_a_server_that_is_down, Expect("server", severity="medium", fault="ours")),
        (mailbox_without_an_owner, Expect("config_broken", severity="high")),
        (program_meets_a_rule, Expect("own_programs_refused", severity="medium", fault="ours")),
        (own_name_is_not_owned, Expect("own_user_refused", severity="medium", fault="ours")),
        (alias_in_a_circle, Expect("alias_broken", severity="medium", fault="ours")),
        (queue_without_fifos, Expect("permissions", severity="high")),
        (restarted_by_a_watchdog, Expect("restarts", severity="medium")),
        (cache_cannot_be_read, Expect("cache_down", severity="high")),
        (program_forgets_to_log_in, Expect("device_without_login", severity="medium", fault="our_user")),
    ],
)
def test_one_trouble_is_one_finding(write: Callable[[Log], None], want: Expect) -> None:
    findings = Story("one", write).findings()
    assert [want.fits(one) for one in findings if one.severity in ("medium", "high")] == [True], findings


def admin_restarts(log: Log) -> None:
    for _ in range(5):
        log.later(60).say("postfix/postfix-script", "stopping the Postfix mail system")
        log.say("postfix/master", "terminating on signal 15")
        log.say("postfix/master", "daemon started -- version 3.7.6, configuration /etc/postfix")


def test_an_admin_who_restarts_hears_nothing_of_it() -> None:
    assert Story("restarts", admin_restarts).findings() == ()


def killed_once(log: Log) -> None:
    log.say("postfix/master", "warning: process /usr/lib/postfix/sbin/smtpd pid 4242 killed by signal 9")
    log.later(minutes=10).take("mx.friend.example[198.51.100.7]", "ann@friend.example")


def test_a_daemon_that_was_killed_once_and_works_again_is_low() -> None:
    (one,) = Story("killed", killed_once).findings()
    assert (one.kind, one.state, one.severity) == ("postfix_crashes", "recovered", "low")
