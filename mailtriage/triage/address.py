"""What stands behind a rewritten envelope sender: SRS, BATV, VERP.

Sources: the SRS paper of libsrs2 (SRS0=hash=tt=domain=local@forwarder), draft-levine-smtp-batv (prvs=key=local),
VERP as mailing lists use it (list-bounces+user=domain).
"""

import re
from typing import NamedTuple

_SRS0 = re.compile(r"srs0[=+-][^=]{1,64}=[^=]{1,8}=([^=]{1,255})=(.{1,200})$", re.IGNORECASE)
_SRS1 = re.compile(r"srs1[=+-]", re.IGNORECASE)
_BATV = re.compile(r"prvs=[0-9a-z]{6,16}=(.{1,200})$", re.IGNORECASE)
_VERP = re.compile(r"(.{1,64}?)[+=-][^@]{0,200}=[a-z0-9.-]{3,255}$", re.IGNORECASE)
_LIST = re.compile(r"(?:^|[-_+.])(?:bounces?|owner|return|request|errors?)(?:$|[-_+.=])", re.IGNORECASE)


class Unwrapped(NamedTuple):
    """An address without its wrapping. ``how``: plain, srs, batv, verp."""

    address: str
    how: str


def unwrap(address: str) -> Unwrapped:
    """The address that a rewritten sender stands for: of SRS the first sender, of BATV the real mailbox."""
    local, _, domain = address.rpartition("@")
    if "=" not in local and local[:4].lower() != "srs1":
        return Unwrapped(address.lower(), "plain")  # at once: nearly all
    if found := _SRS0.match(local):
        return Unwrapped(f"{found[2]}@{found[1].lower()}", "srs")
    if _SRS1.match(local):
        return Unwrapped(address.lower(), "srs")
    if found := _BATV.match(local):
        return Unwrapped(f"{found[1]}@{domain}".lower(), "batv")
    if found := _VERP.match(local):
        return Unwrapped(f"{found[1]}@{domain}".lower(), "verp")
    return Unwrapped(address.lower(), "plain")


def is_list_sender(address: str) -> bool:
    """Whether an envelope sender is a mailing list's or a machine's (owner-, -bounces, VERP)."""
    local = address.rpartition("@")[0]
    return bool(_LIST.search(local)) or unwrap(address).how == "verp"
