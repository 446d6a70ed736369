"""Logs behind a URL (``s3://``, ``sftp://``, ``https://``), where fsspec is installed."""

import re
from typing import IO, cast

from mailtriage.model.report import Unread

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?:::[A-Za-z0-9+.-]+)*://")


def is_remote(name: str) -> bool:
    """Whether ``name`` is a URL, not a path."""
    return bool(_URL.match(name))


def open_remote(name: str) -> IO[bytes] | Unread:
    """Open the file behind ``name`` for reading, or say why not."""
    try:
        import fsspec
    except ImportError:
        return Unread(name, "remote_missing", command="pip install 'mailtriage[remote]'")
    try:
        return cast(IO[bytes], fsspec.open(name, "rb").open())
    except ImportError as error:  # fsspec's word for the package that a scheme needs
        return Unread(name, "remote_scheme", place=str(error))
    except FileNotFoundError:
        return Unread(name, "missing")
    except Exception as error:  # each kind of file system has errors of its own
        return Unread(name, "io_error", place=str(error))
