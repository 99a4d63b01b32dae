"""The nutrition task: envelope, planner, solver, plan and score."""

from __future__ import annotations

import statistics
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fitbox.assessment import Macros
from fitbox.errors import NoPlanPossibleError, PlanInfeasibleError, ReferralError
from fitbox.foods import MealRole, foods
from fitbox.nutrition.bands import portion_bounds
from fitbox.nutrition.constraints import SLOTS, NutritionConstraints
from fitbox.nutrition.draft import DraftItem, DraftMeal, NutritionDraft
from fitbox.nutrition.score import WEIGHTS
from fitbox.nutrition.solve import KCAL_TOLERANCE, Ceiling, solve_portions
from fitbox.nutrition.task import NUTRITION
from fitbox.plan import NutritionPlan
from fitbox.profile import Allergen, Condition, Diet, Goal, Language, Profile, Sex
from fitbox.referrals import REFERRALS
from tests.draft_rules import check_draft
from tests.examples import examples, is_thorough
from tests.strategies import FLAGGED_DIETS, profiles

TASK = NUTRITION
DAYS = 10 if is_thorough() else 4
"""Planned for each kind of member."""


def constraints_for(**fields: object) -> NutritionConstraints:
    """Constraints of an ordinary member with some fields set; more dislikes than a request can name, too."""
    values = {"age_years": 35, "sex": Sex.FEMALE, "weight_kg": 68, "height_cm": 168, **fields}
    dislikes = values.pop("disliked_foods", frozenset())
    profile = Profile.model_validate(values)
    return TASK.constrain(profile.model_copy(update={"disliked_foods": frozenset(dislikes)}))


def envelope(profile: Profile) -> NutritionConstraints | NoPlanPossibleError:
    """Constraints, or the refusal."""
    try:
        return TASK.constrain(profile)
    except NoPlanPossibleError as refusal:
        return refusal


OTHER_REASONS = {"FASTING_UNSUITABLE"}
"""Refusals that are not for want of food."""


def assert_on_target(plan: NutritionPlan) -> None:
    """Energy within the tolerance, give or take the rounding of the total."""
    assert abs(plan.total_kcal - plan.target_kcal) <= KCAL_TOLERANCE * plan.target_kcal + 0.1


@pytest.mark.slow
@examples(40)
@given(profile=profiles(), seed=st.integers(0, 2**31))
def test_any_valid_profile_has_a_plan_or_an_explained_refusal(profile: Profile, seed: int) -> None:
    """The planner's day passes both checks and meets the energy target, whatever the member asks for."""
    constraints = envelope(profile)
    if isinstance(constraints, NoPlanPossibleError):
        assert constraints.relax or isinstance(constraints, ReferralError), constraints.reason
        return
    draft = TASK.plan(constraints, seed)
    assert check_draft(draft, constraints) == ()
    plan = TASK.finish(draft, constraints)
    assert TASK.check(plan, constraints) == ()
    assert_on_target(plan)


@pytest.mark.slow
@examples(25)
@given(
    profile=profiles(),
    allergies=st.frozensets(st.sampled_from(Allergen), min_size=4),
    disliked=st.frozensets(st.sampled_from(sorted(foods())), min_size=120, max_size=240),
    seed=st.integers(0, 1000),
)
def test_members_who_eat_almost_nothing_get_a_plan_or_are_told_what_to_relax(
    profile: Profile, allergies: frozenset[Allergen], disliked: frozenset[str], seed: int
) -> None:
    """Many allergies and most of the catalog disliked: what is left is still planned, or refused."""
    picky = profile.model_copy(update={"allergies": allergies, "disliked_foods": disliked})
    constraints = envelope(picky)
    if isinstance(constraints, NoPlanPossibleError):
        if constraints.reason in OTHER_REASONS or isinstance(constraints, ReferralError):
            return
        assert {"allergies", "disliked_foods"} <= set(constraints.relax)
        return
    plan = TASK.finish(TASK.plan(constraints, seed), constraints)
    assert TASK.check(plan, constraints) == ()
    assert_on_target(plan)
    assert TASK.grammar(constraints).startswith("root ::= ")


