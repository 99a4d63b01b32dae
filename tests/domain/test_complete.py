"""Days that no portions can solve are made solvable, and nothing else of them changes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fitbox.errors import NoPlanPossibleError, PlanInfeasibleError, ReferralError
from fitbox.nutrition.complete import completed
from fitbox.nutrition.constraints import constrain
from fitbox.nutrition.draft import DraftItem, DraftMeal, MealName, NutritionDraft
from fitbox.nutrition.planner import plan_draft
from fitbox.nutrition.sample import random_draft
from fitbox.nutrition.task import NUTRITION
from fitbox.profile import Goal, Profile, Sex
from tests.strategies import profiles

MAN = Profile(age_years=30, sex=Sex.MALE, weight_kg=85, height_cm=185, goal=Goal.BULKING, meals_per_day=3)


def day(*meals: tuple[str, ...]) -> NutritionDraft:
    """Breakfast, lunch and dinner of these foods."""
    names = (MealName.BREAKFAST, MealName.LUNCH, MealName.DINNER)
    return NutritionDraft(
        tuple(
            DraftMeal(name, tuple(DraftItem(food_id, 100) for food_id in meal))
            for name, meal in zip(names, meals, strict=True)
        )
    )


@settings(max_examples=40, deadline=None)
@given(profile=profiles(), seed=st.integers(0, 2**31))
def test_a_random_day_is_seldom_lost_and_stays_in_the_envelope(profile: Profile, seed: int) -> None:
    """Whatever the grammar allows becomes a plan without a violation, its energy within 2 %."""
    try:
        constraints = constrain(profile)
    except (NoPlanPossibleError, ReferralError):
        return
    draft = completed(random_draft(constraints, seed), constraints)
    try:
        plan = NUTRITION.finish(draft, constraints)
    except PlanInfeasibleError:
        return
    assert NUTRITION.check(plan, constraints) == ()
    assert abs(plan.total_kcal / plan.target_kcal - 1) < 0.0201


def test_a_day_that_can_be_solved_stays_as_it_is() -> None:
    """The planner's own are."""
    constraints = constrain(MAN)
    draft = plan_draft(constraints, 0)
    assert completed(draft, constraints) is draft


def test_a_day_of_salads_gets_what_belongs_to_its_dishes() -> None:
    """Its own foods stay where there is room beside them."""
    constraints = constrain(MAN)
    draft = day(
        ("rolled_oats", "semi_skimmed_milk", "banana"),
        ("salmon", "boiled_potatoes", "green_beans"),
        ("chicken_breast", "lettuce", "tomatoes"),
    )
    changed = completed(draft, constraints)
    assert changed != draft
    for old, new in zip(draft.meals, changed.meals, strict=True):
        assert {item.food_id for item in old.items} <= {item.food_id for item in new.items}
    assert NUTRITION.finish(changed, constraints).meals[0].dish


def test_a_day_that_is_too_large_loses_the_fewest_foods() -> None:
    """A small appetite has no room for fifteen of them."""
    constraints = constrain(
        Profile(age_years=70, sex=Sex.FEMALE, weight_kg=48, height_cm=150, goal=Goal.WEIGHT_LOSS)
    )
    names = [slot.name for slot in constraints.slots]
    rich = ("omelette", "salmon", "chickpeas", "pasta", "avocado")
    draft = NutritionDraft(
        tuple(
            DraftMeal(name, tuple(DraftItem(food_id, 100) for food_id in rich[: 3 if "snack" in name else 5]))
            for name in names
        )
    )
    plan = NUTRITION.finish(completed(draft, constraints), constraints)
    assert abs(plan.total_kcal / plan.target_kcal - 1) < 0.0201


def test_what_a_coach_has_fixed_stays() -> None:
    """A food that must be in the day is neither left out nor exchanged."""
    constraints = constrain(MAN)
    draft = day(("cucumber", "lettuce"), ("lettuce", "tomatoes"), ("cucumber", "rocket"))
    changed = completed(draft, constraints, frozenset({"rocket"}))
    assert "rocket" in {item.food_id for item in changed.meals[2].items}
