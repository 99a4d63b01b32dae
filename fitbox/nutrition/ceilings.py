"""What a day shall not have more of."""

from __future__ import annotations

from fitbox.assessment import Assessment
from fitbox.nutrition.solve import Ceiling

MOST_FIBRE_G = 60.0
MOST_FIBRE_OF_TARGET = 1.5
"""No upper level is set, but what the gut is not used to brings wind and cramps (EFSA Journal
2010;8(3):1462), and 60 g is beyond what Europeans eat several times over."""


def fibre_ceiling_g(target_g: float) -> float:
    """The most fibre of a day with this target."""
    return min(MOST_FIBRE_G, MOST_FIBRE_OF_TARGET * target_g)


def ceilings(assessment: Assessment) -> tuple[Ceiling, ...]:
    """The ceilings of a member's day."""
    return (Ceiling(lambda food: food.fibre_g, fibre_ceiling_g(assessment.macros.fibre_g)),)
