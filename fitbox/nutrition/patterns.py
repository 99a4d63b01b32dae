"""Meals that people eat together, as patterns of culinary uses for the planner to fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fitbox.foods import CulinaryUse as Use
from fitbox.foods import MealRole


@dataclass(frozen=True)
class Part:
    """One place in a pattern: any of these uses, filled for certain or with a chance."""

    uses: frozenset[Use]
    chance: float = 1.0


@dataclass(frozen=True)
class Pattern:
    """A kind of meal. ``weight`` says how common it is; ``energy_dense`` patterns are not for a deficit."""

    name: str
    parts: tuple[Part, ...]
    weight: float = 1.0
    energy_dense: bool = False


def _one(*uses: Use) -> Part:
    return Part(frozenset(uses))


def _maybe(chance: float, *uses: Use) -> Part:
    return Part(frozenset(uses), chance)


PATTERNS: Mapping[MealRole, tuple[Pattern, ...]] = {
    MealRole.BREAKFAST: (
        Pattern(
            "bowl",
            (
                _one(Use.CEREAL),
                _one(Use.MILK, Use.YOGURT),
                _one(Use.FRUIT),
                _maybe(0.5, Use.NUTS, Use.DRIED_FRUIT),
                _maybe(0.3, Use.POWDER),
            ),
            weight=3,
        ),
        Pattern(
            "toast",
            (
                _one(Use.BREAD),
                _one(Use.SPREAD, Use.CHEESE, Use.COLD_CUT),
                _one(Use.FRUIT),
                _maybe(0.7, Use.MILK, Use.YOGURT),
            ),
            weight=2,
        ),
        Pattern(
            "eggs",
            (
                _one(Use.EGG),
                _one(Use.BREAD),
                _one(Use.VEGETABLE),
                _maybe(0.4, Use.FRUIT),
                _maybe(0.4, Use.MILK, Use.YOGURT),
            ),
            weight=2,
        ),
        Pattern(
            "yogurt bowl",
            (
                _one(Use.YOGURT),
                _one(Use.FRUIT),
                _one(Use.NUTS),
                _maybe(0.6, Use.CEREAL),
                _maybe(0.3, Use.POWDER),
            ),
            weight=1.5,
        ),
        Pattern(
            "savoury",
            (
                _one(Use.PROTEIN, Use.LEGUME),
                _one(Use.BREAD),
                _one(Use.VEGETABLE),
                _maybe(0.4, Use.FRUIT),
                _maybe(0.3, Use.FAT),
            ),
            weight=0.8,
        ),
    ),
    MealRole.MAIN: (
        Pattern(
            "plate",
            (
                _one(Use.PROTEIN),
                _one(Use.STARCH),
                _one(Use.VEGETABLE),
                _maybe(0.8, Use.FAT, Use.SAUCE),
                _maybe(0.5, Use.VEGETABLE),
            ),
            weight=5,
        ),
        Pattern(
            "legume dish",
            (
                _one(Use.LEGUME),
                _one(Use.STARCH),
                _one(Use.VEGETABLE),
                _maybe(0.8, Use.FAT, Use.SAUCE),
                _maybe(0.5, Use.VEGETABLE),
            ),
            weight=1,
        ),
        Pattern(
            "salad with bread",
            (
                _one(Use.PROTEIN, Use.EGG),
                _one(Use.VEGETABLE),
                _one(Use.VEGETABLE),
                _one(Use.BREAD),
                _maybe(0.9, Use.FAT),
            ),
            weight=1.2,
        ),
        Pattern(
            "protein with legumes",
            (_one(Use.PROTEIN), _one(Use.LEGUME), _one(Use.VEGETABLE), _maybe(0.7, Use.FAT, Use.SAUCE)),
            weight=1,
        ),
        Pattern(
            "egg plate",
            (_one(Use.EGG), _one(Use.STARCH), _one(Use.VEGETABLE), _one(Use.VEGETABLE), _maybe(0.7, Use.FAT)),
            weight=0.5,
        ),
    ),
    MealRole.SNACK: (
        Pattern("fruit and nuts", (_one(Use.FRUIT), _one(Use.NUTS)), weight=2),
        Pattern("yogurt and fruit", (_one(Use.YOGURT), _one(Use.FRUIT), _maybe(0.4, Use.NUTS)), weight=2.5),
        Pattern(
            "bread and topping",
            (_one(Use.BREAD), _one(Use.SPREAD, Use.CHEESE, Use.COLD_CUT), _maybe(0.5, Use.FRUIT)),
            weight=1.5,
        ),
        Pattern("shake", (_one(Use.POWDER), _one(Use.MILK), _one(Use.FRUIT)), weight=1),
        Pattern("dip", (_one(Use.VEGETABLE), _one(Use.SPREAD), _maybe(0.4, Use.BREAD)), weight=0.8),
        Pattern("egg and vegetables", (_one(Use.EGG), _one(Use.VEGETABLE)), weight=0.6),
        Pattern("milk and dried fruit", (_one(Use.MILK), _one(Use.DRIED_FRUIT)), weight=0.6),
        Pattern("treat", (_one(Use.FRUIT), _one(Use.SWEET)), weight=0.4, energy_dense=True),
        Pattern("trail mix", (_one(Use.NUTS), _one(Use.DRIED_FRUIT)), weight=0.6, energy_dense=True),
    ),
}
"""Patterns by kind of meal, the first ones the most common."""
