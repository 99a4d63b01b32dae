"""Whether foods make a dish: the rules that a plan's meals are judged by.

They are stated apart from the planner's patterns and are wider: a model may find meals that no pattern has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from fitbox.foods import CulinaryUse as Use
from fitbox.foods import Food, MealRole

Rule = Callable[[Counter[Use]], bool]


def _any(uses: Counter[Use], *wanted: Use) -> int:
    return sum(uses[use] for use in wanted)


_PROTEINS = (Use.PROTEIN, Use.LEGUME, Use.EGG, Use.COLD_CUT, Use.CHEESE)
_BREAD_TOPPINGS = (Use.SPREAD, Use.CHEESE, Use.COLD_CUT, Use.EGG, Use.PROTEIN, Use.LEGUME, Use.FAT)
_MAIN_USES = frozenset({*_PROTEINS, Use.STARCH, Use.BREAD, Use.VEGETABLE, Use.FAT, Use.SAUCE, Use.FRUIT})

MAIN_RULES: tuple[Rule, ...] = (
    # One protein, or two such as beans with chicken.
    lambda uses: 1 <= _any(uses, *_PROTEINS) <= 2,
    # One starchy food; a legume can be it.
    lambda uses: (
        _any(uses, Use.STARCH, Use.BREAD) == 1
        or (_any(uses, Use.STARCH, Use.BREAD) == 0 and uses[Use.LEGUME] > 0)
    ),
    lambda uses: uses[Use.VEGETABLE] >= 1,
    # Dressing, not dinner.
    lambda uses: uses[Use.FAT] <= 1 and uses[Use.SAUCE] <= 1 and set(uses) <= _MAIN_USES,
)

BREAKFAST_RULES: tuple[Rule, ...] = (
    # One base.
    lambda uses: (
        _any(uses, Use.CEREAL, Use.BREAD) <= 1 and _any(uses, Use.CEREAL, Use.BREAD, Use.YOGURT, Use.EGG) >= 1
    ),
    # Cereal wants something wet, bread something on it.
    lambda uses: (
        (not uses[Use.CEREAL] or _any(uses, Use.MILK, Use.YOGURT) > 0)
        and (not uses[Use.BREAD] or _any(uses, *_BREAD_TOPPINGS) > 0)
    ),
    lambda uses: _any(uses, Use.FRUIT, Use.VEGETABLE, Use.DRIED_FRUIT) >= 1,
    # One of each kind.
    lambda uses: all(count == 1 for use, count in uses.items() if use not in {Use.FRUIT, Use.VEGETABLE}),
)

SNACK_RULES: tuple[Rule, ...] = (
    lambda uses: all(count == 1 for use, count in uses.items() if use is not Use.FRUIT),
    # A spread is eaten on something, a powder is drunk in something, bread has something on it.
    lambda uses: (
        (not uses[Use.SPREAD] or _any(uses, Use.BREAD, Use.VEGETABLE, Use.FRUIT) > 0)
        and (not uses[Use.POWDER] or _any(uses, Use.MILK, Use.YOGURT) > 0)
        and (not uses[Use.BREAD] or _any(uses, *_BREAD_TOPPINGS) > 0)
    ),
    # At most one treat.
    lambda uses: _any(uses, Use.SWEET, Use.DRINK) <= 1,
    # Something that feeds: fruit, vegetables, nuts or a spread of them, or protein.
    lambda uses: (
        _any(uses, Use.FRUIT, Use.VEGETABLE, Use.NUTS, Use.SPREAD, Use.YOGURT, Use.MILK, *_PROTEINS) >= 1
    ),
)

RULES: Mapping[MealRole, tuple[Rule, ...]] = {
    MealRole.BREAKFAST: BREAKFAST_RULES,
    MealRole.MAIN: MAIN_RULES,
    MealRole.SNACK: SNACK_RULES,
}


def dish_quality(role: MealRole, foods: Sequence[Food]) -> float:
    """1 where a meal keeps every rule, half where it breaks one, 0 where it breaks more: that is no dish."""
    uses = Counter(food.culinary_use for food in foods)
    broken = sum(not rule(uses) for rule in RULES[role])
    return max(0.0, 1 - broken / 2)
