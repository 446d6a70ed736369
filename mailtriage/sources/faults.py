"""Why a file cannot be read, as a key below "unread." of texts/, and what would help."""

import errno
import os
import stat
from contextlib import suppress

from mailtriage.model.report import Unread


def unread(error: OSError, name: str, path: str) -> Unread:
    """Say what ``error`` means for the file at ``path``, shown to people as ``name``."""
    if isinstance(error, PermissionError):
        return denied(name, path)
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return Unread(name, "missing")
    if error.errno == errno.ELOOP:
        return Unread(name, "missing")
    return Unread(name, "io_error", place=os.strerror(error.errno) if error.errno else None)


def denied(name: str, path: str) -> Unread:
    """Permission denied: who may read it, by what the file itself says."""
    try:
        status = os.stat(path)  # noqa: PTH116 - works on any path-like string, and without following rules of pathlib
    except OSError:
        return Unread(name, "denied_directory", command=f"sudo ls -l {path}")
    if _permitted(status):
        return Unread(name, "denied_label", command=f"ls -lZ {path}")
    group = _group(status)
    if group is None:
        return Unread(name, "denied")
    return Unread(name, "denied_group", group=group, command=f"sudo usermod -aG {group} $USER")


def _permitted(status: os.stat_result) -> bool:
    """Whether the mode alone would let us read it."""
    if os.geteuid() == 0:
        return True
    if status.st_uid == os.geteuid():
        return bool(status.st_mode & stat.S_IRUSR)
    if status.st_gid in {os.getegid(), *os.getgroups()}:
        return bool(status.st_mode & stat.S_IRGRP)
    return bool(status.st_mode & stat.S_IROTH)


def _group(status: os.stat_result) -> str | None:
    """The group that may read it, unless that is root's own, which nobody should join."""
    if not status.st_mode & stat.S_IRGRP or status.st_gid == 0:
        return None
    with suppress(ImportError, KeyError):
        import grp

        return grp.getgrgid(status.st_gid).gr_name
    return None
