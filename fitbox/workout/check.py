"""The last look at a plan before a member gets it: it forbids what the grammar excludes, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fitbox.conditions import pulse_is_a_guide
from fitbox.exercises import Mode
from fitbox.plan import ExercisePrescription, Session, WorkoutPlan
from fitbox.task import Violation
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.targets import MOST_WEEKLY_SETS


def check(plan: WorkoutPlan, constraints: WorkoutConstraints) -> tuple[Violation, ...]:
    """Everything in the plan that the constraints forbid."""
    return tuple(_violations(plan, constraints))


def _violations(plan: WorkoutPlan, constraints: WorkoutConstraints) -> Iterator[Violation]:
    if len(plan.sessions) != constraints.days:
        yield Violation("WRONG_NUMBER_OF_DAYS", f"{len(plan.sessions)} instead of {constraints.days}")
    for session in plan.sessions:
        yield from _in_session(session, constraints)
    for muscle, sets in plan.weekly_sets.items():
        if sets > MOST_WEEKLY_SETS:
            yield Violation("TOO_MANY_WEEKLY_SETS", f"{muscle}: {sets:g}")


def _in_session(session: Session, constraints: WorkoutConstraints) -> Iterator[Violation]:
    where = f"day {session.day}"
    # Fitting may leave fewer than a text must have: what repeated itself, or overran, is gone.
    if not 1 <= len(session.exercises) <= constraints.most_lines:
        yield Violation("WRONG_NUMBER_OF_EXERCISES", f"{where}: {len(session.exercises)}")
    for exercise_id, count in Counter(one.exercise_id for one in session.exercises).items():
        if count > 1:
            yield Violation("EXERCISE_TWICE_A_DAY", f"{where}: {exercise_id}")
    if session.total_minutes > constraints.profile.session_minutes:
        yield Violation("SESSION_TOO_LONG", f"{where}: {session.total_minutes} min")
    for prescription in session.exercises:
        for code, detail in _in_prescription(prescription, constraints):
            yield Violation(code, f"{where}: {prescription.exercise_id}: {detail}")


def _in_prescription(
    prescription: ExercisePrescription, constraints: WorkoutConstraints
) -> Iterator[tuple[str, str]]:
    exercise = constraints.by_id.get(prescription.exercise_id)
    if exercise is None:
        yield "EXERCISE_FORBIDDEN", "equipment, level, conditions or dislikes exclude it"
        return
    amounts = {
        Mode.REPS: prescription.repetitions,
        Mode.HOLD: prescription.hold_seconds,
        Mode.CARDIO: prescription.duration_minutes,
    }
    amount = amounts.pop(exercise.mode)
    if amount not in constraints.amounts(exercise.mode) or any(
        other is not None for other in amounts.values()
    ):
        yield "AMOUNT_OUT_OF_RANGE", f"{amount} {exercise.mode.lower()}"
    if exercise.mode is Mode.CARDIO:
        zones = constraints.zones if pulse_is_a_guide(constraints.profile) else (None,)
        if prescription.heart_rate_zone not in zones:
            yield "ZONE_OUT_OF_RANGE", f"zone {prescription.heart_rate_zone}"
    elif prescription.heart_rate_zone is not None:
        yield "ZONE_OUT_OF_RANGE", "a zone without cardio"
    if prescription.sets not in ((1,) if exercise.mode is Mode.CARDIO else constraints.sets):
        yield "SETS_OUT_OF_RANGE", f"{prescription.sets} sets"
