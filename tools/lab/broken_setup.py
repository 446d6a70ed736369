"""Troubles of the configuration: one function a trouble, which gives the lab in which it happened."""

import os
import time

from tools.lab.laboratory import DOMAIN, Lab
from tools.lab.scenes import FRIEND, knock, lab_with_friends, receive, submit
from tools.lab.smtp_server import saying


def unknown_transport() -> Lab:
    """A transport that master.cf does not know."""
    lab = lab_with_friends({"transport_maps": "hash:/etc/postfix/transport"}, {"hash:transport": "gmail.com smpt:\n"})
    submit(lab, "taro", "mika.ito@gmail.com")
    submit(lab, "hanako", "s.nakano@gmail.com")
    lab.wait_log("s.nakano@gmail.com>.*status=deferred")
    return lab


def postmap_forgotten() -> Lab:
    """A new user stands in the table's source, but postmap was not run."""
    lab = lab_with_friends()
    source, indexed = lab.path("etc/postfix/users"), lab.path("etc/postfix/users.db")
    source.write_text(source.read_text() + f"yuki@{DOMAIN} yuki\n")
    now = time.time()
    os.utime(source, (now - 3600, now - 3600))
    os.utime(indexed, (now - 86400, now - 86400))
    lab.reload()
    receive(lab, "yuki", 2)
    receive(lab, "taro")
    lab.wait_log("to=<taro@.*status=sent")
    return lab


def table_missing() -> Lab:
    """main.cf names a table that was never made."""
    lab = lab_with_friends({"virtual_alias_maps": "hash:/etc/postfix/virtual"})
    receive(lab, "taro", 2)
    return lab


def table_type_missing() -> Lab:
    """main.cf names a table of a type that is not installed."""
    lab = lab_with_friends({"virtual_alias_maps": "mysql:/etc/postfix/mysql-virtual.cf"}, start=False)
    lab.path("etc/postfix/dynamicmaps.cf").write_text("")  # as long as its package is not installed
    lab.start()
    receive(lab, "taro", 2)
    return lab


def mailbox_limit_smaller() -> Lab:
    """message_size_limit was raised above mailbox_size_limit: local(8) does not start."""
    lab = lab_with_friends({"message_size_limit": "102400000"})
    submit(lab, "taro", "root@mail.shirao.example")
    time.sleep(2.5)
    return lab


def maildrop_permissions() -> Lab:
    """The maildrop directory has the wrong group: local programs cannot send."""
    lab = lab_with_friends()
    lab.run("chgrp", "root", "/var/spool/postfix/maildrop")
    command = "printf 'Subject: form\\n\\nHello\\n' | timeout 2 sendmail taro@shirao.example"
    lab.run("setpriv", "--reuid=33", "--regid=33", "--clear-groups", "sh", "-c", command, check=False)
    time.sleep(0.5)
    return lab


def loops_back() -> Lab:
    """A domain's MX points here, but no setting says that it is ours."""
    lab = lab_with_friends({"relay_domains": "shirao-family.example"})
    lab.dns.add("shirao-family.example", "MX", f"10 mail.{DOMAIN}.")
    lab.mx("friend.example", "mail.friend.example", "192.0.2.180")
    lab.smtp(**FRIEND, rcpt="taro@shirao-family.example")  # type: ignore[arg-type]
    submit(lab, "hanako", "taro@shirao-family.example")
    lab.wait(lambda: lab.log().count("status=bounced") >= 2)
    time.sleep(0.5)
    return lab


def unused_parameter() -> Lab:
    """A parameter is misspelt, and so does nothing. Postfix says it on stderr alone, which the journal keeps."""
    lab = lab_with_friends(
        {"smtpd_recipient_restriction": "reject_unauth_destination, reject_rbl_client zen.spamhaus.org"}, start=False
    )
    for command in ("start", "reload"):
        lab.run("sh", "-c", f"postfix {command} 2>&1 | logger -i -t postfix")
        time.sleep(1)
    return lab


