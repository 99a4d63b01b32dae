"""How much of what a draft's lines are: hard sets a muscle."""

from __future__ import annotations

from collections.abc import Iterable

from fitbox.exercises import Muscle, exercises
from fitbox.workout.draft import Line, WorkoutDraft
from fitbox.workout.splits import STRENGTH


def weekly_sets(draft: WorkoutDraft) -> dict[Muscle, float]:
    """Hard sets a muscle group in the week; see :func:`fractional_sets`."""
    return fractional_sets(line for day in draft.days for line in day.lines)


def fractional_sets(lines: Iterable[Line]) -> dict[Muscle, float]:
    """A set counts 1 for its primary muscles and 0.5 for its secondary ones.

    Strength exercises alone count; poses, stretches and endurance work are no hard sets. Halves as in
    Pelland JC et al., 2026, Sports Med 56:481-505 ("fractional" sets).
    """
    sets = dict.fromkeys(Muscle, 0.0)
    for line in lines:
        exercise = exercises()[line.exercise_id]
        if exercise.pattern not in STRENGTH:
            continue
        for muscle in exercise.primary_muscles:
            sets[muscle] += line.sets
        for muscle in exercise.secondary_muscles:
            sets[muscle] += line.sets / 2
    return sets


def direct_sets(lines: Iterable[Line], muscle: Muscle) -> int:
    """Hard sets of a day whose primary muscle it is."""
    return sum(
        line.sets
        for line in lines
        if muscle in exercises()[line.exercise_id].primary_muscles
        and exercises()[line.exercise_id].pattern in STRENGTH
    )
