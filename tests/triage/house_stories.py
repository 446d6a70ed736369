# ruff: noqa: E501  (what servers say is long)
"""Stories in which the fault is in the house, though the words of the refusal blame somebody else."""

from tests.triage.stories import GREYLISTED, LISTED, NO_USER, SENDER_UNKNOWN, UNKNOWN_NAME, Expect, Log, Story

SPF_FAIL = "550 5.7.23 <{to}>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id={sender};ip={ip}"
PROBE = "550 5.1.7 <{sender}>: Sender address rejected: undeliverable address: host mx.{at}[198.51.100.77] said: 550 5.7.1 Sender verification refused (in reply to RCPT TO command)"
GMAIL = "gmail-smtp-in.l.google.com[142.250.27.26]:25"
GMAIL_SPAM = "550-5.7.1 [192.0.2.25      12] Gmail has detected that this message is likely 550-5.7.1 unsolicited mail. To reduce the amount of spam sent to Gmail, this 550-5.7.1 message has been blocked. 550 5.7.1 https://support.google.com/mail/?p=UnsolicitedMessageError a1 - gsmtp"
YAHOO = "mta5.am0.yahoodns.net[98.136.96.91]:25"
DMARC = "550-5.7.26 Unauthenticated email from gmail.com is not accepted due to domain's 550-5.7.26 DMARC policy. 550 5.7.26 https://support.google.com/mail/?p=DmarcRejection a1 - gsmtp"
NOT_FOUND = "Host or domain name not found. Name service error for name={at} type=AAAA: Host not found"


def checks_before_logins(log: Log) -> None:
    """One list in the wrong order: home lines are on blocklists and have no names."""
    log.family().spam()
    for number in range(12):
        user = ("bea", "cara", "dan")[number % 3]
        log.later(minutes=40)
        log.refuse(
            "unknown[203.0.113.9]", f"{user}@example.org", "ann@friend.example", (UNKNOWN_NAME, LISTED)[number % 2],
            helo="[192.168.2.11]", service="postfix/submission/smtpd",
        )  # fmt: skip


def forwarder_keeps_the_sender(log: Log) -> None:
    log.family().spam()
    for number in range(8):
        user = ("bea", "cara")[number % 2]
        log.later(hours=1).send(
            f"{user}@example.org", "hans@alumni.college.example", "mx.alumni.college.example[198.51.100.40]:25"
        )
        log.refuse("mx.alumni.college.example[198.51.100.40]", f"{user}@example.org", "dan@example.org", SPF_FAIL)


def root_at_a_private_name(log: Log) -> None:
    log.family().spam()
    for _ in range(4):
        queue_id = log.later(hours=2).new_id()
        log.say("postfix/pickup", f"{queue_id}: uid=0 from=<root>")
        log.say("postfix/qmgr", f"{queue_id}: from=<root@mail.localdomain>, size=600, nrcpt=1 (queue active)", 700)
        log.deliver(
            queue_id,
            "root@files.localdomain",
            "none",
            NOT_FOUND.format(at="files.localdomain"),
            status="bounced",
            dsn="5.4.4",
        ).removed(queue_id)


def relay_on_port_25(log: Log) -> None:
    log.family().spam()
    for number in range(12):
        log.later(minutes=30).send(
            "bea@example.org",
            ("ann@gmail.com", "tim@outlook.com", "zoe@paper.example")[number % 3],
            "relay.provider.example[198.51.100.30]:25",
        )


def numbered_recipients(log: Log) -> None:
    log.family().spam()
    for number in range(10):
        log.later(minutes=30)
        how = {"status": "bounced", "dsn": "5.1.1"} if number == 5 else {}
        log.send(
            "bea@example.org",
            f"customer{number}@shop.example",
            "mx.shop.example[198.51.100.31]:25",
            "550 5.1.1 User unknown" if how else "250 ok",
            **how,
        )


def account_of_a_website(log: Log) -> None:
    log.family().spam()
    for number in range(40):
        queue_id = log.later(20).new_id()
        log.say("postfix/pickup", f"{queue_id}: uid=1042 from=<u1042>")
        log.say("postfix/qmgr", f"{queue_id}: from=<u1042@mail.example.org>, size=600, nrcpt=1 (queue active)", 700)
        name, relay = (("gmail.com", GMAIL), ("yahoo.com", YAHOO))[number % 2]
        log.deliver(
            queue_id,
            f"w{number}@{name}",
            relay,
            "554 5.7.1 Message rejected as spam",
            status="bounced",
            dsn="5.7.1",
            command="end of DATA",
        ).removed(queue_id)


