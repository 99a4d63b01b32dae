"""Dishes that people know: what ``catalog/dishes.csv`` says, typed and loaded once, and which one a meal is.

A row is a dish: the meals it is eaten at, its cuisine, how common it is, whether it keeps until tomorrow, and
its parts::

    rolled_oats/oat_bran + @milk + @berries/banana + @nuts?60 + honey?

``+`` separates parts, ``/`` the foods that can fill one, ``@`` names a group of ``catalog/food_groups.csv``,
and ``?60`` marks a part that the planner takes in 60 % of days (``?`` alone in half). Beside its parts a meal
may have the sides of its kind (:func:`sides`): fruit after lunch, bread where it is eaten with everything.

Names in each language are the area ``dish`` of :mod:`fitbox.locales`; ``{first}`` to ``{fourth}`` are the
foods of the dish's certain parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

from fitbox.catalog import rows
from fitbox.foods import Food, MealRole, foods
from fitbox.i18n import Texts
from fitbox.profile import Language

TEXTS = Texts("dish")

USUAL_CHANCE = 0.5
"""Of an optional part whose row names none."""

EVENING_ROUNDS = 8
"""Of :func:`draw_weights`. More would force the rarest food into every meal that may have it."""

DRAWN_LESS: Mapping[str, float] = {
    "rapeseed_oil": 0.25,
    "quinoa_flakes": 0.35,
    "buckwheat_flakes": 0.5,
    "millet": 0.5,
    "grapes": 0.6,
    "mango": 0.7,
    "plain_yogurt": 0.7,
    "white_rice": 0.7,
    "brown_rice": 0.6,
    "olive_oil": 0.7,
}
"""Foods that days are chosen for more often than they are drawn (little salt, saturated fat or potassium,
whole grain), and such as few households have."""

BREAD_WITH_EVERYTHING = frozenset(
    {
        "french",
        "italian",
        "spanish",
        "greek",
        "mediterranean",
        "british",
        "german",
        "nordic",
        "middle eastern",
    }
)
"""Cuisines that put bread on the table beside other starch."""


@dataclass(frozen=True)
class Part:
    """One place in a dish: the foods that fill it, for certain or with a chance."""

    foods: tuple[str, ...]
    chance: float = 1.0

    @property
    def certain(self) -> bool:
        """Without it, it is another dish."""
        return self.chance >= 1


@dataclass(frozen=True)
class Dish:
    """One row of the table."""

    id: str
    roles: frozenset[MealRole]
    cuisine: str
    weight: float
    """How common it is beside other dishes of the same meal."""
    keeps: bool
    """Whether it is as good on the next day."""
    parts: tuple[Part, ...]

    @property
    def certain(self) -> tuple[Part, ...]:
        """The parts that make it this dish."""
        return tuple(part for part in self.parts if part.certain)

    @property
    def optional(self) -> tuple[Part, ...]:
        """The parts that it may have besides."""
        return tuple(part for part in self.parts if not part.certain)


@dataclass(frozen=True)
class Match:
    """How near a meal is to a dish: foods that have no place in it, and certain parts without a food."""

    dish: Dish
    odd: int
    missing: int

    @property
    def is_exact(self) -> bool:
        """Whether the meal is the dish, nothing missing and nothing odd."""
        return not (self.odd or self.missing)


@cache
def food_groups() -> Mapping[str, tuple[str, ...]]:
    """Food ids by the name of their group."""
    return MappingProxyType({row["name"]: tuple(row["foods"].split()) for row in rows("food_groups.csv")})


@cache
def dishes() -> Mapping[str, Dish]:
    """Every dish by id, in the table's order."""
    return MappingProxyType(
        {
            row["id"]: Dish(
                id=row["id"],
                roles=frozenset(MealRole(role) for role in row["meals"].split()),
                cuisine=row["cuisine"],
                weight=float(row["weight"]),
                keeps=row["keeps"] == "yes",
                parts=tuple(_part(text) for text in row["parts"].split(" + ")),
            )
            for row in rows("dishes.csv")
        }
    )


@cache
def dishes_at(role: MealRole) -> tuple[Dish, ...]:
    """The dishes of one kind of meal, in the table's order."""
    return tuple(dish for dish in dishes().values() if role in dish.roles)


@cache
def sides(dish: Dish, role: MealRole) -> tuple[Part, ...]:
    """What may stand beside a dish: fruit and yoghurt, a glass of milk at breakfast, bread where it is
    usual."""
    groups = food_groups()
    if role is MealRole.SNACK:
        return (Part(groups["fruit"], 0),)
    if role is MealRole.BREAKFAST:
        return (Part(groups["fruit"], 0), Part((*groups["milk"], *groups["cultured_milk"]), 0))
    table = [Part(groups["dessert_fruit"], 0), Part(groups["plain_yogurts"], 0)]
    breads = frozenset((*groups["loaf"], *groups["flatbread"]))
    has_bread = any(not breads.isdisjoint(part.foods) for part in dish.certain)
    if dish.cuisine in BREAD_WITH_EVERYTHING and not has_bread:
        table.append(
            Part(("wholemeal_bread", "sourdough_bread", "baguette", "white_bread", "gluten_free_bread"), 0)
        )
    return tuple(table)


