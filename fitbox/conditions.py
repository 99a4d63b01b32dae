"""What a member's conditions mean for exercise and food beyond the catalogs' own columns.

The catalogs know the conditions that decide exercise by exercise and food by food. The others mean the same
as one of these, as far as the catalogs go, and are looked up in its column; ``docs/physiology.md`` has the
table with the sources.
"""

from __future__ import annotations

from collections.abc import Mapping

from fitbox.profile import Condition, Profile

WEEKS_OF_RECOVERY = 12
"""After birth: no running or jumping, no heavy work of the trunk (Goom T, Donnelly G, Brockwell E, 2019,
Returning to running postnatal), no deficit."""

_FOR_EXERCISE: Mapping[Condition, Condition] = {
    # Falls and blows are what a bleed comes from.
    Condition.ANTICOAGULANT: Condition.OSTEOPOROSIS,
    # It is most often taken for high pressure, or for a heart that asks for more care still.
    Condition.BETA_BLOCKER: Condition.HYPERTENSION,
    # High pressure is cause or companion of most kidney disease (KDIGO, 2024, Kidney Int 105:S117-S314).
    Condition.KIDNEY_DISEASE: Condition.HYPERTENSION,
    Condition.INSULIN: Condition.DIABETES,
}
_FOR_FOOD: Mapping[Condition, Condition] = {
    Condition.INSULIN: Condition.DIABETES,
    # Mercury and alcohol pass into milk (EFSA, 2012, EFSA Journal 10(12):2985).
    Condition.LACTATION: Condition.PREGNANCY,
    Condition.KIDNEY_DISEASE: Condition.HYPERTENSION,
}


def recovers_from_birth(profile: Profile) -> bool:
    """Whether birth is recent, or may be: the weeks are counted where they are known."""
    weeks = profile.weeks_postpartum
    if weeks is not None:
        return weeks < WEEKS_OF_RECOVERY
    return Condition.POSTPARTUM in profile.conditions


def for_exercise(profile: Profile) -> frozenset[Condition]:
    """The conditions in whose columns the exercises of a member are looked up."""
    found = profile.conditions | {_FOR_EXERCISE[one] for one in profile.conditions if one in _FOR_EXERCISE}
    return found | {Condition.PREGNANCY} if recovers_from_birth(profile) else found


def for_food(profile: Profile) -> frozenset[Condition]:
    """The conditions in whose columns the foods of a member are looked up."""
    return profile.conditions | {_FOR_FOOD[one] for one in profile.conditions if one in _FOR_FOOD}


def pulse_is_a_guide(profile: Profile) -> bool:
    """Whether intensity may be told by heart rate.

    A beta-blocker lowers the pulse at every effort by an amount that nobody can predict, so neither a formula
    nor a zone holds; perceived exertion does (Riebe D et al., 2018, ACSM's Guidelines for Exercise Testing
    and Prescription, 10th ed., appendix A). Effort is told on the scale of the Physical Activity Guidelines
    for Americans, 2018: 0 is rest, 10 all that one can, and moderate begins at 5.
    """
    return Condition.BETA_BLOCKER not in profile.conditions
