"""Profile -> what a day of eating may contain: the safety envelope that grammar, planner and check share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from fitbox.assessment import Assessment, assess
from fitbox.conditions import for_food
from fitbox.errors import NoPlanPossibleError
from fitbox.foods import Category, CulinaryUse, Food, MealRole, foods
from fitbox.history.taste import Taste, taste_of
from fitbox.history.told import Told, told
from fitbox.nutrition.diets import eats
from fitbox.nutrition.draft import MealName
from fitbox.nutrition.fasting import refuse_fasting
from fitbox.nutrition.solve import energy_range_kcal
from fitbox.profile import Diet, Profile
from fitbox.referrals import Subject, refuse_if_referred
from fitbox.rules import Check, Rule, allowed, never

PROTEIN_USES = frozenset({CulinaryUse.PROTEIN, CulinaryUse.LEGUME, CulinaryUse.EGG})
"""Uses that can carry the protein of a main meal."""

STARCH_USES = frozenset({CulinaryUse.STARCH, CulinaryUse.BREAD})
"""Uses that can carry the carbohydrate of a main meal."""

ADULT_FROM_YEARS = 18
"""Younger members are offered no food with alcohol in it (WHO, 2010, Global strategy to reduce the harmful
use of alcohol) and no protein powder (American Academy of Pediatrics, 2016, Pediatrics 138:e20161300)."""


@dataclass(frozen=True)
class MealSlot:
    """One meal of the day: its share of the day's energy, and how many foods it may have."""

    name: MealName
    kcal_share: float
    min_items: int
    max_items: int


def _slots(most_items: int = 5, **shares_percent: int) -> tuple[MealSlot, ...]:
    names = {MealName(name): percent for name, percent in shares_percent.items()}
    return tuple(
        MealSlot(name, percent / 100, 2, 3 if name.role is MealRole.SNACK else most_items)
        for name, percent in names.items()
    )


SLOTS: Mapping[int, tuple[MealSlot, ...]] = {
    2: _slots(most_items=7, lunch=52, dinner=48),
    3: _slots(breakfast=30, lunch=37, dinner=33),
    4: _slots(breakfast=25, lunch=32, afternoon_snack=13, dinner=30),
    5: _slots(breakfast=22, morning_snack=10, lunch=30, afternoon_snack=10, dinner=28),
    6: _slots(breakfast=20, morning_snack=10, lunch=27, afternoon_snack=10, dinner=25, evening_snack=8),
}
"""Meals by ``meals_per_day``. Each main meal of three or more has 20 to 37 % of the energy, so that protein
is spread over the day in doses that build muscle (Schoenfeld BJ, Aragon AA, 2018, J Int Soc Sports Nutr
15:10). Two meals are lunch and dinner, which an eating window of eight hours holds (Moro T et al., 2016, J
Transl Med 14:290); they have more foods instead of larger portions."""


@dataclass(frozen=True)
class NutritionConstraints:
    """What one member's day may contain."""

    profile: Profile
    assessment: Assessment
    slots: tuple[MealSlot, ...]
    foods: tuple[Food, ...]
    """Allowed foods, in catalog order."""
    key: str
    """Equal keys have equal grammars: number of meals, kosher or not, and a digest of the allowed foods."""

    @cached_property
    def allowed(self) -> Mapping[str, Food]:
        """Allowed foods by id."""
        return {food.id: food for food in self.foods}

    @cached_property
    def history(self) -> tuple[Told, ...]:
        """What the member did with foods of this envelope. It changes no rule."""
        return told(self.profile.history, self.allowed)

    @cached_property
    def taste(self) -> Taste:
        """What the history says of them."""
        return taste_of(self.history)

    @property
    def kosher(self) -> bool:
        """Meat meets neither milk nor fish within a meal."""
        return self.profile.diet is Diet.KOSHER

    @cached_property
    def menus(self) -> tuple[tuple[Food, ...], ...]:
        """Alternatives a meal chooses its foods from: one, or for a kosher member one without milk and fish
        and one without meat (both contain whatever is none of these)."""
        if not self.kosher:
            return (self.foods,)
        return (
            tuple(food for food in self.foods if not (food.is_dairy or food.is_fish)),
            tuple(food for food in self.foods if not food.is_meat),
        )

    @cached_property
    def menu_ids(self) -> tuple[frozenset[str], ...]:
        """Ids of the foods of each of :attr:`menus`."""
        return tuple(frozenset(food.id for food in menu) for menu in self.menus)

    def may_be_eaten_together(self, food_ids: Iterable[str]) -> bool:
        """Whether one of :attr:`menus` has all of these foods."""
        eaten = frozenset(food_ids)
        return any(eaten <= menu for menu in self.menu_ids)


def constrain(profile: Profile) -> NutritionConstraints:
    """The safety envelope.

    Raises:
        NoPlanPossibleError: too little is left for a balanced day; names the preferences to relax.
        ReferralError: eating is a care team's to plan.
    """
    refuse_if_referred(profile, Subject.NUTRITION)
    refuse_fasting(profile)
    left = allowed(foods().values(), RULES, profile)
    digest = hashlib.sha256("\n".join(food.id for food in left).encode()).hexdigest()[:16]
    rule = "kosher" if profile.diet is Diet.KOSHER else "any"
    constraints = NutritionConstraints(
        profile=profile,
        assessment=assess(profile),
        slots=SLOTS[profile.meals_per_day],
        foods=left,
        key=f"nutrition:{profile.meals_per_day}:{rule}:{digest}",
    )
    _refuse_if_unbalanced(constraints)
    _refuse_if_too_little_energy(constraints)
    return constraints


