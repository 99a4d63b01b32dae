"""A member's history: what an event may be, what a prompt tells of it, and that planners follow it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitbox.errors import InvalidProfileError
from fitbox.exercises import exercises
from fitbox.foods import foods
from fitbox.history.events import MOST_EVENTS, Event, EventKind, things
from fitbox.history.taste import LEAST, MOST, taste_of
from fitbox.history.told import MOST_TOLD, told
from fitbox.nutrition.constraints import NutritionConstraints
from fitbox.nutrition.constraints import constrain as eating
from fitbox.nutrition.planner import plan_draft
from fitbox.plan import ExerciseRole
from fitbox.profile import Profile, validate_profile
from fitbox.tasks import TaskName, task
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.constraints import constrain as training
from fitbox.workout.planner import plan_week
from tests.strategies import catalog_ids, events

VALUES: dict[str, object] = {
    "age_years": 30,
    "sex": "MALE",
    "weight_kg": 80,
    "height_cm": 180,
    "level": "INTERMEDIATE",
}


def member(*history: str, **values: object) -> Profile:
    """A member with these events, oldest first."""
    return validate_profile({**VALUES, **values, "history": list(history)})


def refused(*ids: str, times: int = 3) -> tuple[str, ...]:
    """Each skipped as often."""
    return tuple(f"skipped {item}" for item in ids for _ in range(times))


def exercises_of(constraints: WorkoutConstraints, seed: int) -> frozenset[str]:
    """Of a planned week."""
    return frozenset(line.exercise_id for day in plan_week(constraints, seed).days for line in day.lines)


def foods_of(constraints: NutritionConstraints, seed: int) -> frozenset[str]:
    """Of a planned day."""
    return frozenset(item.food_id for meal in plan_draft(constraints, seed).meals for item in meal.items)


def test_an_id_is_of_one_catalog_and_its_name_is_the_id_with_spaces() -> None:
    """So an event needs no word for what its item is, and its text can be read back."""
    assert len(things()) == len(exercises()) + len(foods())
    for one in (*exercises().values(), *foods().values()):
        assert one.id == one.name_en.replace(" ", "_")


@settings(max_examples=50, deadline=None)
@given(events())
def test_the_text_of_an_event_says_all_of_it(event: Event) -> None:
    """Read back, it is the same event."""
    assert Event.model_validate(str(event)) == event


@pytest.mark.parametrize(
    ("event", "field", "said"),
    [
        ({"kind": "SKIPPED", "item": "no_such_thing"}, ".item", "id of an exercise or a food"),
        ({"item": "plank"}, ".kind", "required"),
        ({"kind": "DONE", "item": "plank"}, ".rpe", "must be set with DONE"),
        ({"kind": "DONE", "item": "plank", "rpe": 11}, ".rpe", "from 1 to 10"),
        ({"kind": "DONE", "item": "salmon", "rpe": 7}, ".item", "must be an exercise"),
        ({"kind": "TOO_HARD", "item": "salmon"}, ".item", "must be an exercise"),
        ({"kind": "LIKED", "item": "plank", "rpe": 7}, ".rpe", "must not be set"),
        ({"kind": "SWAPPED", "item": "plank"}, ".swapped_for", "must be set"),
        ({"kind": "SWAPPED", "item": "plank", "swapped_for": "plank"}, ".swapped_for", "another one"),
        ({"kind": "SWAPPED", "item": "plank", "swapped_for": "salmon"}, ".swapped_for", "another exercise"),
        ({"kind": "SKIPPED", "item": "plank", "swapped_for": "crunch"}, ".swapped_for", "must not be set"),
        ("hated plank", "", "skipped ITEM"),
        ("skipped " + "plank " * 1000, "", "skipped ITEM"),
        (7, "", "valid"),
    ],
)
def test_an_event_that_cannot_be_is_named_by_its_path(event: object, field: str, said: str) -> None:
    """With what to send instead, and nothing of what was sent."""
    with pytest.raises(InvalidProfileError) as caught:
        validate_profile({**VALUES, "history": ["liked salmon", event]}, "profile.")
    (violation,) = caught.value.violations
    assert violation.field == f"profile.history[1]{field}"
    assert said in violation.description
    assert "no_such_thing" not in violation.description


def test_the_newest_events_are_kept() -> None:
    """An old one says little of today's taste."""
    history = [f"liked {item}" for item in catalog_ids("foods.csv")[:20]]
    kept = member(*history).history
    assert [str(event) for event in kept] == [text.replace("_", " ") for text in history[-MOST_EVENTS:]]


