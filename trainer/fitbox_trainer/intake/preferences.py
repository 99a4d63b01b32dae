"""Random preferences (goal, equipment, conditions, diet, ...) for evaluating plans on unusual members.

The shares are chosen to exercise every value of every enum, not to describe a population.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from fitbox.history.events import OF_EXERCISES, Event, EventKind, Thing, things
from fitbox.profile import Allergen, Condition, Diet, Equipment, Goal, Language
from fitbox.referrals import REFERRALS, Subject

LIST_SEPARATOR = ";"
EMPTY_LIST = "none"
"""What a list cell says to mean "nothing"; an empty cell means "not stated"."""

_PREGNANCY_AGES = range(18, 46)
_OF_MOTHERS = frozenset({Condition.PREGNANCY, Condition.LACTATION, Condition.POSTPARTUM})
_NEVER_PLANNED = frozenset(one for one, (subjects, _) in REFERRALS.items() if subjects == frozenset(Subject))
"""Such members get no plan of any kind, so there is nothing to evaluate."""
_DIET_SHARES = {
    Diet.OMNIVORE: 0.38,
    Diet.PESCATARIAN: 0.08,
    Diet.VEGETARIAN: 0.10,
    Diet.VEGAN: 0.10,
    Diet.HALAL: 0.06,
    Diet.KOSHER: 0.04,
    **dict.fromkeys((Diet.GLUTEN_FREE, Diet.LOW_SODIUM, Diet.LOW_FODMAP), 0.04),
    **dict.fromkeys((Diet.MEDITERRANEAN, Diet.HINDU, Diet.JAIN), 0.04),
}


def draw_preferences(rng: np.random.Generator, female: pl.Series, age_years: pl.Series) -> pl.DataFrame:
    """One row of preferences a member; ``female`` (bool) and ``age_years`` allow or rule out pregnancy."""
    n = len(female)
    could_be_pregnant = [f and a in _PREGNANCY_AGES for f, a in zip(female, age_years, strict=True)]
    planned = [one for one in Condition if one not in _NEVER_PLANNED]
    conditions = [
        _subset(rng, [c for c in planned if c not in _OF_MOTHERS or possible], 3, chance=0.45)
        for possible in could_be_pregnant
    ]
    diets = [diet.value for diet in _DIET_SHARES]
    full_gym = rng.random(n) < 0.35
    equipment = [
        "" if everything else _subset(rng, list(Equipment), 8, chance=0.8) for everything in full_gym
    ]
    return pl.DataFrame(
        {
            "goal": [_one_or_nothing(rng, list(Goal), chance=0.6) for _ in range(n)],
            "equipment": equipment,
            "conditions": conditions,
            "diet": [str(value) for value in rng.choice(diets, n, p=[*_DIET_SHARES.values()])],
            "allergies": _repeat(n, lambda: _subset(rng, list(Allergen), 3, chance=0.35)),
            "meals_per_day": rng.integers(2, 7, n),
            "language": [str(value) for value in rng.choice([lang.value for lang in Language], n)],
        }
    )


def draw_histories(rng: np.random.Generator, n: int) -> pl.Series:
    """The column ``history`` of ``n`` members, half of them empty: items of the catalogs, also such as a
    member's envelope leaves out."""
    kinds = list(EventKind)
    ids = {thing: [item for item, of in things().items() if of is thing] for thing in Thing}

    def event() -> str:
        kind = kinds[int(rng.integers(len(kinds)))]
        thing = Thing.EXERCISE if kind in OF_EXERCISES or rng.random() < 0.5 else Thing.FOOD
        item, other = rng.choice(len(ids[thing]), size=2, replace=False)
        drawn = Event(
            kind=kind,
            item=ids[thing][item],
            swapped_for=ids[thing][other] if kind is EventKind.SWAPPED else None,
            rpe=int(rng.integers(4, 11)) if kind is EventKind.DONE else None,
        )
        return str(drawn)

    texts = [
        LIST_SEPARATOR.join(event() for _ in range(int(rng.integers(1, 9)))) if rng.random() < 0.5 else ""
        for _ in range(n)
    ]
    return pl.Series("history", texts)


def _repeat(n: int, draw: Callable[[], str]) -> list[str]:
    return [draw() for _ in range(n)]


def _one_or_nothing(rng: np.random.Generator, values: Sequence[str], *, chance: float) -> str:
    return str(values[int(rng.integers(len(values)))]) if rng.random() < chance else ""


def _subset(rng: np.random.Generator, values: Sequence[str], most: int, *, chance: float) -> str:
    """``A;B``: between one and ``most`` values with probability ``chance``, otherwise :data:`EMPTY_LIST`."""
    if rng.random() >= chance:
        return EMPTY_LIST
    picked = rng.choice(len(values), size=rng.integers(1, most + 1), replace=False)
    return LIST_SEPARATOR.join(str(values[index]) for index in sorted(picked))
