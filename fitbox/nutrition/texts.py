"""Notes on a plan that members read, in every language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fitbox.foods import CulinaryUse, Food
from fitbox.i18n import Texts, number
from fitbox.nutrition.constraints import NutritionConstraints
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
    language = profile.language
    short = [total for total in totals if total.met is False and not _is_above(total)]
    above = [total for total in totals if total.met is False and _is_above(total)]
    unknown = [total for total in totals if total.met is None]
    found = []
    if short:
        found.append(TEXTS.text(language, "short", list=_listed(short, language)))
        found += [TEXTS.text(language, _hint(total.code, profile)) for total in short]
    if above:
        found.append(TEXTS.text(language, "above", list=_listed(above, language)))
        found += [TEXTS.text(language, f"above.{total.code}") for total in above]
    if unknown:
        found.append(TEXTS.text(language, "unknown", list=", ".join(total.name for total in unknown)))
    return found


def _hint(code: str, profile: Profile) -> str:
    """Where more of a nutrient comes from; for who may not eat all of that, from what anybody may eat."""
    eats_all = not profile.allergies and profile.diet in {Diet.OMNIVORE, Diet.HALAL, Diet.KOSHER}
    plants = f"short.{code}.plants"
    return f"short.{code}" if eats_all or plants not in TEXTS.keys else plants


def _is_above(total: NutrientTotal) -> bool:
    return total.upper is not None and total.amount > total.upper


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
        )
        for total in totals
    )


def _written(amount: float, language: Language) -> str:
    return number(language, amount, 0 if amount >= 20 else 1 if amount % 1 else 0)
