"""Troubles of services, disk, network and queue: one function a trouble, which gives the lab in which it happened."""

import time

from tools.lab.laboratory import DOMAIN, Lab
from tools.lab.scenes import FRIEND, REMOTE, knock, lab_with_friends, open_session, receive, submit, with_remotes
from tools.lab.smtp_client import Refused
from tools.lab.smtp_server import lmtp


def sasl_socket_missing() -> Lab:
    """The login service (Dovecot's auth socket) is gone."""
    lab = with_remotes(lab_with_friends())
    submit(lab, "taro", "mika.ito@gmail.com")
    lab.logins.close()
    submit(lab, "hanako", "s.nakano@gmail.com")
    lab.reload()
    knock(lab, 3, 587)
    return lab


def milter_down() -> Lab:
    """The milter does not listen; mail is put off."""
    lab = lab_with_friends({"smtpd_milters": "inet:127.0.0.1:8891", "non_smtpd_milters": "inet:127.0.0.1:8891"})
    receive(lab, "taro", 2)
    receive(lab, "hanako")
    return lab


def milter_down_accepted() -> Lab:
    """The milter does not listen; mail comes in unchecked."""
    lab = lab_with_friends({"smtpd_milters": "inet:127.0.0.1:8891", "milter_default_action": "accept"})
    receive(lab, "taro", 2)
    receive(lab, "hanako")
    lab.wait_log("to=<hanako@.*status=sent")
    return lab


def policy_service_down() -> Lab:
    """The greylisting daemon does not listen."""
    lab = lab_with_friends(
        {"smtpd_recipient_restrictions": "reject_unauth_destination, check_policy_service inet:127.0.0.1:10023"}
    )
    receive(lab, "taro", 2)
    return lab


def content_filter_down() -> Lab:
    """amavis does not listen on 10024."""
    master = "smtp-amavis unix - - n - 2 smtp\n  -o smtp_data_done_timeout=1200\n"
    lab = lab_with_friends({"content_filter": "smtp-amavis:[127.0.0.1]:10024"}, master_cf=master)
    receive(lab, "taro", 3)
    lab.wait(lambda: lab.log().count("status=deferred") >= 3)
    return lab


def mailboxes_down() -> Lab:
    """Dovecot's LMTP socket is gone."""
    lab = lab_with_friends()
    receive(lab, "taro")
    lab.wait_log("status=sent")
    lab.mailboxes.close()
    lab.path("var/spool/postfix/private/dovecot-lmtp").unlink()
    receive(lab, "taro", 2)
    receive(lab, "hanako")
    lab.wait(lambda: lab.log().count("status=deferred") >= 3)
    return lab


def mailboxes_down_and_up() -> Lab:
    """Dovecot's LMTP socket refuses for a while; then all mail is delivered."""
    lab = lab_with_friends()
    lab.mailboxes.close()
    receive(lab, "taro", 2)
    receive(lab, "hanako")
    lab.wait(lambda: lab.log().count("status=deferred") >= 3)
    time.sleep(3)
    lab.open_mailboxes()
    lab.run("postqueue", "-f")
    lab.wait(lambda: lab.log().count("status=sent") >= 3)
    return lab


def queue_disk_full() -> Lab:
    """The file system of the queue is nearly full, then full."""
    lab = lab_with_friends({"virtual_transport": "lmtp:inet:127.0.0.1:24"}, start=False)
    lab.server("127.0.0.1", lmtp, 24)
    lab.run("mount", "-t", "tmpfs", "-o", "size=12m,mode=755", "tmpfs", "/var/spool/postfix")
    lab.run("postfix", "start")
    for _ in range(3):
        receive(lab)
    lab.run("sh", "-c", "dd if=/dev/zero of=/var/spool/postfix/fill bs=64k 2>/dev/null; true")
    receive(lab)
    lab.run("sendmail", "-f", "root", "root", stdin="Subject: cron\n\nbackup\n", check=False)
    time.sleep(1)
    return lab


def port_25_blocked() -> Lab:
    """The access provider drops everything to port 25."""
    lab = lab_with_friends({"smtp_connect_timeout": "30s"})
    for domain, (host, addr) in REMOTE.items():
        lab.dns.add(domain, "MX", f"10 {host}.")
        lab.dns.add(host, "A", addr)
        lab.silent(addr)
    for user, domain in zip(("taro", "hanako", "son", "taro", "hanako"), REMOTE, strict=True):
        submit(lab, user, f"friend@{domain}")
    lab.wait(lambda: lab.log().count("status=deferred") >= 5, 50)
    lab.run("postqueue", "-f")
    lab.wait(lambda: lab.log().count("status=deferred") >= 10, 50)
    return lab


