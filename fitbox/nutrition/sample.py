"""A day drawn at random from what the grammar allows: the floor that evaluations compare with."""

from __future__ import annotations

from random import Random

from fitbox.nutrition.constraints import MealSlot, NutritionConstraints
from fitbox.nutrition.draft import DraftItem, DraftMeal, NutritionDraft


def random_draft(constraints: NutritionConstraints, seed: int) -> NutritionDraft:
    """Uniform over menus, numbers of foods, foods and portions; the same for the same seed."""
    rng = Random(f"{seed}:{constraints.key}")
    return NutritionDraft(tuple(_meal(slot, constraints, rng) for slot in constraints.slots))


def _meal(slot: MealSlot, constraints: NutritionConstraints, rng: Random) -> DraftMeal:
    menu = rng.choice(constraints.menus)
    foods = rng.choices(menu, k=rng.randint(slot.min_items, slot.max_items))
    return DraftMeal(slot.name, tuple(DraftItem(food.id, rng.choice(food.portions)) for food in foods))
