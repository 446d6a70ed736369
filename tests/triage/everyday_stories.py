# ruff: noqa: E501  (what servers say is long)
"""Stories of everyday servers, each with one trouble in a form that is easily taken for another, or for none."""

from tests.triage.stories import NO_USER, RELAY_DENIED, Expect, Log, Story

SPF_FAIL = "550 5.7.23 <{to}>: Recipient address rejected: Message rejected due to: SPF fail - not authorized"
STRICT = "554 5.7.1 Service unavailable; Client host [{ip}] blocked using dnsbl.strict.example; listed"
TOO_LARGE = "552 5.3.4 Message size exceeds fixed limit"
FRIEND = "mx.friend.example[198.51.100.9]:25"
SPAMCOP = "554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using bl.spamcop.net; Blocked - see https://www.spamcop.net/bl.shtml?192.0.2.25"
UCE = "554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using dnsbl-1.uceprotect.net; IP 192.0.2.25 is UCEPROTECT-Level 1 listed. See http://www.uceprotect.net/rblcheck.php?ipr=192.0.2.25"
BARRACUDA = "554 Service unavailable; Client host [192.0.2.25] blocked using Barracuda Reputation; http://www.barracudanetworks.com/reputation/?r=1&ip=192.0.2.25"
BIG = (
    ("mail-ed1-f41.google.com", "209.85.208.41", "gmail.com"),
    ("mout.gmx.net", "212.227.15.15", "gmx.de"),
    ("mout.web.de", "212.227.15.3", "web.de"),
)


def second_program_is_set_up_well(log: Log) -> None:
    """The telephone logs in all along; the computer does not."""
    log.family().spam()
    for day in (6, 7, 8):
        log.at("10:00", day)
        for number in (3, 4):
            log.refuse(f"mailout{number}.t-online.de[194.25.134.{number}]", "cara@example.org", "bea@example.org", SPF_FAIL, times=2, every=1200)  # fmt: skip
        log.later(hours=2).send("cara@example.org", "ann@friend.example", FRIEND)
        log.later(hours=1).send("cara@example.org", "ann@friend.example", FRIEND)


def list_names_a_providers_pool(log: Log) -> None:
    log.family().spam(40)
    for number in range(16):
        log.later(minutes=40)
        client = f"mail-fr2deu01on21{number % 8 + 10}.outbound.protection.outlook.com[40.107.135.{number % 8 + 10}]"
        sender = f"pat@{('town', 'church', 'school')[number % 3]}.example"
        log.refuse(client, sender, "bea@example.org", STRICT)


def spam_through_one_listed_host(log: Log) -> None:
    log.family().spam(10)
    for number in range(5):
        log.later(minutes=9).refuse("mout.gmx.net[212.227.15.15]", f"win{number}@gmx.de", "bea@example.org", STRICT)


def size_at_the_first_word(log: Log) -> None:
    """SIZE= is refused at MAIL: the line has neither sender nor recipient."""
    log.family()
    for number in range(6):
        log.later(hours=1)
        name, ip = f"mx.{('planner', 'builder')[number % 2]}.example", f"198.51.100.{number % 2 + 60}"
        log.say("postfix/smtpd", f"NOQUEUE: reject: MAIL from {name}[{ip}]: {TOO_LARGE}; proto=ESMTP helo=<{name}>")


def shop_without_login(log: Log) -> None:
    """Orders to many customers, all from our own web server."""
    log.family().spam()
    for number in range(20):
        log.later(minutes=20)
        log.refuse("shop.example.org[192.0.2.80]", "noreply@example.org", f"buyer{number}@gmx.de", RELAY_DENIED.replace("454 4.7.1", "554 5.7.1"))  # fmt: skip


def check_throws_away(log: Log) -> None:
    log.family()
    for number in range(6):
        name, ip, domain = BIG[number % 3]
        queue_id = log.later(hours=1).new_id()
        log.say("postfix/smtpd", f"{queue_id}: client={name}[{ip}]")
        log.say("postfix/cleanup", f"{queue_id}: discard: header Subject: Offer {number} from {name}[{ip}]; from=<pat{number}@{domain}> to=<bea@example.org> proto=ESMTP helo=<{name}>")  # fmt: skip
        log.later(minutes=5).accept(f"{name}[{ip}]", f"pat{number}@{domain}", "bea@example.org")