def ipv6_unreachable() -> Lab:
    """IPv6 is switched on, but leads nowhere; mail goes by IPv4."""
    lab = lab_with_friends({"inet_protocols": "all"})
    lab.mx("gmail.com", "gmail-smtp-in.l.google.com", "192.0.2.26")
    lab.dns.add("gmail-smtp-in.l.google.com", "AAAA", "2a00:1450:400c:c00::1a")
    for _ in range(3):
        submit(lab, "taro", "mika.ito@gmail.com")
    lab.wait(lambda: lab.log().count("gmail.com>, relay") >= 3)
    return lab


def address_in_use() -> Lab:
    """Another program has port 25."""
    lab = lab_with_friends({"inet_interfaces": "127.0.0.1"}, start=False)
    lab.server("127.0.0.1")
    for _ in range(3):
        lab.run("postfix", "start", check=False)
        time.sleep(1.1)
    return lab


def process_limit() -> Lab:
    """All smtpd processes are taken."""
    lab = lab_with_friends(start=False)
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
    lab = lab_with_friends()
    for _ in range(2):
        session = open_session(lab)
        lab.run("pkill", "-SEGV", "-x", "smtpd", check=False)
        if session:
            session.close(quit_first=False)
        knock(lab, 1)
        time.sleep(61)  # the master starts no other for a minute
    return lab


def resolver_down() -> Lab:
    """No name can be looked up: everybody is unknown, and nothing goes out."""
    lab = lab_with_friends({"smtpd_client_restrictions": "permit_mynetworks, reject_unknown_client_hostname"})
    receive(lab)
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
    submit(lab, "hanako", "mika.ito@gmail.com")
    submit(lab, "taro", "haru@docomo.ne.jp")
    lab.wait(lambda: lab.log().count("status=deferred") >= 2)
    return lab


def expired() -> Lab:
    """Mail that could not be delivered for longer than maximal_queue_lifetime goes back."""
    lab = lab_with_friends(
        {
            "maximal_queue_lifetime": "3s",
            "bounce_queue_lifetime": "3s",
            "minimal_backoff_time": "2s",
            "queue_run_delay": "2s",
        }
    )
    lab.dns.add("closed.example", "MX", "10 mx.closed.example.")
    lab.dns.add("mx.closed.example", "A", "192.0.2.170")
    submit(lab, "taro", "a@closed.example")
    lab.wait_log("status=expired", 30)
    lab.wait_log("to=<taro@.*status=sent")
    return lab


def deleted_by_hand() -> Lab:
    """Somebody empties the queue with postsuper."""
    lab = lab_with_friends()
    lab.dns.add("closed.example", "MX", "10 mx.closed.example.")
    lab.dns.add("mx.closed.example", "A", "192.0.2.170")
    for to in ("a@closed.example", "b@closed.example"):
        submit(lab, "taro", to)
    lab.wait(lambda: lab.log().count("status=deferred") >= 2)
    lab.run("postsuper", "-d", "ALL")
    return lab


def corrupt_queue_file() -> Lab:
    """A queue file is damaged."""
    lab = lab_with_friends(start=False)
    lab.run("postfix", "start")
    lab.run("postfix", "stop")
    damaged = lab.path("var/spool/postfix/incoming/4F1A2200C1B")
    damaged.write_bytes(b"C             500\0garbage" * 20)
    damaged.chmod(0o700)
    lab.run("chown", "postfix:postfix", "/var/spool/postfix/incoming/4F1A2200C1B")
    lab.run("postfix", "start")
    time.sleep(1.5)
    return lab


def dnsbl_does_not_answer() -> Lab:
    """A blocklist's lookups fail; the mail comes in all the same."""
    lab = lab_with_friends({"smtpd_client_restrictions": "permit_mynetworks, reject_rbl_client bl.gone.example"})
    lab.dns.add("*.bl.gone.example", "ANY", "SERVFAIL")
    receive(lab, "taro", 2)
    lab.wait(lambda: lab.log().count("status=sent") >= 2)
    return lab


def no_trouble() -> Lab:
    """Ordinary noise, in which nothing is wrong."""
    lab = with_remotes(lab_with_friends(start=False))
    inside = lab.path("var/spool/postfix/etc")
    inside.mkdir()
    (inside / "resolv.conf").write_text("nameserver 192.0.2.53\n")
    lab.start()
    receive(lab, "taro", 2)
    submit(lab, "hanako", "mika.ito@gmail.com")
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
    receive(lab, "hanako")
    lab.wait(lambda: lab.log().count("status=sent") >= 4)
    lab.run("postfix", "stop")
    return lab
