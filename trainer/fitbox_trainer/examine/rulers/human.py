"""How far our training weeks are from those that coaches publish: seven features.

The features are of a reading of published programmes: strength lines a day, different repetition targets in
the week, share of lines that move one joint, share of lines whose lift returns in the week, share of sets of
five or fewer, whether a barbell squat, a bench press and a deadlift are all there, whether calves are
trained.

The distance, fixed before any planner was measured by it: for each feature the absolute difference of the
means, ours less theirs, over the standard deviation of the feature among all programmes; then the mean of the
seven. Weeks are compared with the programmes of their own level and goal (growth with hypertrophy and mixed
programmes; any other goal with all), of the level alone where fewer than :data:`FEWEST` fit, and with all
where those are too few too; groups weigh by their weeks. 0 is the same mean, 1 is one standard deviation off
in every feature. Of a single week the same with its own values; two programmes picked at random are about 0.8
to 0.9 apart in it.

Only weeks of members whom such programmes are written for count: strength training, with barbell and bench,
no conditions, 16 to 59 years, two days or more. The programmes are barbell programmes of young lifters, first
weeks only.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fitbox.errors import UnusableFileError
from fitbox.exercises import Muscle, exercises
from fitbox.files import FileFault, read_object
from fitbox.profile import Equipment, Goal, Level, WorkoutType
from fitbox_trainer.examine.rulers.case import STRENGTH, Case, lines, sessions

MAX_BYTES = 16 << 20
FEWEST = 5
"""Programmes that a group needs to be compared with."""
FEW_REPETITIONS = 5

SQUATS = frozenset({"back_squat", "front_squat", "box_squat"})
BENCHES = frozenset({"bench_press", "incline_press", "close_grip_press"})
DEADLIFTS = frozenset({"deadlift", "sumo_deadlift"})

GROWTH = frozenset({"hypertrophy", "strength_and_hypertrophy"})

FEATURES = (
    "strength_lines_a_day",
    "repetition_targets",
    "single_joint_share",
    "returning_share",
    "few_repetitions_share",
    "big_three",
    "calf_work",
)
Features = Mapping[str, float]


@dataclass(frozen=True)
class Set:
    """One strength line: the day it stands on, the lift, sets, and repetitions where it counts them."""

    day: int
    exercise_id: str
    sets: int
    repetitions: int | None


@dataclass(frozen=True)
class Programme:
    """One published programme's first week."""

    name: str
    goal: str
    level: Level
    features: Features


@dataclass(frozen=True)
class Group:
    """Weeks of one level and goal, and the programmes that they are compared with."""

    name: str
    programmes: tuple[Programme, ...]
    weeks: tuple[int, ...]
    """Indices of the cases."""


def features(week: Sequence[Set], days: int) -> dict[str, float]:
    """The seven features of a week with this many training days; needs at least one line."""
    found = [(line, exercises()[line.exercise_id]) for line in week]
    standing: dict[str, set[int]] = defaultdict(set)
    for line in week:
        standing[line.exercise_id].add(line.day)
    ids = standing.keys()
    sets = sum(line.sets for line in week)
    few = sum(
        line.sets for line in week if line.repetitions is not None and line.repetitions <= FEW_REPETITIONS
    )
    big = SQUATS & ids and BENCHES & ids and DEADLIFTS & ids
    return {
        "strength_lines_a_day": len(week) / days,
        "repetition_targets": len({one.repetitions for one in week if one.repetitions is not None}),
        "single_joint_share": sum(not exercise.compound for _, exercise in found) / len(week),
        "returning_share": sum(len(standing[line.exercise_id]) > 1 for line in week) / len(week),
        "few_repetitions_share": few / max(1, sets),
        "big_three": float(bool(big)),
        "calf_work": float(any(Muscle.CALVES in exercise.primary_muscles for _, exercise in found)),
    }


def of_case(case: Case) -> dict[str, float] | None:
    """The features of a member's week; None where published programmes are not for this member."""
    profile = case.profile
    has_bars = profile.equipment is None or {Equipment.BARBELL, Equipment.BENCH} <= profile.equipment
    week = [
        Set(line.day, line.exercise.id, line.prescription.sets, line.prescription.repetitions)
        for line in lines(case)
        if line.is_strength
    ]
    suits = (
        profile.workout_type is WorkoutType.STRENGTH
        and has_bars
        and not profile.conditions
        and 16 <= profile.age_years < 60
        and len(sessions(case)) >= 2
    )
    return features(week, len(sessions(case))) if suits and week else None