@pytest.mark.slow
@examples(50)
@given(profile=profiles(), seed=st.integers(0, 2**31))
def test_whatever_the_grammar_allows_passes_the_check(profile: Profile, seed: int) -> None:
    """Random drafts break no rule, neither as drafts nor as plans."""
    constraints = envelope(profile)
    assume(not isinstance(constraints, NoPlanPossibleError))
    draft = TASK.random(constraints, seed)
    assert check_draft(draft, constraints) == ()
    try:
        plan = TASK.finish(draft, constraints)
    except PlanInfeasibleError:
        return
    assert TASK.check(plan, constraints) == ()
    assert_on_target(plan)


@pytest.mark.slow
@examples(10)
@given(profile=profiles(), seed=st.integers(0, 2**31))
def test_planner_sampler_and_solver_repeat_themselves(profile: Profile, seed: int) -> None:
    """The same seed gives the same draft, and the same draft the same grams."""
    constraints = envelope(profile)
    assume(not isinstance(constraints, NoPlanPossibleError))
    draft = TASK.plan(constraints, seed)
    assert TASK.plan(constraints, seed) == draft
    assert TASK.random(constraints, seed) == TASK.random(constraints, seed)
    assert TASK.finish(draft, constraints) == TASK.finish(draft, constraints)


@pytest.mark.slow
def test_different_seeds_give_different_days() -> None:
    """Sixty days of one member: no two alike, and most of the menu in use."""
    constraints = constraints_for()
    days = [TASK.plan(constraints, seed) for seed in range(60)]
    assert len({TASK.render(day) for day in days}) == 60
    eaten = {item.food_id for day in days for meal in day.meals for item in meal.items}
    assert len(eaten) > 0.5 * len(constraints.foods)


@pytest.mark.slow
@pytest.mark.parametrize("diet", sorted(FLAGGED_DIETS))
@pytest.mark.parametrize("meals_per_day", [3, 4, 5, 6])
def test_the_planner_is_near_the_best_score_and_random_days_are_not(diet: Diet, meals_per_day: int) -> None:
    """The score tells a planned day from a pile of allowed food, for every diet."""
    constraints = constraints_for(diet=diet, meals_per_day=meals_per_day)
    planned = [TASK.score(TASK.plan(constraints, seed), constraints)["quality"] for seed in range(DAYS)]
    drawn = [TASK.score(TASK.random(constraints, seed), constraints)["quality"] for seed in range(24)]
    assert statistics.mean(planned) > 0.93
    assert statistics.mean(drawn) < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("sex", Sex)
def test_finished_plans_meet_the_protein_target(goal: Goal, sex: Sex) -> None:
    """On every day of an omnivore at least 90 % and at most 115 %; a low target may be passed by what dishes
    bring, up to 20 % of energy, of the 10 to 35 % that suit adults (Institute of Medicine, 2005, Dietary
    Reference Intakes): what fat and sugar may not bring, grains, pulses and dairy do."""
    constraints = constraints_for(goal=goal, sex=sex, weight_kg=75, height_cm=172)
    for seed in range(DAYS):
        plan = TASK.finish(TASK.plan(constraints, seed), constraints)
        target_g = constraints.assessment.macros.protein_g
        assert 0.9 * target_g <= plan.protein_g <= max(1.15 * target_g, 0.20 * plan.total_kcal / 4)


def test_the_score_is_the_weighted_geometric_mean_of_components_in_the_unit_interval() -> None:
    """Weights sum to one; components and quality are bounded; raw measures are marked as such."""
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    constraints = constraints_for()
    for seed in range(20):
        score = TASK.score(TASK.random(constraints, seed), constraints)
        components = {name: value for name, value in score.items() if not name.startswith("raw_")}
        assert set(components) == {*WEIGHTS, "quality"}
        assert all(0 <= value <= 1 for value in components.values())
        assert score["raw_kcal_error"] >= 0


