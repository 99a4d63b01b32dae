"""How good a training week is, measured on the draft as written, before anything is trimmed.

Each component is in [0, 1]. One that cannot apply to a member (no push exercise is allowed, say) is left
out and the others' weights are scaled up, so that nothing is given for free.

| component | weight | 1 means |
|---|---|---|
| ``split`` | 0.18 | the days' focus words are the member's split, and their exercises belong to it |
| ``muscle_coverage`` | 0.14 | every major muscle and every movement family is trained |
| ``weekly_sets`` | 0.14 | every major muscle gets its weekly sets, and none more than twenty |
| ``goal_fit`` | 0.16 | repetitions, heart-rate zones and the share of endurance work suit the goal |
| ``session_time`` | 0.14 | each day fills its slot and does not exceed it, without trimming |
| ``push_pull`` | 0.06 | pushing and pulling sets are within 30 % of each other |
| ``level_fit`` | 0.06 | sets suit the level, and some exercises are as hard as it allows |
| ``no_repetition`` | 0.06 | no exercise twice in a day |
| ``order`` | 0.03 | multi-joint work before single-joint work, trunk and cardio after |
| ``variety`` | 0.03 | the week is not the same few exercises over and over |

``quality`` is their weighted geometric mean, each component counted as at least 0.02: a coach who gets the
split wrong does not make up for it with tidy repetitions, so parts multiply instead of adding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import fmean

from fitbox.exercises import Exercise, Mode, Pattern, exercises
from fitbox.profile import Level
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import Day, Focus, Line, WorkoutDraft
from fitbox.workout.finish import weekly_sets
from fitbox.workout.fit import day_minutes
from fitbox.workout.splits import ENDURANCE, LEGS, PATTERNS, PULL, PUSH, STRENGTH, TRUNK
from fitbox.workout.targets import (
    Targets,
    is_demanding,
    longest_minutes,
    repetition_band,
    stage,
    targets_for,
    zone_band,
)
from fitbox.workout.timing import line_seconds

WEIGHTS: Mapping[str, float] = {
    "split": 0.18,
    "muscle_coverage": 0.14,
    "weekly_sets": 0.14,
    "goal_fit": 0.16,
    "session_time": 0.14,
    "push_pull": 0.06,
    "level_fit": 0.06,
    "no_repetition": 0.06,
    "order": 0.03,
    "variety": 0.03,
}
LEAST = 0.02
"""What a component counts as when it is 0, so that the other ones still tell plans apart."""
MOST_WEEKLY_SETS = 20.0
"""More than about twenty weekly sets a muscle is more than most recover from (Schoenfeld BJ et al., 2017)."""
EVEN_ENOUGH = 0.7
NEW_ENOUGH = 0.6
"""Share of the week's lines that are different exercises."""
HARD_ENOUGH = {Level.BEGINNER: 0.0, Level.INTERMEDIATE: 0.2, Level.ADVANCED: 0.3}
"""Share of multi-joint strength lines that take experience; less where the menu has fewer."""

_MUSCLES_A_LINE = 2
"""A week of few lines cannot train everything; so many major muscles a strength line is what it can do."""

_FAMILIES = (PUSH, PULL, frozenset({Pattern.SQUAT, Pattern.LUNGE}), frozenset({Pattern.HINGE}), TRUNK)
_Lines = list[tuple[Focus, Exercise, Line]]


def score(draft: WorkoutDraft, constraints: WorkoutConstraints) -> Mapping[str, float]:
    """The components, ``quality``, and ``raw_minutes_over``: minutes a day in excess of the slot."""
    targets = targets_for(constraints)
    lines = [(day.focus, exercises()[line.exercise_id], line) for day in draft.days for line in day.lines]
    components: dict[str, float | None] = {
        "split": _split(draft, targets, constraints),
        "muscle_coverage": _coverage(lines, targets, constraints),
        "weekly_sets": _weekly_sets(draft, targets),
        "goal_fit": _goal_fit(lines, targets, constraints),
        "session_time": fmean(_time_fit(day, targets, constraints) for day in draft.days),
        "push_pull": _push_pull(lines, targets, constraints),
        "level_fit": _level_fit(lines, targets, constraints),
        "order": _order(draft, constraints),
        "no_repetition": fmean(_no_repetition(day) for day in draft.days),
        "variety": _variety(lines, constraints),
    }
    known = {name: value for name, value in components.items() if value is not None}
    weight = sum(WEIGHTS[name] for name in known)
    logs = sum(WEIGHTS[name] * math.log(max(value, LEAST)) for name, value in known.items())
    over = [day_minutes(day.lines, constraints) - constraints.profile.session_minutes for day in draft.days]
    return known | {
        "quality": math.exp(logs / weight),
        "raw_minutes_over": fmean(max(0, minutes) for minutes in over),
    }


def _split(draft: WorkoutDraft, targets: Targets, constraints: WorkoutConstraints) -> float:
    """Share of the split's words that the week has, times how far the days keep their word."""
    left = list(targets.split)
    for day in draft.days:
        if day.focus in left:
            left.remove(day.focus)
    words = 1 - len(left) / len(targets.split)
    return words * fmean(_coherence(day, constraints) for day in draft.days)


