"""What ``digest`` does: catch up, decide what to say, keep it, then send it."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from mailtriage.cli import frame
from mailtriage.cli.scanning import given, packs, sentence
from mailtriage.cli.words import interface
from mailtriage.history.catch_up import CaughtUp, catch_up
from mailtriage.history.changes import Change, decide
from mailtriage.history.merge import together
from mailtriage.history.review import Seen, review
from mailtriage.history.state import Letter, Log, State, StateError
from mailtriage.history.windows import Window
from mailtriage.model.finding import Finding
from mailtriage.model.report import Report
from mailtriage.notify import install, send
from mailtriage.report import digest_text
from mailtriage.report.safe import encodable, plain
from mailtriage.scan.chunk import ScanPlan
from mailtriage.scan.executor import WorkerDiedError
from mailtriage.scan.gather import rule_book
from mailtriage.sources.interface import Opened
from mailtriage.sources.naming import rotated
from mailtriage.sources.opening import JOURNAL, open_sources
from mailtriage.system.installed import ThisMachine
from mailtriage.texts.catalog import Texts

SYSTEM = Path("/var/lib/mailtriage")
BLOCKED = ("ip_reputation", "dnsbl", "domain_reputation", "auth_spf", "auth_dkim", "auth_dmarc", "reverse_dns")


def default_state() -> Path:
    """Below /var/lib/mailtriage where we may write there, else in the user's state folder."""
    if os.geteuid() == 0 or os.access(SYSTEM, os.W_OK):
        return SYSTEM / "digest.db"
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "mailtriage" / "digest.db"