def probes_meet_closed_doors(log: Log) -> None:
    log.family().spam()
    for number in range(12):
        at = ("insurance.example", "clinic.example", "glass.example")[number % 3]
        log.later(minutes=50).refuse(
            f"mail.{at}[198.51.100.{70 + number % 3}]", f"service@{at}", "bea@example.org", PROBE.replace("{at}", at)
        )


def users_write_to_a_domain_that_moved(log: Log) -> None:
    log.family().spam()
    for number in range(6):
        user = ("bea", "cara", "dan")[number % 3]
        log.later(hours=1).refuse(
            "home.isp.example[203.0.113.9]", f"{user}@example.org", "info@moved.example", NO_USER, service="postfix/submission/smtpd",
        )  # fmt: skip


def resolver_fails_on_a_quiet_server(log: Log) -> None:
    """Few mails an hour, and still nobody's domain is found."""
    log.family()
    senders = ("kim@t-online.de", "lee@gmail.com", "ann@paper.example", "max@gmx.de", "pat@law.example")
    hosts = (
        "mailout12.t-online.de",
        "mail-ej1-f41.google.com",
        "mail.paper.example",
        "mout.gmx.net",
        "mail.law.example",
    )
    for number in range(20):
        log.later(minutes=45)
        log.refuse(
            f"unknown[198.51.100.{number % 5 + 80}]",
            senders[number % 5],
            "bea@example.org",
            SENDER_UNKNOWN,
            helo=hosts[number % 5],
        )


def greylisting_takes_hours(log: Log) -> None:
    log.family()
    for day in (6, 7, 8):
        log.at("09:00", day)
        for turn in range(6):
            ip = f"40.107.{20 + turn % 3}.{50 + turn + day}"
            client = f"mail-am6eur05on20{50 + turn}.outbound.protection.outlook.com[{ip}]"
            log.refuse(client, "ann@hotel.example", "bea@example.org", GREYLISTED).later(minutes=25)
        log.accept(client, "ann@hotel.example", "bea@example.org")


def srs_forwards_spam(log: Log) -> None:
    log.family()
    for number in range(12):
        queue_id = log.later(minutes=20).take(
            f"mx.deal{number}.example[198.51.100.{90 + number}]", f"SRS0=aB3x=7K=deal{number}.example=win@example.org"
        )
        reply = f"host gmail-smtp-in.l.google.com[142.250.27.26] said: {GMAIL_SPAM} (in reply to end of DATA command)"
        log.say(
            "postfix/smtp",
            f"{queue_id}: to=<zoe@gmail.com>, orig_to=<press@example.org>, relay={GMAIL}, delay=1, delays=0.1/0/0.4/0.5, dsn=5.7.1, status=bounced ({reply})",
        ).removed(queue_id)


def burst_from_new_places(log: Log) -> None:
    for day in (6, 7):
        log.at("09:00", day)
        for _ in range(3):
            log.later(hours=1).send("bea@example.org", "ann@friend.example", "mx.friend.example[198.51.100.9]:25")
    log.at("03:00", 8)
    for number in range(90):
        queue_id = log.later(25).take(
            f"unknown[{('41.190.3.7', '102.89.22.8', '197.210.54.1')[number % 3]}]",
            "bea@example.org",
            login="bea@example.org",
        )
        log.deliver(queue_id, f"w{number}@friend.example", "mx.friend.example[198.51.100.9]:25").removed(queue_id)


def form_writes_as_its_visitors(log: Log) -> None:
    log.family()
    for number in range(6):
        queue_id, sender = log.later(hours=1).new_id(), f"visitor{number}@gmail.com"
        log.say("postfix/pickup", f"{queue_id}: uid=33 from=<{sender}>")
        log.say("postfix/qmgr", f"{queue_id}: from=<{sender}>, size=600, nrcpt=1 (queue active)", 700)
        log.deliver(
            queue_id, "office@gmail.com", GMAIL, DMARC, status="bounced", dsn="5.7.26", command="end of DATA"
        ).removed(queue_id)


def relay_knows_no_connector(log: Log) -> None:
    log.family()
    relay = "example-org.mail.protection.outlook.com[52.101.68.5]:25"
    for number in range(9):
        to = ("ann@gmail.com", "tim@gmx.de", "zoe@paper.example")[number % 3]
        log.later(hours=1).send(
            "bea@example.org",
            to,
            relay,
            "550 5.7.64 TenantAttribution; Relay Access Denied [FR2DEU01FT010.eop-deu01.prod.protection.outlook.com]",
            status="bounced",
            dsn="5.7.64",
        )


def telephone_with_an_old_password(log: Log) -> None:
    """Its address changes from hour to hour, its carrier does not."""
    log.family().send("bea@example.org", "ann@friend.example", "mx.friend.example[198.51.100.9]:25")
    for number in range(40):
        ip = f"198.18.{96 + number % 6}.{number * 5 + 3}"
        log.later(minutes=20).failed_login(
            f"m-{96 + number % 6}-{number * 5 + 3}.customers.carrier.example[{ip}]", "bea@example.org"
        )


