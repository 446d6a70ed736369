"""Troubles of mail under way: it goes in circles, to nobody, or never starts; one function a trouble."""

import contextlib
import os
import re
import time
from pathlib import Path

from tools.lab.laboratory import DOMAIN, Lab
from tools.lab.scenes import FRIEND, OFFICE, lab_with_friends, receive, refused_at_two, submit, with_remotes
from tools.lab.smtp_client import Refused
from tools.lab.smtp_server import saying

WEB_SERVER = "10.20.30.7"
FIVE_DAYS = 432000


def null_mx_elsewhere() -> Lab:
    """Our users write to domains that take no mail (RFC 7505)."""
    lab = with_remotes(lab_with_friends())
    lab.dns.add("gmail.co", "MX", "0 .")
    submit(lab, "taro", "mika.ito@gmail.com")
    submit(lab, "taro", "mika.ito@gmail.co")
    lab.wait_log("status=bounced")
    return lab


def null_mx_own_domain() -> Lab:
    """A domain of ours says that it takes no mail, and so mail from it is refused everywhere."""
    lab = with_remotes(lab_with_friends())
    lab.dns.add(DOMAIN, "MX", "0 .")
    no = f"550 5.7.27 <taro@{DOMAIN}>: Sender address rejected: Domain {DOMAIN} does not accept mail (nullMX)"
    refused_at_two(lab, no)
    return lab


def null_mx_sender() -> Lab:
    """Strangers whose domain takes no mail, and a newsletter's sender address among them."""
    lab = lab_with_friends({"smtpd_sender_restrictions": "permit_mynetworks, reject_unknown_sender_domain"})
    lab.dns.add("noreply.shop.example", "MX", "0 .")
    mail = FRIEND | {"mail_from": "orders@noreply.shop.example"}
    lab.smtp(**mail, rcpt=f"taro@{DOMAIN}")  # type: ignore[arg-type]
    return lab


def origin_without_dot() -> Lab:
    """myorigin is a bare name: mail of this machine's programs is refused by everybody."""
    lab = lab_with_friends({"myhostname": "mail", "mydomain": "localdomain", "myorigin": "$myhostname"})
    no = "504 5.5.2 <root@mail>: Sender address rejected: need fully-qualified address"
    lab.mx("gmail.com", "gmail-smtp-in.l.google.com", "192.0.2.26", saying(RCPT=no))
    lab.mx("firm.example", "mx.firm.example", "192.0.2.162", saying(RCPT=no))
    for to in ("mika.ito@gmail.com", "office@firm.example"):
        lab.run("sendmail", to, stdin="Subject: backup\n\nDone\n")
    lab.wait(lambda: lab.log().count("status=bounced") >= 2)
    return lab


def one_destination_stuck() -> Lab:
    """A slow destination fills the active queue; everything else waits behind it."""
    lab = with_remotes(
        lab_with_friends(
            {
                "qmgr_message_active_limit": "10",
                "qmgr_message_recipient_limit": "10",
                "qmgr_clog_warn_time": "2s",
                "default_destination_concurrency_limit": "1",
                "smtp_helo_timeout": "20s",
            }
        )
    )
    lab.mx("slow.example", "mx.slow.example", "192.0.2.170", saying(EHLO="sleep 4"))
    for number in range(16):
        lab.run("sendmail", "-f", f"list@{DOMAIN}", f"member{number}@slow.example", stdin="Subject: list\n\nNews\n")
    submit(lab, "taro", "mika.ito@gmail.com")
    lab.wait_log("is using up", 30)
    time.sleep(1)
    return lab


def about_to_expire() -> Lab:
    """Mail that has waited for nearly five days will soon go back to its sender."""
    lab = lab_with_friends(start=False)
    lab.dns.add("closed.example", "MX", "10 mx.closed.example.")
    lab.dns.add("mx.closed.example", "A", "192.0.2.170")
    lab.start()
    submit(lab, "taro", "a@closed.example")
    submit(lab, "hanako", "b@closed.example")
    lab.wait(lambda: lab.log().count("status=deferred") >= 2)
    lab.run("postfix", "stop")
    for queue_file in lab.path("var/spool/postfix/deferred").rglob("*"):
        if queue_file.is_file():
            _arrived(queue_file, FIVE_DAYS - 7200)
    lab.path("var/log/mail.log").write_text("")
    lab.run("postfix", "start")
    lab.run("postqueue", "-f")
    lab.wait(lambda: lab.log().count("status=deferred") >= 2)
    return lab


def _arrived(queue_file: Path, ago: int) -> None:
    """Let the time in a queue file (its record T, as long as before) be some seconds earlier."""
    content = queue_file.read_bytes()
    found = re.search(rb"T.(\d{10}) ", content)
    assert found
    start, stop = found.span(1)
    queue_file.write_bytes(content[:start] + str(int(found[1]) - ago).encode() + content[stop:])


