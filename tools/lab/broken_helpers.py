"""Troubles of what Postfix relies on: databases, helpers of its own, filters, TLS; one function a trouble."""

import ssl
import time

from tools.lab.laboratory import DOMAIN, OWN_ADDRESS, Lab
from tools.lab.scenes import FRIEND, knock, lab_with_friends, open_session, receive, refused_at_two, submit
from tools.lab.smtp_client import Refused
from tools.lab.smtp_server import saying

SQL = """\
hosts = 127.0.0.1
user = postfix
password = secret
dbname = mail
query = SELECT goto FROM alias WHERE address='%s'
"""
LDAP = """\
server_host = ldap://127.0.0.1:389
search_base = dc=shirao,dc=example
query_filter = mail=%s
result_attribute = uid
"""
POSTSCREEN = """\
smtp inet n - n - 1 postscreen
smtpd pass - - n - - smtpd
dnsblog unix - - n - 0 dnsblog
tlsproxy unix - - n - 0 tlsproxy
"""


def mysql_down() -> Lab:
    """The MySQL server does not answer."""
    return _database("proxy:mysql:/etc/postfix/mysql-aliases.cf", SQL)


def pgsql_down() -> Lab:
    """The PostgreSQL server does not answer."""
    return _database("pgsql:/etc/postfix/pgsql-aliases.cf", SQL)


def ldap_down() -> Lab:
    """The LDAP server does not answer."""
    return _database("ldap:/etc/postfix/ldap-aliases.cf", LDAP)


def _database(table: str, content: str) -> Lab:
    lab = lab_with_friends({"virtual_alias_maps": table}, start=False)
    lab.path(table.rpartition(":")[2]).write_text(content)
    lab.start()
    receive(lab, "taro", 2)
    return lab


def saslauthd_missing() -> Lab:
    """Cyrus SASL asks saslauthd, which does not run."""
    lab = lab_with_friends({"smtpd_sasl_type": "cyrus", "smtpd_sasl_path": "smtpd"}, start=False)
    lab.path("etc/postfix/sasl").mkdir(exist_ok=True)
    lab.path("etc/postfix/sasl/smtpd.conf").write_text("pwcheck_method: saslauthd\nmech_list: PLAIN LOGIN\n")
    lab.start()
    for user in ("taro", "hanako", "taro"):
        submit(lab, user, "mika.ito@gmail.com")
    return lab


def no_worthy_mechanism() -> Lab:
    """The relay wants a login, and none of the methods that it offers may be used."""
    login = {
        "relayhost": "[smtp.provider.example]:587",
        "smtp_sasl_auth_enable": "yes",
        "smtp_sasl_password_maps": "inline:{[smtp.provider.example]:587=shirao:password}",
        "smtp_sasl_security_options": "noplaintext, noanonymous",
        "smtp_sasl_mechanism_filter": "plain, login",
    }
    lab = lab_with_friends(login)
    lab.dns.add("smtp.provider.example", "A", "192.0.2.220")
    ehlo = "250-smtp.provider.example\r\n250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES"
    lab.server("192.0.2.220", saying(EHLO=ehlo), 587)
    submit(lab, "taro", "mika.ito@gmail.com")
    submit(lab, "hanako", "haru@docomo.ne.jp")
    lab.wait(lambda: lab.log().count("status=deferred") >= 2)
    return lab


def verify_cache_unwritable() -> Lab:
    """The cache of recipient probes lies where Postfix may not write."""
    lab = lab_with_friends(
        {
            "smtpd_recipient_restrictions": "reject_unauth_destination, reject_unverified_recipient",
            "address_verify_map": "btree:/etc/postfix/nowhere/verify",
        }
    )
    receive(lab, "taro", 2)
    return lab


def anvil_missing() -> Lab:
    """master.cf has lost the line of anvil: limits are not counted, mail comes in all the same."""
    lab = _without("anvil")
    receive(lab, "taro", 2)
    lab.wait(lambda: lab.log().count("status=sent") >= 2)
    return lab


def rewrite_missing() -> Lab:
    """master.cf has lost the line of trivial-rewrite: no mail moves."""
    lab = _without("rewrite")
    knock(lab, 2)
    lab.run("sendmail", f"taro@{DOMAIN}", stdin="Subject: report\n\nHello\n")
    time.sleep(1)
    return lab


def dnsblog_missing() -> Lab:
    """postscreen asks blocklists through dnsblog, which master.cf does not have."""
    return _postscreen(POSTSCREEN.replace("dnsblog unix - - n - 0 dnsblog\n", ""))


