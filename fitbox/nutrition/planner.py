"""The expert planner: a varied, balanced day of dishes, deterministic for its seed.

It composes several days (:mod:`fitbox.nutrition.compose`), chooses portions for each by coordinate descent on
the day's targets (:mod:`fitbox.nutrition.portions`), and keeps the best. The result serves as training target
and as the answer when a model's text fails.
"""

from __future__ import annotations

from random import Random

from fitbox.nutrition.complete import ROOM, energy_range_of_day_kcal, made_solvable
from fitbox.nutrition.compose import Day, compose_day, left_at_the_shop, propose
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.draft import DraftItem, DraftMeal, NutritionDraft
from fitbox.nutrition.portions import Targets, fit_portions

CANDIDATE_DAYS = 10
"""Days composed to choose from. More fit the macros better, but let fewer kinds of day through."""

PROPOSALS = 16
"""Single changes that the best of them is offered; a third lead to a day at all."""

LEAST_GAIN = 0.03
"""Of cost, for which a day is changed: a side that adds next to nothing is left out."""


def plan_draft(constraints: NutritionConstraints, seed: int) -> NutritionDraft:
    """A day near the targets, its foods all allowed and its portions solvable."""
    rng = Random(f"{seed}:{constraints.key}:{constraints.assessment.target_kcal:.0f}")
    targets, without = Targets(constraints), left_at_the_shop(constraints, rng)
    candidates = []
    for number in range(CANDIDATE_DAYS):
        day = made_solvable(compose_day(constraints, rng, without), constraints)
        grams, cost = fit_portions(day, targets)
        candidates.append((cost, number, day, grams))
    cost, _, day, grams = min(candidates, key=lambda candidate: candidate[:2])
    for _ in range(PROPOSALS):
        changed = propose(day, constraints, rng, without)
        if changed is None or not _is_feasible(changed, constraints):
            continue
        portions, changed_cost = fit_portions(changed, targets)
        if changed_cost < cost - LEAST_GAIN:
            cost, day, grams = changed_cost, changed, portions
    return NutritionDraft(
        tuple(
            DraftMeal(slot.name, tuple(DraftItem(f.id, g) for f, g in zip(meal, portions, strict=True)))
            for slot, meal, portions in zip(constraints.slots, day, grams, strict=True)
        )
    )


def _is_feasible(day: Day, constraints: NutritionConstraints) -> bool:
    target = constraints.assessment.target_kcal
    least, most = energy_range_of_day_kcal(day, target)
    return least <= ROOM[0] * target and most >= ROOM[1] * target