def test_each_component_reacts_to_its_own_defect() -> None:
    """Spoil a good day in one way; the component meant for it drops."""
    constraints = constraints_for(meals_per_day=3)
    draft = TASK.plan(constraints, 5)
    good = TASK.score(draft, constraints)
    breakfast, lunch, dinner = draft.meals
    honey = DraftMeal(breakfast.name, (DraftItem("honey", 5), DraftItem("jam", 5)))
    heap = tuple(DraftItem(food_id, 250) for food_id in ("red_cabbage", "rocket", "kale"))
    spoiled = {
        "protein_spread": (honey, lunch, dinner),
        "kcal_spread": (honey, lunch, dinner),
        "combination": (honey, lunch, dinner),
        "variety": (breakfast, lunch, replace(dinner, items=lunch.items)),
        "meal_roles": (replace(breakfast, items=lunch.items), lunch, replace(dinner, items=breakfast.items)),
        "kcal": (honey, honey, honey),
        "fibre": (honey, honey, honey),
        "fruit_vegetables": (honey, honey, honey),
        "macros": (honey, honey, honey),
        "portions": (breakfast, lunch, replace(dinner, items=heap)),
    }
    for component, meals in spoiled.items():
        named = tuple(
            replace(meal, name=slot.name) for slot, meal in zip(constraints.slots, meals, strict=True)
        )
        assert TASK.score(NutritionDraft(named), constraints)[component] < good[component] - 0.1, component


def test_the_solver_meets_energy_and_macros_when_the_foods_can() -> None:
    """Four plain foods have enough freedom for all targets at once."""
    chosen = [foods()[name] for name in ("chicken_breast", "white_rice", "olive_oil", "wholemeal_bread")]
    grams = solve_portions([chosen[:3], chosen[3:]], (150, 200, 10, 60), 1000, Macros(70, 106, 33, 14))
    total = sum(food.kcal * g / 100 for food, g in zip(chosen, grams, strict=True))
    protein = sum(food.protein_g * g / 100 for food, g in zip(chosen, grams, strict=True))
    assert total == pytest.approx(1000, rel=KCAL_TOLERANCE)
    assert protein == pytest.approx(70, rel=0.1)
    for food, g in zip(chosen, grams, strict=True):
        low, high = portion_bounds(food, 1000)
        assert low <= g <= high


def test_the_solver_stays_under_a_ceiling_where_the_foods_can() -> None:
    """Rice takes the energy that lentils would bring with more fibre than the ceiling allows."""
    meal = [foods()[name] for name in ("lentils", "white_rice", "chicken_breast", "olive_oil")]
    drafted, macros = (250, 100, 100, 10), Macros(50, 90, 20, 10)
    free = solve_portions([meal], drafted, 750, macros)
    held = solve_portions([meal], drafted, 750, macros, [Ceiling(lambda food: food.fibre_g, 12)])
    assert sum(food.fibre_g * g / 100 for food, g in zip(meal, free, strict=True)) > 14
    assert sum(food.fibre_g * g / 100 for food, g in zip(meal, held, strict=True)) <= 12
    assert sum(food.kcal * g / 100 for food, g in zip(meal, held, strict=True)) == pytest.approx(
        750, rel=0.02
    )


def test_foods_that_cannot_reach_the_target_are_infeasible() -> None:
    """Lettuce all day is too little for anybody, and the error says by how much."""
    constraints = constraints_for(meals_per_day=3)
    lettuce = (DraftItem("lettuce", 250), DraftItem("cucumber", 250))
    draft = NutritionDraft(tuple(DraftMeal(slot.name, lettuce) for slot in constraints.slots))
    assert TASK.score(draft, constraints)["raw_feasible"] == 0
    with pytest.raises(PlanInfeasibleError, match="kcal, the target is"):
        TASK.finish(draft, constraints)


def test_a_food_named_twice_in_a_meal_becomes_one_portion() -> None:
    """Repeats are poor quality, but still a plan that people can read."""
    constraints = constraints_for(meals_per_day=3)
    draft = TASK.plan(constraints, 1)
    lunch = draft.meals[1]
    doubled = replace(lunch, items=(*lunch.items[:3], lunch.items[0]))
    meals = (draft.meals[0], doubled, draft.meals[2])
    plan = TASK.finish(NutritionDraft(meals), constraints)
    names = [portion.food_id for portion in plan.meals[1].portions]
    assert names == [item.food_id for item in lunch.items[:3]]
    assert TASK.check(plan, constraints) == ()


@pytest.mark.parametrize("condition", sorted(set(Condition) - REFERRALS.keys()))
def test_members_with_a_condition_get_no_food_that_it_forbids(condition: Condition) -> None:
    """Raw, high-mercury, very salty and alcoholic foods are out of the envelopes of those they harm."""
    constraints = constraints_for(conditions={condition})
    assert not any(condition in food.contraindications for food in constraints.foods)


