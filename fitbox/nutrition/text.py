"""The text format of a day: grammar, parser and renderer side by side, so that they agree.

::

    breakfast
     rolled oats60
     skimmed milk250
    lunch
     chicken breast150
     ...

A header a meal, then a line a food: English catalog name and grams. SmolLM2's tokenizer splits digits and has
single tokens for many words with a space before them; a leading space and none before the grams make 6.2
tokens an item where ``rolled oats 60`` needs 7.7, and at 13 ms a token that is 0.3 s a plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from fitbox.ebnf import choice, choice_followed_by
from fitbox.errors import PlanTextError
from fitbox.foods import Food, MealRole, foods, foods_by_name
from fitbox.nutrition.constraints import MealSlot, NutritionConstraints
from fitbox.nutrition.draft import DraftItem, DraftMeal, MealName, NutritionDraft

_ITEM = re.compile(r" ([a-z][a-z ]*[a-z])([1-9][0-9]*)", re.ASCII)


def header(name: MealName) -> str:
    """The line above a meal's items; every snack is ``snack``, its place in the day tells which."""
    return "snack" if name.role is MealRole.SNACK else name.value


@lru_cache(maxsize=256)
def _grammar(slots: tuple[MealSlot, ...], menu_ids: tuple[tuple[str, ...], ...]) -> str:
    menus = [[foods()[food_id] for food_id in ids] for ids in menu_ids]
    rules = [f"root ::= {' '.join(_meal(slot, first=slot is slots[0]) for slot in slots)}"]
    counts = sorted({(slot.min_items, slot.max_items) for slot in slots})
    for low, high in counts:
        alternatives = " | ".join(f"item{number}{{{low},{high}}}" for number in range(len(menus)))
        rules.append(f"meal{low}to{high} ::= {alternatives}")
    # Foods that every menu has are written once.
    common = frozenset.intersection(*map(frozenset, menu_ids))
    shared = [food for food in menus[0] if food.id in common]
    rules += _item_rules("shared", shared)
    for number, menu in enumerate(menus):
        own = [food for food in menu if food.id not in common]
        rules.append(
            f"item{number} ::= {' | '.join(['shared'] * bool(shared) + [f'own{number}'] * bool(own))}"
        )
        rules += _item_rules(f"own{number}", own)
    return "\n".join(rules) + "\n"


def _meal(slot: MealSlot, *, first: bool) -> str:
    return f'"{"" if first else chr(92) + "n"}{header(slot.name)}" meal{slot.min_items}to{slot.max_items}'


def _item_rules(name: str, menu: Iterable[Food]) -> list[str]:
    """The rule for a line of one of these foods, each with its portions."""
    items = {food.name_en: f"({choice(food.portions)})" for food in menu}
    return [rf'{name} ::= "\n " ({choice_followed_by(items)})'] if items else []


def grammar(constraints: NutritionConstraints) -> str:
    """EBNF (xgrammar dialect) of exactly the texts that :func:`parse` accepts."""
    return _grammar(constraints.slots, tuple(tuple(food.id for food in menu) for menu in constraints.menus))


def render(draft: NutritionDraft) -> str:
    """Draft -> text."""
    lines = []
    for meal in draft.meals:
        lines.append(header(meal.name))
        lines += [f" {foods()[item.food_id].name_en}{item.grams}" for item in meal.items]
    return "\n".join(lines)


def parse(text: str, constraints: NutritionConstraints) -> NutritionDraft:
    """Text -> draft.

    Raises:
        PlanTextError: for anything that the grammar would not produce in full, with the first thing wrong.
    """
    blocks: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        if not line.startswith(" "):
            blocks.append((line, []))
        elif blocks:
            blocks[-1][1].append(line)
        else:
            raise PlanTextError("the text does not start with a meal")
    expected = [header(slot.name) for slot in constraints.slots]
    if [head for head, _ in blocks] != expected:
        raise PlanTextError(f"expected the meals {', '.join(expected)}")
    return NutritionDraft(
        tuple(
            _parse_meal(slot, lines, constraints)
            for slot, (_, lines) in zip(constraints.slots, blocks, strict=True)
        )
    )


def _parse_meal(slot: MealSlot, lines: list[str], constraints: NutritionConstraints) -> DraftMeal:
    if not slot.min_items <= len(lines) <= slot.max_items:
        raise PlanTextError(f"{slot.name} has {len(lines)} foods, not {slot.min_items} to {slot.max_items}")
    eaten = [_parse_item(line, constraints) for line in lines]
    if not constraints.may_be_eaten_together(food.id for food, _ in eaten):
        raise PlanTextError(f"{slot.name} has meat with milk or fish")
    return DraftMeal(slot.name, tuple(DraftItem(food.id, grams) for food, grams in eaten))


def _parse_item(line: str, constraints: NutritionConstraints) -> tuple[Food, int]:
    match = _ITEM.fullmatch(line)
    if match is None:
        raise PlanTextError("a line is not a food and its grams")
    food = foods_by_name().get(match[1])
    if food is None or food.id not in constraints.allowed:
        raise PlanTextError(f"{match[1]!r} is not an allowed food")
    grams = int(match[2])
    if grams not in food.portions:
        raise PlanTextError(f"{grams} g is not a portion of {food.name_en}")
    return food, grams
