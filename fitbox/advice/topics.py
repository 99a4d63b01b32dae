"""What a tip is about, and the members that a sentence suits: the words that all of the advice task uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from fitbox.assessment import DEFICIT_GOALS, GAINING_GOALS, KEEPING_GOALS, Assessment, highest_zone
from fitbox.conditions import pulse_is_a_guide
from fitbox.profile import Condition, Level, Profile, WorkoutType

MODERATE_ZONE = 2


class Topic(StrEnum):
    """What a tip is about; the value opens its line, the same word in every language."""

    CALORIES = "calories"
    PROTEIN = "protein"
    FIBRE = "fibre"
    WATER = "water"
    CARDIO = "cardio"
    PROGRESSION = "progression"
    PACE = "pace"
    """How fast weight should change."""
    RECOVERY = "recovery"
    SLEEP = "sleep"
    HABITS = "habits"
    TECHNIQUE = "technique"


class When(StrEnum):
    """The members a sentence suits."""

    ALWAYS = "always"
    LOSING = "losing"
    GAINING = "gaining"
    KEEPING = "keeping"
    LIMITED = "limited"
    """Intensity is limited until a clinician clears the member, and the pulse tells it."""
    BY_FEEL = "by_feel"
    """Intensity is limited, and the pulse does not tell it."""
    UNLIMITED = "unlimited"
    HARD_CARDIO = "hard_cardio"
    BEGINNER = "beginner"
    EXPERIENCED = "experienced"
    ADVANCED = "advanced"
    INJURED = "injured"
    MINOR = "minor"
    ADULT = "adult"
    RESTING = "resting"
    """At least one day a week without training."""


@dataclass(frozen=True)
class Figure:
    """A computed figure. ``name`` is what templates call it, ``text`` is how it is written, with its unit."""

    name: str
    text: str


INJURIES = frozenset(
    {Condition.KNEE, Condition.LOWER_BACK, Condition.SHOULDER, Condition.WRIST}
    | {Condition.ELBOW, Condition.HIP, Condition.ANKLE, Condition.NECK}
)
"""Conditions that are a body part."""


def hard_cardio_suits(profile: Profile) -> bool:
    """Whether work above the moderate zones may be advised."""
    return (
        highest_zone(profile) >= 4
        and profile.level is not Level.BEGINNER
        and profile.workout_type in (WorkoutType.CARDIO, WorkoutType.HIIT)
    )


_SUITS: Mapping[When, Callable[[Profile, Assessment], bool]] = {
    When.ALWAYS: lambda p, a: True,
    When.LOSING: lambda p, a: a.goal in DEFICIT_GOALS,
    When.GAINING: lambda p, a: a.goal in GAINING_GOALS,
    When.KEEPING: lambda p, a: a.goal in KEEPING_GOALS,
    When.LIMITED: lambda p, a: highest_zone(p) <= MODERATE_ZONE and pulse_is_a_guide(p),
    When.BY_FEEL: lambda p, a: not pulse_is_a_guide(p),
    When.UNLIMITED: lambda p, a: highest_zone(p) > MODERATE_ZONE,
    When.HARD_CARDIO: lambda p, a: hard_cardio_suits(p),
    When.BEGINNER: lambda p, a: p.level is Level.BEGINNER,
    When.EXPERIENCED: lambda p, a: p.level is not Level.BEGINNER,
    When.ADVANCED: lambda p, a: p.level is Level.ADVANCED,
    When.INJURED: lambda p, a: not INJURIES.isdisjoint(p.conditions),
    When.MINOR: lambda p, a: p.age_years < 18,
    When.ADULT: lambda p, a: p.age_years >= 18,
    When.RESTING: lambda p, a: p.workout_days_per_week < 7,
}


def situations(profile: Profile, assessment: Assessment) -> frozenset[When]:
    """Every ``When`` that holds for a member."""
    return frozenset(when for when, suits in _SUITS.items() if suits(profile, assessment))