def main_cf_syntax() -> Lab:
    """A line of main.cf has no `=`."""
    lab = lab_with_friends()
    lab.write_main_cf("mailbox_size_limit 0\n")
    lab.run("postfix", "reload", check=False)
    knock(lab, 2)
    return lab


def main_cf_number() -> Lab:
    """A number in main.cf is none."""
    lab = lab_with_friends()
    lab.main_cf["message_size_limit"] = "40MB"
    lab.write_main_cf()
    lab.run("postfix", "reload", check=False)
    knock(lab, 2)
    return lab


def master_cf_syntax() -> Lab:
    """A line of master.cf has too few columns."""
    lab = lab_with_friends()
    path = lab.path("etc/postfix/master.cf")
    path.write_text(path.read_text() + "smtps inet n - n smtpd\n")
    lab.run("postfix", "reload", check=False)
    time.sleep(1)
    lab.run("pkill", "-HUP", "-x", "master")
    time.sleep(0.5)
    lab.run("postfix", "start", check=False)
    return lab


def certificate_missing() -> Lab:
    """The certificate file is not there."""
    tls = {"smtpd_tls_security_level": "may", "smtpd_tls_cert_file": "/etc/letsencrypt/live/mail/fullchain.pem"}
    lab = lab_with_friends(tls | {"smtpd_tls_key_file": "/etc/letsencrypt/live/mail/privkey.pem"})
    receive(lab, "taro", 2)
    lab.wait_log("status=sent")
    return lab


def domain_listed_twice() -> Lab:
    """A domain stands in mydestination and in virtual_mailbox_domains."""
    lab = lab_with_friends({"mydestination": f"mail.{DOMAIN}, {DOMAIN}, localhost"})
    receive(lab, "taro")
    submit(lab, "hanako", f"taro@{DOMAIN}")
    time.sleep(1)
    return lab


def relayhost_misspelt() -> Lab:
    """The relayhost's name does not exist."""
    lab = lab_with_friends({"relayhost": "[smpt.provider.example]:587"})
    submit(lab, "taro", "mika.ito@gmail.com")
    submit(lab, "hanako", "haru@docomo.ne.jp")
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
    lab = lab_with_friends(login)
    lab.dns.add("smtp.provider.example", "A", "192.0.2.220")
    ehlo = "250-smtp.provider.example\r\n250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES"
    lab.server("192.0.2.220", saying(EHLO=ehlo, AUTH="535 5.7.8 Error: authentication failed"), 587)
    submit(lab, "taro", "mika.ito@gmail.com")
    submit(lab, "hanako", "haru@docomo.ne.jp")
    lab.wait(lambda: lab.log().count("status=deferred") >= 2)
    return lab


def alias_loop() -> Lab:
    """Two aliases point at each other, a third to nobody."""
    lab = lab_with_friends({"myorigin": "mail.shirao.example"}, start=False)
    aliases = "postmaster: root\nroot: admin\nadmin: root\noffice: nosuchuser\n"
    lab.path("etc/postfix/aliases").write_text(aliases)
    lab.run("postalias", "hash:/etc/postfix/aliases")
    lab.start()
    submit(lab, "taro", "root@mail.shirao.example")
    submit(lab, "taro", "office@mail.shirao.example")
    time.sleep(1.5)
    return lab


def discarded() -> Lab:
    """A forgotten transport line throws a domain's mail away, and says `sent`."""
    lab = lab_with_friends(
        {"transport_maps": "hash:/etc/postfix/transport"}, {"hash:transport": "docomo.ne.jp discard:old test\n"}
    )
    submit(lab, "taro", "haru@docomo.ne.jp")
    submit(lab, "mother", "haru@docomo.ne.jp")
    lab.wait(lambda: lab.log().count("discard") >= 2)
    return lab


def backwards_compatible() -> Lab:
    """No compatibility_level: Postfix says what would change."""
    lab = lab_with_friends({"compatibility_level": "0"})
    receive(lab, "taro")
    submit(lab, "hanako", f"taro@{DOMAIN}")
    time.sleep(1)
    return lab
