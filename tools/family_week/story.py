"""What happened that week."""

from datetime import datetime
from functools import partial

from tools.family_week.journal import ZONE, Journal, at
from tools.family_week.people import (
    CORRESPONDENTS,
    DOMAIN,
    FAMILY,
    FRIENDS,
    HANAKO,
    MOTHER,
    POOL,
    SON,
    STRANGERS,
    TARO,
    YUKI,
    Home,
)
from tools.family_week.sessions import APPLE_BLOCKED, Client, Failure, Sessions

FIRST_DAY, LAST_DAY = 4, 11
END = at(11, "10:04")
HOUR = 3600.0
POOL_RETRIES = (0, 300, 900, 2100, 4500, 9300, 18900, 38100, 76500, 153300, 230100, 306900)  # seconds after the first

APPLE = Failure(APPLE_BLOCKED, "5.7.0", bounced=True)
NO_SUCH_USER = Failure(
    "host {mx}[{addr}] said: 550-5.1.1 The email account that you tried to reach does not exist. Please try "
    "550-5.1.1 double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. For more "
    "information, go to 550 5.1.1  https://support.google.com/mail/?p=NoSuchUser "
    "a640c23a62f3a-ac7be9d1f4esi31188166b.41 - gsmtp (in reply to RCPT TO command)",
    "5.1.1",
    bounced=True,
)
GREYLISTED_OUT = Failure(
    "host {mx}[{addr}] said: 450 4.2.0 <office@temple-garden.example>: Recipient address rejected: Greylisted, "
    "see http://postgrey.schweikert.ch/help/temple-garden.example.html (in reply to RCPT TO command)",
    "4.2.0",
)
TIMED_OUT = Failure("connect to {mx}[{addr}]:25: Connection timed out", "4.4.1", relay=False)


def tell(journal: Journal) -> list[str]:
    """All lines of the week."""
    sessions = Sessions(journal)
    _the_server(journal, sessions)
    _ordinary_mail(journal, sessions)
    _mother(journal, sessions)
    _friends_of_jcom(journal, sessions)
    _apple(journal, sessions)
    _spam(journal, sessions)
    _scanners(journal, sessions)
    journal.play(END)
    return journal.lines(END)


def _each_day(journal: Journal, times: int, first: str, last: str) -> list[float]:
    """`times` moments of each day between two times of day."""
    return [
        journal.rng.uniform(at(day, first), at(day, last))
        for day in range(FIRST_DAY, LAST_DAY + 1)
        for _ in range(times)
    ]


def _the_server(journal: Journal, sessions: Sessions) -> None:
    def started(when: float) -> None:
        journal.line(when - 0.4, "postfix-script", 1019, "starting the Postfix mail system")
        journal.line(when, "master", 1020, "daemon started -- version 3.7.11, configuration /etc/postfix")

    def reloaded(when: float) -> None:
        journal.line(when - 0.05, "postfix-script", 28401, "refreshing the Postfix mail system")
        journal.line(when, "master", 1020, "reload -- version 3.7.11, configuration /etc/postfix")
        journal.restart()
        sessions.qmgr_pid = 28405

    def statistics(when: float, client: str, peak: float) -> None:
        pid = journal.worker("anvil", when, 1)
        stamp = _syslog_stamp(peak)
        for text in (
            f"max connection rate 1/60s for (smtp:{client}) at {stamp}",
            f"max connection count 1 for (smtp:{client}) at {stamp}",
            f"max cache size 2 at {stamp}",
        ):
            journal.line(when, "anvil", pid, f"statistics: {text}")

    journal.plan(at(4, "00:00:07.5"), started)
    journal.plan(at(7, "21:15:02"), reloaded)
    for day in range(FIRST_DAY, LAST_DAY + 1):
        journal.plan(at(day, "06:25:03.2"), partial(sessions.pickup, size=1900 + 37 * day))
        for clock in ("03:10:31", "12:20:31", "20:40:31"):
            when = at(day, clock)
            journal.plan(when, partial(statistics, client=f"198.18.{day}.{len(clock)}", peak=when - 201))


