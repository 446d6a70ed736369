"""The lab as tests see it: Postfix, its DNS, its neighbours, and clients of any name and address."""

import contextlib
import os
import re
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from tools.lab.dns_server import DnsServer, Records
from tools.lab.milter_server import MilterServer
from tools.lab.namespace import Namespace
from tools.lab.policy_server import Policy, PolicyServer
from tools.lab.sasl_server import SaslServer
from tools.lab.smtp_client import Conversation, Refused, Reply
from tools.lab.smtp_server import Script, SmtpServer, accepting, lmtp
from tools.lab.syslog_server import SyslogServer

DOMAIN = "shirao.example"
OWN_ADDRESS = "203.0.113.25"
USERS = ("mother", "son", "taro", "hanako")
PASSWORD = "correct horse"
LOG = "var/log/mail.log"
MOUNTS = (
    "dev",
    "etc/postfix",
    "etc/resolv.conf",
    "etc/hosts",
    "etc/nsswitch.conf",
    "var/spool/postfix",
    "var/lib/postfix",
    "var/log",
)

MAIN_CF = {
    "compatibility_level": "3.6",
    "myhostname": f"mail.{DOMAIN}",
    "myorigin": DOMAIN,
    "mydestination": f"mail.{DOMAIN}, localhost",
    "mynetworks": "127.0.0.0/8",
    "inet_interfaces": f"127.0.0.1, {OWN_ADDRESS}",
    "inet_protocols": "ipv4",
    "alias_maps": "hash:/etc/postfix/aliases",
    "alias_database": "hash:/etc/postfix/aliases",
    "virtual_mailbox_domains": DOMAIN,
    "virtual_mailbox_maps": "hash:/etc/postfix/users",
    "virtual_transport": "lmtp:unix:private/dovecot-lmtp",
    "maillog_file": f"/{LOG}",
    "smtpd_authorized_xclient_hosts": "127.0.0.0/8",
    "smtpd_sasl_type": "dovecot",
    "smtpd_sasl_path": "private/auth",
    "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
    "smtpd_error_sleep_time": "0",
    "smtp_connect_timeout": "3s",
    "smtp_tls_security_level": "none",
    "smtpd_tls_security_level": "none",
}
SUBMISSION = """\
submission inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=
  -o smtpd_helo_restrictions=
  -o smtpd_sender_restrictions=
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
"""


class Closing(Protocol):
    """What ends with the lab."""

    def close(self) -> None: ...


Server = TypeVar("Server", bound=Closing)


