"""Stories of incoming mail and of our own users' submission: functions write logs, the table says what they mean."""

from collections.abc import Callable

from tests.triage.stories import (
    GREYLISTED,
    HELO_UNKNOWN,
    LISTED,
    NO_USER,
    RELAY_DENIED,
    SENDER_UNKNOWN,
    UNKNOWN_NAME,
    Expect,
    Log,
    Story,
)

OPEN_RESOLVER = (
    "554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; Error: open resolver; "
    "https://check.spamhaus.org/returnc/pub/192.0.2.53"
)
SORBS = "554 5.7.1 Service unavailable; Client host [{ip}] blocked using dnsbl.sorbs.net; Exploitable Server"
SOME_LIST = "554 5.7.1 Service unavailable; Client host [{ip}] blocked using bl.lists.example; listed"
BIG = (
    ("mail-ed1-f41.google.com", "209.85.208.41", "gmail.com"),
    ("mail-oln040092066054.outbound.protection.outlook.com", "40.92.66.54", "outlook.com"),
    ("sonic314-20.consmr.mail.ir2.yahoo.com", "77.238.177.146", "yahoo.com"),
    ("mout.gmx.net", "212.227.15.19", "gmx.net"),
)


# --- the pool and the person (the first of the cases that started it)


def pool_of_an_isp(log: Log) -> None:
    log.family().spam()
    for turn in range(4):
        for number in (14, 21, 37):
            log.later(minutes=20)
            log.refuse(
                f"unknown[198.51.100.{number}]", f"friend{number}@jcom.zaq.ne.jp", "bea@example.org", UNKNOWN_NAME,
                ptr=f"omta{number:04d}.jcom.zaq.ne.jp",
            )  # fmt: skip
        log.later(hours=turn)


def pool_of_unknown_isp(log: Log) -> None:
    log.family().spam()
    for turn in range(6):
        for number in (3, 4, 5):
            log.later(minutes=25)
            log.refuse(
                f"unknown[198.51.100.{number}]", f"kunde{number}@netz.example", "bea@example.org", UNKNOWN_NAME,
                ptr=f"smtpout{number}.mail.netz.example",
            )  # fmt: skip
        log.later(hours=turn)


def spam_without_names(log: Log) -> None:
    log.family()
    for number in range(40):
        log.later(minutes=3)
        log.refuse(
            f"unknown[198.19.7.{number + 1}]", f"offer@shop{number}.example", "bea@example.org", UNKNOWN_NAME,
            helo="localhost",
        )  # fmt: skip


def refused_and_came_later(log: Log) -> None:
    log.family().spam()
    for _ in range(3):
        log.later(minutes=10)
        log.refuse(
            "unknown[198.51.100.77]", "office@partner.example", "bea@example.org", UNKNOWN_NAME,
            ptr="mail.partner.example", reason="Temporary failure in name resolution",
        )  # fmt: skip
    log.later(minutes=30)
    log.accept("mail.partner.example[198.51.100.77]", "office@partner.example", "bea@example.org")


# --- our resolver, our lists, our network


def resolver_down(log: Log) -> None:
    log.family().spam(5)
    log.at("11:00")
    for name, ip, domain in BIG:
        log.refuse(f"{name}[{ip}]", f"pat@{domain}", "bea@example.org", SENDER_UNKNOWN)
        log.refuse(f"mx.firm{ip[:2]}.example[{ip}]", f"pat@firm{ip[:2]}.example", "bea@example.org", SENDER_UNKNOWN)


def resolver_down_for_clients(log: Log) -> None:
    log.family().spam(5)
    log.at("11:00")
    for name, ip, domain in BIG:
        log.refuse(
            f"unknown[{ip}]", f"pat@{domain}", "bea@example.org", UNKNOWN_NAME, ptr=name,
            reason="Temporary failure in name resolution",
        )  # fmt: skip
    for number in range(4):
        log.refuse(
            f"unknown[198.51.100.{number + 60}]", f"pat@firm{number}.example", "bea@example.org", UNKNOWN_NAME,
            ptr=f"mx.firm{number}.example", reason="Temporary failure in name resolution",
        )  # fmt: skip


