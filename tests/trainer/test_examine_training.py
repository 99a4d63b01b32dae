"""Free Exercise DB++'s rules, the features of human programmes and the checks of training weeks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fitbox_trainer.examine.rulers import exercise_db, human
from fitbox_trainer.examine.rulers.case import moderate_minutes
from fitbox_trainer.examine.rulers.checks import run
from fitbox_trainer.examine.rulers.danger import DANGERS
from fitbox_trainer.examine.rulers.exercise_db import Entry, evaluate, read_database
from fitbox_trainer.examine.rulers.human import Programme, Set, compare, features, read_programmes
from fitbox_trainer.examine.rulers.workout_checks import WORKOUT_CHECKS

from fitbox import plan as plans
from fitbox.errors import UnusableFileError
from fitbox.exercises import exercises
from fitbox.plan import ProgrammeWeek, Progression, WorkoutPlan
from fitbox.profile import Condition, Equipment, Goal, Level, WorkoutType
from tests.examined import case, day, line, outside, week

DATABASE = {
    "Barbell_Bench_Press_-_Medium_Grip": Entry("barbell", "strength", ("chest",), ("shoulders", "triceps")),
    "Barbell_Full_Squat": Entry("barbell", "strength", ("quadriceps",), ("glutes",)),
    "Straight-Arm_Pulldown": Entry("cable", "strength", ("lats",), ()),
    "Freehand_Jump_Squat": Entry("body only", "plyometrics", ("quadriceps",), ()),
}


def test_sets_are_credited_as_the_database_does() -> None:
    """Directly 1, helping 0.5, by pattern or else by the muscles listed; plyometrics train nothing there."""
    planned = week(
        (0, (line("bench_press", 4), line("straight_arm_pulldown", 2), line("jump_squat", 3))),
        (3, (line("back_squat", 5),)),
    )
    found = evaluate(case(planned, goal=Goal.MUSCLE_GAIN, workout_type=WorkoutType.STRENGTH), DATABASE)
    assert found.effective_sets["chest"] == 4
    assert found.effective_sets["triceps"] == 2
    assert found.effective_sets["back"] == found.effective_sets["lats"] == 2
    assert found.effective_sets["quadriceps"] == 5
    assert found.target == "example-hypertrophy"
    assert set(found.gaps) == {"chest", "back", "quadriceps", "hamstrings"}
    assert not found.hard_violations


def test_equipment_that_the_member_lacks_and_what_was_excluded_are_hard_violations() -> None:
    """A full gym lacks nothing, and a body is always there."""
    planned = week((0, (line("bench_press"), line("jump_squat"))))
    bare = evaluate(case(planned, equipment=frozenset({Equipment.DUMBBELL})), DATABASE)
    assert bare.hard_violations == ("unsupported_equipment bench_press: barbell",)
    assert not evaluate(case(planned), DATABASE).hard_violations
    disliked = evaluate(case(planned, disliked_exercises=frozenset({"jump_squat"})), DATABASE)
    assert disliked.hard_violations == ("excluded_exercise jump_squat",)


def test_our_exercises_are_entries_of_the_database_or_of_a_pattern_of_its() -> None:
    """No id is mistyped; with the database at hand, no entry either."""
    ours = exercise_db._ours()
    assert ours.keys() <= exercises().keys()
    assert {pattern for _, pattern in ours.values() if pattern} <= exercise_db.PATTERNS.keys()
    database = read_database(outside("free_exercise_db_exercises.json"))
    assert len(database) == 873
    assert {their_id for their_id, _ in ours.values() if their_id} <= database.keys()


def test_a_database_in_another_form_is_refused_in_words(tmp_path: Path) -> None:
    """And a file of programmes too."""
    path = tmp_path / "exercises.json"
    path.write_text('{"exercises": []}')
    with pytest.raises(UnusableFileError, match="no list of exercises"):
        read_database(path)
    path.write_text('[{"id": "Squat"}]')
    with pytest.raises(UnusableFileError, match="equipment"):
        read_database(path)
    path.write_text('{"programmes": [{"name": "A"}]}')
    with pytest.raises(UnusableFileError, match="holds no programmes"):
        read_programmes(path)


def programme(name: str, **changed: float) -> Programme:
    """A programme of squats, presses and pulls; features by name."""
    usual = {
        "strength_lines_a_day": 5.0,
        "repetition_targets": 3.0,
        "single_joint_share": 0.3,
        "returning_share": 0.5,
        "few_repetitions_share": 0.3,
        "big_three": 1.0,
        "calf_work": 0.0,
    }
    return Programme(name, "hypertrophy", Level.INTERMEDIATE, usual | changed)


def test_the_seven_features_worked_out_by_hand() -> None:
    """Two days, five lines, one lift that returns."""
    found = features(
        [
            Set(0, "back_squat", 3, 5),
            Set(0, "bench_press", 3, 5),
            Set(0, "barbell_curl", 2, 12),
            Set(1, "back_squat", 3, 8),
            Set(1, "deadlift", 1, 5),
        ],
        days=2,
    )
    assert found == {
        "strength_lines_a_day": 2.5,
        "repetition_targets": 3,
        "single_joint_share": 0.2,
        "returning_share": 0.4,
        "few_repetitions_share": pytest.approx(7 / 12),
        "big_three": 1.0,
        "calf_work": 0.0,
    }


def test_the_distance_is_in_standard_deviations_of_the_programmes() -> None:
    """One feature of seven off by two standard deviations is 2/7."""
    programmes = [programme(str(n), strength_lines_a_day=4.0 + n % 3, calf_work=n % 2) for n in range(6)]
    scale = human.scales(programmes)
    mean = human.means([one.features for one in programmes])
    off = mean | {"strength_lines_a_day": mean["strength_lines_a_day"] + 2 * scale["strength_lines_a_day"]}
    assert human.distance(mean, mean, scale) == 0
    assert human.distance(off, mean, scale) == pytest.approx(2 / 7)


def test_only_weeks_of_members_whom_programmes_are_written_for_are_compared() -> None:
    """Not the yoga member, not the one with a bad knee; without any, there is no distance."""
    planned = week((0, (line("back_squat"), line("bench_press"))), (2, (line("deadlift"),)))
    lifter = case(planned, workout_type=WorkoutType.STRENGTH, level=Level.INTERMEDIATE)
    others = [
        case(planned, workout_type=WorkoutType.YOGA),
        case(planned, workout_type=WorkoutType.STRENGTH, conditions=frozenset({Condition.KNEE})),
        case(planned, workout_type=WorkoutType.STRENGTH, age_years=66),
    ]
    programmes = [programme(str(n), strength_lines_a_day=4.0 + n % 3) for n in range(6)]
    assert compare(others, programmes) is None
    found = compare([*others, lifter], programmes)
    assert found is not None
    assert found.weeks == 1
    assert found.by_week[:3] == (None, None, None)
    assert found.distance == pytest.approx(found.by_week[3])


def test_published_programmes_are_close_to_themselves() -> None:
    """27 programmes, where they are there: about 0.86 from each other's mean, all features known."""
    programmes = read_programmes(outside("human_programmes.json"))
    assert len(programmes) == 27
    assert human.spread(programmes) == pytest.approx(0.86, abs=0.02)
    json.dumps([dict(one.features) for one in programmes])


