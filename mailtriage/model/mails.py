"""Which mails a finding is about, known by hashes, so that a mail that comes again on another day is the same one."""

from collections.abc import Iterable
from dataclasses import dataclass

MOST = 256
_SPACE = 2.0**64


@dataclass(frozen=True, slots=True)
class Mails:
    """A bottom-k sample of mails: those with the smallest hashes of 64 bits, ascending; all of them, or MOST."""

    hashes: tuple[int, ...] = ()
    below: int | None = None  # every mail whose hash is smaller is there; None: every mail is

    def union(self, other: "Mails") -> "Mails":
        """The mails of both."""
        return mails({*self.hashes, *other.hashes}, *(one for one in (self.below, other.below) if one is not None))

    @property
    def number(self) -> int:
        """How many there are: counted where all are there, else estimated."""
        if self.below is None:
            return len(self.hashes)
        return max(len(self.hashes), round((len(self.hashes) - 1) * _SPACE / max(self.below, 1)))


def mails(hashes: Iterable[int], *ceilings: int) -> Mails:
    """Mails by their hashes; every mail below the lowest of the ceilings is among them."""
    below = min(ceilings, default=None)
    kept = sorted(one for one in set(hashes) if below is None or one < below)
    if len(kept) > MOST:
        below = kept[MOST - 1] + 1
        kept = kept[:MOST]
    return Mails(tuple(kept), below)
