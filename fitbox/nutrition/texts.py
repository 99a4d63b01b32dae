"""Notes on a plan that members read, in every language."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from fitbox.foods import CulinaryUse, Food
from fitbox.i18n import Texts, number
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.salt import SODIUM_MG_PER_G_SALT
from fitbox.plan import NutrientTotal
from fitbox.profile import Condition, Diet, Language, Profile

TEXTS = Texts("nutrition")


def notes(
    constraints: NutritionConstraints, foods: Iterable[Food], totals: Sequence[NutrientTotal]
) -> tuple[str, ...]:
    """What this member should know about the plan, most general first, then what the day lacks or exceeds."""
    profile = constraints.profile
    keys = {
        "as_eaten": True,
        "allergies": bool(profile.allergies),
        "pregnancy": Condition.PREGNANCY in profile.conditions,
        "pregnancy_supplements": Condition.PREGNANCY in profile.conditions,
        "vegan": profile.diet is Diet.VEGAN,
        "certified": profile.diet in {Diet.HALAL, Diet.KOSHER},
        "lactation": Condition.LACTATION in profile.conditions,
        "diabetes": bool(profile.conditions & {Condition.DIABETES, Condition.INSULIN}),
        "insulin": Condition.INSULIN in profile.conditions,
        "anticoagulant": Condition.ANTICOAGULANT in profile.conditions,
        "fortified": any(is_plant_drink(food) for food in foods),
    }
    general = [TEXTS.text(profile.language, key) for key, applies in keys.items() if applies]
    return (*general, *_unmet(totals, profile))


def is_plant_drink(food: Food) -> bool:
    """Whether the calcium that the catalog counts is there only where the maker added it."""
    return food.culinary_use is CulinaryUse.MILK and Diet.VEGAN in food.diets


def _unmet(totals: Sequence[NutrientTotal], profile: Profile) -> list[str]:
    """What is short, what is too much, what hangs on the salt, and what nobody can tell; each with what to
    do."""
    language = profile.language
    short = [total for total in totals if total.met is False and not _is_above(total)]
    above = [total for total in totals if total.met is False and _is_above(total)]
    salted = [total for total in totals if _hangs_on_salt(total)]
    unknown = [total for total in totals if total.met is None and total not in salted]
    found = []
    if short:
        found.append(TEXTS.text(language, "short", list=_listed(short, language)))
    found += [total.advice for total in short]
    if above:
        found.append(TEXTS.text(language, "above", list=_listed(above, language)))
    found += [total.advice for total in (*above, *salted)]
    if unknown:
        found.append(TEXTS.text(language, "unknown", list=", ".join(total.name for total in unknown)))
    return found


def advice(total: NutrientTotal, profile: Profile) -> str:
    """What to do about a limit that is not met or cannot be told; empty where it is met."""
    language = profile.language
    if total.met is True:
        return ""
    if _hangs_on_salt(total) and total.upper is not None and total.with_usual_salt is not None:
        left_g = math.floor(2 * (total.upper - total.amount) / SODIUM_MG_PER_G_SALT) / 2
        return TEXTS.text(
            language,
            "salt" if left_g else "salt.none",
            amount=_written(total.amount, language),
            salted=_written(total.with_usual_salt, language),
            limit=_written(total.upper, language),
            source=total.source.split(",")[0],
            grams=number(language, left_g, 1 if left_g % 1 else 0),
        )
    return TEXTS.text(language, f"above.{total.code}" if _is_above(total) else _hint(total.code, profile))


def _hangs_on_salt(total: NutrientTotal) -> bool:
    """Whether the limit is kept without the cook's salt and passed with it."""
    return total.met is None and total.with_usual_salt is not None


def _hint(code: str, profile: Profile) -> str:
    """Where more of a nutrient comes from; for who may not eat all of that, from what anybody may eat."""
    eats_all = not profile.allergies and profile.diet in {Diet.OMNIVORE, Diet.HALAL, Diet.KOSHER}
    plants = f"short.{code}.plants"
    return f"short.{code}" if eats_all or plants not in TEXTS.keys else plants


def _is_above(total: NutrientTotal) -> bool:
    """Above the limit, or, of added sugar, above it in a meal."""
    is_short = total.lower is not None and total.amount < total.lower
    return total.upper is not None and not is_short


def _listed(totals: Sequence[NutrientTotal], language: Language) -> str:
    """``vitamin D 3 of 15 µg, iodine 90 of 150 µg``."""
    return ", ".join(
        TEXTS.text(
            language,
            "of",
            name=total.name,
            amount=_written(total.amount, language),
            limit=_written((total.upper if _is_above(total) else total.lower) or 0.0, language),
            unit=total.unit.replace("ug", "µg"),
            source=total.source.split(", ")[-1 if _is_above(total) else 0],
        )
        for total in totals
    )


def _written(amount: float, language: Language) -> str:
    return number(language, amount, 0 if amount >= 20 else 1 if amount % 1 else 0)
