"""Makes events quickly.

A frozen dataclass assigns each of its fifty fields through ``object.__setattr__``, which costs more than reading the
line. So the fields are set on a twin that is not frozen and has the same slots, which then becomes the event.
"""

from collections.abc import Callable
from dataclasses import MISSING, field, fields, make_dataclass
from typing import Any

from mailtriage.model.event import Event


def _factory() -> Callable[..., Event]:
    known = fields(Event)
    twin: Any = make_dataclass(
        "EventTwin",
        [
            (item.name, Any) if item.default is MISSING else (item.name, Any, field(default=item.default))
            for item in known
        ],
        slots=True,
        kw_only=True,
        eq=False,
        repr=False,
    )

    def make(**values: Any) -> Event:
        event = twin(**values)
        event.__class__ = Event
        return event  # type: ignore[no-any-return]

    try:
        same = make(event="other") == Event(event="other")
    except TypeError:  # an interpreter that lays slots out otherwise
        same = False
    return make if same else Event


make_event = _factory()
_NAMES = tuple(item.name for item in fields(Event))


def amend(event: Event, **changes: Any) -> Event:
    """A copy of an event with some fields changed."""
    values = {name: getattr(event, name) for name in _NAMES}
    values.update(changes)
    return make_event(**values)


def complete(event: Event, **changes: Any) -> Event:
    """An event with some fields changed: in place, so only for one that nobody else has."""
    for name, value in changes.items():
        object.__setattr__(event, name, value)
    return event