def invented_domains(log: Log) -> None:
    log.family()
    for number in range(25):
        log.later(minutes=4)
        ip = f"198.19.31.{number + 1}"
        log.refuse(f"h{number}.dyn.telco.example[{ip}]", f"x@no{number}.example", "bea@example.org", SENDER_UNKNOWN)


def open_resolver(log: Log) -> None:
    log.family().spam(3)
    for name, ip, domain in BIG:
        log.later(minutes=5).refuse(f"{name}[{ip}]", f"pat@{domain}", "bea@example.org", OPEN_RESOLVER)


def shut_down_list(log: Log) -> None:
    log.family().spam(3)
    for number in range(5):
        log.later(minutes=5)
        log.refuse(f"mx{number}.firm.example[198.51.100.{number + 9}]", "a@firm.example", "bea@example.org", SORBS)


def list_that_names_all(log: Log) -> None:
    log.family()
    for name, ip, domain in BIG:
        log.later(minutes=5).refuse(f"{name}[{ip}]", f"pat@{domain}", "bea@example.org", SOME_LIST)
    log.refuse("mail.partner.example[198.51.100.77]", "o@partner.example", "bea@example.org", SOME_LIST)


def botnet_on_lists(log: Log) -> None:
    log.family().spam(60)


def behind_docker(log: Log) -> None:
    for number in range(12):
        log.later(minutes=4)
        log.refuse(
            "unknown[172.18.0.1]", f"a@firm{number}.example", "bea@example.org", UNKNOWN_NAME, helo="mx.a.example"
        )


def web_server_next_door(log: Log) -> None:
    log.family().spam()
    log.refuse("unknown[10.0.0.7]", "a@firm.example", "bea@example.org", UNKNOWN_NAME, helo="web", times=2)


# --- what should exist here and does not


def domain_missing(log: Log) -> None:
    log.family().spam()
    mail = ("news@mktomail.example", "bea@second.example")
    log.refuse("potomac1.mktomail.example[198.51.100.90]", *mail, RELAY_DENIED, times=6, every=900)
    log.refuse("mail-ed1-f41.google.com[209.85.208.41]", "pat@gmail.com", "bea@second.example", RELAY_DENIED, times=3)


def relay_probes(log: Log) -> None:
    log.family()
    for number in range(10):
        log.later(minutes=11)
        ip = f"198.19.40.{number + 1}"
        log.refuse(f"h{number}.dyn.telco.example[{ip}]", f"t{number}@probe.example", "m7@tiscali.it", RELAY_DENIED)


def relay_probe_in_our_name(log: Log) -> None:
    log.family()
    for number in range(6):
        ip = f"198.19.{number + 50}.9"
        log.later(minutes=41).refuse(
            f"unknown[{ip}]", "info@example.org", f"x{number}@gmail.com", RELAY_DENIED, helo="x"
        )


def address_missing(log: Log) -> None:
    log.family().spam()
    for name, ip, domain in BIG[:3]:
        log.later(minutes=30).refuse(f"{name}[{ip}]", f"pat@{domain}", "newcolleague@example.org", NO_USER)


def one_typing_error(log: Log) -> None:
    log.family().refuse(f"{BIG[0][0]}[{BIG[0][1]}]", "pat@gmail.com", "baa@example.org", NO_USER)


def dictionary(log: Log) -> None:
    log.family()
    for number in range(30):
        log.later(20)
        log.refuse("mail.bulk.example[198.19.3.3]", "x@bulk.example", f"name{number}@example.org", NO_USER)


# --- greylisting, lists, forwarding


