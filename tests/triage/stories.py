"""Small mail logs, written as stories, and what a postmaster would conclude from them.

A ``Log`` writes the lines that Postfix would write (traditional stamps of April 2026, zone UTC), and its clock moves as
they come. A ``Story`` pairs a log with the findings that need somebody, and ``missed`` and ``false_alarms`` compare
them with what triage says.
"""

import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailtriage.model.finding import Finding
from mailtriage.model.report import Known
from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.gather import rule_book
from mailtriage.scan.survey import survey
from mailtriage.sources.interface import Source
from mailtriage.texts.catalog import Texts
from mailtriage.triage.own import Given
from mailtriage.triage.run import Result, triage

OWN = "example.org"  # the domain of the server in most stories
OWN_IP = "192.0.2.25"
HOST = "mail"

UNKNOWN_NAME = "450 4.7.25 Client host rejected: cannot find your hostname, [{ip}]"
LISTED = (
    "554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; "
    "https://www.spamhaus.org/query/ip/{ip}"
)
NO_USER = "550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table"
RELAY_DENIED = "454 4.7.1 <{to}>: Relay access denied"
GREYLISTED = "450 4.2.0 <{to}>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/{to}"
HELO_UNKNOWN = "450 4.7.1 <{helo}>: Helo command rejected: Host not found"
SENDER_UNKNOWN = "450 4.1.8 <{sender}>: Sender address rejected: Domain not found"


