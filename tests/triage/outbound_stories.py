# ruff: noqa: E501  (what servers say is long)
"""Stories of mail on its way out and into our mailboxes: what a postmaster would conclude from each."""

from tests.triage.stories import Expect, Log, Story

ICLOUD = "mx01.mail.icloud.com[17.57.154.33]:25"
GOOGLE = "gmail-smtp-in.l.google.com[142.250.102.27]:25"
GOOGLE6 = "gmail-smtp-in.l.google.com[2a00:1450:4025:c03::1b]:25"
OUTLOOK = "outlook-com.olc.protection.outlook.com[52.101.9.15]:25"
FRIEND = "mx.friend.example[198.51.100.9]:25"
BLOCKED = "550 5.7.0 Blocked {dash} see https://support.proofpoint.com/dnsbl-lookup.cgi?ip={ip}"
S3150 = (
    "550 5.7.1 Unfortunately, messages from [192.0.2.25] weren't sent. Please contact your Internet service provider "
    "since part of their network is on our block list (S3150)."
)
NO_GOOGLE = "550-5.1.1 The email account that you tried to reach does not exist. 550 5.1.1 https://support.google.com/mail/?p=NoSuchUser"
SPF = (
    "550-5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to "
    "authenticate with either SPF or DKIM. 550 5.7.26 SPF [shop.example] with ip: [192.0.2.25] = did not pass"
)
GREY = "450 4.2.0 <ann@friend.example>: Recipient address rejected: Greylisted, please try again later"
NO_PTR = "550 5.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.25]"
SPAM = "550 5.7.1 Message rejected as spam by Content Filtering."
NXDOMAIN = "Host or domain name not found. Name service error for name={name} type=A: Host not found"
TIMEOUT = "connect to {host}: Connection timed out"


def bounce(log: Log, to: str, relay: str, reply: str, sender: str = "bea@example.org", **how: object) -> Log:
    dsn = next((word for word in reply.replace("-", " ").split()[:2] if word.count(".") == 2), "5.0.0")
    return log.later(minutes=7).send(sender, to, relay, reply, status="bounced", dsn=dsn, **how)


def fine(log: Log, to: str, relay: str, times: int = 3, sender: str = "bea@example.org") -> Log:
    for _ in range(times):
        log.later(minutes=9).send(sender, to, relay)
    return log


def wait(
    log: Log,
    to: str,
    relay: str,
    reply: str,
    hours: float,
    *,
    arrives: bool = False,
    times: int = 4,
    sender: str = "bea@example.org",
) -> Log:
    """A mail that is deferred again and again over some hours."""
    queue_id = log.take("home.isp.example[203.0.113.4]", sender, login=sender if sender else None)
    delay = 1.0
    for _ in range(times):
        log.deliver(queue_id, to, relay, reply, status="deferred", dsn="4.0.0", delay=delay)
        log.later(hours=hours / times)
        delay += hours / times * 3600
    if arrives:
        log.deliver(queue_id, to, relay, delay=delay).removed(queue_id)
    return log


def passed_on(log: Log, sender: str, to: str, relay: str, reply: str, orig: str = "bea@example.org") -> Log:
    """A stranger's mail that we forward, refused."""
    queue_id = log.take("mx.shop.example[198.51.100.77]", sender)
    host = relay.partition(":")[0]
    said = f"host {host} said: {reply} (in reply to end of DATA command)" if relay != "none" else reply
    log.say(
        "postfix/smtp",
        f"{queue_id}: to=<{to}>, orig_to=<{orig}>, relay={relay}, delay=1, delays=0.1/0/0.5/0.4, dsn=5.7.1, "
        f"status=bounced ({said})",
    )
    return log.removed(queue_id).later(minutes=11)


def blocked(dash: str = "-", ip: str = "192.0.2.25", url: str = "") -> str:
    return url.format(ip=ip) if url else BLOCKED.format(dash=dash, ip=ip)


def released_and_blocked_again(log: Log) -> None:
    log.family()
    for day in (7, 8, 9):
        bounce(log.at("09:00", day), "ann@icloud.com", ICLOUD, blocked())
        fine(log.at("15:00", day), "ann@icloud.com", ICLOUD, 4)
    bounce(log.at("09:00", 10), "ann@icloud.com", ICLOUD, blocked())