def read_programmes(path: Path) -> tuple[Programme, ...]:
    """Programmes of a file; lines of lifts that our catalog does not know are left out.

    Raises:
        UnusableFileError: the file is missing or not in form.
    """
    content = read_object(path, max_bytes=MAX_BYTES)
    try:
        found = content["programmes"]
        if not isinstance(found, list):
            raise TypeError("programmes")
        return tuple(_programme(one) for one in found if isinstance(one, dict))
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableFileError(path, FileFault.FORM, f"holds no programmes: {error}") from error


def _programme(one: Mapping[str, object]) -> Programme:
    days = one["days"]
    if not isinstance(days, list):
        raise TypeError("days")
    week = [
        Set(number, str(line["nearest"]), int(line["sets"]), int(line["repetitions"]))
        for number, day in enumerate(days)
        for line in day
        if _is_lift(line["nearest"])
    ]
    return Programme(str(one["name"]), str(one["goal"]), Level(str(one["level"])), features(week, len(days)))


def _is_lift(exercise_id: str) -> bool:
    known = exercises().get(exercise_id)
    return known is not None and known.pattern in STRENGTH


def scales(programmes: Sequence[Programme]) -> dict[str, float]:
    """Standard deviation of each feature among programmes."""
    return {name: max(statistics.stdev(one.features[name] for one in programmes), 1e-6) for name in FEATURES}


def means(found: Sequence[Features]) -> dict[str, float]:
    """Mean of each feature."""
    return {name: statistics.fmean(one[name] for one in found) for name in FEATURES}


def distance(one: Features, other: Features, scale: Mapping[str, float]) -> float:
    """Mean absolute difference of the features, in standard deviations."""
    return statistics.fmean(abs(one[name] - other[name]) / scale[name] for name in FEATURES)


def groups(
    cases: Sequence[Case], found: Sequence[Features | None], programmes: Sequence[Programme]
) -> tuple[Group, ...]:
    """The cases that have features, by level and goal."""
    indices: dict[tuple[Level, bool], list[int]] = defaultdict(list)
    for index, (case, one) in enumerate(zip(cases, found, strict=True)):
        if one is not None:
            growing = case.goal in (Goal.MUSCLE_GAIN, Goal.BULKING)
            indices[case.profile.level, growing].append(index)
    return tuple(
        Group(
            f"{level.value} {'growth' if growing else 'other'}",
            _compared(programmes, level, growing),
            tuple(weeks),
        )
        for (level, growing), weeks in sorted(indices.items())
    )


def _compared(programmes: Sequence[Programme], level: Level, growing: bool) -> tuple[Programme, ...]:
    at_level = tuple(one for one in programmes if one.level is level)
    same = tuple(one for one in at_level if not growing or one.goal in GROWTH)
    return next((some for some in (same, at_level) if len(some) >= FEWEST), tuple(programmes))


@dataclass(frozen=True)
class Compared:
    """The distance, and what it is made of."""

    distance: float
    by_feature: Mapping[str, tuple[float, float]]
    """Mean of ours and mean of theirs, over all weeks that count."""
    by_week: tuple[float | None, ...]
    """Distance of each case's week alone; None where it does not count."""
    weeks: int


def compare(cases: Sequence[Case], programmes: Sequence[Programme]) -> Compared | None:
    """All weeks against the programmes; None where no week counts."""
    found = [of_case(case) for case in cases]
    scale = scales(programmes)
    by_week: list[float | None] = [None] * len(cases)
    total, weeks = 0.0, 0
    theirs: list[Features] = []
    for group in groups(cases, found, programmes):
        reference = means([one.features for one in group.programmes])
        ours = [one for index in group.weeks if (one := found[index]) is not None]
        total += len(ours) * distance(means(ours), reference, scale)
        weeks += len(ours)
        theirs += [reference] * len(ours)
        for index, one in zip(group.weeks, ours, strict=True):
            by_week[index] = distance(one, reference, scale)
    if not weeks:
        return None
    our_means, their_means = means([one for one in found if one is not None]), means(theirs)
    return Compared(
        total / weeks,
        {name: (our_means[name], their_means[name]) for name in FEATURES},
        tuple(by_week),
        weeks,
    )


def spread(programmes: Sequence[Programme]) -> float:
    """Mean distance of a programme from the mean of the others: what a week by a coach has."""
    scale = scales(programmes)
    return statistics.fmean(
        distance(one.features, means([other.features for other in programmes if other is not one]), scale)
        for one in programmes
    )