def nearest(role: MealRole, food_ids: Iterable[str]) -> Match | None:
    """The dish that a meal is or comes nearest to, the first of equals; none where no food is in any dish.

    Every food of the meal has a place of its own in the match, or is odd; places of certain parts are filled
    first.
    """
    return _nearest(role, tuple(dict.fromkeys(food_ids)))


@lru_cache(maxsize=4096)
def _nearest(role: MealRole, eaten: tuple[str, ...]) -> Match | None:
    candidates = {number for food_id in eaten for number in _dishes_with(role).get(food_id, ())}
    best: Match | None = None
    for number in sorted(candidates):
        match = _match(dishes_at(role)[number], role, eaten)
        if best is None or (match.odd + match.missing, match.odd) < (best.odd + best.missing, best.odd):
            best = match
            if best.is_exact:
                break
    return best


def dish_of(role: MealRole, food_ids: Iterable[str]) -> Dish | None:
    """The dish that a meal is, or none where it is no dish of the table."""
    match = nearest(role, food_ids)
    return match.dish if match is not None and match.is_exact else None


def dish_name(dish: Dish, food_ids: Iterable[str], language: Language) -> str:
    """What a member calls the dish, with the foods that make this one: trout with potatoes and spinach."""
    eaten = list(food_ids)
    fillings = {}
    for place, part in zip(("first", "second", "third", "fourth"), dish.certain, strict=False):
        held = next((food_id for food_id in eaten if food_id in part.foods), None)
        fillings[place] = foods()[held].name(language) if held else ""
    name = TEXTS.text(language, dish.id, **fillings)
    return name[:1].upper() + name[1:]


def dish_quality(role: MealRole, meal: Sequence[Food]) -> float:
    """1 where a meal is a dish of the table, half where one food is odd or missing, 0 where more are."""
    match = nearest(role, [food.id for food in meal])
    repeats = len(meal) - len({food.id for food in meal})
    return 0.0 if match is None else max(0.0, 1 - (match.odd + match.missing + repeats) / 2)


def _match(dish: Dish, role: MealRole, eaten: Sequence[str]) -> Match:
    """A largest assignment of foods to parts (Kuhn HW, 1955, Nav Res Logist Q 2:83-97), certain parts
    first."""
    parts = (*dish.certain, *dish.optional, *sides(dish, role))
    held: dict[str, int] = {}

    def place(part: int, tried: set[str]) -> bool:
        for food_id in eaten:
            if food_id in tried or food_id not in parts[part].foods:
                continue
            tried.add(food_id)
            if food_id not in held or place(held[food_id], tried):
                held[food_id] = part
                return True
        return False

    filled = [place(part, set()) for part in range(len(parts))]
    return Match(dish, odd=len(eaten) - len(held), missing=filled[: len(dish.certain)].count(False))


@cache
def draw_weights() -> Mapping[str, float]:
    """How strongly each food is drawn for a part, so that foods of many dishes do not stand in half of all
    days.

    Iterated scaling (Deming WE, Stephan FF, 1940, Ann Math Stat 11:427-444): what the table with these
    weights would serve often is weighted down, what it would serve seldom up, until the days are as even as
    the dishes allow.
    """
    places = [
        (dish.weight / total * part.chance, part.foods)
        for role in MealRole
        for total in [sum(dish.weight for dish in dishes_at(role))]
        for dish in dishes_at(role)
        for part in dish.parts
    ]
    weights = {food_id: 1.0 for _, part in places for food_id in part}
    for _ in range(EVENING_ROUNDS):
        served = dict.fromkeys(weights, 0.0)
        for chance, part in places:
            total = sum(weights[food_id] for food_id in part)
            for food_id in part:
                served[food_id] += chance * weights[food_id] / total
        weights = {food_id: weights[food_id] * served[food_id] ** -0.5 for food_id in weights}
    return MappingProxyType({food_id: w * DRAWN_LESS.get(food_id, 1.0) for food_id, w in weights.items()})


@cache
def _dishes_with(role: MealRole) -> Mapping[str, tuple[int, ...]]:
    """Numbers of the dishes that have a food in a certain part, by the food's id."""
    found: dict[str, list[int]] = {}
    for number, dish in enumerate(dishes_at(role)):
        for food_id in {food_id for part in dish.certain for food_id in part.foods}:
            found.setdefault(food_id, []).append(number)
    return MappingProxyType({food_id: tuple(numbers) for food_id, numbers in found.items()})


def _part(text: str) -> Part:
    names, optional, chance = text.partition("?")
    ids: list[str] = []
    for name in names.split("/"):
        ids += food_groups()[name[1:]] if name.startswith("@") else (name,)
    usual = USUAL_CHANCE if not chance else int(chance) / 100
    return Part(tuple(dict.fromkeys(ids)), usual if optional else 1.0)
