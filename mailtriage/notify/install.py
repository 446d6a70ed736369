"""Lines for cron(8) and units for systemd.timer(5) that run the digest every morning."""

import grp
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mailtriage.texts.catalog import Texts

USER, FOLDER = "mailtriage", "/var/lib/mailtriage"


def program() -> str:
    """The absolute command line of this program."""
    own = Path(sys.argv[0]).absolute()
    if own.name == "mailtriage" and own.is_file():
        return shlex.quote(str(own))
    if found := shutil.which("mailtriage"):
        return shlex.quote(str(Path(found).absolute()))
    return f"{shlex.quote(sys.executable)} -m mailtriage"


def group_of(files: Sequence[str]) -> str:
    """The group that may read the logs; never root's, which would read everything."""
    for name in files:
        with suppress(OSError, KeyError):
            group = grp.getgrgid(Path(name).stat().st_gid).gr_name
            if group not in ("root", "wheel"):
                return group
    with suppress(KeyError):
        return grp.getgrnam("adm").gr_name
    return "systemd-journal"


def arguments(files: Sequence[str], emails: Sequence[str], smtp: str | None, state: str | None) -> str:
    """The digest's own words on a command line."""
    words = ["digest", "--state", state or f"{FOLDER}/digest.db"]
    words += [f"--email={one}" for one in emails]
    words += [f"--smtp={smtp}"] if smtp else []
    words += ["--", *(os.fspath(Path(one).absolute()) if one != "journal:" else one for one in files)] if files else []
    return " ".join(shlex.quote(word) for word in words)


def cron(line: str, group: str, _texts: Texts) -> str:
    """A file for /etc/cron.d, and how to make the user that it names."""
    escaped = line.replace("%", "\\%")
    return (
        f"# useradd --system --home-dir {FOLDER} --create-home --shell /usr/sbin/nologin --groups {group} {USER}\n"
        f"# chmod 0700 {FOLDER}\n"
        f"# /etc/cron.d/mailtriage\n"
        f"17 6 * * * {USER} {escaped}\n"
    )


def systemd(line: str, group: str, texts: Texts) -> str:
    """A service and a timer."""
    say = texts.say
    comment = "\n".join(f"# {words}" for words in say("digest.install.sendmail").splitlines())
    command = line.replace("%", "%%").replace("$", "$$")
    return f"""\
# useradd --system --home-dir {FOLDER} --shell /usr/sbin/nologin {USER}
# /etc/systemd/system/mailtriage-digest.service
[Unit]
Description={say("digest.install.service")}
Documentation=man:mailtriage(1)

[Service]
Type=oneshot
ExecStart={command}
User={USER}
SupplementaryGroups={group}
StateDirectory=mailtriage
StateDirectoryMode=0700
UMask=0077
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
NoNewPrivileges=yes
{comment}

# /etc/systemd/system/mailtriage-digest.timer
[Unit]
Description={say("digest.install.timer")}

[Timer]
OnCalendar=*-*-* 06:17:00
RandomizedDelaySec=10min
Persistent=true

[Install]
WantedBy=timers.target

# systemctl daemon-reload && systemctl enable --now mailtriage-digest.timer
"""