def greylist_of_a_pool(log: Log) -> None:
    log.family().spam()
    for number in range(8):
        log.later(minutes=15)
        log.refuse(
            f"mail-oln04009206605{number}.outbound.protection.outlook.com[40.92.66.{number + 50}]", "pat@outlook.com",
            "bea@example.org", GREYLISTED,
        )  # fmt: skip


def greylist_as_it_should(log: Log) -> None:
    log.family()
    client = "mx1.partner.example[198.51.100.77]"
    log.refuse(client, "o@partner.example", "bea@example.org", GREYLISTED, times=2, every=120)
    log.later(minutes=10).accept(client, "o@partner.example", "bea@example.org")
    log.spam()


def list_server(log: Log) -> None:
    log.family().spam()
    for number in range(5):
        log.later(hours=1)
        log.refuse(
            "lists.club.example[198.51.100.120]", f"chess-bounces+bea{number}=example.org@lists.club.example",
            "bea@example.org", HELO_UNKNOWN, helo="lists.internal.club.example", times=3, every=700,
        )  # fmt: skip


def listed_forward_pool(log: Log) -> None:
    log.family().spam(10)
    for number in (4, 5, 6, 7):
        log.later(hours=1)
        log.refuse(
            f"mout-xforward.gmx.net[82.165.159.{number}]", "", "bea@example.org", LISTED, times=3, every=800,
        )  # fmt: skip
        log.accept("mout-xforward.gmx.net[82.165.159.20]", "ann@friend.example", "bea@example.org")


def disk_full(log: Log) -> None:
    log.family()
    for name, ip, domain in BIG:
        log.refuse(f"{name}[{ip}]", f"pat@{domain}", "bea@example.org", "452 4.3.1 Insufficient system storage")
        log.refuse(
            f"mx.{domain}x.example[{ip}]",
            f"p@{domain}x.example",
            "b@example.org",
            "452 4.3.1 Insufficient system storage",
        )


# --- those who do not log in


def printer(log: Log) -> None:
    log.family().spam()
    log.refuse(
        "unknown[192.168.1.40]", "scanner@example.org", "boss@partner.example", RELAY_DENIED, helo="printer", times=6,
        every=600,
    )  # fmt: skip


def user_without_login(log: Log) -> None:
    log.family().spam()
    log.send("bea@example.org", "ann@friend.example", "mx.friend.example[198.51.100.5]:25")
    log.later(hours=1)
    log.refuse(
        "p5b01.dip0.t-ipconnect.example[198.51.100.200]", "bea@example.org", "ann@friend.example", RELAY_DENIED,
        helo="[192.168.178.20]", times=5, every=400,
    )  # fmt: skip


# --- the person whose program lost its server, and all that only looks like it

NOT_ALLOWED = "550 5.7.23 <{to}>: Recipient address rejected: Message rejected due to: SPF fail - not authorized"
OWN_OUTSIDE = "554 5.7.1 <{sender}>: Sender address rejected: own domain without login"


def lost(
    client: str, text: str, *, ptr: str | None = None, logins: int = 5, others: int = 0
) -> Callable[[Log], object]:
    def write(log: Log) -> None:
        log.family().spam()
        for _ in range(logins):
            log.later(minutes=30).send("bea@example.org", "ann@friend.example", "mx.friend.example[198.51.100.5]:25")
        log.later(hours=20)
        for turn in range(5):
            log.later(hours=1)
            for number in range(others):
                log.refuse(
                    client.format(number),
                    f"kunde{number}@netz.example",
                    "son@example.org",
                    text,
                    ptr=ptr and ptr.format(number),
                )
            log.refuse(client.format(turn), "bea@example.org", "son@example.org", text, ptr=ptr and ptr.format(turn))

    return write


def forged_in_our_name(log: Log) -> None:
    log.family().spam()
    for number in range(30):
        log.later(minutes=9)
        ip = f"198.19.77.{number + 1}"
        log.refuse(
            f"h{number}.dyn.telco.example[{ip}]", "bea@example.org", "bea@example.org", OWN_OUTSIDE, helo="example.org"
        )


