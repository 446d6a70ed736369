"""``--redact``: a report that can be shown to others. Local parts, login names and addresses of strangers' clients
become tokens; the same one always becomes the same token on this machine, and on no other.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from mailtriage.model.finding import Finding
from mailtriage.model.report import Report
from mailtriage.triage.keys import masked

T = TypeVar("T")

_MAIL = re.compile(r"(?<![\w.+=/-])([\w.+=/!#$%&'*^`{|}~-]{1,128})@(\[?[\w.-]{1,255}\]?)")
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w:]|\.\d)"
)
_IN_NAMES = re.compile(r"(?<!\d)\d{1,3}([.-])\d{1,3}\1\d{1,3}\1\d{1,3}(?=[.-][A-Za-z])")
_ROLES = frozenset({"postmaster", "abuse", "root", "mailer-daemon", "noreply", "no-reply", "hostmaster", "webmaster"})
_UNTOUCHED = frozenset({"kind", "rule", "cause", "operator", "via", "source", "links"})


@lru_cache(maxsize=1)
def _secret() -> bytes:
    """What ties tokens to this machine, so that nobody finds a name by trying names."""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/hostid"):
        try:
            return Path(path).read_bytes()[:64] or b"mailtriage"
        except OSError:
            continue
    return b"mailtriage"


def _token(kind: str, text: str) -> str:
    return f"{kind}-{blake2b(text.lower().encode(), digest_size=3, key=_secret()).hexdigest()}"


class Redactor:
    """Replaces what says who somebody is. ``keep``: addresses of our own; ``names``: login names without a domain."""

    def __init__(self, keep: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        self._keep = frozenset(keep)
        words = sorted({name for name in names if len(name) > 2 and "@" not in name}, key=lambda n: (-len(n), n))
        self._names = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, words))})(?![\w-])") if words else None

    def text(self, text: str) -> str:
        """One text."""
        text = _MAIL.sub(self._mail, masked(text))
        text = _ADDRESS.sub(self._address, text)
        text = _IN_NAMES.sub("x", text)
        return self._names.sub(lambda found: _token("user", found[0]), text) if self._names else text

    def _mail(self, found: re.Match[str]) -> str:
        local = found[1]
        return found[0] if local.lower() in _ROLES else f"{_token('user', local)}@{found[2]}"

    def _address(self, found: re.Match[str]) -> str:
        try:
            address = ipaddress.ip_address(found[0])
        except ValueError:
            return found[0]
        if str(address) in self._keep or address.is_loopback:
            return found[0]
        return _token("ip", str(address))

    def noun(self, value: T) -> T:
        """A finding, a report, an event: every text in it, at whatever depth."""
        changes = {
            field.name: self._any(getattr(value, field.name))
            for field in fields(value)  # type: ignore[arg-type]
            if field.name not in _UNTOUCHED and not (field.name == "id" and isinstance(value, Finding))
        }
        return replace(value, **changes)  # type: ignore[type-var]

    def _any(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return tuple(self._any(one) for one in value)
        if isinstance(value, Mapping):
            return {self.text(key): self._any(one) for key, one in value.items()}
        if is_dataclass(value) and not isinstance(value, type):
            return self.noun(value)
        return value


def redactor(report: Report, findings: Iterable[Finding]) -> Redactor:
    """A redactor for a report: our own addresses stay."""
    return Redactor((known.value for known in report.own_ips), _logins(findings))


def _logins(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        yield from finding.own_users
        yield from (sender for sender in finding.senders if finding.cause == "auth_failed")
