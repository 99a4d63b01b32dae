"""How good a training week is, measured on the draft as written, before anything is fitted.

Each component is in [0, 1]. One that cannot apply to a member (no push exercise is allowed, say) is left
out and the others' weights are scaled up, so that nothing is given for free.

| component | weight | 1 means |
|---|---|---|
| ``split`` | 0.26 | the days are of the kinds that the member trains, and their exercises belong to them |
| ``muscle_coverage`` | 0.12 | every major muscle and every movement family is trained |
| ``weekly_sets`` | 0.12 | every major muscle gets its weekly sets, and none more than twenty |
| ``goal_fit`` | 0.18 | repetitions, heart-rate zones and the share of endurance work suit the goal |
| ``session_time`` | 0.10 | no day overruns its slot, and each uses two thirds of it |
| ``push_pull`` | 0.06 | pulling is not less than about half of pushing, nor the other way round |
| ``level_fit`` | 0.02 | some exercises are as hard as the level allows |
| ``no_repetition`` | 0.06 | no exercise twice in a day |
| ``order`` | 0.06 | multi-joint work before single-joint work, trunk and cardio after |
| ``variety`` | 0.02 | the week is not the same few exercises over and over |

``quality`` is their weighted geometric mean, each component counted as at least 0.02: a coach who gets the
split wrong does not make up for it with tidy repetitions, so parts multiply instead of adding.

What one published programme does and another does not, and trials do not tell apart, costs nothing: how the
week is divided (ACSM, 2026, Med Sci Sports Exerc 58:851-872), how heavy sets for growth are (Schoenfeld BJ et
al., 2017, J Strength Cond Res 31:3508-3523), whether a lift returns within the week, and whether endurance
work stands in the plan or beside it. What a set too few costs follows the dose-response, which is steep at
first and flat later (Pelland JC et al., 2026, Sports Med 56:481-505): about the square root.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from statistics import fmean

from fitbox.exercises import Exercise, Mode, Pattern, exercises
from fitbox.profile import Level
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import Day, Focus, Line, WorkoutDraft
from fitbox.workout.fit import day_minutes
from fitbox.workout.roles import repetitions_for, roles
from fitbox.workout.splits import (
    ENDURANCE,
    LEGS,
    PATTERNS,
    PULL,
    PUSH,
    STRENGTH,
    STRENGTH_FOCUSES,
    TRUNK,
)
from fitbox.workout.targets import (
    MOST_WEEKLY_SETS,
    MUSCLES_A_SET,
    Targets,
    is_demanding,
    longest_minutes,
    stage,
    targets_for,
    zone_band,
)
from fitbox.workout.timing import line_seconds
from fitbox.workout.volume import weekly_sets

WEIGHTS: Mapping[str, float] = {
    "split": 0.26,
    "muscle_coverage": 0.12,
    "weekly_sets": 0.12,
    "goal_fit": 0.18,
    "session_time": 0.10,
    "push_pull": 0.06,
    "level_fit": 0.02,
    "no_repetition": 0.06,
    "order": 0.06,
    "variety": 0.02,
}
LEAST = 0.02
"""What a component counts as when it is 0, so that the other ones still tell plans apart."""
EVEN_ENOUGH = 0.5
"""Of the smaller of pushing and pulling to the larger. No trial says what balance is best; half is what
published programmes keep to, and what catches a week that forgets to pull."""
NEW_ENOUGH = 0.4
"""Share of the week's lines that are different exercises; lifts return in order to progress."""
HARD_ENOUGH = {Level.BEGINNER: 0.0, Level.INTERMEDIATE: 0.2, Level.ADVANCED: 0.3}
"""Share of multi-joint strength lines that take experience; less where the menu has fewer."""
OVERRUN, UNUSED = 0.25, 0.5
"""A day that overruns by so much of its slot is worth nothing on time; so is one that falls so far short of
enough."""

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
        "goal_fit": _goal_fit(draft, lines, targets, constraints),
        "session_time": fmean(_time_fit(day, targets, constraints) for day in draft.days),
        "push_pull": _push_pull(lines, targets, constraints),
        "level_fit": _level_fit(lines, targets, constraints),
        "order": _order(draft),
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


def _kind(focus: Focus) -> Focus:
    """What a day is for, however its strength work is divided."""
    return Focus.FULL if focus in STRENGTH_FOCUSES else focus


def _split(draft: WorkoutDraft, targets: Targets, constraints: WorkoutConstraints) -> float:
    """Share of the days that are of a kind which the member's week has, times how far they keep their
    word."""
    wanted = Counter(_kind(focus) for focus in targets.split)
    there = Counter(_kind(day.focus) for day in draft.days)
    kinds = (wanted & there).total() / len(targets.split)
    return kinds * fmean(_coherence(day, constraints) for day in draft.days)