def forged_by_a_server(log: Log) -> None:
    log.family().spam()
    for number in range(12):
        log.later(minutes=7)
        log.refuse(
            "vps12.rent.example[198.19.5.5]",
            f"{['info', 'sales', 'admin', 'bea', 'hr', 'boss'][number % 6]}@example.org",
            f"staff{number}@example.org",
            OWN_OUTSIDE,
        )


def list_returns_our_mail(log: Log) -> None:
    log.family().spam()
    for number in range(5):
        log.later(hours=2)
        log.send("bea@example.org", "chess@club.example", "lists.club.example[198.51.100.120]:25")
        log.later(minutes=2)
        log.refuse("lists.club.example[198.51.100.120]", "bea@example.org", f"son{number % 2}@example.org", NOT_ALLOWED)


def forwarder_with_srs(log: Log) -> None:
    log.family().spam()
    srs = "SRS0=HHH=TT=example.org=bea@forward.example"
    log.refuse("out.forward.example[198.51.100.121]", srs, "son@example.org", OWN_OUTSIDE)


def web_form(log: Log) -> None:
    log.family().spam()
    for _ in range(4):
        log.later(hours=2)
        log.refuse("web7.hoster.example[198.51.100.130]", "www-data@example.org", "bea@example.org", OWN_OUTSIDE)


def secondary_mx(log: Log) -> None:
    log.family().spam()
    for number in range(6):
        log.later(hours=1)
        log.refuse("mx2.example.org[198.51.100.131]", f"ann{number}@friend.example", "bea@example.org", NOT_ALLOWED)


def newsletter_service(log: Log) -> None:
    log.family().spam()
    for _ in range(4):
        log.later(hours=1)
        log.refuse("o1.ptr2.sendgrid.net[167.89.1.2]", "news@example.org", "bea@example.org", NOT_ALLOWED)


def listed_isp(log: Log) -> None:
    lost("mail{0}.netz.example[198.51.100.14{0}]", LISTED, others=3)(log)


# --- logins


def old_password(log: Log) -> None:
    log.family().spam()
    home = "p5b0.isp.example[203.0.113.99]"
    for _ in range(8):
        queue_id = log.take(home, "bea@example.org", login="bea@example.org")
        log.deliver(queue_id, "ann@friend.example", "mx.friend.example[198.51.100.5]:25").removed(queue_id)
        log.failed_login(home, "bea@example.org", times=3, every=900)
        log.later(minutes=10)


def guessing(log: Log) -> None:
    log.family()
    for number in range(80):
        log.later(20)
        log.failed_login(f"unknown[198.19.60.{number % 40 + 1}]", ("admin", "info", "test", "bea")[number % 4])


def one_wrong_password(log: Log) -> None:
    log.family().spam()
    log.failed_login("p5b0.isp.example[203.0.113.99]", "bea@example.org", times=2, every=5)
    log.send("bea@example.org", "ann@friend.example", "mx.friend.example[198.51.100.5]:25")


def users_on_a_blocklist(log: Log) -> None:
    log.family().spam()
    log.send("bea@example.org", "ann@friend.example", "mx.friend.example[198.51.100.5]:25")
    for number in range(4):
        log.later(hours=1)
        log.refuse(
            f"p5b0{number}.isp.example[203.0.113.9{number}]",
            "bea@example.org",
            "ann@friend.example",
            LISTED,
            service="postfix/submission/smtpd",
            login="bea@example.org",
        )


def scanner_on_submission(log: Log) -> None:
    log.family().spam()
    text = "554 5.7.1 <unknown[{ip}]>: Client host rejected: Access denied"
    for number in range(6):
        ip = f"198.19.90.{number + 1}"
        log.later(hours=1)
        log.refuse(
            f"unknown[{ip}]", "x@probe.example", "y@far.example", text, service="postfix/submission/smtpd", helo="x"
        )


