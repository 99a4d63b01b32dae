"""What a nutrition draft must keep to, before any portion is solved: a second opinion on the parser."""

from __future__ import annotations

from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.draft import NutritionDraft
from fitbox.task import Violation


def check_draft(draft: NutritionDraft, constraints: NutritionConstraints) -> tuple[Violation, ...]:
    """Everything in the draft that the member's constraints forbid."""
    names = [meal.name for meal in draft.meals]
    if names != [slot.name for slot in constraints.slots]:
        return (Violation("WRONG_MEALS", ", ".join(names)),)
    found: list[Violation] = []
    for slot, meal in zip(constraints.slots, draft.meals, strict=True):
        if not slot.min_items <= len(meal.items) <= slot.max_items:
            found.append(Violation("WRONG_NUMBER_OF_FOODS", f"{slot.name}: {len(meal.items)}"))
        eaten = [item.food_id for item in meal.items]
        forbidden = [food_id for food_id in eaten if food_id not in constraints.allowed]
        found += [Violation("FORBIDDEN_FOOD", food_id) for food_id in forbidden]
        if not forbidden and not constraints.may_be_eaten_together(eaten):
            found.append(Violation("MEAT_WITH_MILK_OR_FISH", slot.name))
        for item in meal.items:
            food = constraints.allowed.get(item.food_id)
            if food is not None and item.grams not in food.portions:
                found.append(Violation("PORTION_OUT_OF_BOUNDS", f"{food.id}: {item.grams} g"))
    return tuple(found)
