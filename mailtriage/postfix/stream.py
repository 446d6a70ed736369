"""All events of a log in file order, with what their neighbours tell about them."""

from collections.abc import Iterable, Iterator

from mailtriage.model.event import Event
from mailtriage.postfix.build import amend
from mailtriage.postfix.correlate import Correlator
from mailtriage.postfix.parse import parse
from mailtriage.syslog.head import parse_head

_HOSTS = 1000  # hosts whose last line is remembered for "last message repeated"


def events(lines: Iterable[tuple[int, bytes]], correlator: Correlator | None = None) -> Iterator[tuple[int, Event]]:
    """Yield line number and event of every line of Postfix, of numbered lines in file order.

    ``correlator`` goes on with what it knows from an earlier file of the same log. ``last message repeated N times``
    gives the event of the line before it once more, with ``repeat`` N.
    """
    relations = correlator if correlator is not None else Correlator()
    last: dict[str | None, Event | None] = {}
    for number, line in lines:
        head = parse_head(line)
        if head is None:
            continue
        if "repeats_last" in head.flags:
            before = last.get(head.host)
            if before is None:
                continue
            event = amend(before, stamp=head.stamp, repeat=head.repeat)
        else:
            found = parse(head)
            if len(last) < _HOSTS or head.host in last:
                last[head.host] = found
            if found is None:
                continue
            event = found
        yield number, relations.feed(event)
