"""What an advice may say of the plans that a member was given: a few facts, in the member's words.

A fact is of one kind and has its texts ready, so a sentence about it (:mod:`fitbox.advice.plan_phrases`) is
filled in and never computed. Facts are taken from finished plans alone, and each says no more than the plan
does; how is in :mod:`fitbox.advice.week_facts` and :mod:`fitbox.advice.day_facts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fitbox.advice.day_facts import facts_of_day
from fitbox.advice.facts import Fact
from fitbox.advice.week_facts import facts_of_week
from fitbox.plan import NutritionPlan, WorkoutPlan
from fitbox.profile import Language

_NAMING = frozenset({"day", "days", "lift", "name", "food"})
"""Slots that name something of a plan, so that the member sees whose plan it is."""


class PlanPart(StrEnum):
    """What a member may have been given."""

    WEEK = "week"
    DAY = "day"


@dataclass(frozen=True)
class OwnPlan:
    """Facts of a member's plans, in a fixed order; none where nothing is known of them."""

    facts: tuple[Fact, ...] = ()
    parts: frozenset[PlanPart] = frozenset()
    """Which plans they are from."""

    @property
    def names(self) -> frozenset[str]:
        """Weekdays, exercises and foods of the facts, lower case."""
        return frozenset(text.lower() for fact in self.facts for slot, text in fact.slots if slot in _NAMING)

    @staticmethod
    def of(week: WorkoutPlan | None, day: NutritionPlan | None, language: Language) -> OwnPlan:
        """The facts of finished plans in the language that they are written in."""
        return OwnPlan(
            (
                *(facts_of_week(week, language) if week is not None else ()),
                *(facts_of_day(day, language) if day is not None else ()),
            ),
            frozenset(
                part for part, given in ((PlanPart.WEEK, week), (PlanPart.DAY, day)) if given is not None
            ),
        )


NO_PLAN = OwnPlan()