class Digest:
    """One run."""

    def __init__(self, files: tuple[str, ...], options: dict[str, Any], texts: Texts) -> None:
        self._files, self._options, self._texts, self._given = files, options, texts, given(options)
        self._path = Path(options["state"]) if options["state"] else default_state()
        self._plan = ScanPlan(user_packs=packs(), year=options["year"], **options["tz"] or {})
        for one in (*options["email"], *([options["sender"]] if options["sender"] else [])):
            from mailtriage.notify import letter  # takes long to load: only for mail

            if not letter.is_address(one):
                raise click.UsageError(interface().say("cli.digest.bad_address", value=one))
        if "-" in files:
            raise click.UsageError(interface().say("cli.digest.no_stdin"))

    def run(self) -> int:
        """Do what the options say. Returns the exit status."""
        options = self._options
        if options["install"]:
            return self._install()
        try:
            state = State(self._path)
        except StateError as err:
            raise _refused(err) from err
        try:
            if state.notice:
                _complain(self._texts.say(f"digest.state.{state.notice[0]}", detail=state.notice[1], file=self._path))
            if options["ack"]:
                return self._acknowledge(state)
            if options["status"]:
                return self._status(state)
            return self._digest(state)
        except StateError as err:
            raise _refused(err) from err
        finally:
            state.close()

    def _digest(self, state: State) -> int:
        status = frame.DONE
        if not self._options["dry_run"]:
            status = self._send_all(state)  # what an interrupted run left behind
        known = state.logs()
        opened = self._open(known)
        if not opened.sources and opened.unread and not known:
            raise click.ClickException(sentence(opened.unread[-1]))
        caught = self._catch_up(known, opened, state.sent())
        for unread in caught.unread:
            _complain(sentence(unread))
        if caught.unread:
            status = max(status, frame.PARTLY)
        findings = together({**log.current} for log in caught.logs.values())
        now = max((log.now for log in caught.logs.values() if log.now), default=None)
        changes, told = decide(findings.values(), state.told(), now)
        warnings = self._broken(findings.values(), caught.bounced)
        letters = self._letters(changes, caught, now, warnings, told)
        if self._options["dry_run"]:
            for one in letters:
                _write(self._shown(one))
            return status
        state.learn(caught.logs, told, letters, caught.bounced)
        for warning in warnings if letters else ():
            _complain(warning)
        return max(status, self._send_all(state))

    def _open(self, known: Mapping[str, Log]) -> Opened:
        """What was named, with what was rotated out of it; the journal from where its last windows begin."""
        machine = ThisMachine()
        names = self._files or (machine.log() or JOURNAL,)
        files: list[str] = []
        for name in names:
            if name != JOURNAL and Path(name).is_file():
                files += [one for one in rotated(name) if one not in names]
            files.append(name)
        since = None
        if JOURNAL in files:
            places = [log.places[0].time for log in known.values() if log.name.endswith(JOURNAL) and log.places]
            since = datetime.fromtimestamp(min(places), UTC) if places and len(files) == 1 else None
        return open_sources(tuple(dict.fromkeys(files)), since=since, here=machine)

    def _catch_up(self, known: Mapping[str, Log], opened: Opened, sent: Sequence[str]) -> CaughtUp:
        book = rule_book(self._plan.user_packs)

        def look(window: Window, remembered: Mapping[str, Finding], before: Window | None) -> Seen:
            return review(
                window, remembered, self._plan, book, self._texts, self._given, self._options["jobs"], sent, before
            )

        try:
            return catch_up(known, opened, look, time.time())
        except WorkerDiedError as err:
            raise click.ClickException(interface().say("cli.worker_died")) from err

    def _broken(self, findings: Any, bounced: Sequence[str]) -> list[str]:
        """Why a digest sent by mail may not arrive."""
        said = [self._texts.say("digest.broken.bounced", message_id=one) for one in bounced]
        domains = {one.rpartition("@")[2].lower(): one for one in self._options["email"]}
        for finding in findings:
            if finding.direction != "outbound" or finding.state == "recovered" or finding.cause not in BLOCKED:
                continue
            refused = {address.rpartition("@")[2].lower() for address in finding.recipients}
            said += [
                self._texts.say("digest.broken.blocked", address=domains[domain], title=finding.title)
                for domain in sorted(refused & domains.keys())
            ]
        return list(dict.fromkeys(said))

    def _letters(
        self, changes: Sequence[Change], caught: CaughtUp, now: datetime | None, warnings: Sequence[str],
        told: dict[str, dict[str, Any]],
    ) -> list[Letter]:  # fmt: skip
        """What to send or print; Message-IDs go into what is told, so that later mails can refer to them."""
        if not changes and not self._options["always"] and not any(caught.bounced):
            return []
        report = _report(caught)
        host = next(iter(report.hosts), None) or _hostname()
        warnings = list(warnings)
        recipients = tuple(self._options["email"])
        by_mail = bool(recipients or self._options["command_"])
        text = digest_text.body(changes, self._texts, warnings)
        if not by_mail:
            return [Letter("print", (), "", text.encode("utf-8", "replace"))]
        if warnings:
            file = self._keep(text, now)
            warnings.append(self._texts.say("digest.saved", file=file))
            text = digest_text.body(changes, self._texts, warnings)
        from mailtriage.notify import letter
        from mailtriage.report import html_digest

        subject = digest_text.subject(changes, host, self._texts)
        sender = self._options["sender"] or f"mailtriage@{host if '.' in host else _hostname()}"
        if not letter.is_address(sender):
            sender = "mailtriage@localhost"
        identity = letter.message_id(host, subject, text, now.isoformat() if now else "")
        roots = tuple(change.root for change in changes if change.root)
        for change in changes:
            told.setdefault(change.finding.id, {}).setdefault("root", change.root or identity)
        page = html_digest.render(changes, report, self._texts, subject, warnings)
        content = letter.Content(subject, text, page, now or datetime.now(UTC), self._texts.lang, roots)
        mail = letter.compose(content, sender, recipients or (sender,), identity)
        return [Letter("mail", recipients, identity, mail)]

    def _keep(self, text: str, now: datetime | None) -> str:
        """Keep the text beside the state: mail may not bring it."""
        when = (now or datetime.now(UTC)).strftime("%Y%m%d")
        path = self._path.with_name(f"digest-{when}.txt")
        if not self._options["dry_run"]:
            with suppress(OSError):
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                    file.write(text)
        return str(path)

    def _send_all(self, state: State) -> int:
        status = frame.DONE
        for one in state.outbox():
            try:
                self._send(one)
            except send.SendError as err:
                _complain(interface().say("cli.digest.not_sent", reason=err))
                status = frame.FOUND
                continue
            state.done(one)
        return status

    def _send(self, one: Letter) -> None:
        if one.kind == "print":
            _write(one.content.decode("utf-8", "replace"))
            sys.stdout.flush()
            return
        from email import message_from_bytes, policy
        from email.utils import parseaddr

        sender = parseaddr(str(message_from_bytes(one.content, policy=policy.default)["From"]))[1]
        if self._options["command_"]:
            send.command(self._options["command_"], one.content, sender)
        if one.recipients and self._options["smtp"]:
            send.smtp(one.content, sender, one.recipients, self._options["smtp"])
        elif one.recipients:
            send.sendmail(one.content, sender, one.recipients)

    def _shown(self, one: Letter) -> str:
        """A mail as people read it: headers decoded, the text part."""
        if one.kind == "print":
            return one.content.decode("utf-8", "replace")
        from email import message_from_bytes, policy

        mail = message_from_bytes(one.content, policy=policy.default)
        body = mail.get_body(("plain",))
        heads = "".join(f"{name}: {plain(str(value))}\n" for name, value in mail.items())
        return heads + "\n" + (body.get_content().replace("\r\n", "\n") if body is not None else "")

    def _acknowledge(self, state: State) -> int:
        identity, until = self._options["ack"], self._options["until"]
        findings = together(log.current for log in state.logs().values())
        if identity not in findings:
            raise click.UsageError(interface().say("cli.digest.unknown", value=identity))
        told = state.told().get(identity, {})
        state.tell({identity: told | {"ack": until.isoformat() if until else ""}})
        return frame.DONE

    def _status(self, state: State) -> int:
        findings = together(log.current for log in state.logs().values())
        if self._options["format_"] == "jsonl":
            from dataclasses import replace

            from mailtriage.report import jsonl

            for part in jsonl.findings(replace(one, evidence=()) for _, one in sorted(findings.items())):
                _write(part)
            return frame.DONE
        if not findings:
            _write(self._texts.say("digest.status.nothing") + "\n")
        told = state.told()
        for identity, finding in sorted(findings.items(), key=lambda pair: (pair[1].severity != "high", pair[0])):
            line = digest_text.status(finding, self._texts)
            if "ack" in (note := told.get(identity, {})):
                word = "until" if note["ack"] else "acknowledged"
                line += " · " + self._texts.say(f"digest.status.{word}", until=note["ack"][:10])
            _write(plain(line) + "\n")
        return frame.DONE

    def _install(self) -> int:
        files = self._files or ((ThisMachine().log() or JOURNAL),)
        group = install.group_of(files)
        words = install.arguments(self._files, self._options["email"], self._options["smtp"], self._options["state"])
        line = f"{install.program()} {words}"
        _write((install.cron if self._options["install"] == "cron" else install.systemd)(line, group, self._texts))
        return frame.DONE


def _report(caught: CaughtUp) -> Report:
    """What was read, as far as the mail's head and time lines want it."""
    from dataclasses import replace

    reports = caught.reports
    if not reports:
        return Report()
    first = min((log.first for log in caught.logs.values() if log.first), default=None)
    last = max((log.now for log in caught.logs.values() if log.now), default=None)
    return replace(reports[-1], first_time=first, last_time=last)


def _hostname() -> str:
    import socket

    return socket.getfqdn() or "localhost"


def _write(text: str) -> None:
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(text if encoding.lower().replace("-", "") == "utf8" else encodable(text, encoding))


def _complain(text: str) -> None:
    click.echo("mailtriage: " + plain(text), err=True)


def _refused(err: StateError) -> click.ClickException:
    return click.ClickException(plain(interface().say(f"digest.state.{err.reason}", file=err.path, detail=err.detail)))
