#!/usr/bin/env python3
"""Write a synthetic Postfix log of about the asked size, the same bytes for the same arguments.

    python benchmarks/make_log.py --profile mixed --mib 256 > mixed.log

Profiles (share of lines that a triage tool must look at):
  quiet    a family's server: nearly all mail goes in and out
  mixed    a company's server: refusals, password guessing, some failed deliveries
  spammed  a server under a spam run: mostly refusals
  flood    every sender, client, HELO name and recipient is new: for bounded memory

Lines of different sessions interleave as in a real log. Deferred mail stays in the queue under its queue ID, is tried
again and gets through; retries still due stand at the end of the file. Apple blocks the server from hour 5 to 11 and
from hour 40 to 46 (Proofpoint), Microsoft from hour 20 to 90; at other times mail to them passes. Now and then
mother@shirao.example comes through an ISP's pool whose names do not resolve. Addresses are from the documentation and
benchmark ranges; hosts of real providers carry the names that real logs show.
"""

import argparse
import contextlib
import heapq
import random
import sys
import time
from dataclasses import dataclass
from typing import BinaryIO

OWN, OWN_ADDRESS = "shirao.example", "203.0.113.25"
START = 1_711_929_600  # 2024-04-01 00:00:00 UTC
HOUR = 3600
QMGR = "qmgr[812]"
KINDS = "oigrf"  # outgoing, incoming, password guessing, refusal, failed delivery
PROFILES = {  # shares of sessions, not of lines, in the order of KINDS
    "quiet": (50, 28, 20, 1, 1),
    "mixed": (20, 20, 30, 25, 5),
    "spammed": (2, 3, 8, 85, 2),
    "flood": (0, 0, 0, 97, 3),
}
REMOTE = {  # domain: MX host, reply to an accepted mail
    "icloud.com": ("mx0{}.mail.icloud.com", "250 2.0.0 Ok: queued as {:X}"),
    "gmail.com": ("gmail-smtp-in.l.google.com", "250 2.0.0 OK  1712345678 d2e1a72fcca58-6ecf{:05x}si - gsmtp"),
    "outlook.com": (
        "outlook-com.olc.protection.outlook.com",
        "250 2.6.0 <x@example.org> [InternalId={}, Hostname=DB3EUR04.prod.outlook.com] "
        "Queued mail for delivery -> 250 2.1.5",
    ),
    "yahoo.co.jp": ("mx{}.mail.yahoo.co.jp", "250 ok dirdel {}"),
    "example.net": ("mx{}.example.net", "250 2.0.0 Ok: queued as 4VDx{:05X}"),
}
DOMAINS = list(REMOTE)


@dataclass(frozen=True, slots=True)
class Failure:
    """A remote answer; `reason` stands in the outer parentheses of the delivery line."""

    dsn: str
    reason: str