def script_fails_now_and_then(log: Log) -> None:
    """A mail every few hours, each refused; the log ends between two of them."""
    log.family()
    for _ in range(9):
        queue_id = log.later(hours=5).new_id()
        log.say("postfix/qmgr", f"{queue_id}: from=<www-data@web.localdomain>, size=600, nrcpt=1 (queue active)", 700)
        log.deliver(
            queue_id,
            "tim@gmx.de",
            "mx00.emig.gmx.net[212.227.15.9]:25",
            "550 5.1.8 <www-data@web.localdomain>: Sender address rejected: Domain not found",
            status="bounced",
            dsn="5.1.8",
        ).removed(queue_id)
    log.later(hours=3).accept("mx1.friend.example[198.51.100.2]", "ann@friend.example", "bea@example.org")


def forwarding_leads_in_a_circle(log: Log) -> None:
    log.family()
    for _ in range(6):
        queue_id = log.later(hours=1).take("mx1.friend.example[198.51.100.2]", "ann@friend.example")
        log.say(
            "postfix/smtp",
            f"{queue_id}: to=<youth@club.example>, orig_to=<youth@example.org>, relay=mx.club.example[198.51.100.44]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=5.4.14, status=bounced (host mx.club.example[198.51.100.44] said: 554 5.4.14 Hop count exceeded - possible mail loop (in reply to end of DATA command))",
        ).removed(queue_id)


def a_list_by_way_of_a_provider(log: Log) -> None:
    """Microsoft asks Spamhaus and says so: one list, not two operators."""
    log.family()
    says = (
        (
            "ann@one.example",
            "mx.one.example[198.51.100.51]:25",
            "554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.25",
        ),
        (
            "tim@hotmail.com",
            "hotmail-com.olc.protection.outlook.com[52.101.40.3]:25",
            "550 5.7.1 Service unavailable, Client host [192.0.2.25] blocked using Spamhaus. To request removal from this list see https://www.spamhaus.org/query/ip/192.0.2.25 (AS3130). [AM6 2026]",
        ),
    )
    for number in range(8):
        to, relay, reply = says[number % 2]
        log.later(hours=1).send("bea@example.org", to, relay, reply, status="bounced", dsn="5.7.1")


def programs_say_our_addresses_on_submission(log: Log) -> None:
    """From everywhere, once each, with a random HELO: none of ours."""
    log.family()
    for number in range(30):
        name, ip = ("bea", "info", "admin")[number % 3], f"198.18.{number * 7 % 250}.{number + 1}"
        ip = ip if number % 2 else f"203.{number * 5}.113.{number + 1}"
        log.later(minutes=20).refuse(
            f"unknown[{ip}]",
            f"{name}@example.org",
            f"w{number}@far.example",
            LISTED,
            helo=f"WIN-{number}",
            service="postfix/submission/smtpd",
        )