class Lab:
    """A started Postfix with neighbours.

    `main_cf` adds to and overrides the lab's settings (parameter → value, as in main.cf). `maps` are tables,
    `TYPE:NAME` → content, written to /etc/postfix/NAME and given to postmap where the type is indexed. `master_cf` is
    appended to Debian's master.cf. `records` is what DNS knows ({(name, type): [data]}). With `syslog`, Postfix writes
    to a syslog daemon in place of its own postlogd, and is heard even where its main.cf cannot be read. With `start`
    false, it is ready but not started.
    """

    def __init__(
        self,
        main_cf: Mapping[str, str] | None = None,
        maps: Mapping[str, str] | None = None,
        master_cf: str = "",
        records: Records | None = None,
        *,
        hostname: str = f"mail.{DOMAIN}",
        syslog: bool = False,
        start: bool = True,
    ) -> None:
        self.main_cf = MAIN_CF | ({"maillog_file": ""} if syslog else {}) | dict(main_cf or {})
        self.root = Path(tempfile.mkdtemp(prefix="postfix-lab-"))
        self.root.chmod(0o755)
        self._closing = contextlib.ExitStack()
        self._closing.callback(shutil.rmtree, self.root, ignore_errors=True)
        try:
            self._lay_out(master_cf)
            self._until_end(SyslogServer(self.path("dev/log"), self.path(LOG), hostname.partition(".")[0]))
            self.namespace = self._closing.enter_context(Namespace(self.root, hostname))
            resolver = self.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.dns = DnsServer(resolver, _world() | (records or {}))
            self._closing.callback(self.dns.close)
            self.write_main_cf()
            tables = {"hash:users": "".join(f"{user}@{DOMAIN} {user}\n" for user in USERS)}
            for name, content in (tables | dict(maps or {})).items():
                self.write_map(name, content)
            self.run("postalias", "hash:/etc/postfix/aliases")
            if start:
                self.start()
        except BaseException:
            self._closing.close()
            raise

    # --- files ---

    def path(self, inside: str) -> Path:
        """Where a file that the lab sees as `/inside` lies outside."""
        return self.root / "mounts" / inside.lstrip("/")

    def _lay_out(self, master_cf: str) -> None:
        shutil.copytree("/etc/postfix", self.path("etc/postfix"), symlinks=True)
        for directory in ("var/spool/postfix", "var/lib/postfix", "var/log"):
            self.path(directory).mkdir(parents=True)
        shutil.chown(self.path("var/lib/postfix"), "postfix", "postfix")
        self.path(LOG).touch()
        shutil.chown(self.path(LOG), "postfix", "postfix")  # postsuper has dropped root when it first writes
        self.path("dev").mkdir()
        for name, minor in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
            os.mknod(self.path(f"dev/{name}"), 0o666 | stat.S_IFCHR, os.makedev(1, minor))
            self.path(f"dev/{name}").chmod(0o666)
        self.path("etc/resolv.conf").write_text("nameserver 127.0.0.53\nsearch .\noptions timeout:1 attempts:1\n")
        self.path("etc/hosts").write_text("127.0.0.1 localhost\n")
        self.path("etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\nservices: files\n")
        (self.root / "mounts.txt").write_text("".join(f"/{path}\n" for path in MOUNTS))
        self.path("etc/postfix/aliases").write_text("postmaster: root\nroot: taro@shirao.example\n")
        lines = self.path("etc/postfix/master.cf.proto").read_text().splitlines()
        services = [_without_chroot(line) for line in lines if not line.startswith("#")]
        self.path("etc/postfix/master.cf").write_text("\n".join(services) + "\n" + SUBMISSION + master_cf)

    def write_main_cf(self, extra: str = "") -> None:
        """Write main.cf from `self.main_cf`; `extra` is appended as it stands."""
        text = "".join(f"{name} = {value}\n" for name, value in self.main_cf.items())
        path = self.path("etc/postfix/main.cf")
        path.write_text(text + extra)
        earlier = time.time() - 10
        os.utime(path, (earlier, earlier))  # Postfix waits a second or two before it reads a file that is this young

    def set_lines(self, lines: Iterable[str]) -> None:
        """Take over main.cf lines as they are printed for people: a parameter's lines replace what it was."""
        name = ""
        for line in lines:
            if line[:1].isspace():
                self.main_cf[name] += "\n" + line
            elif line and not line.startswith("#"):
                name, _, value = (part.strip() for part in line.partition("="))
                self.main_cf[name] = value
        self.write_main_cf()

    def write_map(self, name: str, content: str, *, index: bool = True) -> None:
        """Write a table, `TYPE:NAME`, to /etc/postfix/NAME; indexed types go through postmap if `index`."""
        kind, _, file = name.partition(":")
        self.path(f"etc/postfix/{file}").write_text(content)
        if kind in ("hash", "btree", "lmdb") and index:
            self.run("postmap", f"{kind}:/etc/postfix/{file}")

    # --- Postfix ---

    def run(self, *command: str, stdin: str | None = None, check: bool = True) -> str:
        """Run a program where Postfix runs; its output, both streams."""
        return self.namespace.run(*command, stdin=stdin, check=check).stdout

    def start(self) -> None:
        """Start Postfix and the neighbours it needs: the mailboxes' LMTP server and the login service."""
        self.run("postfix", "start")
        private = self.path("var/spool/postfix/private")
        self.open_mailboxes()
        self.logins = self._until_end(SaslServer(private / "auth", {f"{user}@{DOMAIN}": PASSWORD for user in USERS}))

    def open_mailboxes(self) -> None:
        """Listen on the mailboxes' LMTP socket (again)."""
        self.mailboxes = self._until_end(SmtpServer(self.unix_listener("private/dovecot-lmtp"), lmtp))

    def reload(self) -> None:
        """`postfix reload`, and wait until it is done."""
        before = self.log().count(": reload -- ")
        self.run("postfix", "reload")
        self.wait(lambda: self.log().count(": reload -- ") > before)
        time.sleep(0.1)  # the master has told its children; let them end

    def log(self) -> str:
        """All that was logged so far."""
        path = self.path(LOG)
        return path.read_text(errors="surrogateescape") if path.exists() else ""

    def wait_log(self, pattern: str, timeout: float = 15.0) -> str:
        """Wait for a line that matches; the line."""
        self.wait(lambda: re.search(pattern, self.log()) is not None, timeout, f"no log line matches {pattern!r}")
        return next(line for line in self.log().splitlines() if re.search(pattern, line))

    def wait(self, condition: Callable[[], bool], timeout: float = 15.0, message: str = "waited in vain") -> None:
        """Wait until `condition` holds; raises TimeoutError with the log's end."""
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(message + "\n" + "\n".join(self.log().splitlines()[-20:]))
            time.sleep(0.03)

    # --- neighbours and clients ---

    def listener(self, addr: str, port: int) -> socket.socket:
        """A bound TCP socket in the lab's network."""
        listener = self.namespace.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((addr, port))
        return listener

    def unix_listener(self, inside: str) -> socket.socket:
        """A bound UNIX socket, `inside` below the queue directory, such as `private/policyd-spf`."""
        return _unix(self.path("var/spool/postfix") / inside)

    def server(self, addr: str, script: Script = accepting, port: int = 25) -> SmtpServer:
        """A remote mail server at `addr`."""
        return self._until_end(SmtpServer(self.listener(addr, port), script))

    def policy(self, listener: socket.socket, policy: Policy) -> PolicyServer:
        """A policy server."""
        return self._until_end(PolicyServer(listener, policy))

    def milter(self, port: int, reply: str | None) -> MilterServer:
        """A milter on 127.0.0.1 that refuses every recipient with `reply`."""
        return self._until_end(MilterServer(self.listener("127.0.0.1", port), reply))

    def _until_end(self, server: Server) -> Server:
        self._closing.callback(server.close)
        return server

    def mx(self, domain: str, host: str, addr: str, script: Script = accepting) -> SmtpServer:
        """A domain with one mail server."""
        self.dns.add(domain, "MX", f"10 {host}.")
        self.dns.add(host, "A", addr)
        return self.server(addr, script)

    def silent(self, addr: str, port: int = 25) -> None:
        """An address that answers no SYN, as behind a firewall: a listener whose queue is full."""
        listener = self.namespace.socket()
        listener.bind((addr, port))
        listener.listen(0)
        self._closing.callback(listener.close)
        for _ in range(2):
            filler = self.namespace.socket()
            filler.setblocking(False)
            filler.connect_ex((addr, port))
            self._closing.callback(filler.close)
        time.sleep(0.05)

    def connect(self, client_addr: str = "127.0.0.1", port: int = 25, timeout: float = 30.0) -> Conversation:
        """A session from `client_addr`, over the lab's network and DNS; raises TimeoutError where nobody answers."""
        connection = self.namespace.socket()
        connection.bind((client_addr, 0))
        local = client_addr.startswith("127.")
        connection.connect(("127.0.0.1" if local else OWN_ADDRESS, port))
        connection.settimeout(timeout)
        return Conversation(connection)

    def smtp(
        self,
        *,
        client_name: str | None = None,
        reverse_name: str | None = None,
        client_addr: str = "198.51.100.14",
        helo: str = "client.example",
        mail_from: str = "someone@client.example",
        rcpt: str | list[str] = f"son@{DOMAIN}",
        body: str = "Subject: lab\n\nHello\n",
        message_id: str | None = None,
        login: str | None = None,
        port: int = 25,
        xclient: bool = True,
    ) -> Reply:
        """One mail; the reply that decided.

        With `xclient`, Postfix is told the client's address, verified name (None: unknown) and unverified name (None:
        as `client_name`) and asks no DNS for them; without it the client connects from its address. `login` is a
        user's address, who logs in with the lab's password.
        """
        try:
            session = self.connect("127.0.0.1" if xclient else client_addr, port)
        except Refused as refused:
            return refused.reply
        try:
            if xclient:
                session.say("EHLO", "EHLO lab.example")
                session.say("XCLIENT", "XCLIENT " + _xclient(client_addr, client_name, reverse_name))
            session.say("EHLO", f"EHLO {helo}")
            if login:
                session.login(login, PASSWORD)
            if message_id:
                body = f"Message-ID: <{message_id}>\n{body}"
            return session.message(mail_from, [rcpt] if isinstance(rcpt, str) else rcpt, body)
        except Refused as refused:
            return refused.reply
        finally:
            session.close()

    def close(self) -> None:
        """End everything and remove all files."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _xclient(addr: str, name: str | None, reverse: str | None) -> str:
    unavailable = "[UNAVAILABLE]"
    address = f"IPV6:{addr}" if ":" in addr else addr
    return f"NAME={name or unavailable} REVERSE_NAME={reverse or name or unavailable} ADDR={address}"


def _without_chroot(line: str) -> str:
    """A service of Debian's master.cf with `n` in the fifth column: the lab's resolver files lie outside a chroot."""
    columns = re.match(r"(\S+\s+\S+\s+\S+\s+\S+\s+)y(\s.*)", line)
    return f"{columns[1]}n{columns[2]}" if columns else line


def _unix(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o666)
    return listener


def _world() -> Records:
    """What everybody can look up: ourselves, and the domains of the default client."""
    return {
        (DOMAIN, "MX"): [f"10 mail.{DOMAIN}."],
        (f"mail.{DOMAIN}", "A"): [OWN_ADDRESS],
        ("25.113.0.203.in-addr.arpa", "PTR"): [f"mail.{DOMAIN}"],
        ("client.example", "A"): ["192.0.2.99"],
        ("localhost", "A"): ["127.0.0.1"],
        ("1.0.0.127.in-addr.arpa", "PTR"): ["localhost"],
    }