def helo_pattern_hits_a_service(log: Log) -> None:
    log.family().spam()
    text = "554 5.7.1 <{helo}>: Helo command rejected: dynamic address, use your provider"
    log.refuse("203.0.113.144.jfk.braze.com[203.0.113.144]", "bounces-1@e.shop.example", "bea@example.org", text)


def spam_through_a_large_provider(log: Log) -> None:
    log.family()
    text = "550 5.7.1 Spam message rejected"
    log.refuse(
        "mail-ed1-f41.google.com[209.85.208.41]", "win@gmail.com", "bea@example.org", text, stage="END-OF-MESSAGE"
    )


def greylisted_by_postscreen(log: Log) -> None:
    log.family().spam()
    text = "450 4.3.2 Service currently unavailable"
    for number in range(8):
        log.later(minutes=15)
        host = f"mail-oln04009206605{number}.outbound.protection.outlook.com"
        log.screened(f"40.92.66.{number + 50}", "pat@outlook.com", "bea@example.org", text, helo=host)


def tls_on_port_25(log: Log) -> None:
    log.family().spam()
    for number, (name, ip, domain) in enumerate(BIG):
        log.later(hours=1)
        text = "530 5.7.0 Must issue a STARTTLS command first"
        log.refuse(f"{name}[{ip}]", f"pat@{domain}", f"bea{number}@example.org", text, stage="MAIL", times=2)


def photos_too_large(log: Log) -> None:
    log.family().spam()
    text = "552 5.3.4 Message size exceeds fixed limit"
    for name, ip, domain in BIG[:3]:
        log.later(hours=1).refuse(f"{name}[{ip}]", f"pat@{domain}", "bea@example.org", text, stage="MAIL")


def forward_pool_returns_our_mail(log: Log) -> None:
    log.family().spam()
    for _ in range(4):
        log.later(hours=3)
        log.refuse("mout-xforward.gmx.net[82.165.159.4]", "bea@example.org", "son@example.org", NOT_ALLOWED)


def two_from_an_isp_with_one_host(log: Log) -> None:
    log.family().spam()
    log.send("bea@example.org", "ann@friend.example", "mx.friend.example[198.51.100.5]:25")
    log.at("07:00", day=8)
    for _ in range(4):
        log.later(hours=1)
        log.refuse("nnsmtp02.home.isp.example[198.51.100.150]", "Bea@example.org", "son@example.org", UNKNOWN_HELO)


def lost_and_repaired(log: Log) -> None:
    lost("unknown[198.51.100.1{0}]", UNKNOWN_NAME, ptr="omta001{0}.jcom.zaq.ne.jp")(log)
    for _ in range(4):
        log.later(hours=2)
        log.send("bea@example.org", "ann@friend.example", "mx.friend.example[198.51.100.5]:25")


def lost_amid_forgeries(log: Log) -> None:
    for number in range(20):
        ip = f"198.19.77.{number + 1}"
        log.later(minutes=3)
        log.refuse(f"h{number}.dyn.telco.example[{ip}]", "bea@example.org", f"x{number}@example.org", OWN_OUTSIDE)
    lost("unknown[198.51.100.1{0}]", UNKNOWN_NAME, ptr="omta001{0}.jcom.zaq.ne.jp")(log)


def hijacked_server(log: Log) -> None:
    log.family()
    for _ in range(15):
        log.later(hours=1)
        log.refuse("mail.factory.example[198.19.8.8]", "user6@S510.inner.example", "bea@example.org", SENDER_UNKNOWN)


def one_friend_once(log: Log) -> None:
    log.family().spam()
    log.refuse(
        "mail.partner.example[198.51.100.77]", "o@partner.example", "bea@example.org", HELO_UNKNOWN, helo="pc.local"
    )


def own_script(log: Log) -> None:
    log.family()
    for number in range(12):
        log.later(minutes=30)
        log.refuse("localhost[127.0.0.1]", "root@example.org", f"admn{number % 2}@example.org", NO_USER)