def check_throws_spam_away(log: Log) -> None:
    log.family()
    for number in range(12):
        client = f"h{number}.dyn.telco.example[198.19.3.{number + 1}]"
        queue_id = log.later(minutes=10).new_id()
        log.say("postfix/smtpd", f"{queue_id}: client={client}")
        log.say("postfix/cleanup", f"{queue_id}: discard: header Subject: Pills from {client}; from=<win@deal{number}.example> to=<bea@example.org> proto=ESMTP helo=<h>: spam")  # fmt: skip


def goes_another_way_by_design(log: Log) -> None:
    """FILTER and REDIRECT take the mail, and a scanner holds each at its Received: header."""
    for number in range(12):
        name, ip, domain = BIG[number % 3]
        client, who = f"{name}[{ip}]", f"from=<pat@{domain}> to=<bea@example.org> proto=ESMTP helo=<{name}>"
        log.later(minutes=20)
        log.say("postfix/smtpd", f"NOQUEUE: filter: RCPT from {client}: <pat@{domain}>: Sender address triggers FILTER scan:[127.0.0.1]:10026; {who}")  # fmt: skip
        log.say("postfix/smtpd", f"NOQUEUE: redirect: RCPT from {client}: <bea@example.org>: Recipient address triggers REDIRECT dan@example.org; {who}")  # fmt: skip
        queue_id = log.take(client, f"pat@{domain}")
        log.say("postfix/cleanup", f"{queue_id}: hold: header Received: from {name} ({client}) by mail.example.org from {client}; {who}")  # fmt: skip
        log.local(log.new_id(), "dan@example.org")


def held_by_a_check(log: Log) -> None:
    log.family()
    for number in range(3):
        queue_id = log.later(hours=1).new_id()
        client = "mx.partner.example[198.51.100.70]"
        log.say("postfix/smtpd", f"{queue_id}: client={client}")
        log.say("postfix/cleanup", f"{queue_id}: hold: header Subject: Invoice {number} from {client}; from=<pay@partner.example> to=<bea@example.org> proto=ESMTP helo=<mx.partner.example>")  # fmt: skip


def old_password_without_a_name(log: Log) -> None:
    """Before Postfix 3.9 nothing names the user; somebody logs in well from the same address."""
    log.family()
    home = "home.isp.example[203.0.113.77]"
    for _ in range(3):
        log.later(hours=1)
        queue_id = log.take(home, "cara@example.org", login="cara@example.org")
        log.deliver(queue_id, "ann@friend.example", FRIEND).removed(queue_id)
        for _ in range(4):
            log.later(minutes=15).say("postfix/submission/smtpd", f"warning: {home}: SASL PLAIN authentication failed: authentication failure")  # fmt: skip
    for number in range(30):
        stranger = f"unknown[198.19.7.{number + 1}]"
        log.later(minutes=7).say("postfix/smtpd", f"warning: {stranger}: SASL LOGIN authentication failed: UGFzc3dvcmQ6")  # fmt: skip


def first_host_knows_a_list(log: Log) -> None:
    log.family()
    for _ in range(3):
        queue_id = log.later(hours=1).take("home.isp.example[203.0.113.4]", "bea@example.org", login="bea@example.org")
        log.say("postfix/smtp", f"{queue_id}: host mx1.friend.example[198.51.100.8] refused to talk to me: {SPAMCOP}")
        log.deliver(queue_id, "ann@friend.example", FRIEND).removed(queue_id)


def two_lists_many_receivers(log: Log) -> None:
    log.family()
    for number in range(6):
        relay = f"mx.client{number}.example[198.51.100.{90 + number}]:25"
        reply = (UCE, BARRACUDA)[number % 2]
        log.later(hours=1).send("bea@example.org", f"ann@client{number}.example", relay, reply, status="bounced", dsn="5.7.1")  # fmt: skip


def server_behind_knows_the_users(log: Log) -> None:
    for number in range(12):
        known = number % 2
        to = "bea@example.org" if known else f"jo{number}@example.org"
        queue_id = log.later(minutes=30).take(f"mx{number}.far.example[198.51.100.{number + 100}]", f"x@far{number}.example")  # fmt: skip
        relay = "exch.internal.example[10.1.2.3]:25"
        if known:
            log.deliver(queue_id, to, relay).removed(queue_id)
        else:
            log.deliver(queue_id, to, relay, NO_USER.format(to=to), status="bounced", dsn="5.1.1").removed(queue_id)


def nobody_answers_for_days(log: Log) -> None:
    log.family()
    queue_id = log.take("home.isp.example[203.0.113.4]", "bea@example.org", login="bea@example.org")
    for number in range(20):
        log.deliver(queue_id, "sam@gone.example", "none", "connect to mx.gone.example[198.51.100.99]:25: Connection refused", status="deferred", dsn="4.4.1", delay=number * 21600 + 1)  # fmt: skip
        log.later(hours=6)
    log.say("postfix/qmgr", f"{queue_id}: from=<bea@example.org>, status=expired, returned to sender", 700)


