"""A coach's word on a day of eating: honoured by every plan, or refused by field and rule before anything is
written."""

from __future__ import annotations

import math
from dataclasses import replace

from fitbox import physiology
from fitbox.assessment import Assessment, Macros, assess
from fitbox.choosing import items_of
from fitbox.errors import NoPlanPossibleError, PlanInfeasibleError
from fitbox.foods import foods
from fitbox.macros import (
    CARBOHYDRATE_G_WITH,
    FAT_SHARES,
    LARGEST_PROTEIN_SHARE,
    SMALLEST_CARBOHYDRATE_G,
)
from fitbox.nutrition.complete import completed
from fitbox.nutrition.constraints import RULES, NutritionConstraints, energy_capacity_kcal
from fitbox.nutrition.draft import DraftItem, NutritionDraft
from fitbox.nutrition.task import NUTRITION, NutritionTask
from fitbox.overrides.items import check_items, forbidden_named
from fitbox.overrides.values import NutritionOverrides
from fitbox.plan import NutritionPlan
from fitbox.profile import Condition, Goal, Profile
from fitbox.substitute.food import food_similarity
from fitbox.substitute.received import Refusals
from fitbox.task import Violation

SAFE_PROTEIN_G_PER_KG = 0.83
"""Of adjusted weight, for nearly all healthy adults (WHO/FAO/UNU, 2007, Technical Report Series 935)."""
ENERGY_SUM_TOLERANCE = 0.02
"""Between a target and the energy of the macros that are given with it."""
MACRO_TOLERANCE = 0.10
"""Of a macro that is given: a day is made of portions that people eat, so it meets none to the gram."""
SMALLEST_MACRO_MISS_G = 5.0
"""So much is none, however little is asked for."""
MACROS = ("protein_g", "carbohydrate_g", "fat_g")
MOST_GRAMS = 2000.0
LIKE_ENOUGH = 0.3
"""A food that is less alike than this is not replaced where there is room for both."""
_SEEDS_TRIED, _PLACES_TRIED = 8, 12


def overridden_nutrition(overrides: NutritionOverrides) -> NutritionTask:
    """The nutrition task as a coach wants it: constraints, planner, finish and check know his word."""

    def constrain(profile: Profile) -> NutritionConstraints:
        return _constrained(profile, overrides)

    def plan(constraints: NutritionConstraints, seed: int) -> NutritionDraft:
        for number in range(_SEEDS_TRIED):
            try:
                draft = _with_fixed(NUTRITION.plan(constraints, seed + number), constraints, overrides)
                if not _broken(NUTRITION.finish(draft, constraints), overrides):
                    return draft
            except PlanInfeasibleError:
                continue
        raise NoPlanPossibleError(
            "OVERRIDES_IMPOSSIBLE",
            f"no day that was tried keeps all of {', '.join(_wished(overrides))}",
            tuple(f"overrides.{name}" for name in _wished(overrides)),
        )

    def finish(draft: NutritionDraft, constraints: NutritionConstraints) -> NutritionPlan:
        return NUTRITION.finish(_with_fixed(draft, constraints, overrides), constraints)

    def check(made: NutritionPlan, constraints: NutritionConstraints) -> tuple[Violation, ...]:
        return (*NUTRITION.check(made, constraints), *_broken(made, overrides))

    def complete(draft: NutritionDraft, constraints: NutritionConstraints) -> NutritionDraft:
        return completed(draft, constraints, frozenset(overrides.fixed_foods))

    return replace(NUTRITION, constrain=constrain, plan=plan, finish=finish, check=check, complete=complete)


def _broken(made: NutritionPlan, overrides: NutritionOverrides) -> list[Violation]:
    """Whatever of the coach's word a plan does not keep."""
    items = items_of(made)
    found = [Violation("FIXED_FOOD_MISSING", one) for one in overrides.fixed_foods if one not in items]
    for name in MACROS:
        asked, made_g = getattr(overrides, name), getattr(made, name)
        if asked is not None and abs(made_g - asked) > max(MACRO_TOLERANCE * asked, SMALLEST_MACRO_MISS_G):
            found.append(Violation("MACRO_MISSED", f"{name}: {made_g:.0f}, not {asked:.0f}"))
    return found


def _wished(overrides: NutritionOverrides) -> list[str]:
    """What is overridden, by name."""
    return [name for name, value in vars(overrides).items() if value not in (None, ())]