def user_writes_as_another(log: Log) -> None:
    log.family().spam()
    log.send("bea@example.org", "ann@friend.example", "mx.friend.example[198.51.100.5]:25")
    text = "553 5.7.1 <{sender}>: Sender address rejected: not owned by user bea@example.org"
    log.refuse(
        "p5b0.isp.example[203.0.113.99]",
        "club@example.org",
        "ann@friend.example",
        text,
        times=4,
        every=900,
        service="postfix/submission/smtpd",
        login="bea@example.org",
    )


def full_mailbox(log: Log) -> None:
    log.family().spam()
    text = "452 4.2.2 <{to}>: Recipient address rejected: Mailbox full"
    for name, ip, domain in BIG[:2]:
        log.later(hours=1).refuse(f"{name}[{ip}]", f"pat@{domain}", "bea@example.org", text, times=3, every=900)


def program_without_login_at_a_relay(log: Log) -> None:
    lost("omta001{0}.jcom.zaq.ne.jp[198.51.100.1{0}]", NOT_LOGGED_IN)(log)


def access_map_words(log: Log) -> None:
    lost("unknown[198.51.100.1{0}]", ACCESS_MAP, ptr="omta001{0}.jcom.zaq.ne.jp")(log)


def static_lines_in_our_name(log: Log) -> None:
    log.family()
    for number in range(4):
        log.later(60)
        log.refuse(
            f"static-1-2-3-{number}.isp.example[198.51.100.{number + 30}]",
            "bea@example.org",
            "son@example.org",
            OWN_OUTSIDE,
        )


def partner_without_ptr(log: Log) -> None:
    log.family().spam()
    for number in range(4):
        log.later(hours=1)
        log.refuse(
            "unknown[198.51.100.77]",
            f"office{number}@partner.example",
            "bea@example.org",
            UNKNOWN_NAME,
            helo="mail.partner.example",
            times=3,
            every=900,
        )


def listed_but_known(log: Log) -> None:
    log.family().spam()
    client = "mail.smallfirm.example[198.51.100.78]"
    log.accept(client, "boss@smallfirm.example", "bea@example.org")
    for _ in range(3):
        log.later(hours=1).refuse(client, "boss@smallfirm.example", "bea@example.org", LISTED, times=2, every=900)


