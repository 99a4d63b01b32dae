"""A draft drawn at random from what the grammar allows: the floor that every evaluation is compared with."""

from __future__ import annotations

import random

from fitbox.exercises import Mode
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import Day, Focus, Line, WorkoutDraft


def random_draft(constraints: WorkoutConstraints, seed: int) -> WorkoutDraft:
    """Every choice uniform and independent; deterministic for ``seed``."""
    chance = random.Random(seed)
    return WorkoutDraft(
        tuple(
            Day(
                chance.choice(tuple(Focus)),
                tuple(
                    _line(chance, constraints)
                    for _ in range(chance.randint(constraints.fewest_lines, constraints.most_lines))
                ),
            )
            for _ in range(constraints.days)
        )
    )


def _line(chance: random.Random, constraints: WorkoutConstraints) -> Line:
    exercise = chance.choice(constraints.exercises)
    amount = chance.choice(constraints.amounts(exercise.mode))
    if exercise.mode is Mode.CARDIO:
        return Line(exercise.id, 1, amount, chance.choice(constraints.zones))
    return Line(exercise.id, chance.choice(constraints.sets), amount)
