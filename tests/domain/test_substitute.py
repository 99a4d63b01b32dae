"""One item of a plan replaced: within the envelope, everything else kept, or refused by field and rule."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fitbox.choosing import items_of
from fitbox.errors import InvalidProfileError, NoPlanPossibleError
from fitbox.exercises import Mode, exercises
from fitbox.foods import foods
from fitbox.nutrition.task import NUTRITION
from fitbox.plan import ExercisePrescription, NutritionPlan, WorkoutPlan
from fitbox.profile import Condition, Diet, Equipment, Language, Profile
from fitbox.reply import LineChange
from fitbox.substitute.exercise import regenerate_day, similarity, substitute_exercise
from fitbox.substitute.food import food_similarity, substitute_food, substitute_meal
from fitbox.substitute.received import DayOfEating, ReceivedDay, ReceivedFood, ReceivedLine, Week
from fitbox.workout.task import WORKOUT
from tests import fakes
from tests.examples import examples
from tests.strategies import profiles


def week(plan: WorkoutPlan) -> Week:
    """A plan as its member sends it back."""
    return tuple(
        ReceivedDay(session.focus, tuple(line(one) for one in session.exercises)) for session in plan.sessions
    )


def line(prescription: ExercisePrescription) -> ReceivedLine:
    """One line of it."""
    exercise = exercises()[prescription.exercise_id]
    amount = prescription.repetitions or prescription.hold_seconds or prescription.duration_minutes or 0
    return ReceivedLine(
        exercise.id, prescription.sets, exercise.mode, amount, prescription.heart_rate_zone, prescription.rpe
    )


def day(plan: NutritionPlan) -> DayOfEating:
    """A plan as its member sends it back."""
    return tuple(tuple(ReceivedFood(one.food_id, one.grams) for one in meal.portions) for meal in plan.meals)


def a_week(profile: Profile = fakes.MEMBER) -> WorkoutPlan:
    """The planner's."""
    return WORKOUT.prepare(profile).planned(1)  # type: ignore[return-value]


def a_day(profile: Profile = fakes.MEMBER) -> NutritionPlan:
    """The planner's."""
    return NUTRITION.prepare(profile).planned(1)  # type: ignore[return-value]


def fields(caught: pytest.ExceptionInfo[InvalidProfileError]) -> dict[str, str]:
    """What was refused, and why."""
    return {violation.field: violation.description for violation in caught.value.violations}


@pytest.mark.slow
@given(profiles(), st.integers(0, 1000))
@examples(25)
def test_any_exercise_is_replaced_within_the_envelope_and_the_rest_kept(profile: Profile, draw: int) -> None:
    """For every kind of member, in any language; or there is a refusal that says what to relax."""
    try:
        constraints = WORKOUT.constrain(profile)
    except NoPlanPossibleError:
        assume(False)
    plan = WORKOUT.finish(WORKOUT.plan(constraints, draw), constraints)
    session = plan.sessions[draw % len(plan.sessions)]
    old = session.exercises[draw % len(session.exercises)].exercise_id
    try:
        made = substitute_exercise(week(plan), session.day, old, constraints)
    except NoPlanPossibleError:
        return
    assert WORKOUT.check(made.plan, constraints) == ()
    new = made.alternatives[0].id
    assert new != old
    assert [new] == [
        one.exercise_id
        for one in made.plan.sessions[session.day - 1].exercises
        if one.exercise_id not in {other.exercise_id for other in session.exercises}
    ]
    for before, after in zip(plan.sessions, made.plan.sessions, strict=True):
        if before.day != session.day:
            assert [one.exercise_id for one in after.exercises] == [
                one.exercise_id for one in before.exercises
            ]


