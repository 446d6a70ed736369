"""Lets a real Postfix write fixtures/real-postfix.log: refusing and being refused.

    sudo python -m tools.lab.real_log fixtures/real-postfix.log

Takes about a minute. Queue IDs, process ids, times and the order of neighbouring lines differ from run to run; what is
in it (fixtures/README.md) does not.
"""

import itertools
import sys
import time
from pathlib import Path

from tools.lab.dns_server import Records
from tools.lab.laboratory import DOMAIN, OWN_ADDRESS, Lab
from tools.lab.policy_server import greylisting
from tools.lab.smtp_client import Refused, Reply
from tools.lab.smtp_server import Script, accepting, apple_blocking, lmtp, saying

POOL = "jcom.zaq.ne.jp"
FRIENDS = [f"{name}@{POOL}" for name in ("aiko.shimizu", "k-tanaka", "sachiko.mori", "yamada.h", "noriko1950")]
READERS = ("mother", "taro", "mother", "hanako", "son")
HOME = ("198.18.77.45", "zaqc6124d2d.zaq.ne.jp")
OFFICE = ("198.18.90.31", "p198-18-90-31.kyoto.isp.example")
FRIEND = ("192.0.2.180", "mail.friend.example")

MAIN_CF = {
    "smtpd_helo_required": "yes",
    "smtpd_client_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_unknown_client_hostname,"
    " reject_rbl_client zen.spamhaus.org",
    "smtpd_helo_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_invalid_helo_hostname,"
    " reject_non_fqdn_helo_hostname",
    "smtpd_sender_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_unknown_sender_domain",
    "smtpd_recipient_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination,"
    " reject_unlisted_recipient, check_policy_service inet:127.0.0.1:10023",
    "smtpd_sasl_auth_enable": "no",
    "header_checks": "regexp:/etc/postfix/header_checks",
    "message_size_limit": "20000",
    "minimal_backoff_time": "4s",
    "maximal_backoff_time": "8s",
    "queue_run_delay": "4s",
    "smtp_connect_timeout": "2s",
}
MAPS = {"regexp:header_checks": "/^Subject: .*won the lottery/ REJECT 5.7.1 message content rejected\n"}


def _records() -> Records:
    mail = {domain: [f"10 mx.{domain}."] for domain in ("temple-garden.example", "closed.example", "slow.example")}
    hosts = {
        "mx.temple-garden.example": "192.0.2.160",
        "mx.closed.example": "192.0.2.170",
        "mx.slow.example": "192.0.2.171",
        "friend.example": "192.0.2.180",
        "mail.friend.example": "192.0.2.180",
        "temple-garden.example": "192.0.2.160",
        "gmail.com": "192.0.2.26",
        POOL: "198.51.100.40",
    }
    records: Records = {(domain, "MX"): data for domain, data in mail.items()}
    records |= {(host, "A"): [addr] for host, addr in hosts.items()}
    records |= {
        ("2.100.18.198.zen.spamhaus.org", "A"): ["127.0.0.4"],
        ("2.100.18.198.zen.spamhaus.org", "TXT"): ['"https://www.spamhaus.org/query/ip/198.18.100.2"'],
        ("zen.spamhaus.org", "SOA"): ["need.to.know.only. hostmaster.spamhaus.org. 1 3600 600 432000 10"],
    }
    return records


def _pool(lab: Lab) -> list[tuple[str, str]]:
    """JCOM's servers; of two the name leads elsewhere, of one the lookup fails for the moment."""
    servers = [(f"omta{n:04d}.{POOL}", f"198.51.100.{n}") for n in range(14, 22)]
    for n, (name, addr) in enumerate(servers):
        lab.dns.client(addr, name, "198.51.100.250" if n in (2, 5) else None)
    lab.dns.add(servers[7][0], "A", "SERVFAIL")
    lab.dns.add(servers[7][0], "AAAA", "SERVFAIL")
    return servers


def _refusals(lab: Lab) -> None:
    pool = _pool(lab)
    mails = [(f"mother@{DOMAIN}", f"son@{DOMAIN}")] * 3
    mails += [(friend, f"{user}@{DOMAIN}") for friend, user in zip(FRIENDS, READERS, strict=True)]
    for attempt in range(3):
        for n, (sender, recipient) in enumerate(mails):
            name, addr = pool[(n * 3 + attempt) % len(pool)]
            _send(lab, addr, name, sender, recipient, pause=0.2)
        time.sleep(2)
    _send(lab, "198.51.100.77", "localhost.localdomain", "x@friend.example", f"son@{DOMAIN}")