def _coherence(day: Day, constraints: WorkoutConstraints) -> float:
    """Share of the lines that belong to the focus, from none for a day that is half something else.

    Moves that loosen belong anywhere. On a strength day trunk work, one line of cardio and one other lift are
    welcome (a deadlift on a pulling day, say), and a full body day needs legs and something above them; any
    other day may have one line of trunk and one of cardio.
    """
    patterns = [exercises()[line.exercise_id].pattern for line in day.lines]
    own = PATTERNS[day.focus]
    strength = day.focus in STRENGTH_FOCUSES
    cardio = frozenset({Pattern.CARDIO})
    once = (cardio, STRENGTH - TRUNK) if strength else (cardio, TRUNK)
    loosening = frozenset({Pattern.MOBILITY, Pattern.BALANCE})
    always = TRUNK | loosening if strength else loosening
    matched = sum(pattern in own or pattern in always for pattern in patterns)
    for group in once:
        matched += any(pattern in group and pattern not in own | always for pattern in patterns)
    share = max(0.0, 2 * matched / len(patterns) - 1)
    if day.focus is Focus.CARDIO and Pattern.CARDIO not in patterns:
        share /= 2
    if day.focus is Focus.FULL:
        share *= _share_of_families((PUSH | PULL, LEGS), patterns, constraints, most=len(patterns) - 1)
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
    worked = {muscle for _, e, _ in lines if e.pattern in STRENGTH for muscle in e.primary_muscles}
    wanted = min(len(targets.muscles), MUSCLES_A_SET * targets.strength_lines)
    muscles = min(1.0, sum(muscle in worked for muscle in targets.muscles) / wanted)
    patterns = [e.pattern for _, e, _ in lines]
    families = _share_of_families(_FAMILIES, patterns, constraints, most=targets.strength_lines)
    return (muscles + families) / 2


def _weekly_sets(draft: WorkoutDraft, targets: Targets) -> float | None:
    if not targets.weekly_sets or not targets.muscles:
        return None
    sets = weekly_sets(draft)
    return fmean(_sets_fit(sets[muscle], targets.weekly_sets) for muscle in targets.muscles)


def _sets_fit(sets: float, wanted: float) -> float:
    if sets > MOST_WEEKLY_SETS:
        return MOST_WEEKLY_SETS / sets
    return min(1.0, math.sqrt(sets / wanted))


def _goal_fit(draft: WorkoutDraft, lines: _Lines, targets: Targets, constraints: WorkoutConstraints) -> float:
    """Mean of: repetitions that serve the goal, cardio in a zone and for a time that suit it, endurance
    share."""
    repetitions = [
        line.amount in repetitions_for(role, exercises()[line.exercise_id], targets.sound)
        for day in draft.days
        for line, role in zip(day.lines, roles(day), strict=True)
        if exercises()[line.exercise_id].mode is Mode.REPS
    ]
    level = constraints.profile.level
    zones = [
        line.zone in zone_band(e, constraints) and line.amount <= longest_minutes(e, line.zone, level)
        for _, e, line in lines
        if e.mode is Mode.CARDIO
    ]
    seconds = [line_seconds(e, line) for _, e, line in lines]
    endurance = sum(time for time, (_, e, _) in zip(seconds, lines, strict=True) if e.pattern in ENDURANCE)
    parts = [targets.endurance_share.fit(endurance / sum(seconds), tolerance=0.2)]
    parts += [fmean(part) for part in (repetitions, zones) if part]
    return fmean(parts)


def _time_fit(day: Day, targets: Targets, constraints: WorkoutConstraints) -> float:
    """Sets are the dose and not minutes, so a day may be shorter than its slot; it must not be longer."""
    minutes, slot = day_minutes(day.lines, constraints), constraints.profile.session_minutes
    over = max(0.0, minutes - slot) / (OVERRUN * slot)
    short = max(0.0, targets.enough_minutes - minutes) / (UNUSED * targets.enough_minutes)
    return max(0.0, 1.0 - over - short)


def _push_pull(lines: _Lines, targets: Targets, constraints: WorkoutConstraints) -> float | None:
    possible = all(any(e.pattern in family for e in constraints.exercises) for family in (PUSH, PULL))
    if not possible or targets.strength_lines < 3:
        return None
    push, pull = (sum(line.sets for _, e, line in lines if e.pattern in family) for family in (PUSH, PULL))
    return min(1.0, min(push, pull) / max(push, pull) / EVEN_ENOUGH) if push or pull else 0.0


def _level_fit(lines: _Lines, targets: Targets, constraints: WorkoutConstraints) -> float | None:
    strength = [e for _, e, _ in lines if e.pattern in STRENGTH]
    if not strength:
        return None if not _has_strength_day(targets) else 0.0
    compounds = [e for e in strength if e.compound]
    menu = [e for e in constraints.exercises if e.pattern in STRENGTH and e.compound]
    enough = min(HARD_ENOUGH[constraints.profile.level], fmean(map(is_demanding, menu))) if menu else 0.0
    if not compounds or not enough:
        return None
    return min(1.0, fmean(map(is_demanding, compounds)) / enough)


def _order(draft: WorkoutDraft) -> float | None:
    """Share of neighbouring lines of strength days that do not go from late work back to early work."""
    pairs = [
        stage(exercises()[one.exercise_id]) <= stage(exercises()[other.exercise_id])
        for day in draft.days
        if day.focus in STRENGTH_FOCUSES
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
    return any(focus in STRENGTH_FOCUSES for focus in targets.split)
