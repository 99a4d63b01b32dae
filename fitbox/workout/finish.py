"""Draft -> plan: everything that has a formula, and every text, in the member's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fitbox import i18n
from fitbox.conditions import pulse_is_a_guide
from fitbox.exercises import Exercise, Mode, Muscle, exercises
from fitbox.plan import ExercisePrescription, Session, WorkoutPlan
from fitbox.profile import Goal, Level
from fitbox.workout.constraints import WorkoutConstraints, low_impact_only
from fitbox.workout.draft import Day, Line, WorkoutDraft
from fitbox.workout.fit import day_minutes, trim
from fitbox.workout.splits import STRENGTH
from fitbox.workout.timing import rest_seconds, warm_up_minutes
from fitbox.workout.words import TEXTS, muscle_name

WEEKDAYS = {
    1: (2,),
    2: (0, 3),
    3: (0, 2, 4),
    4: (0, 1, 3, 4),
    5: (0, 1, 2, 4, 5),
    6: (0, 1, 2, 3, 4, 5),
    7: (0, 1, 2, 3, 4, 5, 6),
}
"""Days of the week by how many there are, Monday 0, spread so that rest falls between."""


def finish(draft: WorkoutDraft, constraints: WorkoutConstraints) -> WorkoutPlan:
    """Trim each day to the session's time, then compute rest, times and weekly sets.

    A draft that the grammar allows can always be finished.
    """
    language = constraints.profile.language
    trimmed = WorkoutDraft(tuple(replace(day, lines=trim(day.lines, constraints)) for day in draft.days))
    weekdays = [i18n.WEEKDAYS[position] for position in WEEKDAYS[len(trimmed.days)]]
    return WorkoutPlan(
        sessions=tuple(
            _session(number, weekday, day, constraints)
            for number, (weekday, day) in enumerate(zip(weekdays, trimmed.days, strict=True), start=1)
        ),
        weekly_sets={
            muscle_name(language, muscle): sets for muscle, sets in weekly_sets(trimmed).items() if sets
        },
        progression=_progression(constraints),
        notes=_notes(constraints),
    )


def weekly_sets(draft: WorkoutDraft) -> dict[Muscle, float]:
    """Hard sets a muscle group: a set counts 1 for its primary muscles and 0.5 for its secondary ones.

    Strength exercises alone count; poses, stretches and endurance work are no hard sets. Halves as in
    Pelland JC et al., 2024, SportRxiv 537 ("fractional" sets).
    """
    sets = dict.fromkeys(Muscle, 0.0)
    for line in (line for day in draft.days for line in day.lines):
        exercise = exercises()[line.exercise_id]
        if exercise.pattern not in STRENGTH:
            continue
        for muscle in exercise.primary_muscles:
            sets[muscle] += line.sets
        for muscle in exercise.secondary_muscles:
            sets[muscle] += line.sets / 2
    return sets


def _session(number: int, weekday: str, day: Day, constraints: WorkoutConstraints) -> Session:
    language = constraints.profile.language
    return Session(
        day=number,
        weekday=i18n.text(language, f"weekday.{weekday}"),
        focus=TEXTS.text(language, f"focus.{day.focus}"),
        exercises=tuple(
            _prescription(line, exercises()[line.exercise_id], constraints) for line in day.lines
        ),
        warm_up_minutes=warm_up_minutes(constraints.profile.session_minutes),
        total_minutes=day_minutes(day.lines, constraints),
    )


def _prescription(line: Line, exercise: Exercise, constraints: WorkoutConstraints) -> ExercisePrescription:
    language = constraints.profile.language
    return ExercisePrescription(
        exercise_id=exercise.id,
        name=exercise.name(language),
        sets=line.sets,
        repetitions=line.amount if exercise.mode is Mode.REPS else None,
        hold_seconds=line.amount if exercise.mode is Mode.HOLD else None,
        duration_minutes=line.amount if exercise.mode is Mode.CARDIO else None,
        rest_seconds=rest_seconds(exercise, line.amount),
        heart_rate_zone=line.zone if pulse_is_a_guide(constraints.profile) else None,
        muscles=tuple(muscle_name(language, muscle) for muscle in exercise.primary_muscles),
    )


def _progression(constraints: WorkoutConstraints) -> str:
    """How to go on from week to week, by level and goal."""
    profile, goal = constraints.profile, constraints.assessment.goal
    language = profile.language
    if len(constraints.zones) < 3:
        return TEXTS.text(language, "progression.careful")
    top = max(constraints.repetitions)
    pieces = [TEXTS.text(language, f"progression.{profile.level}", repetitions=top)]
    if goal in (Goal.WEIGHT_LOSS, Goal.MODERATE_WEIGHT_LOSS):
        pieces.append(TEXTS.text(language, "progression.cardio"))
    if profile.level is not Level.BEGINNER:
        pieces.append(TEXTS.text(language, "progression.deload"))
    return " ".join(pieces)


def _notes(constraints: WorkoutConstraints) -> tuple[str, ...]:
    language = constraints.profile.language
    notes: Iterable[str] = (i18n.label(language, note) for note in constraints.assessment.safety_notes)
    sides = (TEXTS.text(language, "note.sides"),)
    impact = (TEXTS.text(language, "note.low_impact"),) if low_impact_only(constraints.profile) else ()
    return (*notes, *impact, *sides)