APPLE = Failure(
    "5.7.0",
    "host {mx}[{addr}] said: 550 5.7.0 Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip={own} "
    "(in reply to MAIL FROM command)",
)
MICROSOFT = Failure(
    "5.7.1",
    "host {mx}[{addr}] said: 550 5.7.1 Unfortunately, messages from [{own}] weren't sent. Please contact your Internet "
    "service provider since part of their network is on our block list (S3150). You can also refer your provider to "
    "http://mail.live.com/mail/troubleshooting.aspx#errors. [Name=Protocol Filter Agent][AGT=PFA][MxId=11BD{n:X}] "
    "[DB3EUR04FT0{k}.eop-eur04.prod.protection.outlook.com 2024-04-11T06:14:46.123Z 08DC59] "
    "(in reply to MAIL FROM command)",
)
NO_USER = Failure(
    "5.1.1",
    "host {mx}[{addr}] said: 550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 "
    "double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. For more information, go "
    "to 550 5.1.1  https://support.google.com/mail/?p=NoSuchUser 4fb4d7f45d1cf-56e2d2{n:05x}si - gsmtp "
    "(in reply to RCPT TO command)",
)
RATE = Failure(
    "4.7.28",
    "host {mx}[{addr}] said: 421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating 421-4.7.28 "
    "from your IP address. To protect our users from spam, mail sent 421 4.7.28 from your IP address has been "
    "temporarily rate limited. 2adb3069b0e04-516d17{n:05x}si - gsmtp (in reply to end of DATA command)",
)
TIMEOUT = Failure("4.4.1", "connect to {mx}[{addr}]:25: Connection timed out")
REFUSALS = (
    "450 4.7.25 Client host rejected: cannot find your hostname, [{addr}]",
    "554 5.7.1 Service unavailable; Client host [{addr}] blocked using zen.spamhaus.org; "
    "https://www.spamhaus.org/query/ip/{addr}",
    "554 5.7.1 <{to}>: Relay access denied",
    "550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table",
    "450 4.7.1 <{helo}>: Helo command rejected: Host not found",
    "450 4.1.8 <{sender}>: Sender address rejected: Domain not found",
)
UNRESOLVABLE, UNKNOWN_USER, NO_SENDER_DOMAIN = 0, 3, 5  # of REFUSALS