def _syslog_stamp(when: float) -> str:
    moment = datetime.fromtimestamp(when, ZONE)
    return f"Apr {moment.day:2d} {moment:%H:%M:%S}"


def _ordinary_mail(journal: Journal, sessions: Sessions) -> None:
    rng = journal.rng
    for when in _each_day(journal, 22, "06:40", "22:50"):
        sender = rng.choice(CORRESPONDENTS)
        recipients = [rng.choice(FAMILY).address]
        if rng.random() < 0.08:
            recipients.append(next(user.address for user in FAMILY if user.address not in recipients))
        size = round(rng.lognormvariate(9.3, 1.1)) + 1800
        journal.plan(when, partial(sessions.receive, sender=sender, recipients=recipients, size=size))
    for when in _each_day(journal, 14, "06:30", "23:10"):
        journal.plan(when, partial(sessions.imap, user=rng.choice(FAMILY)))
    others = [
        "mika.ito@gmail.com",
        "kenji.okada@gmail.com",
        "s.nakano@gmail.com",
        "haru@docomo.ne.jp",
        "ikuko@yahoo.co.jp",
    ]
    for when in _each_day(journal, 6, "07:10", "22:40"):
        user = rng.choice((TARO, HANAKO, SON, YUKI))
        to = rng.choice([*others, MOTHER.address, f"{rng.choice(('taro', 'yuki'))}@{DOMAIN}"])
        size = round(rng.lognormvariate(8.6, 1.2)) + 900
        journal.plan(when, partial(sessions.submit, user=user, to=to, size=size, tries=[]))
    for stranger, day, clock in zip(
        STRANGERS, (4, 6, 8, 10), ("10:11:20", "14:30:02", "09:02:44", "16:45:10"), strict=True
    ):
        first, to = at(day, clock), rng.choice((TARO, HANAKO)).address
        journal.plan(first, partial(sessions.greylisted, sender=stranger, recipient=to))
        journal.plan(
            first + rng.uniform(320, 940), partial(sessions.receive, sender=stranger, recipients=[to], size=14_210)
        )
    _one(journal, sessions, 5, "15:20:09", TARO, "office@temple-garden.example", [GREYLISTED_OUT])
    _one(journal, sessions, 6, "11:02:31", YUKI, "walk12@kyoto-walks.example", [TIMED_OUT, TIMED_OUT])
    _one(journal, sessions, 9, "18:33:50", HANAKO, "mkia.ito@gmail.com", [NO_SUCH_USER])


def _one(
    journal: Journal,
    sessions: Sessions,
    day: int,
    clock: str,
    user: Home,
    to: str,
    tries: list[Failure],
    size: int = 3217,
) -> None:
    journal.plan(at(day, clock), partial(sessions.submit, user=user, to=to, size=size, tries=tries))


def _through_the_pool(journal: Journal, sessions: Sessions, first: float, sender: str, to: str) -> None:
    """One mail that JCOM's servers try again and again, each time from another of them."""
    rng = journal.rng
    size_of_pool = len(POOL)
    start = rng.randrange(size_of_pool)
    for n, offset in enumerate(POOL_RETRIES):
        name, addr = POOL[(start + n * 3) % size_of_pool]
        client = Client("unknown", addr, name, unverified=name)
        when = first + offset + (rng.uniform(0, 40) if n else 0.0)
        journal.plan(when, partial(sessions.unresolvable, client=client, sender=sender, recipient=to))


