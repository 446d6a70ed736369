"""What one connection or one delivery writes: inbound mail, submission, refusals, outbound deliveries."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tools.family_week.journal import Journal, seconds
from tools.family_week.people import DOMAIN, OWN_ADDRESS, PROVIDERS, Correspondent, Home

TLS_IN = (
    "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 "
    "server-signature RSA-PSS (2048 bits) server-digest SHA256"
)
TLS_OUT = TLS_IN.replace("server-signature RSA-PSS (2048 bits)", "server-signature ECDSA (prime256v1)")
GREYLISTED = (
    "450 4.2.0 <{to}>: Recipient address rejected: Greylisted, "
    "see http://postgrey.schweikert.ch/help/shirao.example.html"
)
APPLE_BLOCKED = (
    "host {mx}[{addr}] said: 550 5.7.0 Blocked – see https://support.proofpoint.com/dnsbl-lookup.cgi?ip={own}"
    " (in reply to MAIL FROM command)"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A remote answer that is no success."""

    reason: str
    dsn: str
    relay: bool = True
    bounced: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """Whoever connects: the verified name (or `unknown`), the address, the HELO name, the unverified name."""

    name: str
    addr: str
    helo: str
    unverified: str | None = None
    warning: str = "Name or service not known"

    def __str__(self) -> str:
        return f"{self.name}[{self.addr}]"


def _utc(when: float) -> str:
    return f"{datetime.fromtimestamp(when, UTC):%Y%m%d%H%M%S}"


