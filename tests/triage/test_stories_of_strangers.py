"""What questions in forums are about: small logs of one trouble each, and what somebody would have answered."""

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
    check(Story("port 25", first_mail_times_out, (Expect("port_25_blocked", severity="medium"),)))


def relay_without_mechanism(log: Log) -> None:
    for _ in range(2):
        queue_id = log.take("localhost[127.0.0.1]", "shop@example.org")
        place = "smtp.provider.example[203.0.113.30]"
        words = f"SASL authentication failed; cannot authenticate to server {place}: no mechanism available"
        relay = f"{place}:587"
        log.deliver(queue_id, "carl@firm.example", relay, words, status="deferred", dsn="4.7.0", said=False)


def test_a_relay_that_offers_no_login_we_can_do_names_the_package() -> None:
    check(Story("relay", relay_without_mechanism, (Expect("smarthost", severity="high", says="libsasl2-modules"),)))