def _mother(journal: Journal, sessions: Sessions) -> None:
    """Until the evening of 7 April she logs in here; from 8 April on her program uses JCOM's servers."""
    for day, clock, to in (
        (4, "09:40:12", SON.address),
        (4, "16:05:55", "mika.ito@gmail.com"),
        (5, "14:05:31", HANAKO.address),
        (5, "20:44:02", FRIENDS[0]),
        (6, "20:10:47", SON.address),
        (7, "10:32:18", FRIENDS[2]),
        (7, "19:48:33", SON.address),
    ):
        _one(journal, sessions, day, clock, MOTHER, to, [], size=2950 + day * 11)
    for day, clock, to in (
        (8, "10:07:41", SON.address),
        (8, "18:40:03", SON.address),
        (9, "09:15:26", SON.address),
        (9, "20:31:57", HANAKO.address),
        (10, "20:02:14", SON.address),
        (11, "08:51:30", SON.address),
    ):
        _through_the_pool(journal, sessions, at(day, clock), MOTHER.address, to)
    for day in range(8, LAST_DAY + 1):  # she still reads her mail here
        for clock in ("08:20:11", "19:05:40"):
            journal.plan(at(day, clock), partial(sessions.imap, user=MOTHER))


def _friends_of_jcom(journal: Journal, sessions: Sessions) -> None:
    for n, friend in enumerate(FRIENDS):
        to = (MOTHER, MOTHER, MOTHER, TARO, MOTHER, HANAKO, MOTHER, SON, MOTHER)[n].address
        first = at(4 + n * 7 // len(FRIENDS), f"{9 + n}:{(n * 17 + 12) % 60:02d}:{(n * 31) % 60:02d}")
        _through_the_pool(journal, sessions, first, friend, to)
    _through_the_pool(journal, sessions, at(10, "13:24:05"), FRIENDS[0], MOTHER.address)
    _through_the_pool(journal, sessions, at(11, "09:41:00"), FRIENDS[3], TARO.address)
    for day, clock, user, to in (
        (5, "19:12:40", TARO, FRIENDS[3]),
        (8, "12:50:21", HANAKO, FRIENDS[5]),
        (10, "21:15:08", SON, FRIENDS[7]),
    ):
        _one(journal, sessions, day, clock, user, to, [])


def _apple(journal: Journal, sessions: Sessions) -> None:
    """Apple takes our mail until 10 April 22:01; from 11 April 06:14 on it refuses all."""
    for day, clock, user, to in (
        (4, "11:20:33", TARO, "hogehoge@icloud.com"),
        (5, "08:15:40", HANAKO, "ayumi@icloud.com"),
        (6, "17:52:09", TARO, "fukuda@me.com"),
        (8, "07:48:27", TARO, "hogehoge@icloud.com"),
        (9, "22:11:03", HANAKO, "ayumi@icloud.com"),
        (10, "22:01:15", TARO, "hogehoge@icloud.com"),
    ):
        _one(journal, sessions, day, clock, user, to, [])
    blocked = partial(sessions.submit, user=TARO, to="hogehoge@icloud.com", size=4106, tries=[APPLE])
    journal.plan(at(11, "06:14:43.9"), partial(blocked, arrives=at(11, "06:14:44.753299")))
    _one(journal, sessions, 11, "07:02:18", HANAKO, "ayumi@icloud.com", [APPLE], size=5120)
    _one(journal, sessions, 11, "08:40:55", TARO, "fukuda@me.com", [APPLE], size=18_204)
    _one(journal, sessions, 11, "09:30:07", TARO, "hogehoge@icloud.com", [APPLE], size=3988)
    _one(journal, sessions, 11, "09:12:40", HANAKO, "mika.ito@gmail.com", [])


def _spam(journal: Journal, sessions: Sessions) -> None:
    rng = journal.rng
    for n, when in enumerate(_each_day(journal, 46, "00:00:20", "23:59")):
        octets = f"{rng.randrange(1, 255)}.{rng.randrange(1, 255)}"
        addr = f"198.{18 + n % 2}.{octets}"
        provider = rng.choice(("cable.example", "dyn.telco.example", "customers.hosting.example", "vps.example"))
        named = Client(f"h{addr.replace('.', '-')}.{provider}", addr, f"h{addr.replace('.', '-')}.{provider}")
        sender = f"{rng.choice(('sales', 'offer', 'billing', 'no.reply', 'promo'))}{n % 89}@deal{n % 41}.example"
        to = rng.choice(FAMILY).address
        kind = rng.random()
        if kind < 0.5:
            if rng.random() < 0.06:  # "I know your password": our own address as the sender
                sender = to
            name = rng.choice((named.helo, f"[{addr}]", "ylmf-pc.example", f"mail.deal{n % 41}.example"))
            text = (
                f"554 5.7.1 Service unavailable; Client host [{addr}] blocked using zen.spamhaus.org; "
                f"https://www.spamhaus.org/query/ip/{addr}"
            )
            client = Client(named.name, addr, name)
            journal.plan(when, partial(sessions.refused, client=client, sender=sender, recipient=to, text=text))
        elif kind < 0.68:
            unverified = rng.choice((None, None, f"host-{addr.replace('.', '-')}.{provider}"))
            warning = rng.choice(("Name or service not known", "", "Name or service not known"))
            helo = rng.choice((f"mail.deal{n % 41}.example", "localhost", f"srv{n}.example"))
            client = Client("unknown", addr, helo, unverified, warning)
            if rng.random() < 0.05:
                sender = f"{rng.choice(('hana', 'invoice', 'k.sato'))}@jcom.zaq.ne.jp"
            proto = rng.choice(("ESMTP", "ESMTP", "SMTP"))
            journal.plan(when, partial(sessions.unresolvable, client=client, sender=sender, recipient=to, proto=proto))
        elif kind < 0.88:
            nobody = (
                f"{rng.choice(('info', 'admin', 'sato', 'suzuki', 'office', 'sales', 'contact', 'haruka'))}@{DOMAIN}"
            )
            text = f"550 5.1.1 <{nobody}>: Recipient address rejected: User unknown in virtual mailbox table"
            journal.plan(when, partial(sessions.refused, client=named, sender=sender, recipient=nobody, text=text))
        else:
            probe = rng.choice(("spameri@tiscali.example", "test.relay77@mail.example", "openrelay@probe.example"))
            text = f"554 5.7.1 <{probe}>: Relay access denied"
            journal.plan(
                when,
                partial(sessions.refused, client=named, sender=f"spameri@{DOMAIN}", recipient=probe, text=text),
            )
    for when in _each_day(journal, 13, "00:01", "23:58"):
        client = Client("unknown", f"198.19.{rng.randrange(200, 204)}.{rng.randrange(1, 255)}", "x")
        journal.plan(when, partial(sessions.guess, client=client, tries=rng.choice((1, 1, 1, 3))))


def _scanners(journal: Journal, sessions: Sessions) -> None:
    rng = journal.rng
    visits = (
        (
            ["SSL_accept error from {client}: lost connection", "lost connection after STARTTLS from {client}"],
            "ehlo=1 starttls=0/1 commands=1/2",
        ),
        (["lost connection after CONNECT from {client}"], "commands=0/0"),
        (["warning: non-SMTP command from {client}: GET / HTTP/1.1"], "unknown=0/1 commands=0/1"),
        (
            [
                "SSL_accept error from {client}: -1",
                "warning: TLS library problem: error:0A000102:SSL routines::unsupported protocol:"
                "../ssl/statem/statem_srvr.c:1657:",
                "lost connection after STARTTLS from {client}",
            ],
            "ehlo=1 starttls=0/1 commands=1/2",
        ),
        (["lost connection after EHLO from {client}"], "ehlo=1 commands=1"),
    )
    for when in _each_day(journal, 4, "00:02", "23:50"):
        lines, counters = rng.choice(visits)
        addr = f"198.51.100.{rng.randrange(100, 250)}"
        named = Client(f"scan-{addr.rpartition('.')[2]}.research.example", addr, "x")
        client = rng.choice((named, Client("unknown", addr, "x", f"scan.{addr}.research.example")))
        journal.plan(when, partial(sessions.scanner, client=client, lines=list(lines), counters=counters))
