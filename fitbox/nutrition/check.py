"""The last look at a plan before it leaves: all that the member's constraints forbid, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fitbox import i18n
from fitbox.nutrition.bands import portion_bounds
from fitbox.nutrition.constraints import MealSlot, NutritionConstraints
from fitbox.plan import NutritionPlan
from fitbox.task import Violation


def check(plan: NutritionPlan, constraints: NutritionConstraints) -> tuple[Violation, ...]:
    """Violations of a finished plan; empty for the plan of any draft that the grammar allows."""
    language, target = constraints.profile.language, constraints.assessment.target_kcal
    expected = [i18n.text(language, f"meal.{slot.name}") for slot in constraints.slots]
    named = [meal.name for meal in plan.meals]
    if named != expected:
        return (Violation("WRONG_MEALS", ", ".join(named)),)
    found: list[Violation] = []
    for slot, meal in zip(constraints.slots, plan.meals, strict=True):
        # Repeats were merged, so a finished meal may have fewer foods than its draft.
        if not 1 <= len(meal.portions) <= slot.max_items:
            found.append(Violation("WRONG_NUMBER_OF_FOODS", f"{slot.name}: {len(meal.portions)}"))
        found += _food_violations(slot, [portion.food_id for portion in meal.portions], constraints)
        for portion in meal.portions:
            food = constraints.allowed.get(portion.food_id)
            if food is None:
                continue
            low, high = portion_bounds(food, target)
            if not low <= portion.grams <= high:
                found.append(Violation("PORTION_OUT_OF_BOUNDS", f"{food.id}: {portion.grams} g"))
    return tuple(found)


def _food_violations(
    slot: MealSlot, food_ids: Iterable[str], constraints: NutritionConstraints
) -> Iterator[Violation]:
    eaten = list(food_ids)
    forbidden = [food_id for food_id in eaten if food_id not in constraints.allowed]
    yield from (Violation("FORBIDDEN_FOOD", food_id) for food_id in forbidden)
    if not forbidden and not constraints.may_be_eaten_together(eaten):
        yield Violation("MEAT_WITH_MILK_OR_FISH", slot.name)