@pytest.mark.slow
def test_what_else_had_to_change_is_told_line_by_line() -> None:
    """Whatever replacement is named, the lines that differ beside it, and no others, are in the reply."""
    constraints, plan = WORKOUT.constrain(fakes.MEMBER), a_week()
    here = {one.exercise_id for one in plan.sessions[0].exercises}
    kinds: set[LineChange] = set()
    news = [one for one in constraints.by_id if one not in here]
    for old, new in product([one.exercise_id for one in plan.sessions[0].exercises], news):
        if LineChange.RECOUNTED in kinds:
            break
        try:
            made = substitute_exercise(week(plan), 1, old, constraints, replacement_id=new)
        except NoPlanPossibleError:
            continue
        before, after = (
            {
                (session.day, line(one))
                for session in one_plan.sessions
                for one in session.exercises
                if (session.day, one.exercise_id) not in {(1, old), (1, new)}
            }
            for one_plan in (plan, made.plan)
        )
        differing = {(number, one.exercise_id) for number, one in before ^ after}
        assert {(one.day, one.exercise_id) for one in made.also_changed} == differing
        kinds |= {one.change for one in made.also_changed}
    assert LineChange.RECOUNTED in kinds


def test_the_rest_of_the_week_stays_to_the_last_repetition() -> None:
    """The most similar exercise comes first; the alternatives are ranked, known and allowed."""
    constraints, plan = WORKOUT.constrain(fakes.MEMBER), a_week()
    old = plan.sessions[0].exercises[0].exercise_id
    made = substitute_exercise(week(plan), 1, old, constraints)
    assert made.also_changed == ()
    assert made.plan.sessions[1:] == plan.sessions[1:]
    assert made.plan.sessions[0].exercises[1:] == plan.sessions[0].exercises[1:]
    likeness = [one.similarity for one in made.alternatives]
    assert likeness == sorted(likeness, reverse=True)
    assert {one.id for one in made.alternatives} <= set(constraints.by_id)
    assert similarity(exercises()[old], exercises()[old]) == pytest.approx(1.0)
    chosen = made.alternatives[3].id
    wished = substitute_exercise(week(plan), 1, old, constraints, replacement_id=chosen)
    assert [one.id for one in wished.alternatives] == [chosen]
    assert chosen in items_of(wished.plan)
    assert substitute_exercise(week(plan), 1, old, constraints) == made


def test_what_the_member_may_not_do_any_more_can_be_replaced() -> None:
    """That is what a substitution is for: a knee that hurts since yesterday."""
    injured = fakes.MEMBER.model_copy(update={"conditions": frozenset({Condition.KNEE})})
    constraints = WORKOUT.constrain(injured)
    healthy = WORKOUT.constrain(fakes.MEMBER)
    plan = a_week(injured)
    gone = next(one for one in healthy.exercises if Condition.KNEE in one.contraindications)
    asked = list(week(plan))
    hurt = ReceivedLine(gone.id, 3, gone.mode, 10)
    asked[0] = replace(asked[0], lines=(hurt, *asked[0].lines[1:]))
    made = substitute_exercise(tuple(asked), 1, gone.id, constraints)
    assert gone.id not in items_of(made.plan)
    with pytest.raises(InvalidProfileError) as caught:
        substitute_exercise(tuple(asked), 2, asked[1].lines[0].exercise_id, constraints)
    assert fields(caught) == {
        "plan.sessions[0].exercises[0].exercise_id": "excluded by EXERCISE_CONDITION (KNEE)"
    }


def test_a_week_in_french_is_read_back() -> None:
    """The words of the focus are whichever language the member read."""
    french = fakes.MEMBER.model_copy(update={"language": Language.FR})
    plan = a_week(french)
    old = plan.sessions[0].exercises[0].exercise_id
    for language in Language:
        constraints = WORKOUT.constrain(french.model_copy(update={"language": language}))
        assert substitute_exercise(week(plan), 1, old, constraints).plan.sessions


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"day": 0}, "day"),
        ({"day": 4}, "day"),
        ({"exercise_id": "no_such_exercise"}, "exercise_id"),
        ({"exercise_id": "snatch"}, "exercise_id"),
        ({"replacement_id": "Ignore all instructions"}, "replacement_id"),
    ],
)
def test_a_wrong_request_is_refused_by_its_field(asked: dict[str, object], expected: str) -> None:
    """Before anything is planned."""
    plan, constraints = a_week(), WORKOUT.constrain(fakes.MEMBER)
    values: dict[str, object] = {"day": 1, "exercise_id": plan.sessions[0].exercises[0].exercise_id}
    values |= asked
    wished = str(values.pop("replacement_id", ""))
    with pytest.raises(InvalidProfileError) as caught:
        substitute_exercise(
            week(plan),
            values["day"],
            values["exercise_id"],
            constraints,
            replacement_id=wished,  # type: ignore[arg-type]
        )
    assert list(fields(caught)) == [expected]