def test_an_event_tells_of_items_of_the_envelope_alone() -> None:
    """Of a swap what is left counts; equal ones are one, the newest last, and only so many are told."""
    history = member(
        "skipped plank",
        "liked salmon",
        "swapped plank for crunch",
        "skipped plank",
        "swapped crunch for plank",
    ).history
    assert [str(one) for one in told(history, {"plank"})] == ["skipped plank x3", "liked plank"]
    assert [str(one) for one in told(history, {"salmon"})] == ["liked salmon"]
    assert [str(one) for one in told(history, {"plank", "crunch"})] == [
        "swapped plank for crunch",
        "skipped plank x2",
        "swapped crunch for plank",
    ]
    many = member(*(f"liked {item}" for item in catalog_ids("foods.csv")[:12])).history
    assert len(told(many, things())) == MOST_TOLD


@settings(max_examples=25, deadline=None)
@given(st.lists(events(), max_size=20))
def test_a_factor_has_bounds(history: list[Event]) -> None:
    """However often something was said."""
    factors = taste_of(told(history, things())).factors.values()
    assert all(LEAST <= factor <= MOST for factor in factors)


PROMPTS = {
    TaskName.WORKOUT: "3 days, 60 min, 7 exercises\nkeep fit, strength, intermediate\nfull gym",
    TaskName.NUTRITION: "2780 kcal: 700 890 360 830\nprotein 112 carbs 390 fat 86\nmaintenance, omnivore",
    TaskName.ADVICE: "male 30, intermediate, goal maintenance.\n"
    "cardio 117 to 139 bpm, water 2.5 liters, calories 2780 kcal 4 meals, recovery 4 rest days, sleep.",
}


@pytest.mark.parametrize("name", TaskName)
def test_without_a_history_a_prompt_is_what_it_was(name: TaskName) -> None:
    """Byte for byte, so that adapters which know of none go on working."""
    implementation = task(name)
    constraints = implementation.constrain(member())
    assert implementation.messages(constraints)[-1].content == PROMPTS[name]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (TaskName.WORKOUT, "\nhistory: swapped leg press for back squat, RPE 9 back squat, skipped plank x2"),
        (TaskName.NUTRITION, "\nhistory: liked salmon, swapped white rice for quinoa"),
        (TaskName.ADVICE, ""),
    ],
)
def test_a_prompt_tells_what_concerns_its_task(name: TaskName, line: str) -> None:
    """In the words of the drafts; advice is made of sentences, in which no item stands."""
    history = ("liked salmon", "swapped leg press for back squat", "skipped plank", "RPE 9 back squat")
    profile = member(*history, "swapped white rice for quinoa", "skipped plank")
    implementation = task(name)
    assert implementation.messages(implementation.constrain(profile))[-1].content == PROMPTS[name] + line


def test_a_history_of_what_the_envelope_leaves_out_changes_nothing() -> None:
    """Neither prompt nor plan."""
    vegan = {"diet": "VEGAN", "equipment": [], "disliked_foods": ["banana"]}
    plain, told_of = member(**vegan), member("liked salmon", "skipped banana", "liked back squat", **vegan)
    assert training(told_of).history == eating(told_of).history == ()
    assert plan_week(training(plain), 1) == plan_week(training(told_of), 1)
    assert plan_draft(eating(plain), 1) == plan_draft(eating(told_of), 1)