NOT_LOGGED_IN = "553 5.7.1 <{sender}>: Sender address rejected: not logged in"
ACCESS_MAP = "554 5.7.1 <unknown[{ip}]>: Client host rejected: no proper name"
UNKNOWN_HELO = HELO_UNKNOWN
LOST = Expect("lost_smtp_setting", "", "high", "bea@example.org", "our_user", says="587")
QUIET: tuple[Expect, ...] = ()
STORIES = (
    Story("a quiet family day", lambda log: log.family().spam(), QUIET),
    Story("only spam", lambda log: log.spam(60), QUIET),
    Story(
        "an access provider's pool without forward names",
        pool_of_an_isp,
        (Expect("refusal", "unresolvable_client_hostname", "medium|high", "JCOM", "sender", says=r"DUNNO"),),
    ),
    Story(
        "the same of a provider that no rule knows",
        pool_of_unknown_isp,
        (
            Expect(
                "refusal",
                "unresolvable_client_hostname",
                "medium|high",
                "netz.example",
                "sender",
                says=r"netz\\.example",
            ),
        ),
    ),
    Story("spam from clients without a name", spam_without_names, QUIET),
    Story("refused for a DNS hiccup, came later", refused_and_came_later, QUIET),
    Story(
        "our resolver fails: sender domains",
        resolver_down,
        (Expect("resolver_broken", "dns_failure", "medium|high", fault="ours", says="resolv.conf"),),
    ),
    Story(
        "our resolver fails: client names",
        resolver_down_for_clients,
        (Expect("resolver_broken", "dns_failure", "medium|high", fault="ours"),),
    ),
    Story("invented sender domains", invented_domains, QUIET),
    Story(
        "Spamhaus does not answer our resolver",
        open_resolver,
        (Expect("dead_blocklist", "dnsbl", "high", "zen.spamhaus.org", "ours", says="127.0.0"),),
    ),
    Story("a list that was shut down", shut_down_list, (Expect("dead_blocklist", "dnsbl", "high", "sorbs", "ours"),)),
    Story(
        "a list that names everybody",
        list_that_names_all,
        (Expect("dead_blocklist", "dnsbl", "high", "bl.lists.example", "ours"),),
    ),
    Story("a botnet on blocklists", botnet_on_lists, QUIET),
    Story(
        "a container hides the clients",
        behind_docker,
        (Expect("clients_hidden", "config_error", "high", fault="ours"),),
    ),
    Story("a web server in our network, twice", web_server_next_door, QUIET),
    Story(
        "a second domain that was never set up",
        domain_missing,
        (Expect("domain_not_set_up", "relay_denied", "medium|high", "second.example", "ours"),),
    ),
    Story("relay probes", relay_probes, QUIET),
    Story("relay probes in our own name", relay_probe_in_our_name, QUIET),
    Story(
        "people write to a mailbox that was not made",
        address_missing,
        (Expect("recipient_missing", "user_unknown", "medium", "newcolleague", "ours"),),
    ),
    Story("one typing error of a stranger", one_typing_error, QUIET),
    Story("a dictionary attack", dictionary, QUIET),
    Story(
        "a pool never gets past greylisting",
        greylist_of_a_pool,
        (Expect("greylist_stuck", "greylist", "medium", fault="ours"),),
    ),
    Story("greylisting as it should be", greylist_as_it_should, QUIET),
    Story(
        "a mailing list is refused",
        list_server,
        (Expect("list_refused", "helo_invalid", "medium|high", "club.example"),),
    ),
    Story(
        "a provider's forwarding pool on a blocklist",
        listed_forward_pool,
        (Expect("refusal", "dnsbl", "medium|high", "GMX"),),
    ),
    Story("our disk is full", disk_full, (Expect("server", "system_error", "medium|high", fault="ours"),)),
    Story(
        "a printer without login",
        printer,
        (Expect("device_without_login", "relay_denied", "medium|high", "scanner@example.org", says="mynetworks"),),
    ),
    Story(
        "one of us forgot to log in",
        user_without_login,
        (Expect("device_without_login", "relay_denied", "high", "bea@example.org", "our_user"),),
    ),
    Story(
        "a lost outgoing server, JCOM",
        lost("unknown[198.51.100.1{0}]", UNKNOWN_NAME, ptr="omta001{0}.jcom.zaq.ne.jp"),
        (LOST,),
    ),
    Story(
        "the same, never seen to log in, among other customers",
        lost("unknown[198.51.100.1{0}]", UNKNOWN_NAME, ptr="omta001{0}.jcom.zaq.ne.jp", logins=0, others=2),
        (LOST,),
        allowed=(Expect("refusal", "unresolvable_client_hostname"),),
    ),
    Story(
        "the same with a proper name, refused for SPF",
        lost("smtp-out{0}.netz.example[198.51.100.1{0}]", NOT_ALLOWED),
        (LOST,),
        allowed=(Expect("refusal", "auth_spf"),),
    ),
    Story(
        "the same, refused by the rule for our own domain",
        lost("smtp-out{0}.netz.example[198.51.100.1{0}]", OWN_OUTSIDE),
        (LOST,),
        allowed=(Expect("refusal", "sender_rejected"),),
    ),
    Story(
        "the same, the provider is on a blocklist",
        listed_isp,
        (Expect("lost_smtp_setting", "", "medium|high", "bea@example.org"),),
        allowed=(Expect("refusal", "dnsbl"),),
    ),
    Story("forged in our name, to itself", forged_in_our_name, QUIET),
    Story("forged in our names by a rented server", forged_by_a_server, QUIET),
    Story(
        "a list brings our mail back",
        list_returns_our_mail,
        QUIET,
        allowed=(Expect("brought_back", "auth_spf"),),
    ),
    Story("a forwarder with SRS", forwarder_with_srs, QUIET),
    Story(
        "our web form", web_form, (Expect("own_machine_refused", "", "medium", "hoster.example", "ours", says="SPF"),)
    ),
    Story(
        "our secondary MX", secondary_mx, (Expect("own_machine_refused", "", "medium|high", "mx2.example.org", "ours"),)
    ),
    Story(
        "a newsletter service in our name",
        newsletter_service,
        (Expect("own_machine_refused", "", "medium", "sendgrid"),),
    ),
    Story(
        "an old password on a phone",
        old_password,
        (Expect("saved_old_password", "auth_failed", "medium", "bea@example.org", "our_user"),),
    ),
    Story("password guessing", guessing, QUIET),
    Story("one wrong password", one_wrong_password, QUIET),
    Story(
        "our users meet a blocklist",
        users_on_a_blocklist,
        (Expect("own_user_refused", "dnsbl", "high", "bea@example.org", "ours"),),
    ),
    Story("scanners on the submission port", scanner_on_submission, QUIET),
    Story(
        "a pattern for dynamic names hits a service",
        helo_pattern_hits_a_service,
        (Expect("refusal|list_refused", "helo_invalid", "medium", "braze"),),
    ),
    Story("spam through a large provider", spam_through_a_large_provider, QUIET),
    Story(
        "a pool never gets past postscreen",
        greylisted_by_postscreen,
        (Expect("greylist_stuck", "greylist", "medium", "Microsoft", "ours", says="deep|pipelining"),),
    ),
    Story(
        "TLS demanded of strangers",
        tls_on_port_25,
        (Expect("own_limit_refuses", "tls_required", "medium", fault="ours"),),
    ),
    Story("photos too large", photos_too_large, (Expect("own_limit_refuses", "too_large", "medium", fault="ours"),)),
    Story(
        "a forwarding pool brings our mail back",
        forward_pool_returns_our_mail,
        QUIET,
        allowed=(Expect("brought_back", "auth_spf"),),
    ),
    Story(
        "a provider with one host",
        two_from_an_isp_with_one_host,
        (Expect("lost_smtp_setting", party="bea@", severity="medium|high"),),
    ),
    Story(
        "a lost server, put back",
        lost_and_repaired,
        allowed=(Expect("lost_smtp_setting", severity="medium", state="recovered"),),
    ),
    Story("a lost server amid forgeries in the same name", lost_amid_forgeries, (LOST,)),
    Story("a hijacked server", hijacked_server, QUIET),
    Story(
        "a friend's bad greeting, once", one_friend_once, QUIET, allowed=(Expect("refusal", "helo_invalid", "medium"),)
    ),
    Story(
        "a script of ours mistypes",
        own_script,
        (Expect("own_programs_refused", "user_unknown", "low|medium", fault="ours"),),
    ),
    Story(
        "a user writes as another",
        user_writes_as_another,
        (Expect("own_user_refused", "sender_rejected", "medium", "bea@example.org"),),
    ),
    Story(
        "a full mailbox of ours",
        full_mailbox,
        (Expect("own_mailbox_full", "mailbox_full", "medium", "bea@", "our_user"),),
    ),
    Story("a lost server, refused as not logged in", program_without_login_at_a_relay, (LOST,)),
    Story(
        "a lost server, refused by an access map",
        access_map_words,
        (LOST,),
        allowed=(Expect("refusal"),),
    ),
    Story("access lines in our name", static_lines_in_our_name, QUIET),
    Story(
        "a partner without a PTR",
        partner_without_ptr,
        (Expect("refusal", "unresolvable_client_hostname", "medium", "partner.example"),),
    ),
    Story("a known firm on a blocklist", listed_but_known, (Expect("refusal", "dnsbl", "medium|high", "smallfirm"),)),
)