def _constrained(profile: Profile, overrides: NutritionOverrides) -> NutritionConstraints:
    """The envelope inside the member's own that keeps the coach's word.

    Raises:
        InvalidProfileError: names each override that the member's envelope does not allow, with the rule.
        NoPlanPossibleError: too little is left.
    """
    refusals = Refusals()
    fixed, forbidden = overrides.fixed_foods, overrides.forbidden_foods
    check_items("foods", fixed, forbidden, foods(), RULES, profile, refusals)
    assessment = _assessed(profile, overrides, refusals)
    refusals.raise_any()
    disliked = profile.disliked_foods | set(forbidden)
    with forbidden_named("foods", forbidden, profile.disliked_foods):
        own = NUTRITION.constrain(profile.model_copy(update={"disliked_foods": disliked}))
    constraints = replace(own, profile=profile, assessment=assessment)
    most = sum(slot.max_items for slot in constraints.slots)
    if len(fixed) > most:
        refusals.add("overrides.fixed_foods", f"at most {most} fit into the day")
    if energy_capacity_kcal(constraints) < 1.1 * assessment.target_kcal:
        refusals.add("overrides.target_kcal", "ENERGY_OUT_OF_REACH: the foods that are left cannot supply it")
    refusals.raise_any()
    return constraints


def energy_limits_kcal(profile: Profile) -> tuple[float, float]:
    """The least and the most that the envelope itself would set for this member, whatever the goal.

    So a coach may decide what a goal would, and no more: floors, largest deficit and surplus, growth,
    pregnancy and underweight are in every one of them.
    """
    targets = [assess(profile.model_copy(update={"goal": goal})).target_kcal for goal in Goal]
    return min(targets), max(targets)


def _assessed(profile: Profile, overrides: NutritionOverrides, refusals: Refusals) -> Assessment:
    own = assess(profile)
    given = (overrides.target_kcal, overrides.protein_g, overrides.carbohydrate_g, overrides.fat_g)
    if all(one is None for one in given):
        return own
    for name in ("target_kcal", "protein_g", "carbohydrate_g", "fat_g"):
        value = getattr(overrides, name)
        most = 20_000.0 if name == "target_kcal" else MOST_GRAMS
        if value is not None and not (math.isfinite(value) and 0 < value <= most):
            refusals.add(f"overrides.{name}", f"must be above 0 and at most {most:.0f}")
    refusals.raise_any()
    target = _target_kcal(own, overrides)
    macros = _macros(own, target, overrides)
    low, high = energy_limits_kcal(profile)
    if not low <= target <= high:
        rule = "KCAL_FLOOR" if target < low else "KCAL_CEILING"
        limits = f"must be from {low:.0f} to {high:.0f} kcal for this member"
        refusals.add("overrides.target_kcal", f"{rule}: {limits}, not {target:.0f}")
    else:
        _check_macros(profile, own, target, macros, overrides, refusals)
    change = physiology.weekly_weight_change_kg(target, own.tdee_kcal)
    return replace(own, target_kcal=target, macros=macros, weekly_weight_change_kg=change)


def _target_kcal(own: Assessment, overrides: NutritionOverrides) -> float:
    """The coach's, or what his macros come to where he gives all three, or the member's own."""
    if overrides.target_kcal is not None:
        return overrides.target_kcal
    if None not in (overrides.protein_g, overrides.carbohydrate_g, overrides.fat_g):
        return _kcal(overrides.protein_g or 0, overrides.carbohydrate_g or 0, overrides.fat_g or 0)
    return own.target_kcal


def _kcal(protein_g: float, carbohydrate_g: float, fat_g: float) -> float:
    return (
        physiology.KCAL_PER_G_PROTEIN * protein_g
        + physiology.KCAL_PER_G_CARBOHYDRATE * carbohydrate_g
        + physiology.KCAL_PER_G_FAT * fat_g
    )


def _macros(own: Assessment, target: float, overrides: NutritionOverrides) -> Macros:
    """What is given as given; of the rest, protein stays, fat keeps its share, and one takes what is left."""
    largest = LARGEST_PROTEIN_SHARE * target / physiology.KCAL_PER_G_PROTEIN
    protein = min(own.macros.protein_g, largest) if overrides.protein_g is None else overrides.protein_g
    carbohydrate, fat = overrides.carbohydrate_g, overrides.fat_g
    if fat is None and carbohydrate is None:
        room = (target - _kcal(protein, SMALLEST_CARBOHYDRATE_G, 0.0)) / physiology.KCAL_PER_G_FAT
        least = FAT_SHARES[0] * target / physiology.KCAL_PER_G_FAT
        fat = max(min(own.macros.fat_g * target / own.target_kcal, room), least)
    if fat is None:
        fat = (target - _kcal(protein, carbohydrate or 0.0, 0.0)) / physiology.KCAL_PER_G_FAT
    if carbohydrate is None:
        carbohydrate = (target - _kcal(protein, 0.0, fat)) / physiology.KCAL_PER_G_CARBOHYDRATE
    elif overrides.protein_g is None and overrides.fat_g is not None:
        protein = (target - _kcal(0.0, carbohydrate, fat)) / physiology.KCAL_PER_G_PROTEIN
    return Macros(protein, carbohydrate, fat, float(round(physiology.fibre_g(target))))


