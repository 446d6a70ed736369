"""One judgement, one module, its test beside it in tests/.

A module has ``ORDER`` (those with smaller numbers claim their cases first), ``questions(desk)`` (what it wants to know
beyond the tally) and ``judge(desk, answers)`` (findings). What a judgement has claimed is no longer a plain refusal.
"""

import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Protocol, cast

from mailtriage.model.finding import Finding
from mailtriage.scan.ask import Answers, Question
from mailtriage.triage.desk import Desk


class Judgement(Protocol):
    """What every module here offers."""

    ORDER: int

    def questions(self, desk: Desk) -> Iterable[Question]: ...

    def judge(self, desk: Desk, answers: Answers) -> Iterator[Finding]: ...


def judgements() -> list[Judgement]:
    """All judgements, in the order in which they claim."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [cast(Judgement, import_module(f"{__name__}.{name}")) for name in names]
    return sorted(found, key=lambda judgement: judgement.ORDER)