def refused_login_of_postfix_310(log: Log) -> None:
    """No client= line names this login, and no delivery the domain: the refusals do."""
    for number in range(4):
        client = "home.isp.example[203.0.113.90]"
        log.later(hours=1)
        log.say("postfix/submissions/smtpd", f"NOQUEUE: reject: RCPT from {client}: 553 5.7.1 <local@paper.example>: Sender address rejected: not owned by user val@paper.example; from=<local@paper.example> to=<reader{number}@friend.example> proto=ESMTP helo=<[192.168.1.20]> sasl_method=PLAIN sasl_username=val@paper.example")  # fmt: skip


def greylisting_starts_anew(log: Log) -> None:
    log.family().spam(5)
    for number in range(24):
        client = f"mail-am6eur05on2{number:03d}.outbound.protection.outlook.com[40.107.{number % 5}.{number + 9}]"
        text = "450 4.2.0 <{to}>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/{to}"
        log.later(minutes=20).refuse(client, "pat@town.example", "bea@example.org", text)


def six_over_four(log: Log) -> None:
    """What passes over IPv4 afterwards does not heal IPv6."""
    log.family()
    six, four = "gmail-smtp-in.l.google.com[2a00:1450:4025:c03::1b]:25", "gmail-smtp-in.l.google.com[142.250.102.27]:25"
    text = "550-5.7.1 [2001:db8::25] Our system has detected that this message does not meet IPv6 sending guidelines regarding PTR records and authentication. 550 5.7.1 https://support.google.com/mail/?p=IPv6AuthError"
    for number in range(4):
        log.later(hours=1).send("bea@example.org", f"a{number}@gmail.com", six, text, status="bounced", dsn="5.7.1")
    for number in range(5):
        log.later(minutes=20).send("bea@example.org", f"b{number}@gmail.com", four)


def forward_fails_own_mail_passes(log: Log) -> None:
    log.family()
    relay = "gmail-smtp-in.l.google.com[142.250.102.27]:25"
    for number in range(5):
        queue_id = log.later(hours=1).take("mx.shop.example[198.51.100.77]", f"order{number}@shop.example")
        host = relay.partition(":")[0]
        said = f"host {host} said: 550-5.7.26 Unauthenticated email from shop.example is not accepted due to domain's DMARC policy. (in reply to end of DATA command)"
        log.say("postfix/smtp", f"{queue_id}: to=<cara77@gmail.com>, orig_to=<cara@example.org>, relay={relay}, delay=1, delays=0.1/0/0.5/0.4, dsn=5.7.26, status=bounced ({said})").removed(queue_id)  # fmt: skip
    for number in range(5):
        log.later(minutes=20).send("bea@example.org", f"b{number}@gmail.com", relay)


def typing_error_among_many(log: Log) -> None:
    """Hundreds get mail there, and another address there does not exist either."""
    log.family()
    relay = "gmail-smtp-in.l.google.com[142.250.102.27]:25"
    for number in range(300):
        log.later(5).send("bea@example.org", f"member{number}@gmail.com", relay)
    log.send("bea@example.org", "petra.lorenz@gmail.com", relay)
    for wrong in ("petra.lorentz@gmail.com", "gone4711@gmail.com"):
        log.later(hours=1).send("bea@example.org", wrong, relay, "550 5.1.1 The email account that you tried to reach does not exist.", status="bounced", dsn="5.1.1")  # fmt: skip


def behind_a_smarthost(log: Log) -> None:
    log.family()
    for number in range(8):
        log.later(minutes=30).send(
            "bea@example.org", f"a{number}@gmail.com", "smtp.provider.example[198.51.100.200]:587"
        )
    for _ in range(2):
        log.later(minutes=30).accept("out.provider.example[198.51.100.201]", "", "bea@example.org")


def half_the_house_is_hosted_elsewhere(log: Log) -> None:
    """Many of our addresses write from a provider, and none of them logs in here: nobody lost a setting."""
    log.family()
    for number in range(20):
        client = f"mail-fr2deu01on21{number % 8 + 10}.outbound.protection.outlook.com[40.107.135.{number % 8 + 10}]"
        sender = f"{('buy', 'staff', 'press', 'board', 'lab')[number % 5]}@example.org"
        log.later(minutes=50).refuse(client, sender, "bea@example.org", "554 5.7.1 <{sender}>: Sender address rejected: log in first")  # fmt: skip