def stale(log: Log) -> None:
    log.family()
    for number in range(8):
        for relay, domain in (
            (GOOGLE, "gmail.com"),
            (FRIEND, "friend.example"),
            ("mx.club.example[198.51.100.30]:25", "club.example"),
        ):
            bounce(log, f"old{number}@{domain}", relay, "550 5.1.1 User unknown", "news-bounces@example.org")


def taken_over(log: Log, *, refused: bool = False, networks: int = 12) -> None:
    log.family()
    for day in (6, 7, 8):
        log.at("09:00", day)
        fine(log, "ann@friend.example", FRIEND, 3, "cara@example.org")
    log.at("02:00", 9)
    for number in range(90):
        queue_id = log.take(
            f"unknown[{20 + number % networks * 9}.7.{number}.9]", "cara@example.org", login="cara@example.org"
        )
        status = "bounced" if refused and number % 6 == 0 else "sent"
        log.deliver(
            queue_id,
            f"x{number}@friend.example",
            FRIEND,
            SPAM if status != "sent" else "250 OK",
            status=status,
            dsn="5.7.1" if status != "sent" else "2.0.0",
        )


def on_the_way(log: Log) -> None:
    """Another network of the telephone company every few hours for a week."""
    log.family()
    for day in range(6, 13):
        for turn in range(3):
            log.at(f"{9 + 4 * turn}:00", day)
            queue_id = log.take(
                f"unknown[100.{day * 3 + turn}.7.9]".replace("100.", "20."),
                "cara@example.org",
                login="cara@example.org",
            )
            log.deliver(queue_id, "ann@friend.example", FRIEND).removed(queue_id)


def few_from_each(log: Log) -> None:
    log.family()
    for number in range(30):
        queue_id = log.later(minutes=3).take(
            f"unknown[{20 + number * 4}.7.{number}.9]", "cara@example.org", login="cara@example.org"
        )
        log.deliver(queue_id, f"x{number}@friend.example", FRIEND).removed(queue_id)


def newsletter(log: Log) -> None:
    log.family()
    for day in (6, 7, 8):
        fine(log.at("09:00", day), "ann@friend.example", FRIEND, 3, "info@example.org")
    log.at("10:00", 9)
    for number in range(120):
        log.send("info@example.org", f"reader{number}@friend.example", FRIEND)


def local_failure(
    log: Log,
    to: str,
    relay: str,
    reply: str,
    *,
    status: str = "deferred",
    times: int = 1,
    sender: str = "ann@friend.example",
) -> None:
    for _ in range(times):
        queue_id = log.later(minutes=5).take("mx1.friend.example[198.51.100.1]", sender)
        log.say(
            "postfix/lmtp",
            f"{queue_id}: to=<{to}>, relay={relay}, delay=0.5, delays=0.1/0/0.2/0.2, dsn=4.2.2, status={status} ({reply})",
        )


def later_box(log: Log) -> None:
    local_failure(log.family(), "bea@example.org", "mail[private/dovecot-lmtp]", QUOTA)
    log.later(minutes=30).family(4)


def dovecot_down(log: Log) -> None:
    log.family()
    for user in ("bea", "cara", "dan"):
        local_failure(
            log, f"{user}@example.org", "none", "connect to mail[private/dovecot-lmtp]: No such file or directory"
        )


def smarthost(log: Log) -> None:
    log.family()
    relay = "smtp.provider.example[198.51.100.200]:587"
    for domain in ("gmail.com", "outlook.com", "friend.example"):
        wait(
            log,
            f"ann@{domain}",
            relay,
            "SASL authentication failed; server smtp.provider.example[198.51.100.200] said: 535 5.7.8 Error: authentication failed",
            1,
        )


def expired_long_after(log: Log) -> None:
    """The sender's line stands at the log's start, a week before the end."""
    log.family()
    queue_id = log.take("home.isp.example[203.0.113.4]", "cara@example.org", login="cara@example.org")
    for day in (6, 7, 8, 9, 10):
        log.at("12:00", day).deliver(
            queue_id,
            "ann@far.example",
            "none",
            TIMEOUT.format(host="mx.far.example[198.51.100.50]:25"),
            status="deferred",
            dsn="4.4.1",
            delay=86400,
        )
    log.at("12:00", 11).say(
        "postfix/qmgr", f"{queue_id}: from=<cara@example.org>, status=expired, returned to sender", 700
    )
    log.removed(queue_id)


