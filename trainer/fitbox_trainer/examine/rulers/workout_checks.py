"""Faults that a coach, a physiotherapist or a physician found in training weeks.

Sources beside the reading itself: Garber CE et al. (ACSM), 2011, Med Sci Sports Exerc 43:1334-1359
(flexibility on two to three days); WHO, 2020, Guidelines on physical activity and sedentary behaviour (150
moderate minutes; from 65 balance on three days); ACSM, 2026, Resistance training prescription for healthy
adults: an overview of reviews, Med Sci Sports Exerc 58 (about ten weekly sets a muscle for growth, each at
least twice a week); Pelland JC et al., 2024, SportRxiv 537 (a set counts a half for a muscle that helps);
Amirthalingam T et al., 2017, J Strength Cond Res 31:3109-3119 (nothing is gained above about twenty).
"""

from __future__ import annotations

from collections import Counter, defaultdict

from fitbox.exercises import Muscle, Pattern
from fitbox.profile import Condition, Equipment, Level, WorkoutType
from fitbox_trainer.examine.rulers.case import (
    Case,
    Line,
    has_field,
    kinds_in,
    lines,
    moderate_minutes,
    neighbours,
    sessions,
    weekday,
)
from fitbox_trainer.examine.rulers.checks import About, Check, Severity

INTENSITY = ("rpe", "rir", "reserve", "percent", "load", "intensity", "effort")
BENCH_PRESSES = frozenset(
    {"bench_press", "dumbbell_press", "incline_press", "incline_dumbbell_press", "close_grip_press"}
)
RUNS = frozenset(
    {
        "jogging",
        "running",
        "treadmill_run",
        "sprints",
        "run_walk",
        "easy_run",
        "long_run",
        "tempo_run",
        "run_intervals",
    }
)
PULL_UPS = frozenset({"pull_up", "chin_up", "wide_pull_up", "negative_pull_up", "band_pull_up", "muscle_up"})
BALANCE = ("balance", "tree_pose", "warrior_three", "half_moon", "single_leg", "heel_to_toe", "tandem")
"""Parts of the ids of exercises that stand on one leg or a narrow base."""
MOST_WEEKLY_SETS = 20
HARD_SETS_IN_A_ROW = 4
"""Sets of one muscle on a day after which the next day should spare it."""
SMALL = frozenset({Muscle.CORE, Muscle.CALVES, Muscle.FOREARMS, Muscle.HIPS, Muscle.LOWER_BACK})
"""Muscles that bear work on following days, or that every lift uses."""


def _strength(case: Case) -> list[Line]:
    return [line for line in lines(case) if line.is_strength]


def _no_intensity(case: Case) -> str:
    found = _strength(case)
    said = [line for line in found if has_field(line.prescription, *INTENSITY)]
    return f"{len(found) - len(said)} of {len(found)} strength lines" if len(said) < len(found) else ""


def _no_tempo(case: Case) -> str:
    return "" if any(has_field(line.prescription, "tempo") for line in _strength(case)) else "no line has one"


def _no_warm_up(case: Case) -> str:
    said = [has_field(one, "warm_up", "preparation") for one in sessions(case)]
    return "" if all(said) else "minutes alone"


def _no_cool_down(case: Case) -> str:
    return "" if all(has_field(one, "cool_down", "cooldown") for one in sessions(case)) else "none"


def _no_later_weeks(case: Case) -> str:
    return "" if has_field(case.week, "weeks", "programme", "phases") else "one week alone"


def _one_number(case: Case) -> str:
    said = [line.prescription.repetitions for line in lines(case) if line.is_main]
    return f"{len(said)} lifts at {said[0]}" if len(said) >= 4 and len(set(said)) == 1 else ""


def _no_calves(case: Case) -> str:
    return "" if any(Muscle.CALVES in line.exercise.primary_muscles for line in _strength(case)) else "none"


def _no_single_joint_leg(case: Case) -> str:
    found = any(
        line.exercise.pattern is Pattern.ISOLATION_LEGS and Muscle.CALVES not in line.exercise.primary_muscles
        for line in lines(case)
    )
    return "" if found else "none"


def _cardio_below(limit: float) -> Check:
    def fault(case: Case) -> str:
        minutes = moderate_minutes(case)
        return f"{minutes:.0f} min" if minutes < limit and not case.says("150 min") else ""

    return Check(f"cardio_under_{limit:.0f}", About.WORKOUT, Severity.WRONG, fault)