def _check_macros(
    profile: Profile,
    own: Assessment,
    target: float,
    macros: Macros,
    overrides: NutritionOverrides,
    refusals: Refusals,
) -> None:
    total = _kcal(macros.protein_g, macros.carbohydrate_g, macros.fat_g)
    if abs(total / target - 1) > ENERGY_SUM_TOLERANCE:
        refusals.add(
            "overrides.target_kcal", f"ENERGY_SUM: the macros come to {total:.0f} kcal, not {target:.0f}"
        )
        return
    least = SAFE_PROTEIN_G_PER_KG * physiology.adjusted_weight_kg(profile.weight_kg, profile.height_cm)
    most = LARGEST_PROTEIN_SHARE * target / physiology.KCAL_PER_G_PROTEIN
    if Condition.KIDNEY_DISEASE in profile.conditions:
        # What is left to decide there is a nephrologist's.
        least, most = min(least, own.macros.protein_g), own.macros.protein_g
    carbohydrate = max(
        [SMALLEST_CARBOHYDRATE_G, *(CARBOHYDRATE_G_WITH.get(one, 0) for one in profile.conditions)]
    )
    bounds = {
        "protein_g": ("PROTEIN_RANGE", least, most),
        "carbohydrate_g": ("CARBOHYDRATE_FLOOR", carbohydrate, math.inf),
        "fat_g": (
            "FAT_RANGE",
            FAT_SHARES[0] * target / physiology.KCAL_PER_G_FAT,
            FAT_SHARES[1] * target / physiology.KCAL_PER_G_FAT,
        ),
    }
    for name, (rule, low, high) in bounds.items():
        value = getattr(macros, name)
        # Half a gram is what rounding may take.
        if low - 0.5 <= value <= high + 0.5:
            continue
        asked = getattr(overrides, name) is not None
        field = name if asked else _cause(overrides)
        limits = f"at least {low:.0f}" if high == math.inf else f"from {low:.0f} to {high:.0f}"
        refusals.add(f"overrides.{field}", f"{rule}: {name} would be {value:.0f}, it must be {limits}")


def _cause(overrides: NutritionOverrides) -> str:
    """The override that a figure which was not asked for follows from."""
    names = ("protein_g", "fat_g", "carbohydrate_g", "target_kcal")
    return next(name for name in names if getattr(overrides, name) is not None)


def _with_fixed(
    draft: NutritionDraft, constraints: NutritionConstraints, overrides: NutritionOverrides
) -> NutritionDraft:
    """The draft with every fixed food in the place of the one that is most like it, or beside the others.

    Raises:
        PlanInfeasibleError: no place leaves a day whose portions meet the energy.
    """
    eaten = {item.food_id for meal in draft.meals for item in meal.items}
    done: set[str] = set(overrides.fixed_foods) & eaten
    for food_id in overrides.fixed_foods:
        if food_id not in done:
            done.add(food_id)
            draft = _with_one(food_id, draft, frozenset(done), constraints)
    return draft


def _with_one(
    food_id: str, draft: NutritionDraft, needed: frozenset[str], constraints: NutritionConstraints
) -> NutritionDraft:
    for number, position in _places(food_id, draft, needed, constraints)[:_PLACES_TRIED]:
        items = list(draft.meals[number].items)
        # A place is an item, or the end of a meal that has room.
        items[position : position + 1] = [DraftItem(food_id, foods()[food_id].portion_g)]
        if not constraints.may_be_eaten_together(item.food_id for item in items):
            continue
        meal = replace(draft.meals[number], items=tuple(items))
        changed = NutritionDraft((*draft.meals[:number], meal, *draft.meals[number + 1 :]))
        try:
            NUTRITION.finish(changed, constraints)
        except PlanInfeasibleError:
            continue
        return changed
    raise PlanInfeasibleError(f"{food_id} has no place in the day")


def _places(
    food_id: str, draft: NutritionDraft, needed: frozenset[str], constraints: NutritionConstraints
) -> list[tuple[int, int]]:
    """Positions (meal, item) for a food, the best first: at its kind of meal, in the place of its like."""
    new = foods()[food_id]
    found: list[tuple[bool, float, int, int]] = []
    for number, (slot, meal) in enumerate(zip(constraints.slots, draft.meals, strict=True)):
        away = slot.name.role not in new.meal_roles
        for position, item in enumerate(meal.items):
            if item.food_id not in needed:
                likeness = food_similarity(foods()[item.food_id], new)
                found.append((away, -likeness, number, position))
        if len(meal.items) < slot.max_items:
            found.append((away, -LIKE_ENOUGH, number, len(meal.items)))
    return [(number, position) for _, _, number, position in sorted(found)]