QUOTA = "host mail[private/dovecot-lmtp] said: 452 4.2.2 <bea@example.org> Quota exceeded (mailbox for user is full) (in reply to end of DATA command)"
APPLE = Expect("failure", "ip_reputation", "high", "Apple", "ours", "ongoing", "192.0.2.25")

STORIES = (
    Story("apple blocks us", lambda log: bounce(log.family(), "ann@icloud.com", ICLOUD, blocked()), (APPLE,)),
    Story("en dash", lambda log: bounce(log.family(), "ann@icloud.com", ICLOUD, blocked("–")), (APPLE,)),
    Story("dash as question marks", lambda log: bounce(log.family(), "ann@icloud.com", ICLOUD, blocked("???")), (APPLE,)),
    Story(
        "the newer lookup page",
        lambda log: bounce(log.family(), "ann@me.com", ICLOUD, blocked(url="550 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip={ip}")),
        (APPLE,),
    ),
    Story(
        "our IPv6 address",
        lambda log: bounce(log.family(), "ann@mac.com", ICLOUD, blocked(ip="2001:db8::25")),
        (Expect("failure", "ip_reputation", "high", "2001:db8::25"),), ips=(),
    ),
    Story("comes back", released_and_blocked_again, (Expect("failure", "ip_reputation", "high", "Apple", state="ongoing", says="happened 3 times before"),)),
    Story(
        "released",
        lambda log: fine(bounce(log.family(), "ann@icloud.com", ICLOUD, blocked()).later(hours=3), "ann@icloud.com", ICLOUD, 4),
        (Expect("failure", "ip_reputation", "medium", "Apple", state="recovered"),),
    ),
    Story(
        "two operators at once",
        lambda log: bounce(bounce(log.family(), "ann@icloud.com", ICLOUD, blocked()), "bob@outlook.com", OUTLOOK, S3150),
        (Expect("address_listed", "ip_reputation", "high", "192.0.2.25"),),
    ),
    Story("a typing error", lambda log: bounce(fine(log.family(), "mika.ito@gmail.com", GOOGLE), "mkia.ito@gmail.com", GOOGLE, NO_GOOGLE)),
    Story("a mistyped domain", lambda log: bounce(log.family(), "ann@gmial.com", "none", NXDOMAIN.format(name="gmial.com"))),
    Story("one who left", lambda log: bounce(log.family(), "zoe@friend.example", FRIEND, "550 5.1.1 <zoe@friend.example>: User unknown")),
    Story("greylisting", lambda log: wait(log.family(), "ann@friend.example", FRIEND, GREY, 0.2, arrives=True, times=1)),
    Story("a server that was down an hour", lambda log: wait(log.family(), "ann@friend.example", "none", TIMEOUT.format(host=FRIEND), 1, arrives=True)),
    Story(
        "a server that is down all day",
        lambda log: wait(log.family(), "ann@friend.example", "none", TIMEOUT.format(host=FRIEND), 9),
        (Expect("failure", "network", "medium", "friend.example", state="ongoing"),),
    ),
    Story("slowed down once", lambda log: wait(log.family(), "ann@outlook.com", OUTLOOK, "451 4.7.652 The mail server [192.0.2.25] has exceeded the maximum number of connections.", 0.3, arrives=True, times=1)),
    Story("their mailbox is full", lambda log: bounce(log.family(), "ann@friend.example", FRIEND, "552 5.2.2 Mailbox full")),
    Story("a stale list", stale, (Expect("stale_list", "user_unknown", "medium", "news-bounces@example.org", "ours", says="Google"),)),
    Story(
        "bounces to forged senders",
        lambda log: [wait(fine(log.family(0 if n else 8), "ann@friend.example", FRIEND, 1), f"x{n}@spam{n}.example", "none", TIMEOUT.format(host=f"mx.spam{n}.example[198.51.100.{n + 40}]:25"), 9, sender="") for n in range(6)],
    ),
    Story(
        "forwarding breaks SPF",
        lambda log: [passed_on(log.family(0 if n else 8), f"shop{n}@shop.example", "bea.private@gmail.com", GOOGLE, SPF) for n in range(3)],
        (Expect("forward_breaks_spf", "auth_spf", "medium", "Google", "ours", says="SRS"),),
    ),
    Story(
        "forwarded to a domain that is gone",
        lambda log: passed_on(log.family(), "news@shop.example", "bea@old.example", "none", NXDOMAIN.format(name="old.example")),
        (Expect("dead_forward_target", "dns_failure", "medium", "bea@old.example", says="bea@example.org"),),
    ),
    Story(
        "forwarded to a mailbox that is gone",
        lambda log: passed_on(log.family(), "news@shop.example", "bea.private@gmail.com", GOOGLE, NO_GOOGLE),
        (Expect("dead_forward_target", "user_unknown", "medium", "bea.private@gmail.com"),),
    ),
    Story("forwarded spam", lambda log: passed_on(log.family(), "win@prize.example", "bea.private@gmail.com", GOOGLE, SPAM)),
    Story(
        "refused over IPv6 alone",
        lambda log: fine(bounce(log.family(), "ann@gmail.com", GOOGLE6, "550-5.7.1 [2001:db8::25] Our system has detected that this message does not meet IPv6 sending guidelines regarding PTR records and authentication. 550 5.7.1 https://support.google.com/mail/?p=IPv6AuthError", command="end of DATA"), "ann@gmail.com", GOOGLE),
        (Expect("ipv6_refused", "", "high|medium", "IPv6", "ours", says="smtp_address_preference"),),
    ),
    Story("the relay wants a password", smarthost, (Expect("smarthost", "auth_failed", "high|medium", "provider.example", "ours"),)),
    Story("a login from everywhere", lambda log: taken_over(log), (Expect("login_taken_over", "content_spam", "high", "cara@example.org", "our_user"),)),
    Story(
        "a login from one strange address",
        lambda log: taken_over(log, networks=1, refused=True),
        (Expect("login_taken_over", "content_spam", "high", "cara@example.org"),), allowed=(Expect(cause="content_spam"),),
    ),
    Story("a newsletter from the office", newsletter),
    Story("our mailbox is full", lambda log: local_failure(log.family(), "bea@example.org", "mail[private/dovecot-lmtp]", QUOTA, times=3), (Expect("own_mailbox_full", "mailbox_full", "medium", "bea@example.org"),)),
    Story("our mailbox was full", later_box),
    Story(
        "our mailbox is full and mail bounced",
        lambda log: local_failure(log.family(), "bea@example.org", "mail[private/dovecot-lmtp]", QUOTA.replace("452 4.2.2", "552 5.2.2"), status="bounced"),
        (Expect("own_mailbox_full", "mailbox_full", "medium", "bea@example.org"),),
    ),
    Story("the mailbox service is down", dovecot_down, (Expect("service_down", "system_error|config_error", "high", "lmtp", "ours", "ongoing"),), allowed=(Expect(party="lmtp"),)),
    Story(
        "accepted and refused behind",
        lambda log: local_failure(log.family(), "ghost@example.org", "mail[private/dovecot-lmtp]", "host mail[private/dovecot-lmtp] said: 550 5.1.1 <ghost@example.org> User doesn't exist: ghost@example.org (in reply to RCPT TO command)", status="bounced", times=3),
        (Expect("accepted_then_refused", "user_unknown", "medium", "ghost@example.org", "ours"),),
    ),
    Story("given up after days", expired_long_after, (Expect("failure", "network", "medium", "far.example"),)),
    Story("their DNS hiccup", lambda log: wait(log.family(), "ann@friend.example", "none", "Host or domain name not found. Name service error for name=friend.example type=MX: Host not found, try again", 0.2, arrives=True, times=1)),
    Story("too large", lambda log: bounce(log.family(), "ann@friend.example", FRIEND, "552 5.3.4 Message size exceeds fixed limit")),
    Story(
        "taken for spam",
        lambda log: bounce(log.family(), "ann@friend.example", FRIEND, SPAM, command="end of DATA"),
        (Expect("failure", "content_spam", "medium", "friend.example"),),
    ),
    Story(
        "no reverse name",
        lambda log: bounce(log.family(), "ann@friend.example", FRIEND, "550 5.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.25]"),
        (Expect("failure", "reverse_dns", "high", "192.0.2.25", "ours"),),
    ),
    Story(
        "our newsletter is taken for spam",
        lambda log: [bounce(log.family(0 if n else 8), f"reader{n}@friend.example", FRIEND, SPAM, "news-bounces@example.org", command="end of DATA") for n in range(4)],
        (Expect("list_refused", "content_spam", "medium", "news-bounces@example.org", "ours", says="List-Unsubscribe"),),
    ),
    Story(
        "one user's large mails",
        lambda log: [bounce(log.family(0 if n else 8), f"ann@{domain}", f"mx.{domain}[198.51.100.{n + 60}]:25", "552 5.3.4 Message size exceeds fixed limit") for n, domain in enumerate(("friend.example", "club.example"))],
    ),
    Story(
        "our resolver does not find gmail.com",
        lambda log: bounce(log.family(), "ann@gmail.com", "none", NXDOMAIN.format(name="gmail.com")),
        (Expect("failure|resolver_broken", "dns_failure", "medium|high", "gmail.com", "ours", says="resolv.conf"),),
    ),
    Story(
        "three receivers miss the reverse name",
        lambda log: [bounce(log.family(0 if n else 8), f"ann@{domain}", f"mx.{domain}[198.51.100.{n + 60}]:25", NO_PTR) for n, domain in enumerate(("friend.example", "club.example", "school.example"))],
        (Expect("identity_rejected", "reverse_dns", "high", "", "ours"),),
    ),
    Story(
        "a block while other mail passes",
        lambda log: fine(bounce(fine(log.family(), "ann@friend.example", FRIEND, 6), "ann@icloud.com", ICLOUD, blocked()), "ann@friend.example", FRIEND, 6),
        (APPLE,),
    ),
    Story(
        "nobody tried again after the block",
        lambda log: log.family() and bounce(bounce(log, "ann@icloud.com", ICLOUD, blocked()).later(hours=5), "ann@icloud.com", ICLOUD, blocked()) and log.at("09:00", 12).family(4),
        (APPLE,),
    ),
    Story("greylisted for good", lambda log: wait(log.family(), "ann@friend.example", FRIEND, GREY, 9)),
    Story(
        "the relay's quota",
        lambda log: [wait(log.family(0 if n else 8), f"ann{n}@gmail.com", "smtp.provider.example[198.51.100.200]:587", "451 4.7.1 Daily sending quota exceeded", 5) for n in range(2)],
        (Expect("smarthost", "rate_limit", "medium|high", "provider.example"),),
    ),
    Story(
        "an auto-reply to spam",
        lambda log: bounce(log.family(), "win@prize.example", "mx.prize.example[198.51.100.66]:25", "550 5.1.1 User unknown", sender=""),
    ),
    Story(
        "mail is thrown away",
        lambda log: log.family().say("postfix/discard", f"{log.new_id()}: to=<ann@club.example>, relay=none, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (club.example)"),
        (Expect("mail_discarded", "policy", "medium", "", "ours"),),
    ),
    Story("a quiet week", lambda log: [fine(log.at("09:00", day).family(2), "ann@friend.example", FRIEND, 3) for day in range(6, 13)]),
    Story("a telephone on the way", on_the_way),
    Story("a login from everywhere, everything delivered, a few from each", few_from_each, (Expect("login_taken_over", "", "medium|high", "cara@example.org"),)),
    Story("their DNS is broken all day", lambda log: wait(log.family(), "ann@friend.example", "none", "Host or domain name not found. Name service error for name=friend.example type=MX: Host not found, try again", 9), (Expect("failure", "dns_failure", "medium", "friend.example"),)),
    Story("a traveller", lambda log: [fine(log.at("09:00", day), "ann@friend.example", FRIEND, 2) for day in range(6, 13)]),
    Story("a first host refuses, the next one takes it", lambda log: early(log)),
)  # fmt: skip


def early(log: Log) -> None:
    log.family()
    queue_id = log.take("home.isp.example[203.0.113.4]", "bea@example.org", login="bea@example.org")
    log.say(
        "postfix/smtp",
        f"{queue_id}: host mx1.friend.example[198.51.100.8] refused to talk to me: 554 rejected due to the sending MTA's poor reputation 192.0.2.25",
    )
    log.deliver(queue_id, "ann@friend.example", FRIEND).removed(queue_id)