class Log:
    """Lines of one server's log, in order of time.

    Clients and relays are written as Postfix does, ``name[address]``; a client whose PTR name does not resolve is
    ``unknown[address]`` with ``ptr``.
    """

    def __init__(self, host: str = HOST, own: str = OWN, start: str = "2026-04-06 08:00:00") -> None:
        self.host, self.own = host, own
        self.now = datetime.fromisoformat(start)
        self.lines: list[str] = []
        self._number = 0

    def at(self, time: str, day: int | None = None) -> "Log":
        """Set the clock: ``14:30`` or ``14:30:05`` of this day, or of that day of the month."""
        hour, minute, *rest = (int(part) for part in time.split(":"))
        self.now = self.now.replace(hour=hour, minute=minute, second=rest[0] if rest else 0, day=day or self.now.day)
        return self

    def later(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0) -> "Log":
        """Move the clock."""
        self.now += timedelta(seconds=seconds, minutes=minutes, hours=hours)
        return self

    def say(self, tag: str, text: str, pid: int | None = None) -> "Log":
        """One line: ``tag`` without its pid, such as postfix/smtpd."""
        stamp = f"{self.now:%b} {self.now.day:>2} {self.now:%H:%M:%S}"
        self.lines.append(f"{stamp} {self.host} {tag}[{pid or self._pid()}]: {text}")
        return self.later(1)

    def raw(self, *lines: str) -> "Log":
        """Lines as they are."""
        self.lines += lines
        return self

    def _pid(self) -> int:
        return 2000 + self._number % 500

    def new_id(self) -> str:
        """A queue ID."""
        self._number += 1
        return f"{0xA00000000 + self._number * 0x1357:010X}"

    # --- what comes in

    def refuse(
        self, client: str, sender: str, to: str, text: str, *, helo: str | None = None, ptr: str | None = None,
        stage: str = "RCPT", service: str = "postfix/smtpd", reason: str = "Name or service not known", times: int = 1,
        every: float = 60, login: str | None = None,
    ) -> "Log":  # fmt: skip
        """A session that ends in a refusal; ``text`` may name {ip}, {to}, {sender}, {helo}. Again ``every`` seconds."""
        name, ip = _split(client)
        helo = helo or ptr or name
        filled = text.format(ip=ip, to=to, sender=sender, helo=helo)
        for turn in range(times):
            if turn:
                self.later(every)
            self._number += 1
            pid = self._pid()
            if ptr:
                self.say(service, f"warning: hostname {ptr} does not resolve to address {ip}: {reason}", pid)
            self.say(service, f"connect from {client}", pid)
            who = f"from=<{sender}> to=<{to}> proto=ESMTP helo=<{helo}>"
            if login:
                who += f" sasl_username=<{login}>"
            self.say(service, f"NOQUEUE: reject: {stage} from {client}: {filled}; {who}", pid)
            self.say(service, f"disconnect from {client} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4", pid)
        return self

    def screened(self, ip: str, sender: str, to: str, text: str, *, helo: str = "mail.invalid") -> "Log":
        """A refusal by postscreen."""
        who = f"from=<{sender}>, to=<{to}>, proto=ESMTP, helo=<{helo}>"
        self.say("postfix/postscreen", f"CONNECT from [{ip}]:40025 to [{OWN_IP}]:25", 900)
        return self.say("postfix/postscreen", f"NOQUEUE: reject: RCPT from [{ip}]:40025: {text}; {who}", 900)

    def take(self, client: str, sender: str, *, login: str | None = None, service: str | None = None) -> str:
        """A mail that smtpd took; its queue ID."""
        queue_id = self.new_id()
        tag = service or ("postfix/submission/smtpd" if login else "postfix/smtpd")
        extra = f", sasl_method=PLAIN, sasl_username={login}" if login else ""
        self.say(tag, f"{queue_id}: client={client}{extra}")
        self.say("postfix/cleanup", f"{queue_id}: message-id=<{queue_id.lower()}@{self.own}>")
        self.say("postfix/qmgr", f"{queue_id}: from=<{sender}>, size=4321, nrcpt=1 (queue active)", 700)
        return queue_id

    def accept(self, client: str, sender: str, to: str, *, login: str | None = None) -> "Log":
        """A mail from a client into one of our mailboxes."""
        queue_id = self.take(client, sender, login=login)
        return self.local(queue_id, to)

    def local(self, queue_id: str, to: str) -> "Log":
        """Into a mailbox."""
        reply = f"(250 2.0.0 <{to}> {queue_id} Saved)"
        self.say(
            "postfix/lmtp",
            f"{queue_id}: to=<{to}>, relay={self.host}[private/dovecot-lmtp], delay=0.4, delays=0.2/0.01/0.05/0.14, "
            f"dsn=2.0.0, status=sent {reply}",
        )
        return self.removed(queue_id)

    # --- what goes out

    def deliver(
        self, queue_id: str, to: str, relay: str, reply: str = "250 2.0.0 OK", *, status: str = "sent",
        dsn: str = "2.0.0", delay: float = 1.3, said: bool | None = None, command: str = "RCPT TO",
    ) -> "Log":  # fmt: skip
        """One attempt. ``relay`` is ``host[address]:25`` or ``none``; a failure's reply is what that host said."""
        if said if said is not None else status != "sent" and relay != "none":
            reply = f"host {relay.partition(':')[0]} said: {reply} (in reply to {command} command)"
        return self.say(
            "postfix/smtp",
            f"{queue_id}: to=<{to}>, relay={relay}, delay={delay:g}, delays=0.1/0.01/0.6/0.5, dsn={dsn}, "
            f"status={status} ({reply})",
        )

    def send(self, sender: str, to: str, relay: str, reply: str = "250 2.0.0 OK", **how: object) -> "Log":
        """A mail of one of our users that logged in, with its one attempt."""
        queue_id = self.take(f"home.isp.example[{_address('home')}]", sender, login=sender)
        self.deliver(queue_id, to, relay, reply, **how)  # type: ignore[arg-type]
        return self.removed(queue_id) if how.get("status", "sent") != "deferred" else self

    def removed(self, queue_id: str) -> "Log":
        """The end of a mail."""
        return self.say("postfix/qmgr", f"{queue_id}: removed", 700)

    # --- other

    def failed_login(self, client: str, user: str, *, times: int = 1, every: float = 60) -> "Log":
        """A login with a wrong password."""
        for turn in range(times):
            self.later(every if turn else 0)
            self.say(
                "postfix/submission/smtpd",
                f"warning: {client}: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username={user}",
            )
        return self

    def family(self, mails: int = 8) -> "Log":
        """Ordinary traffic, from which the server's own domain shows."""
        for number in range(mails):
            self.later(minutes=1)
            self.accept(f"mx{number}.friend.example[198.51.100.{number + 1}]", "ann@friend.example", f"bea@{self.own}")
        return self

    def spam(self, count: int = 20) -> "Log":
        """Deserved refusals."""
        for number in range(count):
            ip = f"198.19.{number % 200}.{number * 7 % 250 + 1}"
            client = f"h{ip.replace('.', '-')}.dyn.telco.example[{ip}]"
            self.later(30)
            self.refuse(client, f"deal{number}@offer{number}.example", f"bea@{self.own}", LISTED, helo=f"[{ip}]")
        return self

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def _split(client: str) -> tuple[str, str]:
    name, _, address = client.partition("[")
    return name, address.rstrip("]")