SEEDS = range(24)


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [{}, {"level": "BEGINNER", "workout_type": "CARDIO"}, {"level": "ADVANCED", "workout_days_per_week": 5}],
    ids=["strength", "runner", "advanced"],
)
def test_an_exercise_refused_thrice_is_in_less_than_half_of_its_weeks(values: dict[str, object]) -> None:
    """Each of the commonest ones, refused alone, main lifts and fillers alike."""
    usual = training(member(**values))
    before = Counter(item for seed in SEEDS for item in exercises_of(usual, seed))
    for item, weeks in before.most_common(8):
        after = training(member(*refused(item), **values))
        assert sum(item in exercises_of(after, seed) for seed in SEEDS) < weeks / 2, item


@pytest.mark.slow
def test_foods_refused_thrice_are_in_less_than_half_of_their_days() -> None:
    """Each of the four commonest, refused together."""
    usual = eating(member())
    before = Counter(item for seed in SEEDS for item in foods_of(usual, seed))
    worst = [item for item, _ in before.most_common(4)]
    after_history = eating(member(*refused(*worst)))
    after = Counter(item for seed in SEEDS for item in foods_of(after_history, seed))
    for item in worst:
        assert after[item] < before[item] / 2, item


@pytest.mark.slow
def test_what_was_wished_for_comes_more_often() -> None:
    """Swapped to, or liked."""
    usual, history = member(), ("swapped bench press for dumbbell press", "liked front squat")
    for item in ("dumbbell_press", "front_squat"):
        weeks = [
            sum(item in exercises_of(training(one), seed) for seed in SEEDS)
            for one in (usual, member(*history))
        ]
        assert weeks[0] < weeks[1] < len(SEEDS) + 1, item
    days = [
        sum(not foods_of(eating(one), seed).isdisjoint({"trout", "quinoa"}) for seed in SEEDS)
        for one in (usual, member("liked trout", "swapped white rice for quinoa"))
    ]
    assert days[0] < days[1]


def test_a_refused_main_lift_gives_way_to_another_that_comes_back_all_week() -> None:
    """Continuity is the new one's."""
    for lift in ("back_squat", "bench_press"):
        constraints = training(member(*refused(lift), workout_days_per_week=4))
        plan = task(TaskName.WORKOUT).finish(plan_week(constraints, 3), constraints)
        mains: dict[str, set[str]] = {}
        for session in plan.sessions:
            for line in session.exercises:
                if line.role is ExerciseRole.MAIN:
                    mains.setdefault(exercises()[line.exercise_id].pattern, set()).add(line.exercise_id)
        assert all(len(ids) == 1 for ids in mains.values()), mains
        assert lift not in set().union(*mains.values())


@pytest.mark.parametrize("name", [TaskName.WORKOUT, TaskName.NUTRITION])
def test_who_refused_everything_still_gets_a_whole_plan(name: TaskName) -> None:
    """Taste gives way where nothing else is left."""
    few = {
        "equipment": [],
        "level": "BEGINNER",
        "disliked_exercises": list(catalog_ids("exercises.csv")[:64]),
    }
    implementation = task(name)
    profile = member(**few)
    for _ in range(3):
        constraints = implementation.constrain(profile)
        draft = implementation.plan(constraints, 1)
        plan = implementation.finish(draft, constraints)
        assert implementation.check(plan, constraints) == ()
        ids = (
            [line.exercise_id for day in draft.days for line in day.lines]
            if name is TaskName.WORKOUT
            else [item.food_id for meal in draft.meals for item in meal.items]
        )
        again = tuple(
            Event(kind=EventKind.SKIPPED, item=item) for item in dict.fromkeys(ids) for _ in range(2)
        )
        profile = profile.model_copy(update={"history": (profile.history + again)[-MOST_EVENTS:]})