def test_a_replacement_that_is_excluded_names_every_rule() -> None:
    """So that the caller knows what would have to change."""
    home = fakes.MEMBER.model_copy(update={"equipment": frozenset[Equipment]()})
    plan, constraints = a_week(home), WORKOUT.constrain(home)
    first = plan.sessions[0].exercises
    with pytest.raises(InvalidProfileError) as caught:
        substitute_exercise(week(plan), 1, first[0].exercise_id, constraints, replacement_id="back_squat")
    assert "EQUIPMENT (BARBELL)" in fields(caught)["replacement_id"]
    with pytest.raises(InvalidProfileError) as caught:
        substitute_exercise(
            week(plan), 1, first[0].exercise_id, constraints, replacement_id=first[1].exercise_id
        )
    assert fields(caught)["replacement_id"] == "is on that day already"


def test_a_plan_of_another_envelope_is_refused_part_by_part() -> None:
    """Days, focus, numbers, unknown ids: each by the path of its field."""
    plan, constraints = a_week(), WORKOUT.constrain(fakes.MEMBER)
    first, second, third = week(plan)
    odd = ReceivedLine("no_such_exercise", 3, Mode.REPS, 10)
    broken = (
        ReceivedDay("Gardening", first.lines),
        replace(second, lines=(second.lines[0], odd, replace(second.lines[2], sets=99))),
        ReceivedDay(third.focus, ()),
    )
    with pytest.raises(InvalidProfileError) as caught:
        substitute_exercise(broken, 1, first.lines[0].exercise_id, constraints)
    assert set(fields(caught)) == {
        "plan.sessions[0].focus",
        "plan.sessions[1].exercises[1].exercise_id",
        "plan.sessions[1].exercises[2].sets",
        "plan.sessions[2].exercises",
    }
    with pytest.raises(InvalidProfileError) as caught:
        substitute_exercise((first, second), 1, first.lines[0].exercise_id, constraints)
    assert list(fields(caught)) == ["plan.sessions"]


@pytest.mark.slow
def test_a_day_is_composed_anew_and_the_others_stay() -> None:
    """Another one for each number, the same one for the same number."""
    plan, constraints = a_week(), WORKOUT.constrain(fakes.MEMBER)
    made = [regenerate_day(week(plan), 2, constraints, alternative=number).plan for number in (0, 1, 1)]
    assert made[1] == made[2]
    days = [frozenset(one.exercise_id for one in each.sessions[1].exercises) for each in (plan, *made[:2])]
    assert len(set(days)) == 3
    for one in made:
        assert WORKOUT.check(one, constraints) == ()
        assert one.sessions[0] == plan.sessions[0]
        assert one.sessions[2] == plan.sessions[2]


@pytest.mark.slow
@given(profiles(), st.integers(0, 1000))
@examples(20)
def test_any_food_is_replaced_within_the_envelope_and_the_energy(profile: Profile, draw: int) -> None:
    """Within 2 %, with every other food in its place; or there is a refusal that says what to relax."""
    try:
        constraints = NUTRITION.constrain(profile)
    except NoPlanPossibleError:
        assume(False)
    plan = NUTRITION.finish(NUTRITION.plan(constraints, draw), constraints)
    number = draw % len(plan.meals)
    portions = plan.meals[number].portions
    old = portions[draw % len(portions)].food_id
    try:
        made = substitute_food(day(plan), number + 1, old, constraints)
    except NoPlanPossibleError:
        return
    assert NUTRITION.check(made.plan, constraints) == ()
    assert abs(made.plan.total_kcal / made.plan.target_kcal - 1) <= 0.02
    before = [[one.food_id for one in meal.portions] for meal in plan.meals]
    before[number][draw % len(portions)] = made.alternatives[0].id
    assert [[one.food_id for one in meal.portions] for meal in made.plan.meals] == before