def _no_flexibility(case: Case) -> str:
    stretches = (Pattern.MOBILITY, Pattern.YOGA)
    days = {line.day for line in lines(case) if line.exercise.pattern in stretches}
    days |= _days_of(case, {"STRETCH", "FLEXIBILITY"})
    wanted = min(2, len(sessions(case)))
    return f"{len(days)} of {wanted} days" if len(days) < wanted else ""


def _days_of(case: Case, kinds: set[str]) -> set[int]:
    """Days whose session says of one of its parts that it is of such a kind."""
    return {weekday(one, case.language) for one in sessions(case) if kinds_in(one) & kinds}


def _no_balance(case: Case) -> str:
    days = {line.day for line in lines(case) if any(part in line.exercise.id for part in BALANCE)}
    days |= _days_of(case, {"BALANCE"})
    wanted = min(3, len(sessions(case)))
    return f"{len(days)} of {wanted} days" if len(days) < wanted else ""


def _may_run(case: Case) -> bool:
    profile = case.profile
    return (
        profile.workout_type is WorkoutType.CARDIO
        and profile.age_years < 65
        and case.bmi < 30
        and not profile.conditions
        and not profile.disliked_exercises & RUNS
    )


def _no_running(case: Case) -> str:
    return "" if any(line.exercise.id in RUNS for line in lines(case)) else "none"


def _pull_ups(case: Case) -> str:
    return _named([line for line in lines(case) if line.exercise.id in PULL_UPS])


def _too_heavy_or_old_for_pull_ups(case: Case) -> bool:
    trained = case.profile.level is Level.ADVANCED and case.bmi < 35 and case.profile.age_years < 75
    return (case.bmi >= 30 or case.profile.age_years >= 65) and not trained


def _trained_lifter(case: Case) -> bool:
    return (
        case.profile.workout_type is WorkoutType.STRENGTH
        and case.profile.level is not Level.BEGINNER
        and _has_bars(case)
    )


def _has_bars(case: Case) -> bool:
    equipment = case.profile.equipment
    return equipment is None or {Equipment.BARBELL, Equipment.BENCH} <= equipment


def _push_ups_as_press(case: Case) -> str:
    return _named(
        [
            line
            for line in lines(case)
            if "push_up" in line.exercise.id
            and line.prescription.repetitions is not None
            and (line.prescription.repetitions <= 8 or line.prescription.sets >= 5)
        ]
    )


def _no_bench(case: Case) -> str:
    return "" if any(line.exercise.id in BENCH_PRESSES for line in lines(case)) else "none"


def _may_bench(case: Case) -> bool:
    hurt = {Condition.SHOULDER, Condition.WRIST, Condition.ELBOW, Condition.PREGNANCY}
    forbidden = {Condition.HYPERTENSION, Condition.HEART_DISEASE, Condition.OSTEOPOROSIS}
    return (
        _trained_lifter(case)
        and not case.profile.conditions & (hurt | forbidden)
        and not case.profile.disliked_exercises & BENCH_PRESSES
    )


def weekly_sets(case: Case) -> dict[Muscle, float]:
    """Hard sets a muscle: one where it moves the lift, a half where it helps."""
    sets: dict[Muscle, float] = defaultdict(float)
    for line in _strength(case):
        for muscle in line.exercise.primary_muscles:
            sets[muscle] += line.prescription.sets
        for muscle in line.exercise.secondary_muscles:
            sets[muscle] += line.prescription.sets / 2
    return sets


def _too_many_sets(case: Case) -> str:
    over = {muscle: sets for muscle, sets in weekly_sets(case).items() if sets > MOST_WEEKLY_SETS}
    return ", ".join(f"{muscle.lower()} {sets:g}" for muscle, sets in sorted(over.items()))


def _same_lift_next_day(case: Case) -> str:
    days: dict[str, set[int]] = defaultdict(set)
    for line in _strength(case):
        if line.exercise.pattern is not Pattern.CORE:
            days[line.exercise.id].add(line.day)
    return ", ".join(sorted(name for name, found in days.items() if neighbours(found)))