class Sessions:
    """Plays connections and deliveries into a journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.rng = journal.rng
        self.qmgr_pid = 1021
        self._message_ids: dict[str, str] = {}

    def _fill(self, template: str, when: float) -> str:
        rng = self.rng

        def hexa(n: int) -> str:
            return f"{rng.getrandbits(4 * n):0{n}x}"

        return template.format(
            epoch=int(when),
            hex4=hexa(4),
            hex8=hexa(8),
            hex12=hexa(12),
            HEX12=hexa(12).upper(),
            num=rng.randrange(10**8, 10**9),
            n=rng.randrange(10, 200),
        )

    # --- smtpd ---

    def refused(
        self, when: float, client: Client, sender: str, recipient: str, text: str, proto: str = "ESMTP"
    ) -> None:
        """A connection in which the one recipient is refused."""
        line, rng = self.journal.line, self.rng
        took = rng.uniform(0.4, 1.6)
        pid = self.journal.worker("smtpd", when, took + 0.3)
        self._connect(when, pid, client)
        line(
            when + took,
            "smtpd",
            pid,
            f"NOQUEUE: reject: RCPT from {client}: {text}; from=<{sender}> to=<{recipient}> proto={proto} "
            f"helo=<{client.helo}>",
        )
        hello = "ehlo" if proto == "ESMTP" else "helo"
        line(
            when + took + rng.uniform(0.02, 0.25),
            "smtpd",
            pid,
            f"disconnect from {client} {hello}=1 mail=1 rcpt=0/1 quit=1 commands=3/4",
        )

    def unresolvable(self, when: float, client: Client, sender: str, recipient: str, proto: str = "ESMTP") -> None:
        """A refusal by reject_unknown_client_hostname."""
        text = f"450 4.7.25 Client host rejected: cannot find your hostname, [{client.addr}]"
        self.refused(when, client, sender, recipient, text, proto)

    def _connect(self, when: float, pid: int, client: Client) -> None:
        if client.unverified:
            tail = f": {client.warning}" if client.warning else ""
            text = f"warning: hostname {client.unverified} does not resolve to address {client.addr}{tail}"
            self.journal.line(when - 0.002, "smtpd", pid, text)
        self.journal.line(when, "smtpd", pid, f"connect from {client}")

    def guess(self, when: float, client: Client, tries: int) -> None:
        """A guesser of passwords."""
        rng = self.rng
        pid = self.journal.worker("smtpd", when, 3.0 * tries + 2)
        tag = "smtpd"
        self._connect(when, pid, client)
        moment = when
        for name in rng.choices(("info", "admin", "test", "office@shirao.example", "taro", "scan", "contact"), k=tries):
            moment += rng.uniform(1.5, 3)
            text = f"warning: {client}: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username={name}"
            self.journal.line(moment, tag, pid, text)
        moment += rng.uniform(0.3, 0.9)
        self.journal.line(moment, tag, pid, f"lost connection after AUTH from {client}")
        self.journal.line(
            moment + 0.0004,
            tag,
            pid,
            f"disconnect from {client} ehlo=1 auth=0/{tries} commands=1/{tries + 1}",
        )

    def scanner(self, when: float, client: Client, lines: list[str], counters: str) -> None:
        """Somebody who wants no mail delivered; `lines` may hold `{client}`."""
        pid = self.journal.worker("smtpd", when, 2)
        self._connect(when, pid, client)
        for n, text in enumerate(lines):
            self.journal.line(when + 0.3 + n * 0.0006, "smtpd", pid, text.format(client=client))
        self.journal.line(when + 0.31, "smtpd", pid, f"disconnect from {client} {counters}")

    def receive(self, when: float, sender: Correspondent, recipients: list[str], size: int) -> None:
        """Mail from outside, accepted and delivered."""
        rng, line = self.rng, self.journal.line
        client = Client(sender.name, sender.addr, sender.name)
        arrives = when + rng.uniform(0.5, 0.9)
        queue_id = self.journal.queue_id(arrives, 4)
        pid = self.journal.worker("smtpd", when, 2.5)
        self._connect(when, pid, client)
        line(when + 0.32, "smtpd", pid, f"Anonymous TLS connection established from {client}: {TLS_IN}")
        line(arrives, "smtpd", pid, f"{queue_id}: client={client}")
        done = self._queued(arrives, queue_id, sender.address, len(recipients), size, sender.address.partition("@")[2])
        n = len(recipients)
        line(
            done + 0.12,
            "smtpd",
            pid,
            f"disconnect from {client} ehlo=2 starttls=1 mail=1 rcpt={n} data=1 quit=1 commands={6 + n}",
        )
        self._store(arrives, done, queue_id, recipients)

    def greylisted(self, when: float, sender: Correspondent, recipient: str) -> None:
        """A stranger whom our greylisting asks to come back."""
        client = Client(sender.name, sender.addr, sender.name)
        self.journal.other(
            when + 0.4,
            "postgrey[734]",
            f"action=greylist, reason=new, client_name={sender.name}, client_address={sender.addr}, "
            f"sender={sender.address}, recipient={recipient}",
        )
        self.refused(when, client, sender.address, recipient, GREYLISTED.format(to=recipient))

    def _message_id(self, when: float, pid: int, queue_id: str, message_id: str) -> None:
        self._message_ids[queue_id] = message_id
        self.journal.line(when, "cleanup", pid, f"{queue_id}: message-id=<{message_id}>")

    def _queued(self, arrives: float, queue_id: str, sender: str, nrcpt: int, size: int, message_domain: str) -> float:
        rng, line = self.rng, self.journal.line
        pid = self.journal.worker("cleanup", arrives, 1)
        unique = f"{rng.getrandbits(64):016x}.{rng.getrandbits(40):010x}"
        self._message_id(arrives + 0.08, pid, queue_id, f"{unique}@{message_domain}")
        done = arrives + 0.25 + size / 4_000_000
        text = f"{queue_id}: from=<{sender}>, size={size}, nrcpt={nrcpt} (queue active)"
        line(done, "qmgr", self.qmgr_pid, text)
        return done

    def _store(self, arrives: float, queued: float, queue_id: str, recipients: list[str]) -> None:
        rng, line = self.rng, self.journal.line
        took = rng.uniform(0.03, 0.12)
        pid = self.journal.worker("lmtp", queued, took)
        for recipient in recipients:
            session = "".join(rng.choices("ABCDEFGHabcdefgh0123456789", k=16))
            self.journal.other(
                queued + took - 0.002,
                f"dovecot: lmtp({recipient})<{rng.randrange(20000, 30000)}><{session}>",
                f"sieve: msgid=<{self._message_ids[queue_id]}>: stored mail into mailbox 'INBOX'",
            )
            delays = "/".join(map(seconds, (queued - arrives, 0.01, took / 3, took * 2 / 3)))
            line(
                queued + took,
                "lmtp",
                pid,
                f"{queue_id}: to=<{recipient}>, relay=mail.{DOMAIN}[private/dovecot-lmtp], "
                f"delay={seconds(queued + took - arrives)}, delays={delays}, dsn=2.0.0, "
                f"status=sent (250 2.0.0 <{recipient}> {session}AAAAkW9w== Saved)",
            )
        line(queued + took + 0.0005, "qmgr", self.qmgr_pid, f"{queue_id}: removed")

    # --- submission and outbound ---

    def imap(self, when: float, user: Home) -> None:
        """A mail program looks into its mailbox."""
        session = "".join(self.rng.choices("ABCDEFGHJKLMabcdefgh0123456789+", k=16))
        self.journal.other(
            when,
            "dovecot",
            f"imap-login: Login: user=<{user.address}>, method=PLAIN, rip={user.addr}, lip={OWN_ADDRESS}, "
            f"mpid={self.rng.randrange(30000, 60000)}, TLS, session=<{session}>",
        )

    def submit(
        self, when: float, user: Home, to: str, size: int, tries: list[Failure], *, arrives: float | None = None
    ) -> None:
        """A user's mail to one recipient; each of `tries` is a failed attempt, then it gets through unless bounced."""
        rng, line = self.rng, self.journal.line
        client = Client(user.name, user.addr, f"[{user.addr}]")
        arrives = when + rng.uniform(0.7, 1.1) if arrives is None else arrives
        queue_id = self.journal.queue_id(arrives, 90_000 if tries and not tries[-1].bounced else 20)
        tag = "submission/smtpd"
        pid = self.journal.worker(tag, when, 2.5)
        self._connect_submission(when, pid, client)
        line(
            arrives,
            tag,
            pid,
            f"{queue_id}: client={client}, sasl_method=PLAIN, sasl_username={user.address}",
        )
        signed = f"{queue_id}: DKIM-Signature field added (s=mail, d={DOMAIN})"
        self.journal.other(arrives + 0.09, "opendkim[688]", signed)
        domain = to.partition("@")[2]
        last = not tries or tries[0].bounced
        queued = self._queued_submission(arrives, queue_id, user.address, size, arrives + 0.12 if last else None)
        line(
            queued + 0.1,
            tag,
            pid,
            f"disconnect from {client} ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8",
        )
        if domain == DOMAIN:
            self._store(arrives, queued, queue_id, [to])
        else:
            self._attempt(arrives, queued, queue_id, user.address, to, size, tries)

    def _connect_submission(self, when: float, pid: int, client: Client) -> None:
        line = self.journal.line
        line(when, "submission/smtpd", pid, f"connect from {client}")
        text = f"Anonymous TLS connection established from {client}: {TLS_IN}"
        line(when + 0.28, "submission/smtpd", pid, text)

    def _queued_submission(
        self, arrives: float, queue_id: str, sender: str, size: int, queued: float | None = None
    ) -> float:
        line = self.journal.line
        pid = self.journal.worker("cleanup", arrives, 1)
        unique = f"{self.rng.getrandbits(128):032x}"
        unique = "-".join((unique[:8], unique[8:12], unique[12:16], unique[16:20], unique[20:]))
        self._message_id(arrives + 0.06, pid, queue_id, f"{unique}@{DOMAIN}")
        done = queued if queued is not None else arrives + 0.19 + size / 4_000_000
        text = f"{queue_id}: from=<{sender}>, size={size}, nrcpt=1 (queue active)"
        line(done, "qmgr", self.qmgr_pid, text)
        return done

    def _attempt(
        self, arrives: float, active: float, queue_id: str, sender: str, to: str, size: int, tries: list[Failure]
    ) -> None:
        """One delivery attempt from the moment the mail is active; plans the next one where it is deferred."""
        rng, line = self.rng, self.journal.line
        domain = to.partition("@")[2]
        mx, addr, reply = PROVIDERS.get(domain, ("", "", ""))
        failure = tries[0] if tries else None
        setup, sending = rng.uniform(0.6, 1.4), rng.uniform(0.3, 0.9)
        if failure and "timed out" in failure.reason:
            setup, sending = 30.0, 0.0
        done = active + 0.01 + setup + sending
        pid = self.journal.worker("smtp", active, setup + sending)
        relay = "none" if failure and not failure.relay else f"{mx}[{addr}]:25"
        if relay != "none":
            text = f"Trusted TLS connection established to {relay}: {TLS_OUT}"
            line(active + 0.01 + setup * 0.8, "smtp", pid, text)
        delays = "/".join(map(seconds, (active - arrives, 0.01, setup, sending)))
        dsn = failure.dsn if failure else "2.0.0"
        status = "sent" if not failure else "bounced" if failure.bounced else "deferred"
        reason = failure.reason.format(mx=mx, addr=addr, own=OWN_ADDRESS) if failure else self._fill(reply, done)
        line(
            done,
            "smtp",
            pid,
            f"{queue_id}: to=<{to}>, relay={relay}, delay={seconds(done - arrives)}, delays={delays}, dsn={dsn}, "
            f"status={status} ({reason})",
        )
        if failure and not failure.bounced:
            wait = max(300.0, done - arrives) + rng.uniform(0, 300)

            def again(when: float) -> None:
                text = f"{queue_id}: from=<{sender}>, size={size}, nrcpt=1 (queue active)"
                line(when, "qmgr", self.qmgr_pid, text)
                self._attempt(arrives, when + 0.02, queue_id, sender, to, size, tries[1:])

            self.journal.plan(done + wait, again)
            return
        if failure:
            self._bounce(done, queue_id, sender, size)
        line(done + 0.002, "qmgr", self.qmgr_pid, f"{queue_id}: removed")

    def _bounce(self, when: float, queue_id: str, sender: str, size: int) -> None:
        """The notice to the sender; as in Postfix up to 3.10, cleanup and qmgr speak before bounce does."""
        line = self.journal.line
        born = when + 0.0004
        notice = self.journal.queue_id(born, 2)
        pid = self.journal.worker("cleanup", born, 1)
        self._message_id(born, pid, notice, f"{_utc(born)}.{notice}@mail.{DOMAIN}")
        text = f"{queue_id}: sender non-delivery notification: {notice}"
        line(born + 0.0006, "bounce", self.journal.worker("bounce", born, 0.1), text)
        text = f"{notice}: from=<>, size={size + 2480}, nrcpt=1 (queue active)"
        line(born + 0.0005, "qmgr", self.qmgr_pid, text)
        self._store(born, born + 0.01, notice, [sender])

    def pickup(self, when: float, size: int) -> None:
        """What cron has to say to root, who is taro."""
        line = self.journal.line
        queue_id = self.journal.queue_id(when, 2)
        pid = self.journal.worker("pickup", when, 0.1)
        line(when, "pickup", pid, f"{queue_id}: uid=0 from=<root>")
        pid = self.journal.worker("cleanup", when, 0.2)
        self._message_id(when + 0.01, pid, queue_id, f"{_utc(when)}.{queue_id}@mail.{DOMAIN}")
        line(
            when + 0.03, "qmgr", self.qmgr_pid, f"{queue_id}: from=<root@{DOMAIN}>, size={size}, nrcpt=1 (queue active)"
        )
        self._store(when, when + 0.04, queue_id, [f"taro@{DOMAIN}"])
