"""What the advice tells people to type: every command of the packs and texts, taken apart.

A step's ``command`` is shell, or lines of a configuration file, or both: ``# /etc/postfix/tls_policy`` begins lines of
that file, and the next line that starts with a program is shell again.
"""

import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent / "mailtriage"
PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]{0,40})\}")
_PROGRAMS = """
adduser apt apt-get ausearch awk cat cd certbot chmod chown chronyc cp crontab curl cut date df diff dig dmesg dnf
docker doveadm doveconf du echo fail2ban-client findmnt free getent grep head hostname install iostat ip journalctl
last ldd less ls lsof mailq man mount namei nc newaliases nft opendkim openssl passwd pgrep ping postalias postcat
postconf
postfix postmap postqueue postsuper posttls-finger printf ps qshape quota rm rspamadm rspamc sed sendmail sha256sum
smartctl sort ss swaks sysctl systemctl tail testsaslauthd timedatectl tr ulimit uniq uptime vmstat
"""
PROGRAMS = frozenset(_PROGRAMS.split())
_WORDS_OF_THE_SHELL = frozenset(("for", "do", "done", "in", "2>/dev/null"))
_BREAKS = frozenset((";", "&&", "||", "|", "&"))
_INSIDE = re.compile(r"[$<]\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Typed:
    """One command of one step."""

    where: str  # file and rule, or key
    text: str

    @property
    def lines(self) -> Iterator[tuple[str, str]]:
        """Each line with what it is: ``shell``, or the configuration file that it belongs to (empty: not said)."""
        place: str | None = None
        for line in self.text.splitlines():
            if line.startswith("#"):
                path = re.match(r"# (/[A-Za-z0-9_./-]+|main\.cf|master\.cf)", line)
                place = path[1] if path else ""
            elif line.split()[:1] and line.split()[0].rstrip(";") in PROGRAMS:
                place = None
                yield "shell", line
            elif line.strip():
                yield place or "", line

    @property
    def shell(self) -> str:
        """The lines that a shell reads."""
        return "\n".join(line for place, line in self.lines if place == "shell")

    @property
    def simple_commands(self) -> Iterator[list[str]]:
        """Every program with its arguments, those inside ``$(…)`` and ``<(…)`` first."""
        text = PLACEHOLDER.sub(lambda m: m[1].upper(), self.shell).replace("\n", " ; ").replace("2>&1", "")
        while inside := _INSIDE.search(text):
            yield from _split(inside[1])
            text = text[: inside.start()] + "INSIDE" + text[inside.end() :]
        yield from _split(text)


def _split(text: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    for token in [*lexer, ";"]:
        if token not in _BREAKS and not token.startswith("#"):
            words.append(token)
            continue
        while words and words[0] in _WORDS_OF_THE_SHELL:
            words = [] if words[0] == "for" else words[1:]
        if words:
            yield words
        words = []
        if token.startswith("#"):
            return  # a remark, to the end


def _walk(table: Any, where: str) -> Iterator[Typed]:
    if isinstance(table, dict):
        for step in steps if isinstance(steps := table.get("steps"), list) else ():
            if isinstance(step, dict) and "command" in step:
                yield Typed(where, step["command"])
        for key, value in table.items():
            yield from _walk(value, f"{where}: {key}" if isinstance(value, dict) else where)
    elif isinstance(table, list):
        for value in table:
            yield from _walk(value, f"{where}: {value['id']}" if isinstance(value, dict) and "id" in value else where)


@cache
def all_typed() -> tuple[Typed, ...]:
    """Every command once, with the first place where it stands."""
    found: dict[str, Typed] = {}
    for path in sorted([*(ROOT / "rules" / "packs").rglob("*.toml"), *(ROOT / "texts").rglob("*.toml")]):
        for typed in _walk(tomllib.loads(path.read_text(encoding="utf-8")), str(path.relative_to(ROOT))):
            found.setdefault(typed.text, typed)
    return tuple(found.values())
