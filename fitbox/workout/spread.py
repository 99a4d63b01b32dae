"""Which days of the week a draft's days fall on: what works the same muscles gets a day between."""

from __future__ import annotations

from itertools import combinations

from fitbox.exercises import Exercise, exercises
from fitbox.workout.draft import Day, Focus, WorkoutDraft
from fitbox.workout.splits import STRENGTH, TRUNK

USUAL = {
    1: (2,),
    2: (0, 3),
    3: (0, 2, 4),
    4: (0, 1, 3, 4),
    5: (0, 1, 2, 4, 5),
    6: (0, 1, 2, 3, 4, 5),
    7: (0, 1, 2, 3, 4, 5, 6),
}
"""Days of the week by how many there are, Monday 0, spread so that rest falls between."""

HARD_SETS = 4
"""So many sets of a muscle are hard work, which it should not do again a day later."""


def weekdays(draft: WorkoutDraft) -> tuple[int, ...]:
    """A weekday for each day, Monday 0: the usual ones, unless others keep more of the same work apart.

    It looks at which exercises a day has and not at how many sets, so that fitting a week does not move it.
    """
    count = len(draft.days)
    clashes = [_clash(day, draft.days[(i + 1) % count]) for i, day in enumerate(draft.days)]

    def cost(days: tuple[int, ...]) -> tuple[int, bool]:
        return sum(clashes[i] for i, _ in neighbours(days, around=True)), days != USUAL[count]

    return USUAL[count] if not any(clashes) else min(combinations(range(7), count), key=cost)


def neighbours(days: tuple[int, ...], *, around: bool = False) -> list[tuple[int, int]]:
    """Positions of days that follow one another; ``around``: Monday follows Sunday too."""
    pairs = [(i, i + 1) for i, day in enumerate(days[:-1]) if days[i + 1] == day + 1]
    if around and len(days) > 1 and days[0] == 0 and days[-1] == 6:
        pairs.append((len(days) - 1, 0))
    return pairs


def is_lift(exercise: Exercise) -> bool:
    """Whether an exercise should not return a day later: multi-joint strength work."""
    return exercise.pattern in STRENGTH and exercise.compound and exercise.pattern not in TRUNK


def _clash(one: Day, other: Day) -> int:
    if one.focus is other.focus is Focus.HIIT:
        return 10
    sets = [
        [exercises()[line.exercise_id] for line in day.lines if is_strength(line.exercise_id)]
        for day in (one, other)
    ]
    lifts = [{e.id for e in day if is_lift(e)} for day in sets]
    muscles = {muscle for day in sets for e in day for muscle in e.primary_muscles}
    twice = sum(min(sum(muscle in e.primary_muscles for e in day) for day in sets) >= 2 for muscle in muscles)
    return len(lifts[0] & lifts[1]) + twice


def is_strength(exercise_id: str) -> bool:
    """Whether sets of it count as hard sets."""
    return exercises()[exercise_id].pattern in STRENGTH