def _spam(lab: Lab) -> None:
    listed, free, bulk = "198.18.100.2", "198.18.100.3", "198.18.100.4"
    names = {listed: "h198-18-100-2.cable.example", free: "h198-18-100-3.cable.example", bulk: "mail.bulk.example"}
    for addr, name in names.items():
        lab.dns.client(addr, name, addr)
    for user in ("taro", "hanako", "taro"):
        _send(lab, listed, names[listed], "sales@bulk.example", f"{user}@{DOMAIN}")
    _send(lab, listed, names[listed], f"taro@{DOMAIN}", f"taro@{DOMAIN}")
    for user in ("info", "admin", "sato"):
        _send(lab, free, names[free], "x@friend.example", f"{user}@{DOMAIN}")
    _send(lab, free, names[free], "x@friend.example", "probe@elsewhere.example")
    _send(lab, free, names[free], "x@no-such-domain.example", f"son@{DOMAIN}")
    _send(lab, free, "WIN-9KD2", "x@friend.example", f"son@{DOMAIN}")
    _send(lab, free, "bad..name", "x@friend.example", f"son@{DOMAIN}")
    _send(lab, bulk, names[bulk], "x@friend.example", f"son@{DOMAIN}", "Subject: You have won the lottery\n\nHurry\n")
    for number in range(3):
        session = lab.connect("198.18.200.9", 587)
        session.say("EHLO", "EHLO x")
        try:
            session.login(f"info{number}", "guess")
        except Refused:
            session.close(quit_first=False)
    with_garbage = lab.connect("198.18.200.10")
    try:
        with_garbage.say("EHLO", "GET / HTTP/1.1")
    except Refused:
        with_garbage.close(quit_first=False)


def _ordinary(lab: Lab) -> None:
    for addr, name in (FRIEND, HOME, OFFICE):
        lab.dns.client(addr, name, addr)
    for user in ("taro", "mother", "taro"):  # the first is greylisted, and comes back
        _send(lab, *FRIEND, "haru@friend.example", f"{user}@{DOMAIN}")
    _send(lab, *FRIEND, "haru@friend.example", f"taro@{DOMAIN}", "Subject: photos\n\n" + "x" * 30_000)
    _submit(lab, "mother", f"son@{DOMAIN}")
    lab.run("sendmail", "-f", "root", "root", stdin="Subject: Cron <root@mail> test\n\nbackup finished\n")


def _full_mailbox(lab: Lab) -> None:
    def script(stage: str, argument: str) -> str | None:
        return (
            f"552 5.2.2 <{argument}> Quota exceeded (mailbox for user is full)"
            if stage == "END"
            else lmtp(stage, argument)
        )

    lab.mailboxes.script = script
    _send(lab, *FRIEND, "haru@friend.example", f"mother@{DOMAIN}")
    lab.wait_log(r"status=bounced .*Quota exceeded")
    lab.mailboxes.script = lmtp


_sent = itertools.count(1)


def _send(
    lab: Lab, addr: str, helo: str, sender: str, to: str, body: str = "Subject: spring\n\nHello\n", pause: float = 0.4
) -> Reply:
    """A stranger's mail, over the lab's network and DNS."""
    reply = lab.smtp(
        client_addr=addr,
        helo=helo,
        mail_from=sender,
        rcpt=to,
        body=body,
        message_id=f"{next(_sent):04d}@{sender.partition('@')[2]}",
        xclient=False,
    )
    time.sleep(pause)
    return reply


def _submit(lab: Lab, user: str, *recipients: str) -> None:
    sender = f"{user}@{DOMAIN}"
    addr = HOME[0] if user == "mother" else OFFICE[0]
    reply = lab.smtp(
        client_addr=addr,
        helo=f"[{addr}]",
        mail_from=sender,
        rcpt=list(recipients),
        login=sender,
        port=587,
        message_id=f"{next(_sent):04d}@{DOMAIN}",
        xclient=False,
    )
    assert reply.accepted, reply
    time.sleep(1.5)


def _once(first: str, stage: str = "RCPT") -> Script:
    """Says `first` to the first mail, then takes all."""
    refused: list[str] = []

    def script(asked: str, argument: str) -> str | None:
        if asked == stage and not refused:
            refused.append(argument)
            return first
        return accepting(asked, argument)

    return script