def _same_muscle_next_day(case: Case) -> str:
    sets: dict[tuple[Muscle, int], int] = defaultdict(int)
    for line in _strength(case):
        for muscle in line.exercise.primary_muscles:
            sets[muscle, line.day] += line.prescription.sets
    hard: dict[Muscle, set[int]] = defaultdict(set)
    for (muscle, day), count in sets.items():
        if count >= HARD_SETS_IN_A_ROW and muscle not in SMALL:
            hard[muscle].add(day)
    return ", ".join(sorted(muscle.lower() for muscle, days in hard.items() if neighbours(days)))


def _twice_a_day(case: Case) -> str:
    counted = Counter((line.day, line.exercise.id) for line in lines(case))
    return ", ".join(sorted({name for (_, name), times in counted.items() if times > 1}))


def _time_unused(case: Case) -> str:
    planned = [session.total_minutes for session in sessions(case)]
    mean = sum(planned) / max(1, len(planned))
    return (
        f"{mean:.0f} of {case.profile.session_minutes} min"
        if mean < case.profile.session_minutes * 2 / 3
        else ""
    )


def _no_vertical_pull(case: Case) -> str:
    return "" if any(line.exercise.pattern is Pattern.VERTICAL_PULL for line in lines(case)) else "none"


def _can_pull_down(case: Case) -> bool:
    tools = {Equipment.CABLE, Equipment.MACHINE, Equipment.PULL_UP_BAR, Equipment.RESISTANCE_BAND}
    equipment = case.profile.equipment
    return (
        case.profile.workout_type is WorkoutType.STRENGTH
        and (equipment is None or bool(equipment & tools))
        and Condition.SHOULDER not in case.profile.conditions
    )


def _named(found: list[Line]) -> str:
    return ", ".join(
        f"{line.exercise.id} {line.prescription.sets}x{line.prescription.repetitions}" for line in found
    )


def _trains_strength(case: Case) -> bool:
    return len(_strength(case)) >= 4


def _above_beginner(case: Case) -> bool:
    return case.profile.level is not Level.BEGINNER and _trains_strength(case)


WORKOUT_CHECKS: tuple[Check, ...] = (
    Check("no_intensity", About.WORKOUT, Severity.WRONG, _no_intensity, _trains_strength),
    Check("no_tempo", About.WORKOUT, Severity.DULL, _no_tempo, _trains_strength),
    Check("no_warm_up_content", About.WORKOUT, Severity.WRONG, _no_warm_up),
    Check("no_cool_down", About.WORKOUT, Severity.WRONG, _no_cool_down),
    Check("no_later_weeks", About.WORKOUT, Severity.WRONG, _no_later_weeks),
    Check("one_repetition_number", About.WORKOUT, Severity.WRONG, _one_number, _above_beginner),
    Check("no_calf_work", About.WORKOUT, Severity.DULL, _no_calves, _trains_strength),
    Check("no_single_joint_leg", About.WORKOUT, Severity.DULL, _no_single_joint_leg, _trains_strength),
    _cardio_below(150),
    _cardio_below(75),
    Check("no_flexibility", About.WORKOUT, Severity.WRONG, _no_flexibility),
    Check(
        "no_balance_from_65",
        About.WORKOUT,
        Severity.DANGEROUS,
        _no_balance,
        lambda case: case.profile.age_years >= 65,
    ),
    Check("no_running", About.WORKOUT, Severity.WRONG, _no_running, _may_run),
    Check("pull_ups_too_hard", About.WORKOUT, Severity.DANGEROUS, _pull_ups, _too_heavy_or_old_for_pull_ups),
    Check("push_ups_as_press", About.WORKOUT, Severity.WRONG, _push_ups_as_press, _trained_lifter),
    Check("no_bench_press", About.WORKOUT, Severity.WRONG, _no_bench, _may_bench),
    Check("above_20_sets", About.WORKOUT, Severity.WRONG, _too_many_sets),
    Check("same_lift_next_day", About.WORKOUT, Severity.WRONG, _same_lift_next_day),
    Check("same_muscle_next_day", About.WORKOUT, Severity.WRONG, _same_muscle_next_day),
    Check("twice_in_a_day", About.WORKOUT, Severity.WRONG, _twice_a_day),
    Check("time_unused", About.WORKOUT, Severity.IMPRACTICAL, _time_unused),
    Check("no_vertical_pull", About.WORKOUT, Severity.DULL, _no_vertical_pull, _can_pull_down),
)
"""The tables of the reading, in its order."""
