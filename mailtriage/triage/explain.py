"""What a pasted text means: log lines, a reply, a code, a cause, a rule's id, a whole bounce mail."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mailtriage.model.event import Event
from mailtriage.model.finding import Step
from mailtriage.model.vocabulary import CAUSES
from mailtriage.postfix.parse import parse
from mailtriage.postfix.reply import parse_reply
from mailtriage.rules.advice import Advice, advise, texts_of
from mailtriage.rules.book import Classification, Query, RuleBook
from mailtriage.rules.normal import normalize
from mailtriage.rules.pack import Operator, Rule
from mailtriage.scan.meaning import classify
from mailtriage.syslog.head import parse_head
from mailtriage.texts.catalog import Texts
from mailtriage.triage.bounce import looks_like_mail, reports

LIMIT = 1000  # parts of one paste that are explained
_CODE = re.compile(r"#?([245]\.\d{1,3}\.\d{1,3}|[245]\d\d)(?:[ -]#?([245]\.\d{1,3}\.\d{1,3}))?")
_STARTS = re.compile(r"(?:[0-9A-F]{6,15}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}|NOQUEUE): ")
_AROUND = "grep -n 'warning: \\|error: \\|fatal: \\|panic: ' /var/log/mail.log | tail -30"
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One thing explained.

    ``kind``: line, reply, bounce, code, cause, rule; ``ordinary``: a line that tells of no trouble; ``unknown`` has
    ``nearest`` instead.
    """

    input: str
    kind: str
    found: Classification
    advice: Advice
    event: Event | None = None
    code: str | None = None
    dsn: str | None = None
    recipient: str | None = None
    nearest: tuple[str, ...] = ()
    times: int = 1  # how often it stands in the paste

    @property
    def unknown(self) -> bool:
        return self.kind == "unknown"