def test_cardio_counts_as_moderate_minutes() -> None:
    """Vigorous twice, light not at all."""
    planned = week(
        (0, (line("brisk_walking", 1, 30, 2), line("running", 1, 20, 3), line("walking", 1, 60, 1)))
    )
    assert moderate_minutes(case(planned)) == 70


LIFTER = {"workout_type": WorkoutType.STRENGTH, "level": Level.ADVANCED}
RUNNER = {"workout_type": WorkoutType.CARDIO, "level": Level.ADVANCED}
ROWS = [(0, [line("cable_row", 8)]), (2, [line("barbell_row", 8)]), (4, [line("dumbbell_row", 8)])]
TENS = [(0, [line(name) for name in ("back_squat", "bench_press", "cable_row", "deadlift")])]


@pytest.mark.parametrize(
    ("days", "profile", "code"),
    [
        ([(0, [line("push_up", 5, 6)])], LIFTER, "push_ups_as_press"),
        ([(0, [line("back_squat")])], LIFTER, "no_bench_press"),
        (ROWS, {}, "above_20_sets"),
        ([(0, [line("deadlift")]), (1, [line("deadlift")])], {}, "same_lift_next_day"),
        ([(6, [line("bench_press", 4)]), (0, [line("dumbbell_press", 4)])], {}, "same_muscle_next_day"),
        ([(0, [line("machine_row"), line("machine_row")])], {}, "twice_in_a_day"),
        ([(0, [line("back_squat")])], {"session_minutes": 120}, "time_unused"),
        ([(0, [line("incline_walk", 1, 15, 2)])], RUNNER, "no_running"),
        (TENS, {"level": Level.ADVANCED}, "one_repetition_number"),
        ([(0, [line("band_pull_up")])], {"weight_kg": 100}, "pull_ups_too_hard"),
        ([(0, [line("back_squat")])], {"age_years": 70}, "no_balance_from_65"),
    ],
)
def test_a_week_with_a_fault_is_found(days: list[tuple[int, list]], profile: dict, code: str) -> None:  # type: ignore[type-arg]
    """Each check on the smallest week that has the fault."""
    planned = week(*((number, tuple(lines)) for number, lines in days))
    found = {one.check.code: one.count for one in run(WORKOUT_CHECKS, [case(planned, **profile)])}
    assert found[code] == 1


