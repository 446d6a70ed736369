"""Judgements on the server that no warning tells: each on a small story, and on one that must stay quiet."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.triage.server_story import loud, told


def deferred(n: int, to: str, at: str, why: str, agent: str = "smtp") -> str:
    return f"{at} {agent}[{n}]: 4F1A22146{n:02d}: to=<{to}>, relay=none, delay=30, delays=0/0/30/0, dsn=4.4.1, status=deferred ({why})"  # noqa: E501


def refused(n: int, client: str, what: str, sender: str, to: str, at: str = "06:00:00") -> str:
    return (
        f"{at} smtpd[{n}]: NOQUEUE: reject: RCPT from {client}: {what}; from=<{sender}> to=<{to}> proto=ESMTP helo=<x>"
    )


GMAIL = "connect to gmail-smtp-in.l.google.com[192.0.2.26]:25: Connection timed out"
SENT = ("06:00:00 smtp[9]: 4F1A221469{0}: to=<a@b.example>, relay=mx.b.example[192.0.2.7]:25, delay=1,"
        " delays=0/0/1/0, dsn=2.0.0, status=sent (250 ok)")  # fmt: skip
UNKNOWN = "550 5.1.1 <nobody@mail>: Recipient address rejected: User unknown in local recipient table"
LOST_AUTH = ("06:{0:02d}:00 smtpd[7]: warning: {1}: SASL PLAIN authentication failed: Connection lost to"
             " authentication server")  # fmt: skip
WRONG = "06:{0:02d}:00 smtpd[7]: warning: {1}: SASL LOGIN authentication failed: UGFzc3dvcmQ6"
LATE = ("06:{0:02d}:{1:02d} smtp[7]: 4F1A22{0:02d}{1:02d}: to=<a@b.example>, relay=mx.b.example[192.0.2.7]:25,"
        " delay=900, delays=0.1/899/0.5/0.4, dsn=2.0.0, status=sent (250 ok)")  # fmt: skip
FILTER = (
    "conversation with 127.0.0.1[127.0.0.1] timed out while sending end of data -- message may be sent more than once"
)
GREETING = ("06:{0:02d}:00 smtp[{0}]: 4F1A22146{0:02d}: to=<a@b{0}.example>,"
            " relay=smtp.provider.example[192.0.2.30]:465, delay=300, delays=0/0/300/0, dsn=4.4.2,"
            " status=deferred (conversation with"
            " smtp.provider.example[192.0.2.30] timed out while receiving the initial server greeting)")  # fmt: skip
BY_465 = SENT.replace("mx.b.example[192.0.2.7]:25", "smtp.provider.example[192.0.2.30]:465")
DENIED = ("06:{0:02d}:00 submission/smtpd[7]: NOQUEUE: reject: CONNECT from unknown[{1}]: 554 5.7.1"
          " <unknown[{1}]>: Client host rejected: Access denied; proto=SMTP")  # fmt: skip
LOGIN = "06:50:00 submission/smtpd[8]: 4F1A2214699: client=unknown[10.1.2.3], sasl_method=PLAIN, sasl_username=taro"
RELAY = ("06:{0:02d}:00 smtpd[7]: NOQUEUE: reject: RCPT from {1}: 454 4.7.1 <x{0}@gmail.com>: Relay access denied;"
         " from=<{2}> to=<x{0}@gmail.com> proto=ESMTP helo=<x>")  # fmt: skip
OLD = ("06:{0:02d}:00 smtp[3]: 4F1A22146{0:02d}: to=<a@b.example>, relay=none, delay={1}, delays={1}/0/0/0, dsn=4.4.1,"
       " status=deferred (connect to mx.b.example[192.0.2.7]:25: Connection refused)")  # fmt: skip
BARE = ("06:{0:02d}:00 qmgr[2]: 4F1A22146{0:02d}: from=<root@{1}>, size=300, nrcpt=1 (queue active)\n"
        "Apr 11 06:{0:02d}:01 mail postfix/smtp[3]: 4F1A22146{0:02d}: to=<a@b.example>,"
        " relay=mx.b.example[192.0.2.7]:25, delay=1, delays=0/0/1/0, dsn=5.1.8, status=bounced (host"
        " mx.b.example[192.0.2.7] said: 553 5.1.8 <root@{1}>: Sender address rejected: Domain not found"
        " (in reply to RCPT TO command))")  # fmt: skip
LOOP = "06:{0:02d}:00 cleanup[5]: warning: 4F1A22146{0:02d}: message rejected: hopcount exceeded"
BUSY = "{0:02d}:{1:02d}:00 postscreen[5]: NOQUEUE: reject: CONNECT from [192.0.2.{1}]:4711: all server ports busy"
NO_DOMAIN = "Host or domain name not found. Name service error for name=w.shirao.example type=A: Host not found"

LOUD: dict[str, tuple[Sequence[str], str, str]] = {
    "port 25: one great provider, never answered": (
        [deferred(n, "taro@gmail.com", f"06:0{n}:00", GMAIL) for n in range(6)], "high", "port_25_blocked",
    ),
    "port 25: three destinations": (
        [deferred(n, f"a@d{n}.example", f"06:0{n}:00", f"connect to mx[192.0.2.{n}]:25: Connection timed out")
         for n in range(3)], "high", "port_25_blocked",
    ),
    "own script writes to nobody": (
        [refused(n, "localhost[127.0.0.1]", UNKNOWN, "root@mail", f"x{n}@mail", f"06:00:{n:02d}") for n in range(30)],
        "medium", "own_programs_refused",
    ),
    "authentication service dies": (
        [LOST_AUTH.format(n, "localhost[127.0.0.1]") for n in range(6)], "medium", "auth_service_down",
    ),
    "active queue holds mail up": (
        [LATE.format(n // 30, n % 30) for n in range(150)], "high", "queue_stuck",
    ),
    "short name completed": (
        [f"06:00:{n:02d} qmgr[2]: 4F1A22146{n:02d}: from=<root@mail.shirao.example>, size=300, nrcpt=1 (queue active)\n"
         f"Apr 11 06:00:{n:02d} mail postfix/smtp[3]: 4F1A22146{n:02d}: to=<w@w.shirao.example>, relay=none, delay=1,"
         f" delays=0/0/1/0, dsn=5.4.4, status=bounced ({NO_DOMAIN})" for n in range(12)],
        "medium", "short_name_completed",
    ),
    "content filter breaks off": (
        [deferred(n, "taro@shirao.example", f"06:0{n}:00", FILTER).replace("=none", "=127.0.0.1[127.0.0.1]:10024")
         for n in range(3)], "high", "service_down",
    ),
    "port 465 in plain text": ([GREETING.format(n) for n in range(3)], "high", "relayhost_wrong"),
    "refused before the login": ([DENIED.format(n, f"10.1.2.{n}") for n in range(3)], "high", "login_impossible"),
    "a machine inside that is not in mynetworks": (
        [RELAY.format(n, "unknown[10.1.2.3]", "www-data@web") for n in range(4)], "medium", "own_programs_refused",
    ),
    "myorigin is a private name": ([BARE.format(n, "box.lan") for n in range(3)], "high", "origin_not_set"),
    "every mail goes in a circle": ([LOOP.format(n) for n in range(4)], "high", "mail_loops"),
    "all ports busy for an hour": (
        [BUSY.format(6 + n // 60, n % 60) for n in range(90)], "medium", "all_ports_busy",
    ),
    "thrown away": (
        [f"06:00:0{n} discard[4]: 4F1A221463{n}: to=<haru@b.example>, relay=none, delay=0.1, delays=0/0/0/0, dsn=2.0.0,"
         " status=sent (old test)" for n in range(2)], "medium", "mail_discarded",
    ),
}  # fmt: skip

QUIET: dict[str, Sequence[str]] = {
    "timeouts while other mail gets out": [
        *[deferred(n, "taro@gmail.com", f"06:0{n}:00", GMAIL) for n in range(6)], *[SENT.format(n) for n in range(6)],
    ],
    "two wrong passwords of the webmail": [WRONG.format(n, "localhost[127.0.0.1]") for n in range(2)],
    "port 465, where mail got out before": [
        *[GREETING.format(n) for n in range(3)], *[BY_465.format(n) for n in range(3)],
    ],
    "refused at CONNECT, while others log in": [*[DENIED.format(n, f"10.1.2.{n}") for n in range(3)], LOGIN],
    "one stranger refused at CONNECT": [DENIED.format(n, "198.18.5.7") for n in range(3)],
    "a relay probe through our own router": [
        RELAY.format(n, "unknown[172.17.0.1]", f"x{n}@firm.example") for n in range(4)
    ],
    "a sender whose domain is real": [BARE.format(n, "shirao.example") for n in range(3)],
    "postscreen busy for a minute": [BUSY.format(6, n) for n in range(5)],
    "a failed handshake or two": [
        "06:00:00 smtpd[7]: warning: TLS library problem: error:0A000418:SSL routines::tlsv1 alert unknown ca:"
        "../ssl/record/rec_layer_s3.c:1601:SSL alert number 48:"
    ] * 3,
    "a helper misses one answer at a reload": [
        "06:00:00 smtpd[7]: warning: problem talking to service rewrite: Connection reset by peer",
    ],
    "a few late mails": [LATE.format(0, n) for n in range(5)],
    "guessing from outside": [WRONG.format(n, f"unknown[198.18.5.{n}]") for n in range(40)],
    "one refusal of a local program": [refused(1, "localhost[127.0.0.1]", UNKNOWN, "root@mail", "x@mail")],
    "mail to /dev/null": [
        "06:00:00 local[4]: 4F1A2214630: to=<noreply@mail>, relay=local, delay=0.1, dsn=2.0.0, "
        "status=sent (delivered to file: /dev/null)"
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", LOUD)
def test_what_needs_somebody(name: str, tmp_path: Path) -> None:
    lines, severity, kind = LOUD[name]
    assert [(one.severity, one.kind) for one in loud(told(tmp_path, lines))] == [(severity, kind)]


@pytest.mark.parametrize("name", QUIET)
def test_what_harms_nobody(name: str, tmp_path: Path) -> None:
    found = told(tmp_path, QUIET[name])
    assert [one.kind for one in loud(found) if one.party.kind == "own_server"] == []


@pytest.mark.parametrize(
    ("delays", "soon"), [((424000, 425000), True), ((424000, 700000), False), ((90000, 172800), False)]
)
def test_mail_that_will_soon_go_back(delays: tuple[int, int], soon: bool, tmp_path: Path) -> None:
    lines = [OLD.format(n, delay) for n, delay in enumerate(delays)]
    (one,) = told(tmp_path, lines)
    assert one.kind == "failure"  # what keeps the mail, and the warning in it
    assert (" 2 mails go back to their senders " in one.why) == soon


def test_mail_to_dev_null_is_mentioned(tmp_path: Path) -> None:
    (one,) = told(tmp_path, QUIET["mail to /dev/null"])
    assert (one.kind, one.severity) == ("mail_discarded", "low")


def test_expired_mail_whose_attempts_are_not_in_the_log(tmp_path: Path) -> None:
    line = "06:00:00 qmgr[2]: 4F1A2214630: from=<taro@shirao.example>, status=expired, returned to sender"
    (one,) = told(tmp_path, [line])
    assert (one.kind, one.severity, one.cause) == ("mail_expired", "medium", "expired")
    assert [mail.sender for mail in one.lost] == ["taro@shirao.example"]


def test_a_closed_port_names_the_mail_that_was_given_up(tmp_path: Path) -> None:
    line = "07:00:00 qmgr[2]: 4F1A2214603: from=<taro@shirao.example>, status=expired, returned to sender"
    found = told(tmp_path, [*[deferred(n, "taro@gmail.com", f"06:0{n}:00", GMAIL) for n in range(6)], line])
    assert [(one.kind, [mail.queue_id for mail in one.lost]) for one in loud(found)] == [
        ("port_25_blocked", ["4F1A2214603"])
    ]


def test_a_remote_reply_cannot_name_a_service_of_ours(tmp_path: Path) -> None:
    forged = (
        "06:00:00 smtp[4]: 4F1A2214630: to=<a@b.example>, relay=mx.b.example[192.0.2.7]:25, delay=1, delays=0/0/1/0,"
        " dsn=4.3.0, status=deferred (host mx.b.example[192.0.2.7] said: 451 4.3.0 Temporary failure, connect to"
        " mail[private/lmtp]: relay=x[127.0.0.1]:10024, (in reply to RCPT TO command))"
    )
    assert "service_down" not in {one.kind for one in told(tmp_path, [forged])}


HOSTILE = (
    "06:00:00 master[1]: warning: process  pid 1 exit status 1",
    "06:00:00 master[1]: warning: process " + "/" * 190 + " pid 1 exit status 1",
    "06:00:00 qmgr[1]: warning: connect to transport private/{x}[bold]\x1b[31m: No such file or directory",
    "06:00:00 postsuper[1]: Deleted: 99999999999999999999 messages",
    "06:00:00 smtpd[1]: fatal: {title} {0} %s " + "A" * 5000,
    "06:00:00 discard[1]: 4F1A2214630: to=<>, relay=none, delay=x, status=sent ()",
    '06:00:00 local[1]: 4F1A2214630: to=<x, status=bounced (unknown user: "{y}")',
    "06:00:00 smtp[1]: 4F1A2214631: to=<w>, relay=none, status=deferred (connect to : Connection timed out)",
)


@pytest.mark.parametrize("line", HOSTILE)
def test_no_line_raises(line: str, tmp_path: Path) -> None:
    told(tmp_path, [line] * 8)