def _coherence(day: Day, constraints: WorkoutConstraints) -> float:
    """Share of the lines that belong to the focus.

    On a strength day one line of trunk and one of cardio are welcome, and a full body day needs push, pull
    and legs; any other day may have one line of trunk and one of mobility.
    """
    patterns = [exercises()[line.exercise_id].pattern for line in day.lines]
    own = PATTERNS[day.focus]
    strength = own <= STRENGTH
    welcome = [TRUNK, frozenset({Pattern.CARDIO}) if strength else frozenset({Pattern.MOBILITY})]
    matched = sum(pattern in own for pattern in patterns)
    for group in welcome:
        matched += any(pattern in group and pattern not in own for pattern in patterns)
    share = matched / len(patterns)
    if day.focus is Focus.CARDIO and not any(pattern is Pattern.CARDIO for pattern in patterns):
        share /= 2
    if day.focus is Focus.FULL:
        share *= _share_of_families((PUSH, PULL, LEGS), patterns, constraints, most=len(patterns) - 1)
    elif day.focus is Focus.UPPER:
        share *= _share_of_families((PUSH, PULL), patterns, constraints, most=len(patterns))
    return share


def _share_of_families(
    families: tuple[frozenset[Pattern], ...],
    patterns: list[Pattern],
    constraints: WorkoutConstraints,
    most: int,
) -> float:
    """Of the movement families that are possible, and at most ``most`` of them, the share that is there."""
    possible = [family for family in families if any(e.pattern in family for e in constraints.exercises)]
    if not possible or most < 1:
        return 1.0
    there = sum(any(pattern in family for pattern in patterns) for family in possible)
    return min(1.0, there / min(len(possible), most))


def _coverage(lines: _Lines, targets: Targets, constraints: WorkoutConstraints) -> float | None:
    if not _has_strength_day(targets) or not targets.muscles:
        return None
    trained = {muscle for _, e, _ in lines if e.pattern in STRENGTH for muscle in e.primary_muscles}
    wanted = min(len(targets.muscles), _MUSCLES_A_LINE * targets.strength_lines)
    muscles = min(1.0, sum(muscle in trained for muscle in targets.muscles) / wanted)
    patterns = [e.pattern for _, e, _ in lines]
    families = _share_of_families(_FAMILIES, patterns, constraints, most=targets.strength_lines)
    return (muscles + families) / 2


def _weekly_sets(draft: WorkoutDraft, targets: Targets) -> float | None:
    if not targets.weekly_sets or not targets.muscles:
        return None
    sets = weekly_sets(draft)
    return fmean(_sets_fit(sets[muscle], targets.weekly_sets) for muscle in targets.muscles)


def _sets_fit(sets: float, wanted: float) -> float:
    return MOST_WEEKLY_SETS / sets if sets > MOST_WEEKLY_SETS else min(1.0, sets / wanted)


def _goal_fit(lines: _Lines, targets: Targets, constraints: WorkoutConstraints) -> float:
    """Mean of: repetitions in their band, cardio in a zone and for a time that suit it, endurance share."""
    repetitions = [
        line.amount in repetition_band(e, focus, targets) for focus, e, line in lines if e.mode is Mode.REPS
    ]
    zones = [
        line.zone in zone_band(e, constraints) and line.amount <= longest_minutes(e, line.zone)
        for _, e, line in lines
        if e.mode is Mode.CARDIO
    ]
    seconds = {id(line): line_seconds(e, line) for _, e, line in lines}
    endurance = sum(seconds[id(line)] for _, e, line in lines if e.pattern in ENDURANCE)
    parts = [targets.endurance_share.fit(endurance / sum(seconds.values()), tolerance=0.2)]
    parts += [fmean(part) for part in (repetitions, zones) if part]
    return fmean(parts)


def _time_fit(day: Day, targets: Targets, constraints: WorkoutConstraints) -> float:
    tolerance = 0.4 * targets.session_minutes.low
    return targets.session_minutes.fit(day_minutes(day.lines, constraints), tolerance)


def _push_pull(lines: _Lines, targets: Targets, constraints: WorkoutConstraints) -> float | None:
    possible = all(any(e.pattern in family for e in constraints.exercises) for family in (PUSH, PULL))
    if not possible or targets.strength_lines < 3:
        return None
    push, pull = (sum(line.sets for _, e, line in lines if e.pattern in family) for family in (PUSH, PULL))
    return min(1.0, min(push, pull) / max(push, pull) / EVEN_ENOUGH) if push or pull else 0.0


def _level_fit(lines: _Lines, targets: Targets, constraints: WorkoutConstraints) -> float | None:
    level = constraints.profile.level
    strength = [(e, line) for _, e, line in lines if e.pattern in STRENGTH]
    if not strength:
        return None if not _has_strength_day(targets) else 0.0
    fit = fmean(line.sets in targets.sets for _, line in strength)
    compounds = [e for e, _ in strength if e.compound]
    menu = [e for e in constraints.exercises if e.pattern in STRENGTH and e.compound]
    enough = min(HARD_ENOUGH[level], fmean(is_demanding(e) for e in menu)) if menu else 0.0
    if not compounds or not enough:
        return fit
    return (fit + min(1.0, fmean(is_demanding(e) for e in compounds) / enough)) / 2


def _order(draft: WorkoutDraft, constraints: WorkoutConstraints) -> float | None:
    """Share of neighbouring lines of strength days that do not go from late work back to early work."""
    pairs = [
        stage(exercises()[one.exercise_id]) <= stage(exercises()[other.exercise_id])
        for day in draft.days
        if PATTERNS[day.focus] <= STRENGTH
        for one, other in zip(day.lines, day.lines[1:], strict=False)
    ]
    return fmean(pairs) if pairs else None


def _no_repetition(day: Day) -> float:
    repeated = len(day.lines) - len({line.exercise_id for line in day.lines})
    return max(0.0, 1 - 2 * repeated / len(day.lines))


def _variety(lines: _Lines, constraints: WorkoutConstraints) -> float:
    different = len({e.id for _, e, _ in lines})
    return min(1.0, different / min(NEW_ENOUGH * len(lines), len(constraints.exercises)))


def _has_strength_day(targets: Targets) -> bool:
    return any(PATTERNS[focus] <= STRENGTH for focus in targets.split)