def test_minors_are_offered_no_alcohol() -> None:
    """The traces in kombucha and the liqueur in tiramisu are for adults."""
    assert {"kombucha", "tiramisu"} <= set(constraints_for(age_years=18).allowed)
    assert not any(food.alcohol_g for food in constraints_for(age_years=17).foods)


def test_plans_speak_the_language_of_the_member() -> None:
    """Meals, foods and notes are French for a French member."""
    constraints = constraints_for(language=Language.FR, diet=Diet.VEGAN, allergies={Allergen.PEANUTS})
    plan = TASK.finish(TASK.plan(constraints, 3), constraints)
    assert plan.meals[0].name == "Petit-déjeuner"
    names = {food.name(Language.FR) for food in constraints.foods}
    assert {portion.name for meal in plan.meals for portion in meal.portions} <= names
    assert any("B12" in note for note in plan.notes)
    assert any("allergènes" in note for note in plan.notes)


def test_totals_are_the_sums_of_the_portions() -> None:
    """A member can add up the plan and get the same."""
    constraints = constraints_for(meals_per_day=6)
    plan = TASK.finish(TASK.plan(constraints, 9), constraints)
    portions = [portion for meal in plan.meals for portion in meal.portions]
    assert plan.total_kcal == pytest.approx(sum(p.kcal for p in portions), abs=1.5)
    assert plan.protein_g == pytest.approx(sum(p.protein_g for p in portions), abs=1.5)
    assert plan.total_kcal == pytest.approx(sum(meal.kcal for meal in plan.meals), abs=1.5)


def test_check_names_every_kind_of_violation() -> None:
    """A plan of somebody else's making: wrong meals, foods, amounts and portions are all found."""
    constraints = constraints_for(meals_per_day=3)
    plan = TASK.finish(TASK.plan(constraints, 2), constraints)
    lunch = plan.meals[1]

    def with_lunch(**changes: object) -> NutritionPlan:
        meals = (plan.meals[0], replace(lunch, **changes), plan.meals[2])  # type: ignore[arg-type]
        return replace(plan, meals=meals)

    huge = replace(lunch.portions[0], grams=5000)
    unknown = replace(lunch.portions[0], food_id="unicorn")
    codes = {
        "WRONG_MEALS": replace(plan, meals=plan.meals[:2]),
        "WRONG_NUMBER_OF_FOODS": with_lunch(portions=()),
        "PORTION_OUT_OF_BOUNDS": with_lunch(portions=(huge,)),
        "FORBIDDEN_FOOD": with_lunch(portions=(unknown,)),
    }
    for code, broken in codes.items():
        assert [violation.code for violation in TASK.check(broken, constraints)] == [code]


def test_refusals_name_a_stable_reason_and_what_to_relax() -> None:
    """No protein source left: the member can drop the dislikes, the diet or the allergies."""
    proteins = [f.id for f in foods().values() if f.culinary_use in {"protein", "legume", "egg"}]
    with pytest.raises(NoPlanPossibleError) as refusal:
        constraints_for(disliked_foods=set(proteins), diet=Diet.VEGAN)
    assert refusal.value.reason == "NO_PROTEIN_SOURCE"
    assert refusal.value.relax == ("disliked_foods", "diet")


def test_energy_out_of_reach_is_refused_with_more_meals_as_a_way_out() -> None:
    """Two lean proteins that may not share the plate with the potatoes cannot feed a very active member."""
    menu = {"turkey_breast", "haddock", "polenta", "mashed_potatoes", "cucumber", "tomatoes"}
    with pytest.raises(NoPlanPossibleError) as refusal:
        constraints_for(
            diet=Diet.KOSHER,
            disliked_foods=set(foods()) - menu,
            meals_per_day=3,
            workout_days_per_week=7,
            weight_kg=90,
            goal=Goal.BULKING,
        )
    assert refusal.value.reason == "ENERGY_OUT_OF_REACH"
    assert "meals_per_day" in refusal.value.relax


def test_all_meals_of_a_day_have_roles_and_shares_that_sum_to_one() -> None:
    """The slots of every number of meals divide the energy completely."""
    assert set(SLOTS) == set(range(2, 7))
    for meals, slots in SLOTS.items():
        assert len(slots) == meals
        assert sum(slot.kcal_share for slot in slots) == pytest.approx(1)
        assert sum(slot.name.role is MealRole.MAIN for slot in slots) == 2
