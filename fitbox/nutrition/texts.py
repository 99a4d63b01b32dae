"""Notes on a plan that members read, in every language."""

from __future__ import annotations

from fitbox.i18n import Texts
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.profile import Condition, Diet

TEXTS = Texts("nutrition")


def notes(constraints: NutritionConstraints) -> tuple[str, ...]:
    """What this member should know about the plan, most general first."""
    profile = constraints.profile
    keys = {
        "as_eaten": True,
        "allergies": bool(profile.allergies),
        "pregnancy": Condition.PREGNANCY in profile.conditions,
        "vegan": profile.diet is Diet.VEGAN,
        "certified": profile.diet in {Diet.HALAL, Diet.KOSHER},
        "lactation": Condition.LACTATION in profile.conditions,
        "diabetes": bool(profile.conditions & {Condition.DIABETES, Condition.INSULIN}),
        "insulin": Condition.INSULIN in profile.conditions,
        "anticoagulant": Condition.ANTICOAGULANT in profile.conditions,
    }
    return tuple(TEXTS.text(profile.language, key) for key, applies in keys.items() if applies)
