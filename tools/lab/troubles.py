"""Lets a real Postfix write what it says when something of its own is broken: fixtures/server-troubles/*.log.

    sudo python -m tools.lab.troubles fixtures/server-troubles [NAME …]

One function a trouble; its name, with hyphens, is the log's. What each log should make a reader say stands in
fixtures/README.md.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tools.lab.dns_server import Records
from tools.lab.laboratory import DOMAIN, Lab
from tools.lab.smtp_client import Conversation, Refused
from tools.lab.smtp_server import lmtp, saying

FRIEND = {
    "client_addr": "192.0.2.180",
    "helo": "mail.friend.example",
    "mail_from": "haru@friend.example",
    "xclient": False,
}
OFFICE = {"client_addr": "198.18.90.31", "helo": "[198.18.90.31]", "port": 587, "xclient": False}
RECORDS: Records = {
    ("180.2.0.192.in-addr.arpa", "PTR"): ["mail.friend.example"],
    ("mail.friend.example", "A"): ["192.0.2.180"],
    ("friend.example", "MX"): ["10 mail.friend.example."],
    ("31.90.18.198.in-addr.arpa", "PTR"): ["p198-18-90-31.kyoto.isp.example"],
    ("p198-18-90-31.kyoto.isp.example", "A"): ["198.18.90.31"],
}
REMOTE = {
    "gmail.com": ("gmail-smtp-in.l.google.com", "192.0.2.26"),
    "icloud.com": ("mx01.mail.icloud.com", "192.0.2.64"),
    "docomo.ne.jp": ("mfsmax.docomo.ne.jp", "192.0.2.80"),
    "yahoo.co.jp": ("mx3.mail.yahoo.co.jp", "192.0.2.84"),
    "temple-garden.example": ("mx.temple-garden.example", "192.0.2.160"),
}
Trouble = Callable[[], Lab]


def _receive(lab: Lab, user: str = "taro", times: int = 1) -> None:
    for number in range(times):
        message_id = f"{time.monotonic_ns()}@friend.example"
        lab.smtp(**FRIEND, rcpt=f"{user}@{DOMAIN}", message_id=message_id)  # type: ignore[arg-type]
        time.sleep(0.3 if number else 0)


def _submit(lab: Lab, user: str, *to: str) -> None:
    sender = f"{user}@{DOMAIN}"
    message_id = f"{time.monotonic_ns()}@{DOMAIN}"
    lab.smtp(**OFFICE, mail_from=sender, login=sender, rcpt=list(to), message_id=message_id)  # type: ignore[arg-type]


def _open(lab: Lab, port: int = 25) -> Conversation | None:
    try:
        return lab.connect("192.0.2.180", port, timeout=1.5)
    except (Refused, OSError):
        return None


def _knock(lab: Lab, times: int, port: int = 25) -> None:
    """Somebody connects, whether or not he is answered."""
    for _ in range(times):
        session = _open(lab, port)
        if session:
            session.close(quit_first=False)
        time.sleep(1.2)


def _lab(main_cf: dict[str, str] | None = None, maps: dict[str, str] | None = None, **more: object) -> Lab:
    return Lab(main_cf, maps, records=dict(RECORDS), syslog=True, **more)  # type: ignore[arg-type]


def _with_remotes(lab: Lab) -> Lab:
    for domain, (host, addr) in REMOTE.items():
        lab.mx(domain, host, addr)
    return lab


def sasl_socket_missing() -> Lab:
    """The login service (Dovecot's auth socket) is gone."""
    lab = _with_remotes(_lab())
    _submit(lab, "taro", "mika.ito@gmail.com")
    lab.logins.close()
    _submit(lab, "hanako", "s.nakano@gmail.com")
    lab.reload()
    _knock(lab, 3, 587)
    return lab


def milter_down() -> Lab:
    """The milter does not listen; mail is put off."""
    lab = _lab({"smtpd_milters": "inet:127.0.0.1:8891", "non_smtpd_milters": "inet:127.0.0.1:8891"})
    _receive(lab, "taro", 2)
    _receive(lab, "hanako")
    return lab


def milter_down_accepted() -> Lab:
    """The milter does not listen; mail comes in unchecked."""
    lab = _lab({"smtpd_milters": "inet:127.0.0.1:8891", "milter_default_action": "accept"})
    _receive(lab, "taro", 2)
    _receive(lab, "hanako")
    lab.wait_log("to=<hanako@.*status=sent")
    return lab


def policy_service_down() -> Lab:
    """The greylisting daemon does not listen."""
    lab = _lab({"smtpd_recipient_restrictions": "reject_unauth_destination, check_policy_service inet:127.0.0.1:10023"})
    _receive(lab, "taro", 2)
    return lab


def unknown_transport() -> Lab:
    """A transport that master.cf does not know."""
    lab = _lab({"transport_maps": "hash:/etc/postfix/transport"}, {"hash:transport": "gmail.com smpt:\n"})
    _submit(lab, "taro", "mika.ito@gmail.com")
    _submit(lab, "hanako", "s.nakano@gmail.com")
    lab.wait_log("s.nakano@gmail.com>.*status=deferred")
    return lab


def postmap_forgotten() -> Lab:
    """A new user stands in the table's source, but postmap was not run."""
    lab = _lab()
    source, indexed = lab.path("etc/postfix/users"), lab.path("etc/postfix/users.db")
    source.write_text(source.read_text() + f"yuki@{DOMAIN} yuki\n")
    now = time.time()
    os.utime(source, (now - 3600, now - 3600))
    os.utime(indexed, (now - 86400, now - 86400))
    lab.reload()
    _receive(lab, "yuki", 2)
    _receive(lab, "taro")
    lab.wait_log("to=<taro@.*status=sent")
    return lab


def table_missing() -> Lab:
    """main.cf names a table that was never made."""
    lab = _lab({"virtual_alias_maps": "hash:/etc/postfix/virtual"})
    _receive(lab, "taro", 2)
    return lab


def table_type_missing() -> Lab:
    """main.cf names a table of a type that is not installed."""
    lab = _lab({"virtual_alias_maps": "mysql:/etc/postfix/mysql-virtual.cf"})
    _receive(lab, "taro", 2)
    return lab


def content_filter_down() -> Lab:
    """amavis does not listen on 10024."""
    master = "smtp-amavis unix - - n - 2 smtp\n  -o smtp_data_done_timeout=1200\n"
    lab = _lab({"content_filter": "smtp-amavis:[127.0.0.1]:10024"}, master_cf=master)
    _receive(lab, "taro", 3)
    lab.wait(lambda: lab.log().count("status=deferred") >= 3)
    return lab


def mailboxes_down() -> Lab:
    """Dovecot's LMTP socket is gone."""
    lab = _lab()
    _receive(lab, "taro")
    lab.wait_log("status=sent")
    lab.mailboxes.close()
    lab.path("var/spool/postfix/private/dovecot-lmtp").unlink()
    _receive(lab, "taro", 2)
    _receive(lab, "hanako")
    lab.wait(lambda: lab.log().count("status=deferred") >= 3)
    return lab


def mailboxes_down_and_up() -> Lab:
    """Dovecot's LMTP socket refuses for a while; then all mail is delivered."""
    lab = _lab()
    lab.mailboxes.close()
    _receive(lab, "taro", 2)
    _receive(lab, "hanako")
    lab.wait(lambda: lab.log().count("status=deferred") >= 3)
    time.sleep(3)
    lab.open_mailboxes()
    lab.run("postqueue", "-f")
    lab.wait(lambda: lab.log().count("status=sent") >= 3)
    return lab


def mailbox_limit_smaller() -> Lab:
    """message_size_limit was raised above mailbox_size_limit: local(8) does not start."""
    lab = _lab({"message_size_limit": "102400000"})
    _submit(lab, "taro", "root@mail.shirao.example")
    time.sleep(2.5)
    return lab


def maildrop_permissions() -> Lab:
    """The maildrop directory has the wrong group: local programs cannot send."""
    lab = _lab()
    lab.run("chgrp", "root", "/var/spool/postfix/maildrop")
    command = "printf 'Subject: form\\n\\nHello\\n' | timeout 2 sendmail taro@shirao.example"
    lab.run("setpriv", "--reuid=33", "--regid=33", "--clear-groups", "sh", "-c", command, check=False)
    time.sleep(0.5)
    return lab


def loops_back() -> Lab:
    """A domain's MX points here, but no setting says that it is ours."""
    lab = _lab({"relay_domains": "shirao-family.example"})
    lab.dns.add("shirao-family.example", "MX", f"10 mail.{DOMAIN}.")
    lab.mx("friend.example", "mail.friend.example", "192.0.2.180")
    lab.smtp(**FRIEND, rcpt="taro@shirao-family.example")  # type: ignore[arg-type]
    _submit(lab, "hanako", "taro@shirao-family.example")
    lab.wait(lambda: lab.log().count("status=bounced") >= 2)
    time.sleep(0.5)
    return lab


def queue_disk_full() -> Lab:
    """The file system of the queue is nearly full, then full."""
    lab = _lab({"virtual_transport": "lmtp:inet:127.0.0.1:24"}, start=False)
    lab.server("127.0.0.1", lmtp, 24)
    lab.run("mount", "-t", "tmpfs", "-o", "size=12m,mode=755", "tmpfs", "/var/spool/postfix")
    lab.run("postfix", "start")
    for _ in range(3):
        _receive(lab)
    lab.run("sh", "-c", "dd if=/dev/zero of=/var/spool/postfix/fill bs=64k 2>/dev/null; true")
    _receive(lab)
    lab.run("sendmail", "-f", "root", "root", stdin="Subject: cron\n\nbackup\n", check=False)
    time.sleep(1)
    return lab


def port_25_blocked() -> Lab:
    """The access provider drops everything to port 25."""
    lab = _lab({"smtp_connect_timeout": "30s"})
    for domain, (host, addr) in REMOTE.items():
        lab.dns.add(domain, "MX", f"10 {host}.")
        lab.dns.add(host, "A", addr)
        lab.silent(addr)
    for user, domain in zip(("taro", "hanako", "son", "taro", "hanako"), REMOTE, strict=True):
        _submit(lab, user, f"friend@{domain}")
    lab.wait(lambda: lab.log().count("status=deferred") >= 5, 50)
    lab.run("postqueue", "-f")
    lab.wait(lambda: lab.log().count("status=deferred") >= 10, 50)
    return lab


def ipv6_unreachable() -> Lab:
    """IPv6 is switched on, but leads nowhere; mail goes by IPv4."""
    lab = _lab({"inet_protocols": "all"})
    lab.mx("gmail.com", "gmail-smtp-in.l.google.com", "192.0.2.26")
    lab.dns.add("gmail-smtp-in.l.google.com", "AAAA", "2a00:1450:400c:c00::1a")
    for _ in range(3):
        _submit(lab, "taro", "mika.ito@gmail.com")
    lab.wait(lambda: lab.log().count("gmail.com>, relay") >= 3)
    return lab


def unused_parameter() -> Lab:
    """A parameter is misspelt, and so does nothing. Postfix says it on stderr alone, which the journal keeps."""
    lab = _lab(
        {"smtpd_recipient_restriction": "reject_unauth_destination, reject_rbl_client zen.spamhaus.org"}, start=False
    )
    for command in ("start", "reload"):
        lab.run("sh", "-c", f"postfix {command} 2>&1 | logger -i -t postfix")
        time.sleep(1)
    return lab


def main_cf_syntax() -> Lab:
    """A line of main.cf has no `=`."""
    lab = _lab()
    lab.write_main_cf("mailbox_size_limit 0\n")
    lab.run("postfix", "reload", check=False)
    _knock(lab, 2)
    return lab


def main_cf_number() -> Lab:
    """A number in main.cf is none."""
    lab = _lab()
    lab.main_cf["message_size_limit"] = "40MB"
    lab.write_main_cf()
    lab.run("postfix", "reload", check=False)
    _knock(lab, 2)
    return lab


def master_cf_syntax() -> Lab:
    """A line of master.cf has too few columns."""
    lab = _lab()
    path = lab.path("etc/postfix/master.cf")
    path.write_text(path.read_text() + "smtps inet n - n smtpd\n")
    lab.run("postfix", "reload", check=False)
    time.sleep(1)
    lab.run("pkill", "-HUP", "-x", "master")
    time.sleep(0.5)
    lab.run("postfix", "start", check=False)
    return lab


def address_in_use() -> Lab:
    """Another program has port 25."""
    lab = _lab({"inet_interfaces": "127.0.0.1"}, start=False)
    lab.server("127.0.0.1")
    for _ in range(3):
        lab.run("postfix", "start", check=False)
        time.sleep(1.1)
    return lab


def process_limit() -> Lab:
    """All smtpd processes are taken."""
    lab = _lab(start=False)
    path = lab.path("etc/postfix/master.cf")
    lines = path.read_text().splitlines()
    path.write_text(
        "\n".join(
            "smtp inet n - n - 2 smtpd" if line.startswith("smtp ") and "inet" in line else line for line in lines
        )
        + "\n"
    )
    lab.start()
    open_sessions = [lab.connect("192.0.2.180") for _ in range(2)]
    waiting = lab.namespace.socket()
    waiting.bind(("192.0.2.180", 0))
    waiting.connect(("203.0.113.25", 25))
    time.sleep(1)
    for session in open_sessions:
        session.close()
    waiting.close()
    return lab


def daemon_killed() -> Lab:
    """smtpd crashes again and again."""
    lab = _lab()
    for _ in range(2):
        session = _open(lab)
        lab.run("pkill", "-SEGV", "-x", "smtpd", check=False)
        if session:
            session.close(quit_first=False)
        _knock(lab, 1)
        time.sleep(61)  # the master starts no other for a minute
    return lab


def certificate_missing() -> Lab:
    """The certificate file is not there."""
    tls = {"smtpd_tls_security_level": "may", "smtpd_tls_cert_file": "/etc/letsencrypt/live/mail/fullchain.pem"}
    lab = _lab(tls | {"smtpd_tls_key_file": "/etc/letsencrypt/live/mail/privkey.pem"})
    _receive(lab, "taro", 2)
    lab.wait_log("status=sent")
    return lab


def domain_listed_twice() -> Lab:
    """A domain stands in mydestination and in virtual_mailbox_domains."""
    lab = _lab({"mydestination": f"mail.{DOMAIN}, {DOMAIN}, localhost"})
    _receive(lab, "taro")
    _submit(lab, "hanako", f"taro@{DOMAIN}")
    time.sleep(1)
    return lab


def relayhost_misspelt() -> Lab:
    """The relayhost's name does not exist."""
    lab = _lab({"relayhost": "[smpt.provider.example]:587"})
    _submit(lab, "taro", "mika.ito@gmail.com")
    _submit(lab, "hanako", "haru@docomo.ne.jp")
    lab.wait(lambda: lab.log().count("type=A: Host not found") >= 2)
    time.sleep(0.5)
    return lab


def relayhost_login_refused() -> Lab:
    """The relayhost does not take our password."""
    login = {
        "relayhost": "[smtp.provider.example]:587",
        "smtp_sasl_auth_enable": "yes",
        "smtp_sasl_password_maps": "inline:{[smtp.provider.example]:587=shirao:old-password}",
        "smtp_sasl_security_options": "noanonymous",
    }
    lab = _lab(login)
    lab.dns.add("smtp.provider.example", "A", "192.0.2.220")
    ehlo = "250-smtp.provider.example\r\n250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES"
    lab.server("192.0.2.220", saying(EHLO=ehlo, AUTH="535 5.7.8 Error: authentication failed"), 587)
    _submit(lab, "taro", "mika.ito@gmail.com")
    _submit(lab, "hanako", "haru@docomo.ne.jp")
    lab.wait(lambda: lab.log().count("status=deferred") >= 2)
    return lab


def resolver_down() -> Lab:
    """No name can be looked up: everybody is unknown, and nothing goes out."""
    lab = _lab({"smtpd_client_restrictions": "permit_mynetworks, reject_unknown_client_hostname"})
    _receive(lab)
    lab.wait_log("status=sent")
    lab.dns.records.clear()
    lab.dns.add("*.arpa", "PTR", "SERVFAIL")
    for top in ("example", "com", "jp"):
        lab.dns.add(f"*.{top}", "ANY", "SERVFAIL")
    for number in (41, 90):  # their names are still in somebody's cache
        lab.dns.client(f"192.0.2.{number}", f"mx{number}.isp.example")
    for addr in ("192.0.2.180", "192.0.2.41", "192.0.2.90", "192.0.2.101", "192.0.2.120", "192.0.2.140"):
        mail = FRIEND | {"client_addr": addr, "helo": f"mx{addr[-3:].strip('.')}.isp.example"}
        lab.smtp(**mail, rcpt=f"taro@{DOMAIN}")  # type: ignore[arg-type]
    _submit(lab, "hanako", "mika.ito@gmail.com")
    _submit(lab, "taro", "haru@docomo.ne.jp")
    lab.wait(lambda: lab.log().count("status=deferred") >= 2)
    return lab


def alias_loop() -> Lab:
    """Two aliases point at each other, a third to nobody."""
    lab = _lab({"myorigin": "mail.shirao.example"}, start=False)
    aliases = "postmaster: root\nroot: admin\nadmin: root\noffice: nosuchuser\n"
    lab.path("etc/postfix/aliases").write_text(aliases)
    lab.run("postalias", "hash:/etc/postfix/aliases")
    lab.start()
    _submit(lab, "taro", "root@mail.shirao.example")
    _submit(lab, "taro", "office@mail.shirao.example")
    time.sleep(1.5)
    return lab


def discarded() -> Lab:
    """A forgotten transport line throws a domain's mail away, and says `sent`."""
    lab = _lab({"transport_maps": "hash:/etc/postfix/transport"}, {"hash:transport": "docomo.ne.jp discard:old test\n"})
    _submit(lab, "taro", "haru@docomo.ne.jp")
    _submit(lab, "mother", "haru@docomo.ne.jp")
    lab.wait(lambda: lab.log().count("discard") >= 2)
    return lab


def expired() -> Lab:
    """Mail that could not be delivered for longer than maximal_queue_lifetime goes back."""
    lab = _lab(
        {
            "maximal_queue_lifetime": "3s",
            "bounce_queue_lifetime": "3s",
            "minimal_backoff_time": "2s",
            "queue_run_delay": "2s",
        }
    )
    lab.dns.add("closed.example", "MX", "10 mx.closed.example.")
    lab.dns.add("mx.closed.example", "A", "192.0.2.170")
    _submit(lab, "taro", "a@closed.example")
    lab.wait_log("status=expired", 30)
    lab.wait_log("to=<taro@.*status=sent")
    return lab


def deleted_by_hand() -> Lab:
    """Somebody empties the queue with postsuper."""
    lab = _lab()
    lab.dns.add("closed.example", "MX", "10 mx.closed.example.")
    lab.dns.add("mx.closed.example", "A", "192.0.2.170")
    for to in ("a@closed.example", "b@closed.example"):
        _submit(lab, "taro", to)
    lab.wait(lambda: lab.log().count("status=deferred") >= 2)
    lab.run("postsuper", "-d", "ALL")
    return lab


def corrupt_queue_file() -> Lab:
    """A queue file is damaged."""
    lab = _lab(start=False)
    lab.run("postfix", "start")
    lab.run("postfix", "stop")
    damaged = lab.path("var/spool/postfix/incoming/4F1A2200C1B")
    damaged.write_bytes(b"C             500\0garbage" * 20)
    damaged.chmod(0o700)
    lab.run("chown", "postfix:postfix", "/var/spool/postfix/incoming/4F1A2200C1B")
    lab.run("postfix", "start")
    time.sleep(1.5)
    return lab


def backwards_compatible() -> Lab:
    """No compatibility_level: Postfix says what would change."""
    lab = _lab({"compatibility_level": "0"})
    _receive(lab, "taro")
    _submit(lab, "hanako", f"taro@{DOMAIN}")
    time.sleep(1)
    return lab


def dnsbl_does_not_answer() -> Lab:
    """A blocklist's lookups fail; the mail comes in all the same."""
    lab = _lab({"smtpd_client_restrictions": "permit_mynetworks, reject_rbl_client bl.gone.example"})
    lab.dns.add("*.bl.gone.example", "ANY", "SERVFAIL")
    _receive(lab, "taro", 2)
    lab.wait(lambda: lab.log().count("status=sent") >= 2)
    return lab


def no_trouble() -> Lab:
    """Ordinary noise, in which nothing is wrong."""
    lab = _with_remotes(_lab(start=False))
    inside = lab.path("var/spool/postfix/etc")
    inside.mkdir()
    (inside / "resolv.conf").write_text("nameserver 192.0.2.53\n")
    lab.start()
    _receive(lab, "taro", 2)
    _submit(lab, "hanako", "mika.ito@gmail.com")
    lab.dns.client("198.51.100.201", "scan-201.research.example")
    for lines in ([], ["EHLO x"], ["GET / HTTP/1.1"], ["EHLO x", "AUTH LOGIN"]):
        session = lab.connect("198.51.100.201")
        try:
            for line in lines:
                session.say("EHLO", line)
        except Refused:
            pass
        session.close(quit_first=False)
    lab.reload()
    _receive(lab, "hanako")
    lab.wait(lambda: lab.log().count("status=sent") >= 4)
    lab.run("postfix", "stop")
    return lab


TROUBLES: dict[str, Trouble] = {
    function.__name__.replace("_", "-"): function
    for name, function in list(globals().items())
    if callable(function) and not name.startswith("_") and getattr(function, "__annotations__", {}) == {"return": Lab}
}


def main(directory: Path, names: list[str]) -> None:
    """Provoke the named troubles, or all, and write their logs."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in names or TROUBLES:
        lab = TROUBLES[name]()
        time.sleep(0.3)
        (directory / f"{name}.log").write_text(lab.log())
        lab.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