def bounces_to_nobody() -> Lab:
    """A program sends with a sender that no mail can reach: the bounces and the notices about them are lost."""
    lab = lab_with_friends(
        {"notify_classes": "resource, software, 2bounce", "2bounce_notice_recipient": "nobody@gone.x"}
    )
    lab.mx("firm.example", "mx.firm.example", "192.0.2.162", saying(RCPT="550 5.1.1 <x>: User unknown"))
    for number in range(3):
        lab.run("sendmail", "-f", "news@web.invalid", f"customer{number}@firm.example", stdin="Subject: news\n\nNews\n")
    lab.wait(lambda: lab.log().count("undeliverable postmaster notification discarded") >= 3)
    return lab


def filter_loop() -> Lab:
    """The port behind the content filter sends mail to the filter again: a circle, until it is too long."""
    lab = lab_with_friends(
        {"content_filter": "smtp:[127.0.0.1]:10026", "hopcount_limit": "12"},
        master_cf="127.0.0.1:10026 inet n - n - - smtpd\n",
    )
    receive(lab, "taro")
    lab.wait_log("status=bounced|hopcount exceeded", 30)
    time.sleep(1)
    return lab


def bcc_to_nobody() -> Lab:
    """always_bcc names an address whose domain leads back here: every mail's copy bounces, and nobody hears of it."""
    lab = with_remotes(lab_with_friends({"always_bcc": "archive@shirao-archive.example"}))
    lab.dns.add("shirao-archive.example", "MX", f"10 mail.{DOMAIN}.")
    receive(lab, "taro", 2)
    submit(lab, "hanako", "mika.ito@gmail.com")
    lab.wait(lambda: lab.log().count("status=bounced") >= 3)
    return lab


def command_does_nothing() -> Lab:
    """Aliases lead to /dev/null and to a command that keeps nothing; the log says `sent`."""
    lab = lab_with_friends(start=False)
    lab.path("etc/postfix/aliases").write_text('noreply: /dev/null\norders: "|/bin/true"\n')
    lab.run("postalias", "hash:/etc/postfix/aliases")
    lab.start()
    submit(lab, "taro", f"orders@mail.{DOMAIN}")
    submit(lab, "hanako", f"noreply@mail.{DOMAIN}")
    lab.wait(lambda: lab.log().count("relay=local") >= 2)
    return lab


def port_465_without_tls() -> Lab:
    """The relay is asked at port 465, and spoken to in plain text."""
    lab = lab_with_friends({"relayhost": "[smtp.provider.example]:465", "smtp_helo_timeout": "4s"})
    lab.dns.add("smtp.provider.example", "A", "192.0.2.220")
    lab.server("192.0.2.220", saying(CONNECT="sleep 8"), 465)
    submit(lab, "taro", "mika.ito@gmail.com")
    submit(lab, "hanako", "haru@docomo.ne.jp")
    lab.wait(lambda: lab.log().count("status=deferred") >= 2, 20)
    return lab


def maildrop_forgotten() -> Lab:
    """A mail has lain in maildrop for days, because nobody picked it up."""
    lab = lab_with_friends()
    lab.run("postfix", "stop")
    lab.run("sendmail", "-f", f"taro@{DOMAIN}", f"hanako@{DOMAIN}", stdin="Subject: report\n\nHello\n", check=False)
    for waiting in lab.path("var/spool/postfix/maildrop").iterdir():
        when = time.time() - 3 * 86400
        os.utime(waiting, (when, when))
    lab.run("postfix", "start")
    time.sleep(2)
    return lab


def web_server_not_in_mynetworks() -> Lab:
    """The web server of the house may not send through us: mynetworks does not name it."""
    lab = with_remotes(lab_with_friends())
    lab.run("ip", "address", "add", f"{WEB_SERVER}/32", "dev", "lo")
    lab.dns.client(WEB_SERVER, f"web.{DOMAIN}", WEB_SERVER)
    mail = {"client_addr": WEB_SERVER, "helo": f"web.{DOMAIN}", "mail_from": f"www-data@web.{DOMAIN}", "xclient": False}
    for to in ("mika.ito@gmail.com", "haru@docomo.ne.jp", "mika.ito@gmail.com"):
        lab.smtp(**mail, rcpt=to)  # type: ignore[arg-type]
        time.sleep(0.3)
    return lab


def login_asked_at_connect() -> Lab:
    """smtpd_delay_reject = no on the submission port: clients are refused before they can log in."""
    lab = lab_with_friends(start=False)
    path = lab.path("etc/postfix/master.cf")
    early = "  -o smtpd_delay_reject=no\n  -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n"
    path.write_text(path.read_text().replace("  -o smtpd_client_restrictions=\n", early))
    lab.start()
    lab.run("ip", "address", "add", "10.20.30.31/32", "dev", "lo")
    for addr in ("10.20.30.31", OFFICE["client_addr"], "10.20.30.31"):
        with contextlib.suppress(Refused):
            lab.connect(str(addr), 587).close()
        time.sleep(0.5)
    return lab