def _outbound(lab: Lab) -> None:
    apple = lab.mx("icloud.com", "mx01.mail.icloud.com", "192.0.2.64")
    lab.dns.add("me.com", "MX", "10 mx01.mail.icloud.com.")
    lab.mx("gmail.com", "gmail-smtp-in.l.google.com", "192.0.2.26", _gmail())
    s3150 = (
        f"550 5.7.1 Unfortunately, messages from [{OWN_ADDRESS}] weren't sent. Please contact your Internet service "
        "provider since part of their network is on our block list (S3150). You can also refer your provider to "
        "http://mail.live.com/mail/troubleshooting.aspx#errors. [Name=Protocol Filter Agent][AGT=PFA][MxId=11BDA3]"
    )
    lab.mx("outlook.com", "outlook-com.olc.protection.outlook.com", "192.0.2.104", saying(MAIL=s3150))
    grey = _once("450 4.2.0 <office@temple-garden.example>: Recipient address rejected: Greylisted, try again later")
    lab.server("192.0.2.160", grey)
    lab.silent("192.0.2.171")
    full = "552 5.2.2 <ikuko@docomo.ne.jp>: Mailbox full"
    lab.mx("docomo.ne.jp", "mfsmax.docomo.ne.jp", "192.0.2.80", saying(RCPT=full))
    tss = (
        "421 4.7.0 [TSS04] Messages from 203.0.113.25 temporarily deferred due to unexpected volume or user complaints"
    )
    lab.mx("yahoo.com", "mta5.am0.yahoodns.net", "192.0.2.84", _once(tss, "CONNECT"))

    _submit(lab, "taro", "hogehoge@icloud.com")  # still taken
    _submit(lab, "hanako", "mika.ito@gmail.com")
    _submit(lab, "hanako", "nobody@gmail.com")
    _submit(lab, "taro", "office@temple-garden.example")
    _submit(lab, "taro", "a@closed.example", "b@slow.example", "c@no-such-domain.example")
    _submit(lab, "hanako", "taku@outlook.com", "ikuko@docomo.ne.jp", "dan@yahoo.com")
    lab.wait_log("to=<hogehoge@icloud.com>.*status=sent")
    apple.script = apple_blocking(OWN_ADDRESS)
    _submit(lab, "taro", "hogehoge@icloud.com")
    lab.wait_log("to=<hogehoge@icloud.com>.*status=bounced")
    apple.script = apple_blocking(OWN_ADDRESS, "–")
    _submit(lab, "hanako", "ayumi@icloud.com", "fukuda@me.com")
    lab.wait_log("to=<fukuda@me.com>.*status=bounced")
    time.sleep(1)
    apple.script = accepting
    _submit(lab, "taro", "hogehoge@icloud.com")
    time.sleep(3)
    lab.main_cf["smtputf8_enable"] = "no"
    lab.write_main_cf()
    lab.reload()
    apple.script = apple_blocking(OWN_ADDRESS, "–")
    _submit(lab, "taro", "fukuda@me.com")
    lab.wait_log(r"Blocked \?\?\? see")


def _gmail() -> Script:
    asked: list[str] = []

    def script(stage: str, argument: str) -> str | None:
        if stage == "RCPT" and "nobody@" in argument:
            return (
                "550-5.1.1 The email account that you tried to reach does not exist. Please try\r\n"
                "550-5.1.1 double-checking the recipient's email address for typos or\r\n"
                "550-5.1.1 unnecessary spaces. For more information, go to\r\n"
                "550 5.1.1  https://support.google.com/mail/?p=NoSuchUser a640c23a62f3a-ac7be9d1f4esi311.41 - gsmtp"
            )
        if stage == "END" and not asked:
            asked.append(stage)
            return (
                "421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating\r\n"
                f"421-4.7.28 from your IP address [{OWN_ADDRESS}]. To protect our users from spam, mail sent\r\n"
                "421 4.7.28 from your IP address has been temporarily rate limited. 2adb3069b0e04-516d17si - gsmtp"
            )
        return accepting(stage, argument)

    return script


def write(target: Path) -> None:
    """Run the scenes and keep the log."""
    with Lab(MAIN_CF, MAPS, records=_records(), hostname=f"mail.{DOMAIN}") as lab:
        lab.policy(lab.listener("127.0.0.1", 10023), greylisting("198.18.100.4"))
        _ordinary(lab)
        _outbound(lab)
        _refusals(lab)
        _spam(lab)
        _full_mailbox(lab)
        lab.wait_log("to=<dan@yahoo.com>.*status=sent", 30)
        time.sleep(6)
        lab.run("postfix", "stop")
        target.write_text(lab.log())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