def traveller_invites(log: Log) -> None:
    """Many mails in a day, from one place after the other."""
    for day in (6, 7):
        log.at("09:00", day)
        for _ in range(3):
            log.later(hours=1).send("bea@example.org", "ann@friend.example", "mx.friend.example[198.51.100.9]:25")
    log.at("08:00", 8)
    for number in range(90):
        if number % 30 == 0:
            log.later(hours=3)
        ip = ("185.12.9.7", "80.187.100.7", "193.0.99.4")[number // 30]
        queue_id = log.later(90).take(
            f"guest.place{number // 30}.example[{ip}]", "bea@example.org", login="bea@example.org"
        )
        log.deliver(queue_id, f"w{number}@friend.example", "mx.friend.example[198.51.100.9]:25").removed(queue_id)


def relays_for(log: Log, client: str) -> None:
    """Spam of strangers to strangers, handed in without a login."""
    log.family()
    for number in range(60):
        queue_id = log.later(30).take(client, f"info@deal{number}.example")
        name, relay = (("gmail.com", GMAIL), ("yahoo.com", YAHOO))[number % 2]
        how = {"status": "bounced", "dsn": "5.7.1", "command": "end of DATA"} if number % 3 else {}
        log.deliver(
            queue_id, f"w{number}@{name}", relay, "554 5.7.1 Message rejected as spam" if how else "250 ok", **how
        ).removed(queue_id)


def relays_for_a_gateway(log: Log) -> None:
    relays_for(log, "unknown[172.22.0.1]")


def relays_for_anybody(log: Log) -> None:
    relays_for(log, "unknown[203.0.113.66]")


def customers_who_log_in_send_spam(log: Log) -> None:
    """Their domains are not known as ours, and still they are our users."""
    log.family()
    for number in range(40):
        queue_id = log.later(30).take(
            "unknown[203.0.113.66]", f"info@customer{number % 8}.example", login=f"c{number % 8}"
        )
        log.deliver(
            queue_id,
            f"w{number}@gmail.com",
            GMAIL,
            "554 5.7.1 Message rejected as spam",
            status="bounced",
            dsn="5.7.1",
            command="end of DATA",
        ).removed(queue_id)


def forwarder_cannot_log_in(log: Log) -> None:
    log.family().spam()
    for number in range(8):
        user = ("bea", "cara")[number % 2]
        log.later(hours=1).send(
            f"{user}@example.org", "hans@alumni.college.example", "mx.alumni.college.example[198.51.100.40]:25"
        )
        log.refuse(
            "mx.alumni.college.example[198.51.100.40]",
            f"{user}@example.org",
            "dan@example.org",
            "553 5.7.1 <{sender}>: Sender address rejected: not logged in",
        )


QUIET: tuple[Expect, ...] = ()
STORIES = (
    Story("checks before logins", checks_before_logins, (Expect("own_user_refused", "", "high", "bea@example.org, cara@example.org", "ours", says="permit_sasl_authenticated,reject"),)),
    Story("a forwarder keeps the sender", forwarder_keeps_the_sender, (Expect("brought_back", "auth_spf", "medium", "college.example", says=r"SRS(?s:.)*198\.51\.100\.40"),)),
    Story("root at a private name", root_at_a_private_name, (Expect("own_name_unknown", "", "medium", "files.localdomain", "ours"),)),
    Story("a relay on port 25", relay_on_port_25, (Expect("smarthost", "", "low", "Behind provider.example", "nobody"),)),
    Story("numbered recipients", numbered_recipients, (Expect("failure", "user_unknown", "low", "shop.example"),)),
    Story("an account of a website", account_of_a_website, (Expect("program_sends_spam", "", "high", "u1042@mail.example.org", "ours"),)),
    Story("probes meet closed doors", probes_meet_closed_doors, (Expect("own_check_refuses", "sender_unverifiable", "medium", "clinic.example", "ours", says="reject_unverified_sender"),)),
    Story("users write to a domain that moved", users_write_to_a_domain_that_moved, (Expect("recipient_missing", "", "medium", "moved.example", "ours", says="virtual_mailbox_domains"),)),
    Story("the resolver fails on a quiet server", resolver_fails_on_a_quiet_server, (Expect("resolver_broken", "", "high|medium", "resolver", "ours"),)),
    Story("greylisting takes hours", greylisting_takes_hours, (Expect("greylist_stuck", "", "low", "outlook.com", "ours", says="starts anew"),)),
    Story("spam forwarded with SRS", srs_forwards_spam, (Expect("forwarded_spam", "", "low", "Google", "ours"),)),
    Story("a form writes as its visitors", form_writes_as_its_visitors, (Expect("forward_breaks_spf", "", "medium", "A program here", "ours", says="Reply-To"),)),
    Story("a relay knows no connector", relay_knows_no_connector, (Expect("smarthost", "relay_denied", "high", "outlook.com", "ours", says="inbound connector"),)),
    Story("a telephone with an old password", telephone_with_an_old_password, (Expect("saved_old_password", "", "low", "bea@example.org", "our_user"),)),
    Story("a script fails now and then", script_fails_now_and_then, (Expect("origin_not_set", "", "high", "web.localdomain", "ours", "ongoing"),)),
    Story("a forwarding leads in a circle", forwarding_leads_in_a_circle, (Expect("failure", "loop", "medium", "club.example"),)),
    Story("a list by way of a provider", a_list_by_way_of_a_provider, (Expect("address_listed", "", "high", "on the blocklist Spamhaus: 2 receivers", "ours"),)),
    Story("programs say our addresses on submission", programs_say_our_addresses_on_submission, QUIET),
    Story("a traveller invites", traveller_invites, QUIET, allowed=(Expect("login_taken_over", "", "medium"),)),
    Story("relays for a gateway", relays_for_a_gateway, (Expect("open_relay", "", "high", "172.22.0.1", "ours", says="userland-proxy"),)),
    Story("relays for anybody", relays_for_anybody, (Expect("open_relay", "", "high", "203.0.113.66", "ours", says="smtpd_relay_restrictions"),)),
    Story("customers who log in send spam", customers_who_log_in_send_spam, QUIET),
    Story("a forwarder cannot log in", forwarder_cannot_log_in, (Expect("brought_back", "auth_required", "medium", "college.example", "sender", says="reject_sender_login_mismatch"),)),
    Story("a burst from new places", burst_from_new_places, (Expect("login_taken_over", "", "high", "bea@example.org"),)),
)  # fmt: skip