def tlsproxy_missing() -> Lab:
    """postscreen speaks TLS through tlsproxy, which master.cf does not have."""
    lab = _postscreen(
        POSTSCREEN.replace("tlsproxy unix - - n - 0 tlsproxy\n", ""),
        {"postscreen_tls_security_level": "may", "smtpd_tls_security_level": "may"},
        start=False,
    )
    _certificate(lab, 30)
    lab.start()
    _starttls(lab, 25, "192.0.2.180")
    time.sleep(1)
    return lab


def postscreen_dies() -> Lab:
    """postscreen ends at its start, because a setting is written wrongly: nobody gets through to port 25."""
    lab = _postscreen(POSTSCREEN, {"postscreen_dnsbl_sites": "bl.example.org=127.0.0.[2;4*2"})
    knock(lab, 2)
    return lab


def postscreen_cache_missing() -> Lab:
    """postscreen's cache lies where nothing can be: every client is tested at every visit."""
    lab = _postscreen(POSTSCREEN, {"postscreen_cache_map": "btree:/nonexistent/postscreen_cache"})
    knock(lab, 2)
    return lab


def postscreen_under_stress() -> Lab:
    """So many connect at once that postscreen turns clients away."""
    lab = _postscreen(
        POSTSCREEN,
        {"postscreen_pre_queue_limit": "10", "postscreen_post_queue_limit": "5", "postscreen_greet_wait": "3s"},
    )
    sessions = [lab.namespace.socket() for _ in range(16)]
    for number, session in enumerate(sessions):
        session.bind((f"192.0.2.{180 + number}", 0))
        session.setblocking(False)
        session.connect_ex((OWN_ADDRESS, 25))
    time.sleep(5)
    for session in sessions:
        session.close()
    return lab


def _postscreen(master_cf: str, main_cf: dict[str, str] | None = None, *, start: bool = True) -> Lab:
    settings = {
        "postscreen_dnsbl_sites": "bl.example.org*2",
        "postscreen_dnsbl_action": "enforce",
        "postscreen_greet_action": "enforce",
        "postscreen_greet_wait": "1s",
    }
    lab = lab_with_friends(settings | (main_cf or {}), start=False)
    path = lab.path("etc/postfix/master.cf")
    kept = [line for line in path.read_text().splitlines() if line.split()[:2] != ["smtp", "inet"]]
    path.write_text("\n".join(kept) + "\n" + master_cf)
    lab.dns.add("*.bl.example.org", "TXT", "none")
    if start:
        lab.start()
        if session := open_session(lab):
            session.close(quit_first=False)
        time.sleep(2)
    return lab


def _without(service: str) -> Lab:
    lab = lab_with_friends(start=False)
    path = lab.path("etc/postfix/master.cf")
    path.write_text("".join(line for line in path.read_text().splitlines(True) if line.split()[:1] != [service]))
    lab.start()
    return lab


def rspamd_down() -> Lab:
    """Rspamd does not run; mail is put off."""
    lab = lab_with_friends({"smtpd_milters": "inet:127.0.0.1:11332"})
    receive(lab, "taro", 2)
    return lab


def clamav_socket_missing() -> Lab:
    """clamav-milter's socket is not there; mail comes in unchecked."""
    lab = lab_with_friends({"smtpd_milters": "unix:/run/clamav/clamav-milter.sock", "milter_default_action": "accept"})
    receive(lab, "taro", 2)
    lab.wait(lambda: lab.log().count("status=sent") >= 2)
    return lab


def proxy_filter_down() -> Lab:
    """The filter before the queue (smtpd_proxy_filter) does not listen."""
    lab = lab_with_friends({"smtpd_proxy_filter": "127.0.0.1:10024"})
    receive(lab, "taro", 2)
    return lab


def policy_program_missing() -> Lab:
    """The program of a policy service that Postfix starts by itself does not exist."""
    lab = lab_with_friends(
        {"smtpd_recipient_restrictions": "reject_unauth_destination, check_policy_service unix:private/policyd-spf"},
        master_cf="policyd-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf\n",
    )
    receive(lab, "taro", 2)
    return lab


def delivery_program_missing() -> Lab:
    """The program that puts mail into the mailboxes is not installed."""
    lab = lab_with_friends(
        {"virtual_transport": "mdrop", "mdrop_destination_recipient_limit": "1"},
        master_cf="mdrop unix - n n - - pipe flags=DRhu user=nobody argv=/usr/bin/maildrop-gone -d ${recipient}\n",
    )
    receive(lab, "taro", 2)
    lab.wait(lambda: lab.log().count("status=") >= 2)
    return lab