@dataclass(frozen=True, slots=True)
class Asker:
    """Explains with one rule book, in one language, for one server."""

    book: RuleBook
    lang: str = "en"
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def _texts(self) -> Texts:
        return texts_of(self.lang)

    def explain(self, text: str) -> list[Explanation]:
        """Everything that can be explained in a paste; the same thing is explained once. Never raises."""
        text = text.strip("\ufeff\r\n\t ")
        if not text:
            return []
        if named := list(self._named(text)):
            return named
        if looks_like_mail(text) and (bounced := list(self._bounce(text))):
            return _once(bounced)
        events = list(self._events(text))
        if events:
            return _once(self._of_event(line, event) for line, event in events)
        return [self._reply(" ".join(text.split()))]

    def _named(self, text: str) -> Iterator[Explanation]:
        """A code, a cause or a rule by its name."""
        cause = text.lower().replace("-", "_").replace(" ", "_")
        if rule := self.book.rules.get(text.lower()):
            found = Classification(rule.cause, rule, rule.operator.name, rule.via, {}, next(iter(rule.direction), None))
            yield self._told(text, "rule", found)
        elif cause in CAUSES:
            yield from self._cause(text, cause)
        elif code := _CODE.fullmatch(text):
            reply, dsn = (code[1], code[2]) if "." not in code[1] else (None, code[1])
            found = self.book.classify(Query("", "outbound", reply, dsn))
            yield self._told(text, "code", found, code=reply, dsn=dsn)

    def _cause(self, text: str, cause: str) -> Iterator[Explanation]:
        """A cause, for mail that we send and, where other words hold, for mail that we refuse."""
        rule = Rule(id=cause, cause=cause, operator=Operator("generic", cause, "generic"))
        said = None
        for direction in ("outbound", "inbound"):
            advice = advise(Classification(cause, rule, direction=direction), self.values, self.lang)
            if advice.why != said:
                found = Classification(cause, None, direction=direction)
                yield Explanation(input=text, kind="cause", found=found, advice=advice)
            said = advice.why

    def _bounce(self, text: str) -> Iterator[Explanation]:
        for report in reports(text):
            reply = parse_reply(report.diagnostic)
            domain = report.recipient.rpartition("@")[2] if report.recipient else None
            code, dsn = reply.code, reply.dsn or report.status
            found = self.book.classify(
                Query(reply.text, "outbound", code, dsn, report.remote or reply.host, domain=domain)
            )
            extra = {"recipient": report.recipient, "domain": domain, "relay": report.remote or reply.host}
            yield self._told(report.diagnostic, "bounce", found, extra, code=code, dsn=dsn, recipient=report.recipient)

    def _events(self, text: str) -> Iterator[tuple[str, Event]]:
        """The log lines in a paste that tell of something that went wrong; if there are none, the others."""
        calm: list[tuple[str, Event]] = []
        bad = 0
        for line in text.splitlines()[: LIMIT * 20]:
            event = _event(line.strip())
            if event is None:
                continue
            if event.failed or event.event in ("warning", "other", "sasl_failure", "lost_connection", "timeout"):
                bad += 1
                if bad <= LIMIT:
                    yield line.strip(), event
            elif len(calm) < LIMIT:
                calm.append((line.strip(), event))
        if not bad:
            yield from calm[:1]

    def _of_event(self, line: str, event: Event) -> Explanation:
        found = classify(self.book, event)
        kind = "sent" if event.event == "delivery" else event.event
        calm = not event.failed and event.severity is None
        if found.rule is None and calm and self._texts.has(f"explain.line.{kind}"):
            # A line of ordinary work: no trouble, and so no rule.
            advice = Advice(why=self._texts.say(f"explain.line.{kind}"))
            return Explanation(input=line, kind="ordinary", found=found, advice=advice, event=event)
        if found.rule is None and event.severity:
            advice = Advice(
                why=self._texts.say(f"explain.severity.{event.severity}"),
                steps=(Step("unknown_warning.1", self._texts.say("explain.severity.next"), _AROUND),),
            )
            return Explanation(input=line, kind="line", found=found, advice=advice, event=event)
        recipient = event.recipient
        extra = {
            "recipient": recipient, "sender": event.sender, "client_ip": event.client_addr,
            "client_name": event.client_name if event.client_name != "unknown" else None, "helo": event.helo,
            "relay": event.relay_name, "own_host": event.host, "queue_id": event.queue_id,
            "domain": recipient.rpartition("@")[2] if recipient else None,
        }  # fmt: skip
        return self._told(line, "line", found, extra, code=event.code, dsn=event.dsn, recipient=recipient, event=event)

    def _reply(self, text: str) -> Explanation:
        """A reply alone, or with the words that Postfix puts around it."""
        inner = text[1:-1] if text.startswith("(") and text.endswith(")") else text
        reply = parse_reply(inner)
        found = self._best(Query(reply.text, None, reply.code, reply.dsn, reply.host))
        normal = normalize(reply.text, reply.code, reply.dsn)
        if found.rule is None:
            return self._unknown(text, found, normal.code, normal.dsn)
        return self._told(text, "reply", found, {"relay": reply.host}, code=normal.code, dsn=normal.dsn)

    def _best(self, query: Query) -> Classification:
        """A reply without a direction is one to mail that we sent, if anything says so; else what knows it best."""
        ways = ("outbound", "inbound", "local", "submission", "server")
        answers = [
            self.book.classify(Query(query.text, way, query.code, query.dsn, query.relay, domain=query.domain))
            for way in ways
        ]
        order = {"rule": 0, "wording": 1, "enhanced_code": 2, "reply_code": 2, "none": 3}
        if answers[0].tier in ("rule", "wording") and normalize(query.text, query.code).code:
            return answers[0]
        return min(answers, key=lambda found: order[found.tier])

    def _told(
        self,
        text: str,
        kind: str,
        found: Classification,
        extra: Mapping[str, str | None] = {},
        *,
        code: str | None = None,
        dsn: str | None = None,
        recipient: str | None = None,
        event: Event | None = None,
    ) -> Explanation:
        values = {**self.values, **{k: v for k, v in extra.items() if v}, "code": code or "", "dsn": dsn or ""}
        values["reply"] = " ".join((event.reply or event.reason or text if event else text).split())[:500]
        return Explanation(
            input=text, kind=kind, found=found, advice=advise(found, values, self.lang), event=event,
            code=code, dsn=dsn, recipient=recipient,
        )  # fmt: skip

    def _unknown(
        self, text: str, found: Classification, code: str | None = None, dsn: str | None = None
    ) -> Explanation:
        advice = advise(found, self.values, self.lang)
        nearest = tuple(self._nearest(text))
        return Explanation(input=text, kind="unknown", found=found, advice=advice, code=code, dsn=dsn, nearest=nearest)

    def _nearest(self, text: str, count: int = 5) -> Iterable[str]:
        """Names of causes and rules like a word, or the rules whose samples share most words with a text."""
        if len(text.split()) == 1 and len(text) <= 60:
            names = {**dict.fromkeys(CAUSES), **dict.fromkeys(self.book.rules)}
            if close := difflib.get_close_matches(text.lower(), names, n=count, cutoff=0.6):
                return close
        words = set(_WORD.findall(text.lower()[:2000]))
        scores: dict[str, float] = {}
        for rule in self.book.rules.values():
            for sample in rule.samples:
                theirs = set(_WORD.findall(sample.text.lower()))
                if (both := len(words & theirs)) >= 2 or (both and len(words) <= 2):
                    score = both / (len(words | theirs) ** 0.5)
                    scores[rule.id] = max(score, scores.get(rule.id, 0.0))
        return sorted(scores, key=lambda id_: (-scores[id_], id_))[:count]


def _event(line: str) -> Event | None:
    """A log line, also one whose head was left out of the copy."""
    raw = line.encode("utf-8", "surrogateescape")
    head = parse_head(raw)
    if head is not None and head.program is not None and (event := parse(head)) is not None:
        return event
    for start, daemon in (("NOQUEUE: ", "smtpd"), ("", "smtp"), ("", "smtpd"), ("", "cleanup")):
        if (start or _STARTS.match(line)) and line.startswith(start):
            head = parse_head(b"Jan  1 00:00:00 mail postfix/" + daemon.encode() + b"[1]: " + raw)
            event = parse(head) if head is not None else None
            if event is not None and event.failed:
                return event
    return None


def _once(found: Iterable[Explanation]) -> list[Explanation]:
    """The same trouble explained once, with the number of times it stands there."""
    seen: dict[tuple[object, ...], Explanation] = {}
    times: dict[tuple[object, ...], int] = {}
    for one in found:
        rule = one.found.rule.id if one.found.rule else one.input
        key = (one.found.cause, rule, one.found.operator, one.found.via, one.found.own_ip)
        seen.setdefault(key, one)
        times[key] = times.get(key, 0) + (one.event.repeat if one.event else 1)
    return [replace(one, times=times[key]) for key, one in seen.items()]