def test_a_check_counts_only_the_members_it_concerns() -> None:
    """The young need no balance work, and without a week there is nothing to judge."""
    checks = [one for one in WORKOUT_CHECKS if one.code == "no_balance_from_65"]
    (found,) = run(checks, [case(week((0, (line("back_squat"),)))), case(age_years=70)])
    assert (found.of, found.count, found.share) == (0, 0, None)


@pytest.mark.parametrize(
    ("planned", "profile", "code"),
    [
        (week((0, (line("box_jump"),))), {"weight_kg": 100}, "jumps"),
        (week((0, (line("push_up"),))), {"age_years": 85}, "push_ups_for_the_frail"),
        (
            week((0, (line("running", 1, 20, 4),))),
            {"conditions": frozenset({Condition.HEART_DISEASE})},
            "vigorous_without_clearance",
        ),
        (
            week((0, (line("walking", 1, 20, 2),))),
            {"conditions": frozenset({Condition.HYPERTENSION})},
            "pulse_alone",
        ),
        (
            week((0, (line("back_squat"),))),
            {"conditions": frozenset({Condition.KNEE})},
            "contraindicated_exercise",
        ),
    ],
)
def test_a_dangerous_week_is_found(planned: object, profile: dict, code: str) -> None:  # type: ignore[type-arg]
    """Each danger on the smallest week that has it."""
    found = {one.check.code: one.count for one in run(DANGERS, [case(planned, **profile)])}  # type: ignore[arg-type]
    assert found[code] == 1


@pytest.mark.parametrize(
    ("meals", "profile", "code"),
    [
        ({"lunch": {"curry_sauce": 80}}, {"allergies": frozenset({"GLUTEN"})}, "allergen"),
        ({"lunch": {"salmon": 150}}, {"diet": "VEGAN"}, "diet_broken"),
        ({"lunch": {"whey_protein": 30}}, {"age_years": 15}, "powder_for_minor_or_pregnant"),
        ({"lunch": {"pasta": 200}}, {"goal": Goal.WEIGHT_LOSS, "weight_kg": 50}, "thin_and_not_referred"),
        (
            {"lunch": {"pasta": 200}},
            {"conditions": frozenset({Condition.PREGNANCY})},
            "pregnancy_without_supplements",
        ),
    ],
)
def test_a_dangerous_day_is_found(meals: dict[str, dict[str, int]], profile: dict, code: str) -> None:  # type: ignore[type-arg]
    """Each danger on the smallest day that has it."""
    wanted = profile.pop("goal", None)
    about = {"goal": wanted or Goal.MAINTENANCE} if code != "thin_and_not_referred" else {}
    member = case(days=(day(**meals),), **about, **profile)
    if code == "thin_and_not_referred":
        profile_with_wish = member.profile.model_copy(update={"goal": wanted})
        member = type(member)(**{**vars(member), "profile": profile_with_wish})
    found = {one.check.code: one.count for one in run(DANGERS, [member])}
    assert found[code] == 1


def test_what_plans_learn_to_say_is_seen_by_its_name() -> None:
    """A field that is there and empty says nothing."""
    lines = [line("back_squat"), line("bench_press"), line("cable_row"), line("deadlift")]
    told = tuple(replace(one, rpe=8.0) for one in lines)
    silent, speaking = week((0, tuple(lines))), week((0, told))
    codes = {"no_intensity", "no_later_weeks"}
    checks = [one for one in WORKOUT_CHECKS if one.code in codes]

    def struck(planned: WorkoutPlan) -> set[str]:
        return {one.check.code for one in run(checks, [case(planned)]) if one.count}

    assert struck(silent) == codes
    assert struck(speaking) == {"no_later_weeks"}
    nothing = plans.Programme(Progression.LINEAR, (ProgrammeWeek(2, False, None, ()),))
    assert struck(replace(speaking, programme=nothing)) == set()