def _outside_diet(profile: Profile) -> Check[Food]:
    return lambda food: () if eats(profile.diet, food) else {profile.diet}


def _allergenic(profile: Profile) -> Check[Food]:
    return lambda food: food.allergens & profile.allergies


def _disliked(profile: Profile) -> Check[Food]:
    return lambda food: {food.id} & profile.disliked_foods


def _contraindicated(profile: Profile) -> Check[Food]:
    conditions = for_food(profile)
    return lambda food: food.contraindications & conditions


def _alcoholic(profile: Profile) -> Check[Food]:
    if profile.age_years >= ADULT_FROM_YEARS:
        return never
    return lambda food: {"ALCOHOL"} if food.alcohol_g else ()


def _powder(profile: Profile) -> Check[Food]:
    if profile.age_years >= ADULT_FROM_YEARS:
        return never
    return lambda food: {food.culinary_use} & {CulinaryUse.POWDER}


RULES: tuple[Rule[Food], ...] = (
    Rule("DIET", "profile.diet; docs/nutrition.md, with what each diet leaves out", _outside_diet),
    Rule("ALLERGY", "profile.allergies; Regulation (EU) No 1169/2011, Annex II", _allergenic),
    Rule("DISLIKED_FOOD", "profile.disliked_foods", _disliked),
    Rule(
        "FOOD_CONDITION", "profile.conditions; docs/nutrition.md, with the sources of each", _contraindicated
    ),
    Rule("ALCOHOL", "WHO, 2010, Global strategy to reduce the harmful use of alcohol", _alcoholic),
    Rule("POWDER", "American Academy of Pediatrics, 2016, Pediatrics 138:e20161300", _powder),
)
"""Everything that leaves a food out."""


def _refuse_if_unbalanced(constraints: NutritionConstraints) -> None:
    """Two foods of a kind are the least that a day with lunch and dinner can be made of."""
    needs: tuple[tuple[str, str, Callable[[Food], bool]], ...] = (
        ("NO_PROTEIN_SOURCE", "protein source for a main meal", _is_main(PROTEIN_USES)),
        ("NO_STARCH", "starch or bread for a main meal", _is_main(STARCH_USES)),
        (
            "NO_FRUIT_OR_VEGETABLE",
            "fruit or vegetable",
            lambda food: food.category in {Category.FRUIT, Category.VEGETABLE},
        ),
        *(
            (
                f"NO_{role.name}",
                f"food for {'a main meal' if role is MealRole.MAIN else role.value}",
                lambda food, role=role: role in food.meal_roles,
            )
            for role in MealRole
        ),
    )
    for reason, what, fits in needs:
        if sum(map(fits, constraints.foods)) < 2:
            raise NoPlanPossibleError(
                reason,
                f"fewer than two foods are left as {what} after diet, allergies, dislikes and conditions",
                _relaxable(constraints.profile),
            )


def _is_main(uses: frozenset[CulinaryUse]) -> Callable[[Food], bool]:
    return lambda food: MealRole.MAIN in food.meal_roles and food.culinary_use in uses


def _refuse_if_too_little_energy(constraints: NutritionConstraints) -> None:
    """The largest portions of the most energetic foods must reach the target, with room for balance."""
    target = constraints.assessment.target_kcal
    if energy_capacity_kcal(constraints) < 1.1 * target:
        raise NoPlanPossibleError(
            "ENERGY_OUT_OF_REACH",
            f"the foods that are left cannot supply {target:.0f} kcal in {len(constraints.slots)} meals",
            (*_relaxable(constraints.profile), *(("meals_per_day",) if len(constraints.slots) < 6 else ())),
        )


def can_be_planned(constraints: NutritionConstraints) -> bool:
    """Whether enough is left for a day, as :func:`constrain` asks."""
    try:
        _refuse_if_unbalanced(constraints)
        _refuse_if_too_little_energy(constraints)
    except NoPlanPossibleError:
        return False
    return True


def energy_capacity_kcal(constraints: NutritionConstraints) -> float:
    """The most energy that a day of the allowed foods, each eaten at its own kind of meal, can supply."""
    target = constraints.assessment.target_kcal
    return sum(energy_range_kcal(largest_meal(slot, constraints), target)[1] for slot in constraints.slots)


def largest_meal(slot: MealSlot, constraints: NutritionConstraints) -> list[Food]:
    """The foods that could supply the most energy at a meal, from one menu and of the meal's kind."""
    target = constraints.assessment.target_kcal

    def most_kcal(food: Food) -> float:
        return energy_range_kcal([food], target)[1]

    meals = []
    for menu in constraints.menus:
        suited = [food for food in menu if slot.name.role in food.meal_roles]
        meals.append(sorted(suited, key=most_kcal, reverse=True)[: slot.max_items])
    return max(meals, key=lambda meal: energy_range_kcal(meal, target)[1])


def _relaxable(profile: Profile) -> tuple[str, ...]:
    named = {
        "disliked_foods": bool(profile.disliked_foods),
        "diet": profile.diet is not Diet.OMNIVORE,
        "allergies": bool(profile.allergies),
    }
    return tuple(name for name, is_set in named.items() if is_set)