def _address(of: str) -> str:
    return f"203.0.113.{sum(of.encode()) % 250 + 1}"


def judged(
    log: "Log | str", *, own: Sequence[str] = (OWN,), ips: Sequence[str] = (OWN_IP,), lang: str = "en", folder: str = ""
) -> Result:
    """What triage makes of a log. Without ``own`` it has to learn the domains by itself."""
    text = log if isinstance(log, str) else log.text()
    with tempfile.TemporaryDirectory(dir=folder or None) as place:
        path = Path(place) / "mail.log"
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        source = Source(name="mail.log", path=str(path), size=path.stat().st_size)
        surveyed = survey((source,), ScanPlan(year=2026, tz_minutes=0), jobs=1)
        given = Given(tuple(Known(ip, "option") for ip in ips), tuple(Known(name, "option") for name in own))
        result = triage(surveyed, rule_book(()), Texts(lang), given)
        surveyed.executor.close()
        return result


@dataclass(frozen=True)
class Expect:
    """A finding that must be there. Empty fields are not looked at; ``severity`` may name several: ``medium|high``."""

    kind: str = ""
    cause: str = ""
    severity: str = ""
    party: str = ""  # stands in the party's id, name or pattern, or in the title
    fault: str = ""
    state: str = ""
    says: str = ""  # a regular expression for the steps and why together

    def fits(self, finding: Finding) -> bool:
        party = finding.party
        about = " ".join(filter(None, (party.id, party.name, party.pattern, finding.title))).lower()
        words = "\n".join([finding.why, *(f"{s.text}\n{s.command or ''}\n{s.url or ''}" for s in finding.steps)])
        return (
            (not self.kind or finding.kind in self.kind.split("|"))
            and (not self.cause or finding.cause in self.cause.split("|"))
            and (not self.severity or finding.severity in self.severity.split("|"))
            and (self.party.lower() in about)
            and (not self.fault or finding.fault in self.fault.split("|"))
            and (not self.state or finding.state in self.state.split("|"))
            and (not self.says or re.search(self.says, words) is not None)
        )


@dataclass(frozen=True)
class Story:
    """A log, and everything in it that needs somebody. What else is medium or high is a false alarm."""

    name: str
    write: Callable[[Log], object]
    needs: tuple[Expect, ...] = ()
    allowed: tuple[Expect, ...] = ()  # right if said, not missed if not
    own: tuple[str, ...] = (OWN,)
    ips: tuple[str, ...] = (OWN_IP,)

    def log(self) -> Log:
        log = Log()
        self.write(log)
        return log

    def findings(self) -> tuple[Finding, ...]:
        return judged(self.log(), own=self.own, ips=self.ips).findings

    def missed(self, findings: Iterable[Finding]) -> list[Expect]:
        findings = tuple(findings)
        return [want for want in self.needs if not any(want.fits(finding) for finding in findings)]

    def false_alarms(self, findings: Iterable[Finding]) -> list[Finding]:
        right = (*self.needs, *self.allowed)
        return [f for f in findings if f.severity in ("medium", "high") and not any(want.fits(f) for want in right)]


def check(story: Story) -> None:
    """Fail where a story's findings are not what a postmaster would conclude."""
    findings = story.findings()
    shown = "\n".join(f"  {f.severity} {f.kind} {f.cause} {f.state} fault={f.fault}: {f.title}" for f in findings)
    assert not story.missed(findings), f"missing {story.missed(findings)} among\n{shown}"
    assert not story.false_alarms(findings), f"false alarms among\n{shown}"