def newsletter_service_by_spf(log: Log) -> None:
    log.family()
    for number in range(5):
        log.later(minutes=2).refuse(f"mail{number}.sender.example[198.51.100.{number + 150}]", "newsletter@example.org", "bea@example.org", SPF_FAIL)  # fmt: skip


def website_sends_spam(log: Log) -> None:
    log.family()
    for number in range(60):
        queue_id = log.later(20).new_id()
        log.say("postfix/pickup", f"{queue_id}: uid=33 from=<www-data>")
        log.say("postfix/qmgr", f"{queue_id}: from=<www-data@example.org>, size=900, nrcpt=1 (queue active)", 700)
        to, relay, reply = (
            (f"x{number}@gmail.com", "gmail-smtp-in.l.google.com[142.250.102.27]:25", "550-5.7.1 [192.0.2.25] Gmail has detected that this message is likely unsolicited mail."),
            (f"x{number}@outlook.com", "outlook-com.olc.protection.outlook.com[52.101.9.15]:25", "550 5.7.1 Message rejected as spam by Content Filtering."),
        )[number % 2]  # fmt: skip
        log.deliver(queue_id, to, relay, reply, status="bounced", dsn="5.7.1", command="end of DATA").removed(queue_id)


def check_refuses_people(log: Log) -> None:
    log.family()
    for number in range(9):
        name, ip, domain = BIG[number % 3]
        log.later(hours=1).accept(f"{name}[{ip}]", f"pat@{domain}", "bea@example.org")
        queue_id = log.new_id()
        log.say("postfix/smtpd", f"{queue_id}: client={name}[{ip}]")
        log.say("postfix/cleanup", f"{queue_id}: reject: header Subject: Re: invoice {number} from {name}[{ip}]; from=<pat@{domain}> to=<bea@example.org> proto=ESMTP helo=<{name}>: 5.7.1 no invoices")  # fmt: skip


def server_behind_is_gone(log: Log) -> None:
    log.family()
    for number in range(4):
        queue_id = log.take(f"mx.far{number}.example[198.51.100.{number + 30}]", f"pat@far{number}.example")
        for attempt in range(6):
            log.deliver(queue_id, "office@branch.example", "none", "connect to branch.internal.example[10.8.0.5]:25: No route to host", status="deferred", dsn="4.4.1", delay=attempt * 3600 + 1)  # fmt: skip
            log.later(minutes=60)


def partner_lets_the_domain_go(log: Log) -> None:
    log.family()
    for number in range(6):
        relay = "mx.partner.example[198.51.100.90]:25" if number < 3 else "none"
        if number < 3:
            log.later(hours=1).send("bea@example.org", "sam@partner.example", relay)
        else:
            log.later(hours=1).send("bea@example.org", "sam@partner.example", relay, "Host or domain name not found. Name service error for name=partner.example type=A: Host not found", status="bounced", dsn="5.4.4")  # fmt: skip


def callouts_meet_a_closed_door(log: Log) -> None:
    log.family()
    for number in range(4):
        host = ("mx.buyer.example[198.51.100.91]", "mx.seller.example[198.51.100.92]")[number % 2]
        log.later(hours=1).send("bea@example.org", f"sam@{host.split('[')[0][3:]}", f"{host}:25", "550 5.1.7 <bea@example.org>: Sender address rejected: unverified address: host mail.example.org[192.0.2.25] said: 450 4.7.1 Client host rejected", status="bounced", dsn="5.1.7")  # fmt: skip


def guesses_by_way_of_providers(log: Log) -> None:
    """Each address is tried once, by another stranger."""
    log.family()
    for number in range(12):
        name, ip, domain = BIG[number % 3]
        log.later(hours=1).refuse(f"{name}[{ip}]", f"rnd{number}@{domain}", f"guess{number}@example.org", NO_USER)


def greylisting_passes_each_in_turn(log: Log) -> None:
    log.family()
    text = "450 4.2.0 <{to}>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/{to}"
    for number in range(9):
        client = f"mail-ed1-f4{number}.google.com[209.85.208.4{number}]"
        log.later(hours=1).refuse(client, f"pat{number}@gmail.com", "bea@example.org", text)
        log.later(minutes=8).accept(client, f"pat{number}@gmail.com", "bea@example.org")


def spam_by_a_sending_service(log: Log) -> None:
    log.family()
    for number in range(30):
        client = f"o{number % 5}.ptr{number % 3}.sendgrid.net[149.72.{number % 5}.{number + 1}]"
        log.later(minutes=20).refuse(client, f"bounces+{number}@em{number}.deal{number}.example", "bea@example.org", "550 5.7.1 Spam message rejected", stage="END-OF-MESSAGE")  # fmt: skip