def seconds(value: float) -> str:
    """As Postfix prints a delay: two digits that count."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


class Log:
    """Lines on a heap, ordered by time and then by birth; written once time has passed them."""

    def __init__(self, out: BinaryIO) -> None:
        self.written = 0  # bytes
        self._out = out
        self._heap: list[tuple[float, int, str, str]] = []
        self._born = 0
        self._second = -1
        self._stamp = ""

    def add(self, when: float, tag: str, text: str) -> None:
        """One line; `tag` without the leading `postfix/`."""
        self._born += 1
        heapq.heappush(self._heap, (when, self._born, tag, text))

    def flush(self, now: float) -> None:
        """Write what is not later than `now`."""
        lines, heap = [], self._heap
        while heap and heap[0][0] <= now:
            when, _, tag, text = heapq.heappop(heap)
            if int(when) != self._second:
                self._second = int(when)
                self._stamp = time.strftime("%b %e %H:%M:%S mail postfix/", time.gmtime(self._second))
            lines.append(f"{self._stamp}{tag}: {text}\n")
        data = "".join(lines).encode()
        self.written += len(data)
        self._out.write(data)


class Traffic:
    """Sessions of one profile; each method writes one at `self.now`, number `self.n`."""

    def __init__(self, profile: str, seed: int, log: Log) -> None:
        self.flood = profile == "flood"
        self.now, self.n = float(START), 0
        self._random = random.Random(seed)
        self._kinds = self._random.choices(KINDS, PROFILES[profile], k=8192)
        self._log = log
        self._add = log.add
        self._play = {"o": self._out, "f": self._out, "i": self._receive, "g": self._guess, "r": self._refuse}

    def next(self) -> None:
        """One more session, a moment later."""
        self.n += 1
        self.now += self._random.random() * 1.2
        self._play[self._kinds[self.n & 8191]]()
        if not self.n & 255:
            self._log.flush(self.now)

    @property
    def _pid(self) -> int:
        return 1000 + self.n % 60000

    @property
    def _queue_id(self) -> str:
        return f"{self.n * 16 % 16**9 + 0xA000000000:010X}"

    @property
    def _addr(self) -> str:
        n = self.n
        if self.flood:
            return f"2001:db8:{n // 65535 + 1:x}::{n % 65535 + 1:x}"
        return f"198.{18 + (n >> 16 & 1)}.{n >> 8 & 255}.{n & 255}"

    def _guess(self) -> None:
        now, client, tag = self.now, f"unknown[{self._addr}]", f"smtpd[{self._pid}]"
        failed = f"SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=info{self.n % 97}"
        self._add(now, tag, f"connect from {client}")
        self._add(now + 1, tag, f"warning: {client}: {failed}")
        self._add(now + 2, tag, f"lost connection after AUTH from {client}")
        self._add(now + 2, tag, f"disconnect from {client} ehlo=1 auth=0/1 commands=1/2")

    def _refuse(self) -> None:
        now, n, addr, tag = self.now, self.n, self._addr, f"smtpd[{self._pid}]"
        which = int(self._random.random() * len(REFUSALS))
        name, to = "unknown", f"son{n % 7}@{OWN}"
        if self.flood:
            helo, sender, to = (
                f"h{n:x}.s{n % 9973}.example",
                f"{n:x}@s{n % 9973}.example",
                f"{n * 2654435761 % 2**32:x}@{OWN}",
            )
        elif which == UNRESOLVABLE and n % 3 == 0:
            helo = f"omta{n % 40:04d}.jcom.zaq.ne.jp"
            sender = f"mother@{OWN}" if n % 61 == 0 else f"user{n % 997}@jcom.zaq.ne.jp"
        else:
            helo, sender = f"mail-{n % 611:03d}.bulk{n % 89}.example", f"u{n % 99991}@bulk{n % 89}.example"
            if which in (UNKNOWN_USER, NO_SENDER_DOMAIN):
                name = helo
        client = f"{name}[{addr}]"
        if which == UNRESOLVABLE:
            self._add(
                now, tag, f"warning: hostname {helo} does not resolve to address {addr}: Name or service not known"
            )
        self._add(now, tag, f"connect from {client}")
        text = REFUSALS[which].format(addr=addr, sender=sender, to=to, helo=helo)
        fields = f"from=<{sender}> to=<{to}> proto=ESMTP helo=<{helo}>"
        self._add(now + 0.6, tag, f"NOQUEUE: reject: RCPT from {client}: {text}; {fields}")
        self._add(now + 0.8, tag, f"disconnect from {client} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4")

    def _receive(self) -> None:
        now, n, pid, queue_id, add = self.now, self.n, self._pid, self._queue_id, self._add
        domain = DOMAINS[n % 5]
        sender, to = f"friend{n % 997}@{domain}", f"user{n % 23}@{OWN}"
        client, tag = f"out{n % 20}.{domain}[{self._addr}]", f"smtpd[{pid}]"
        add(now, tag, f"connect from {client}")
        add(now + 0.3, tag, f"{queue_id}: client={client}")
        add(now + 0.4, f"cleanup[{pid + 1}]", f"{queue_id}: message-id=<{n:x}.{n * 7919:x}@{domain}>")
        add(now + 0.6, QMGR, f"{queue_id}: from=<{sender}>, size={2000 + n % 90000}, nrcpt=1 (queue active)")
        counters = "ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7"
        add(now + 0.7, tag, f"disconnect from {client} {counters}")
        self._store(now + 0.9, queue_id, to, "0.6, delays=0.4/0/0.02/0.1", f"{n:x}AAAA", pid + 2)

    def _store(self, when: float, queue_id: str, to: str, delays: str, session: str, pid: int) -> None:
        """Delivery into a mailbox of ours."""
        relay = f"mail.{OWN}[private/dovecot-lmtp]"
        sent = f"dsn=2.0.0, status=sent (250 2.0.0 <{to}> {session} Saved)"
        self._add(when, f"lmtp[{pid}]", f"{queue_id}: to=<{to}>, relay={relay}, delay={delays}, {sent}")
        self._add(when, QMGR, f"{queue_id}: removed")

    def _out(self) -> None:
        now, n, pid, queue_id, add = self.now, self.n, self._pid, self._queue_id, self._add
        hours = (now - START) / HOUR
        user, domain = n % 23, DOMAINS[int(self._random.random() * 5)]
        failure, retries = None, 0
        if domain == "icloud.com" and (5 <= hours < 11 or 40 <= hours < 46):
            failure = APPLE
        elif domain == "outlook.com" and 20 <= hours < 90:
            failure = MICROSOFT
        elif self._kinds[n & 8191] == "f":
            domain = ("gmail.com", "gmail.com", "example.net")[n % 3]
            failure, retries = ((NO_USER, 0), (RATE, 1 + n % 3), (TIMEOUT, 2 + n % 4))[n % 3]
        client, tag = f"dsl-{n % 91}.isp.example[{self._addr}]", f"submission/smtpd[{pid}]"
        add(now, tag, f"connect from {client}")
        add(now + 0.4, tag, f"{queue_id}: client={client}, sasl_method=PLAIN, sasl_username=user{user}")
        add(now + 0.5, f"cleanup[{pid + 1}]", f"{queue_id}: message-id=<{n:x}.{n * 7919:x}@{OWN}>")
        counters = "ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8"
        add(now + 0.9, tag, f"disconnect from {client} {counters}")
        sender, to = f"user{user}@{OWN}", f"friend{n % 997}@{domain}"
        when = now + 0.6
        for k in range(retries):
            self._attempt(when, sender, domain, to, failure, deferred=True)
            when += 300 * 2**k + self._random.random() * 60
        self._attempt(when, sender, domain, to, None if retries else failure, deferred=False)

    def _attempt(
        self, when: float, sender: str, domain: str, to: str, failure: Failure | None, *, deferred: bool
    ) -> None:
        """One delivery attempt of the mail that arrived at `self.now`."""
        n, queue_id, add = self.n, self._queue_id, self._add
        host, accepted = REMOTE[domain]
        mx, addr, pid = host.format(n % 4 + 1), f"192.0.2.{n % 254 + 1}", 1000 + n * 7 % 60000
        number = n & 0xFFFFF
        if failure:
            said = failure.reason.format(mx=mx, addr=addr, own=OWN_ADDRESS, n=number, k=n % 8)
        else:
            said = accepted.format(number)
        relay = "none" if failure is TIMEOUT else f"{mx}[{addr}]:25"
        took = 30.0 if failure is TIMEOUT else 0.4 + self._random.random() * 2
        done = when + took
        status = "deferred" if deferred else "bounced" if failure else "sent"
        waited = seconds(max(when - self.now, 0.12))
        delays = f"delay={seconds(done - self.now)}, delays={waited}/0.01/{seconds(took * 0.7)}/{seconds(took * 0.3)}"
        add(when, QMGR, f"{queue_id}: from=<{sender}>, size={2000 + n % 90000}, nrcpt=1 (queue active)")
        dsn = failure.dsn if failure else "2.0.0"
        add(
            done, f"smtp[{pid}]", f"{queue_id}: to=<{to}>, relay={relay}, {delays}, dsn={dsn}, status={status} ({said})"
        )
        if status == "bounced":
            notice = f"{(n * 16 + 7) % 16**9 + 0xB000000000:010X}"
            add(done, f"cleanup[{pid + 3}]", f"{notice}: message-id=<20240401000000.{notice}@mail.{OWN}>")
            add(done, f"bounce[{pid + 1}]", f"{queue_id}: sender non-delivery notification: {notice}")
            add(done, QMGR, f"{notice}: from=<>, size={4000 + n % 900}, nrcpt=1 (queue active)")
            self._store(done + 0.1, notice, sender, "0.08, delays=0.01/0/0.01/0.06", f"{n:x}AAAA", pid + 2)
        if not deferred:
            add(done, QMGR, f"{queue_id}: removed")


def write(profile: str, size: int, seed: int, out: BinaryIO) -> None:
    """Write at least `size` bytes to `out`."""
    log = Log(out)
    traffic = Traffic(profile, seed, log)
    while log.written < size:
        traffic.next()
    log.flush(float("inf"))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=PROFILES, default="mixed")
    parser.add_argument("--mib", type=float, default=64)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with contextlib.suppress(BrokenPipeError):
        write(arguments.profile, int(arguments.mib * 2**20), arguments.seed, sys.stdout.buffer)


if __name__ == "__main__":
    main()