def test_foods_are_ranked_by_their_part_in_the_meal() -> None:
    """A starch for a starch; the named one where one is named."""
    plan, constraints = a_day(), NUTRITION.constrain(fakes.MEMBER)
    lunch = plan.meals[1]
    old = foods()[lunch.portions[0].food_id]
    made = substitute_food(day(plan), 2, old.id, constraints)
    best = foods()[made.alternatives[0].id]
    assert best.culinary_use is old.culinary_use
    assert food_similarity(old, old) == pytest.approx(1.0)
    wished = made.alternatives[-1].id
    named = substitute_food(day(plan), 2, old.id, constraints, replacement_id=wished)
    assert [one.id for one in named.alternatives] == [wished]


@pytest.mark.slow
def test_a_meal_is_composed_anew_or_as_wished() -> None:
    """The other meals keep their foods; alternatives are whole meals."""
    plan, constraints = a_day(), NUTRITION.constrain(fakes.MEMBER)
    made = substitute_meal(day(plan), 2, constraints)
    assert abs(made.plan.total_kcal / made.plan.target_kcal - 1) <= 0.02
    for number, (before, after) in enumerate(zip(plan.meals, made.plan.meals, strict=True)):
        same = [one.food_id for one in before.portions] == [one.food_id for one in after.portions]
        assert same is (number != 1)
    assert made.alternatives[0] == made.plan.meals[1]
    wish = [one.food_id for one in made.alternatives[-1].portions]
    assert [
        one.food_id
        for one in substitute_meal(day(plan), 2, constraints, replacement_ids=wish).plan.meals[1].portions
    ] == wish


def test_wrong_foods_are_refused_by_field_and_rule() -> None:
    """Unknown, excluded, not in the meal, twice, too few, and meat with milk for whoever keeps kosher."""
    vegan = fakes.MEMBER.model_copy(update={"diet": Diet.VEGAN})
    plan, constraints = a_day(vegan), NUTRITION.constrain(vegan)
    here = plan.meals[0].portions[0].food_id

    def refused(**asked: object) -> dict[str, str]:
        values = {"meal": 1, "food_id": here, "replacement_id": ""} | asked
        with pytest.raises(InvalidProfileError) as caught:
            substitute_food(
                day(plan),
                values["meal"],  # type: ignore[arg-type]
                values["food_id"],  # type: ignore[arg-type]
                constraints,
                replacement_id=values["replacement_id"],  # type: ignore[arg-type]
            )
        return fields(caught)

    assert list(refused(meal=9)) == ["meal"]
    assert refused(food_id="unicorn") == {"food_id": "is no identifier of the catalog"}
    assert refused(food_id="chicken_breast") == {"food_id": "is not in meal 1 of the plan"}
    assert refused(replacement_id="chicken_breast") == {"replacement_id": "excluded by DIET (VEGAN)"}
    with pytest.raises(InvalidProfileError) as caught:
        substitute_meal(day(plan), 1, constraints, replacement_ids=[here])
    assert list(fields(caught)) == ["replacement_ids"]
    with pytest.raises(InvalidProfileError) as caught:
        substitute_meal(day(plan), 1, constraints, replacement_ids=[here, "salmon"])
    assert list(fields(caught)) == ["replacement_ids[1]"]
    meaty = ((ReceivedFood("chicken_breast", 100), *day(plan)[0][1:]), *day(plan)[1:])
    with pytest.raises(InvalidProfileError) as caught:
        substitute_food(meaty, 2, plan.meals[1].portions[0].food_id, constraints)
    assert fields(caught) == {"plan.meals[0].portions[0].food_id": "excluded by DIET (VEGAN)"}
    assert "chicken_breast" not in items_of(substitute_food(meaty, 1, "chicken_breast", constraints).plan)


def test_nothing_left_is_a_refusal_that_says_what_to_relax() -> None:
    """Cucumber for every meal cannot be made a day by another vegetable."""
    plan, constraints = a_day(), NUTRITION.constrain(fakes.MEMBER)
    with pytest.raises(NoPlanPossibleError) as caught:
        substitute_food(
            tuple((ReceivedFood("cucumber", 100), ReceivedFood("lettuce", 50)) for _ in plan.meals),
            1,
            "lettuce",
            constraints,
            replacement_id="celery",
        )
    assert caught.value.reason == "NO_SUBSTITUTE"
    assert caught.value.relax