QUIET: tuple[Expect, ...] = ()
STORIES = (
    Story("a second program is set up well", second_program_is_set_up_well, (Expect("lost_smtp_setting", "", "high|medium", "cara@example.org", "our_user"),)),
    Story("a list names a provider's pool", list_names_a_providers_pool, (Expect("refusal", "dnsbl", "medium|high", "outlook.com", "ours"),)),
    Story("spam through one listed host", spam_through_one_listed_host, QUIET),
    Story("too large, said before anybody is named", size_at_the_first_word, (Expect("own_limit_refuses", "too_large", "medium|high", "planner", "ours", says="message_size_limit"),)),
    Story("a shop without login", shop_without_login, (Expect("device_without_login", "", "high", "noreply@", "ours", says="mynetworks|login"),)),
    Story("a check throws people's mail away", check_throws_away, (Expect("mail_discarded", "policy", "medium", "throws away 6 mails", "ours", says="header_checks"),)),
    Story("a check throws spam away", check_throws_spam_away, QUIET),
    Story("goes another way by design", goes_another_way_by_design, QUIET),
    Story("held by a check", held_by_a_check, (Expect("mail_held", "", "low|medium", "on hold", "ours", says="postsuper -H"),)),
    Story("an old password, nobody named", old_password_without_a_name, (Expect("saved_old_password", "", "medium", "cara@example.org", "our_user"),)),
    Story("the first host asks a list", first_host_knows_a_list, (Expect("early_warning", "", "low", "friend.example"),)),
    Story("two lists, many receivers", two_lists_many_receivers, (Expect("address_listed", "", "high", "on 2 blocklists (Barracuda, UCEPROTECT", "ours"),)),
    Story("the server behind knows the users", server_behind_knows_the_users, (Expect("accepted_then_refused", "", "medium", "internal.example", "ours", says="verified"),)),
    Story("nobody answers for days", nobody_answers_for_days, (Expect("failure", "network", "medium", "gone.example", "receiver", says="another way"),)),
    Story("greylisting starts anew each time", greylisting_starts_anew, (Expect("greylist_stuck", "", "medium", "outlook.com", "ours", says=r"starts anew(?s:.)*whitelist_clients"),)),
    Story("IPv4 does not heal IPv6", six_over_four, (Expect("ipv6_refused", "", "high", "Google", "ours", "ongoing"),)),
    Story("our own mail passes, the forwarded does not", forward_fails_own_mail_passes, (Expect("forward_breaks_spf", "", "medium", "Google", "ours", "ongoing", says="SRS"),)),
    Story("a typing error among many", typing_error_among_many, (Expect("failure|mistyped_address", "user_unknown", "low", "Google", says=r"petra\.lorentz.*petra\.lorenz@"),)),
    Story("behind a smarthost", behind_a_smarthost, (Expect("smarthost", "", "low", "Behind provider.example, refusals come only as bounce mails: 2", "nobody"),)),
    Story("half the house is hosted elsewhere", half_the_house_is_hosted_elsewhere, (Expect("own_machine_refused", "", "medium|high", "outlook.com", "ours"),)),
    Story("a newsletter service, refused for SPF", newsletter_service_by_spf, (Expect("own_machine_refused", "auth_spf", "medium", "sender.example", "ours"),)),
    Story("a website sends spam", website_sends_spam, (Expect("program_sends_spam", "", "high", "www-data@example.org", "ours", says="authorized_submit_users"),)),
    Story("a check refuses people for a line", check_refuses_people, (Expect("own_check_refuses", "", "medium", "of people for a line", "ours", says="header_checks"),)),
    Story("the server behind is gone", server_behind_is_gone, (Expect("failure", "network", "high", "your own server behind", "ours", says="postqueue -f"),)),
    Story("a partner lets its domain go", partner_lets_the_domain_go, (Expect("failure", "dns_failure", "medium|low", "partner.example", "receiver"),)),
    Story("callouts meet a closed door", callouts_meet_a_closed_door, (Expect("identity_rejected", "sender_unverifiable", "high", "2 receivers", "ours"),)),
    Story("guesses by way of providers", guesses_by_way_of_providers, QUIET),
    Story("greylisting passes each in turn", greylisting_passes_each_in_turn, QUIET),
    Story("spam by a sending service", spam_by_a_sending_service, QUIET),
    Story("a login that only refusals name", refused_login_of_postfix_310, (Expect("own_user_refused", "", "medium", "val@paper.example"),), own=()),
)  # fmt: skip
