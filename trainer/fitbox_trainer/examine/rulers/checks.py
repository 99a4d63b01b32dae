"""What a check is, and the counting of checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fitbox_trainer.examine.rulers.case import Case


class Severity(StrEnum):
    """What a fault does to the member, the worst first."""

    DANGEROUS = "dangerous"
    """May harm."""
    WRONG = "wrong"
    """Against what the field teaches."""
    IMPRACTICAL = "impractical"
    """Will not be done or eaten as written."""
    DULL = "dull"
    """No harm, and no professional would send it."""


class About(StrEnum):
    """Which plan a check reads."""

    WORKOUT = "workout"
    NUTRITION = "nutrition"
    ADVICE = "advice"


@dataclass(frozen=True)
class Check:
    """One fault. ``fault`` returns the offending part of the plan in short, or nothing; never raises."""

    code: str
    about: About
    severity: Severity
    fault: Callable[[Case], str]
    concerns: Callable[[Case], bool] = lambda case: True
    """The members whose plans could have the fault."""


@dataclass(frozen=True)
class Found:
    """How often a check struck, and where. ``by_case`` is aligned with the cases: None is not concerned."""

    check: Check
    by_case: tuple[str | None, ...]

    @property
    def of(self) -> int:
        """Members concerned."""
        return sum(one is not None for one in self.by_case)

    @property
    def count(self) -> int:
        """Members whose plan has the fault."""
        return sum(bool(one) for one in self.by_case)

    @property
    def share(self) -> float | None:
        """Of the members concerned; None where there are none."""
        return self.count / self.of if self.of else None


def run(checks: Sequence[Check], cases: Sequence[Case]) -> tuple[Found, ...]:
    """Every check on every case that has the plan it reads."""
    return tuple(Found(check, tuple(_judge(check, case) for case in cases)) for check in checks)


def _judge(check: Check, case: Case) -> str | None:
    there = {
        About.WORKOUT: case.week is not None,
        About.NUTRITION: bool(case.days),
        About.ADVICE: case.advice is not None,
    }
    return check.fault(case) if there[check.about] and check.concerns(case) else None