def deprecated_restriction() -> Lab:
    """A restriction by its old name, which a coming Postfix will not know."""
    lab = lab_with_friends(
        {"smtpd_client_restrictions": "permit_mynetworks, reject_maps_rbl", "maps_rbl_domains": "bl.example.org"}
    )
    receive(lab, "taro", 2)
    lab.wait(lambda: lab.log().count("status=sent") >= 2)
    return lab


def name_without_dot() -> Lab:
    """myhostname is a bare name, by which other servers do not let themselves be greeted."""
    lab = lab_with_friends({"myhostname": "mail"})
    no = "504 5.5.2 <mail>: Helo command rejected: need fully-qualified hostname"
    refused_at_two(lab, no)
    return lab


def certificate_expired() -> Lab:
    """Our certificate has run out: mail programs break off."""
    lab = lab_with_friends({"smtpd_tls_security_level": "may"}, start=False)
    _certificate(lab, -1)
    lab.start()
    for number in range(4):
        _starttls(lab, 587, f"198.18.90.{31 + number}", verify=True, trusting=True)
    receive(lab, "taro")
    lab.wait_log("status=sent")
    return lab


def quiet_by_design() -> Lab:
    """What looks bad and harms nobody: names that lead nowhere, failed handshakes, a slow blocklist."""
    lab = lab_with_friends(
        {
            "smtpd_tls_security_level": "may",
            "smtpd_client_restrictions": "permit_mynetworks, reject_rbl_client bl.example.org",
        },
        start=False,
    )
    _certificate(lab, 30)
    lab.start()
    lab.dns.client("192.0.2.77", "host77.isp.example", "192.0.2.78")
    lab.dns.add("180.2.0.192.bl.example.org", "A", "SERVFAIL")
    receive(lab, "taro")
    lab.dns.records.pop(("180.2.0.192.bl.example.org", "A"))
    receive(lab, "hanako")
    mail = FRIEND | {"client_addr": "192.0.2.77"}
    lab.smtp(**mail, rcpt=f"taro@{DOMAIN}")  # type: ignore[arg-type]
    for number in range(3):
        _starttls(lab, 25, f"198.51.100.{200 + number}", verify=True)
    for line in ("AUTH LOGIN", "STARTTLS\r\n\x16\x03", "HELP"):
        try:
            session = lab.connect("198.51.100.201")
            session.say("EHLO", "EHLO x")
            session.say("EHLO", line)
        except Refused:
            pass
        session.close(quit_first=False)
    lab.reload()
    lab.wait(lambda: lab.log().count("status=sent") >= 3)
    return lab


def _certificate(lab: Lab, days: int) -> None:
    """A certificate for our name that is good for so many days; it ran out where the number is negative."""
    key, chain = lab.path("etc/postfix/key.pem"), lab.path("etc/postfix/cert.pem")
    request = lab.path("etc/postfix/request.pem")
    name = f"/CN=mail.{DOMAIN}"
    lab.run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "/etc/postfix/key.pem", "-out",
            "/etc/postfix/request.pem", "-subj", name)  # fmt: skip
    lab.run("openssl", "x509", "-req", "-in", "/etc/postfix/request.pem", "-signkey", "/etc/postfix/key.pem", "-out",
            "/etc/postfix/cert.pem", "-days", str(days))  # fmt: skip
    request.unlink()
    lab.main_cf |= {
        "smtpd_tls_cert_file": f"/etc/postfix/{chain.name}",
        "smtpd_tls_key_file": f"/etc/postfix/{key.name}",
    }
    lab.write_main_cf()


def _starttls(lab: Lab, port: int, addr: str, *, verify: bool = False, trusting: bool = False) -> None:
    """A client that starts TLS, and breaks off where it does not trust our certificate."""
    context = ssl.create_default_context(cafile=str(lab.path("etc/postfix/cert.pem")) if trusting else None)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    connection = lab.namespace.socket()
    connection.settimeout(5)
    try:
        connection.bind((addr, 0))
        connection.connect((OWN_ADDRESS, port))
        connection.recv(1000)
        connection.sendall(b"EHLO client.example\r\n")
        connection.recv(1000)
        connection.sendall(b"STARTTLS\r\n")
        if connection.recv(1000).startswith(b"220"):
            context.wrap_socket(connection, server_hostname=f"mail.{DOMAIN}").close()
    except OSError:
        pass
    finally:
        connection.close()
