"""What a wish to train something more than the rest means: muscles, and movements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fitbox.exercises import Exercise, Muscle, Pattern
from fitbox.profile import FocusArea
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import Focus
from fitbox.workout.slots import SLOTS, Slot
from fitbox.workout.splits import PATTERNS as PATTERNS_OF_DAYS
from fitbox.workout.splits import STRENGTH, STRENGTH_FOCUSES, TRUNK

_FIRST = 2
"""Places of a day that stay before what is wished for: its main lifts."""
_LINES_A_WISH = 3
"""One place in so many is for the wish; a focus is no day of one muscle."""

MUSCLES: Mapping[FocusArea, frozenset[Muscle]] = {
    FocusArea.UPPER_BODY: frozenset(
        {Muscle.CHEST, Muscle.BACK, Muscle.SHOULDERS, Muscle.BICEPS, Muscle.TRICEPS, Muscle.FOREARMS}
    ),
    FocusArea.LOWER_BODY: frozenset(
        {Muscle.GLUTES, Muscle.QUADRICEPS, Muscle.HAMSTRINGS, Muscle.CALVES, Muscle.HIPS}
    ),
    FocusArea.CHEST: frozenset({Muscle.CHEST}),
    FocusArea.BACK: frozenset({Muscle.BACK, Muscle.LOWER_BACK}),
    FocusArea.SHOULDERS: frozenset({Muscle.SHOULDERS}),
    FocusArea.ARMS: frozenset({Muscle.BICEPS, Muscle.TRICEPS, Muscle.FOREARMS}),
    FocusArea.CORE: frozenset({Muscle.CORE, Muscle.LOWER_BACK}),
    FocusArea.GLUTES: frozenset({Muscle.GLUTES, Muscle.HIPS}),
    FocusArea.THIGHS: frozenset({Muscle.QUADRICEPS, Muscle.HAMSTRINGS}),
    FocusArea.CALVES: frozenset({Muscle.CALVES}),
    FocusArea.BALANCE: frozenset(),
    FocusArea.MOBILITY: frozenset(),
}
"""Muscles that get more work; none where the wish is for a kind of movement."""

PATTERNS: Mapping[FocusArea, frozenset[Pattern]] = {
    FocusArea.BALANCE: frozenset({Pattern.BALANCE}),
    FocusArea.MOBILITY: frozenset({Pattern.MOBILITY, Pattern.YOGA}),
}
"""Movements that get more time."""


def wanted_muscles(areas: frozenset[FocusArea]) -> frozenset[Muscle]:
    """Every muscle of some areas."""
    return frozenset[Muscle]().union(*(MUSCLES[area] for area in areas))


def is_for(exercise: Exercise, muscles: frozenset[Muscle]) -> bool:
    """Whether an exercise is strength work for any of these muscles first of all."""
    return exercise.pattern in STRENGTH and not muscles.isdisjoint(exercise.primary_muscles)


def wanted_patterns(areas: frozenset[FocusArea]) -> frozenset[Pattern]:
    """Every movement of some areas."""
    return frozenset[Pattern]().union(*(PATTERNS.get(area, frozenset()) for area in areas))


def with_wishes(
    focus: Focus, slots: Sequence[Slot], number: int, constraints: WorkoutConstraints
) -> list[Slot]:
    """A day's places with some for what the member wishes to train more, behind its main lifts.

    Args:
        focus: What the day is for; it decides which muscles have a place on it.
        slots: The day's places as everybody has them.
        number: Counts days of the week from 0, so that wishes take turns.
        constraints: The member's.
    """
    wishes = _wishes(focus, constraints)
    first = number % len(wishes) if wishes else 0
    most = max(1, constraints.most_lines // _LINES_A_WISH)
    return [*slots[:_FIRST], *[*wishes[first:], *wishes[:first]][:most], *slots[_FIRST:]]


def _wishes(focus: Focus, constraints: WorkoutConstraints) -> list[Slot]:
    """A place for each muscle and movement that the day and the envelope have work for."""
    areas = constraints.profile.focus_areas
    promised = (PATTERNS_OF_DAYS[focus] if focus in STRENGTH_FOCUSES else frozenset()) | TRUNK
    usual = [slot for turn in SLOTS[focus] for slot in turn]
    found = []
    wanted = wanted_muscles(areas)
    for muscle in Muscle:
        if muscle not in wanted:
            continue
        fitting = [
            e.pattern
            for e in constraints.exercises
            if e.primary_muscles[0] is muscle and e.pattern in promised & STRENGTH
        ]
        if fitting:
            known = [slot for slot in usual if slot.muscle is muscle and slot.pattern in fitting]
            found.append(known[0] if known else Slot(max(fitting, key=fitting.count), muscle))
    there = {e.pattern for e in constraints.exercises}
    movements = [pattern for pattern in Pattern if pattern in wanted_patterns(areas) & there]
    return found + [Slot(pattern) for pattern in movements if pattern is not Pattern.YOGA]
