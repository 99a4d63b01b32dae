"""Fitting a week to the member: nothing twice a day, no more than the time, the muscles and the days bear,
and then as much as they do.

Drafts that the grammar allows may still repeat themselves, overrun, or pile sets upon a muscle. What a number
can cure is cured here, for every draft alike; a draft of the planner's passes unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, pairwise

from fitbox.exercises import Exercise, Mode, Muscle, exercises
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import Day, Focus, Line, WorkoutDraft
from fitbox.workout.focus_areas import is_for, wanted_muscles
from fitbox.workout.splits import SOFT, STRENGTH_FOCUSES
from fitbox.workout.spread import HARD_SETS, is_lift, neighbours, weekdays
from fitbox.workout.targets import (
    MOST_WEEKLY_SETS,
    Targets,
    least_repetitions,
    longest_minutes,
    most_sets,
    targets_for,
    zone_band,
)
from fitbox.workout.timing import line_seconds, total_minutes, work_minutes
from fitbox.workout.volume import direct_sets, fractional_sets

_Lines = list[Line]
_LONGEST_FINISHER_SHARE = 0.6
"""Of a strength day's work, once its sets are all there is to do."""
_MOST_PASSES = 3
"""What goes from a week may move its days; after so many times every day is kept apart from the next."""
_MOST_OTHER_SETS = 3
"""Of a line on a day that is not for strength."""


def day_minutes(lines: Iterable[Line], constraints: WorkoutConstraints) -> int:
    """Minutes of a session with warm-up and cool-down."""
    return total_minutes(
        constraints.profile.session_minutes,
        (line_seconds(exercises()[line.exercise_id], line) for line in lines),
    )


def fit(draft: WorkoutDraft, constraints: WorkoutConstraints) -> WorkoutDraft:
    """The week as it will be trained. Always possible; every day keeps at least one line."""
    for _ in range(_MOST_PASSES):
        days = weekdays(draft)
        fitted = _fit(draft, neighbours(days), constraints)
        if weekdays(fitted) == days:
            return fitted
        draft = fitted
    every_pair = list(pairwise(range(len(draft.days))))
    return _fit(draft, every_pair, constraints)


def _fit(draft: WorkoutDraft, placed: list[tuple[int, int]], constraints: WorkoutConstraints) -> WorkoutDraft:
    days = [_once([_sound(line, constraints) for line in day.lines], constraints) for day in draft.days]
    for earlier, later in placed:
        _keep_apart(days, earlier, later, constraints)
    days = [list(trim(lines, constraints)) for lines in days]
    for earlier, later in placed:
        _rest_muscles(days, earlier, later)
    _cap(days)
    fitted = WorkoutDraft(
        tuple(Day(day.focus, tuple(lines)) for day, lines in zip(draft.days, days, strict=True))
    )
    return extend(fitted, placed, targets_for(constraints), constraints)


def _sound(line: Line, constraints: WorkoutConstraints) -> Line:
    """Heavy sets for lifts alone, easy zones for flows, minutes that suit the effort."""
    exercise = exercises()[line.exercise_id]
    if exercise.mode is Mode.REPS:
        least = least_repetitions(exercise)
        enough = [n for n in constraints.repetitions if n >= max(least, line.amount)]
        return replace(line, amount=enough[0] if enough else constraints.repetitions[-1])
    if exercise.mode is Mode.HOLD:
        return line
    zones = zone_band(exercise, constraints)
    zone = line.zone if exercise.pattern not in SOFT or line.zone in zones else zones[-1]
    longest = longest_minutes(exercise, zone, constraints.profile.level)
    minutes = [step for step in constraints.cardio_minutes if step <= min(line.amount, longest)]
    return replace(line, zone=zone, amount=minutes[-1] if minutes else constraints.cardio_minutes[0])


def _once(lines: _Lines, constraints: WorkoutConstraints) -> _Lines:
    """A day's exercises, each once: what returns becomes another of its movement, or goes."""
    kept: _Lines = []
    for line in lines:
        there = {other.exercise_id for other in kept}
        if line.exercise_id not in there:
            kept.append(line)
        elif (other := _another(line, there | {one.exercise_id for one in lines}, constraints)) is not None:
            kept.append(other)
    return kept


def _another(line: Line, taken: set[str], constraints: WorkoutConstraints) -> Line | None:
    """The same work with another exercise of the movement; the catalog's order decides."""
    exercise = exercises()[line.exercise_id]
    alike = (e.pattern is exercise.pattern and e.mode is exercise.mode for e in constraints.exercises)
    found = next(
        (
            e
            for e, fits in zip(constraints.exercises, alike, strict=True)
            if fits and e.id not in taken and e.effort is exercise.effort
        ),
        None,
    )
    return None if found is None else _sound(replace(line, exercise_id=found.id), constraints)


def trim(lines: Iterable[Line], constraints: WorkoutConstraints) -> tuple[Line, ...]:
    """Take sets and minutes away, and in the end lines, until the session fits.

    The longest cardio goes down a step first, then the line with the most sets loses one, the later of equals
    first: the exercises that matter most come early in a day.
    """
    kept = list(lines)
    while day_minutes(kept, constraints) > constraints.profile.session_minutes:
        kept = _one_less(kept, constraints)
    return tuple(kept)


def _one_less(lines: _Lines, constraints: WorkoutConstraints) -> _Lines:
    steps = constraints.cardio_minutes
    cardio = [i for i, line in enumerate(lines) if _is_cardio(line) and line.amount > steps[0]]
    if cardio:
        longest = max(cardio, key=lambda i: (lines[i].amount, i))
        shorter = steps[steps.index(lines[longest].amount) - 1]
        return _with(lines, longest, replace(lines[longest], amount=shorter))
    wanted = wanted_muscles(constraints.profile.focus_areas)

    def to_give(i: int) -> tuple[int, int]:
        # What is wished for gives way last of equals.
        return lines[i].sets - is_for(exercises()[lines[i].exercise_id], wanted), i

    if longer := [i for i, line in enumerate(lines) if line.sets > constraints.sets[0]]:
        most = max(longer, key=to_give)
        return _with(lines, most, replace(lines[most], sets=lines[most].sets - 1))
    return lines[:-1]


def _cap(days: list[_Lines]) -> None:
    """No muscle above its weekly sets: the longest of the latest lines give way, then whole lines."""
    while True:
        sets = fractional_sets(line for lines in days for line in lines)
        over = [muscle for muscle, count in sets.items() if count > MOST_WEEKLY_SETS]
        if not over or not _one_set_less(days, max(over, key=lambda muscle: sets[muscle])):
            return


def _one_set_less(days: list[_Lines], muscle: Muscle) -> bool:
    """A set less of what trains the muscle, primary work before secondary. False: nothing is left to give."""
    found = [
        (muscle in exercises()[line.exercise_id].primary_muscles, line.sets, d, i)
        for d, lines in enumerate(days)
        for i, line in enumerate(lines)
        if _works(line, muscle) and (line.sets > 1 or len(lines) > 1)
    ]
    longer = [one for one in found if one[1] > 1]
    if not found:
        return False
    _, sets, d, i = max(longer or found)
    days[d] = _with(days[d], i, replace(days[d][i], sets=sets - 1)) if sets > 1 else _without(days[d], i)
    return True


def _works(line: Line, muscle: Muscle) -> bool:
    return fractional_sets((line,))[muscle] > 0


def _keep_apart(days: list[_Lines], earlier: int, later: int, constraints: WorkoutConstraints) -> None:
    """No lift returns a day later: another of its movement takes its place, or it goes."""
    before = {line.exercise_id for line in days[earlier] if is_lift(exercises()[line.exercise_id])}
    for line in [one for one in days[later] if one.exercise_id in before]:
        i = days[later].index(line)
        taken = {one.exercise_id for d in (earlier, later) for one in days[d]}
        other = _another(line, taken, constraints)
        if other is not None:
            days[later] = _with(days[later], i, other)
        elif len(days[later]) > 1:
            days[later] = _without(days[later], i)


def _rest_muscles(days: list[_Lines], earlier: int, later: int) -> None:
    """No muscle works hard on two days running."""
    for muscle in Muscle:
        while all(direct_sets(days[d], muscle) >= HARD_SETS for d in (earlier, later)):
            found = [i for i, line in enumerate(days[later]) if direct_sets((line,), muscle)]
            i = max(found, key=lambda i: (days[later][i].sets, i))
            line = days[later][i]
            if line.sets > 1:
                days[later] = _with(days[later], i, replace(line, sets=line.sets - 1))
            else:
                days[later] = _without(days[later], i)


def extend(
    draft: WorkoutDraft, placed: list[tuple[int, int]], targets: Targets, constraints: WorkoutConstraints
) -> WorkoutDraft:
    """Sets and cardio minutes, day by day in turn, until each session is full enough or nothing more helps.

    Args:
        draft: A week that fits.
        placed: Positions of days that follow one another in the calendar.
        targets: How full a session should be, and how many sets an exercise may have.
        constraints: The member's.
    """
    days = [list(day.lines) for day in draft.days]
    sets = fractional_sets(line for lines in days for line in lines)
    growing = set(range(len(days)))
    while growing:
        for d in sorted(growing):
            around = [days[i] for pair in placed if d in pair for i in pair if i != d]
            more = None
            if day_minutes(days[d], constraints) < targets.session_minutes.low:
                more = next(
                    (
                        (i, line)
                        for i, line in _one_more(days[d], draft.days[d].focus, targets, constraints)
                        if _has_time(days[d], i, line, constraints)
                        and _bears(days[d], i, line, sets, around, targets)
                    ),
                    None,
                )
            if more is None:
                growing.discard(d)
                continue
            i, line = more
            for muscle, count in fractional_sets((replace(line, sets=line.sets - days[d][i].sets),)).items():
                sets[muscle] += count
            days[d] = _with(days[d], i, line)
    return WorkoutDraft(
        tuple(Day(day.focus, tuple(lines)) for day, lines in zip(draft.days, days, strict=True))
    )


def _has_time(lines: _Lines, position: int, line: Line, constraints: WorkoutConstraints) -> bool:
    return day_minutes(_with(lines, position, line), constraints) <= constraints.profile.session_minutes


def _bears(
    lines: _Lines,
    position: int,
    longer: Line,
    sets: Mapping[Muscle, float],
    around: Iterable[_Lines],
    targets: Targets,
) -> bool:
    """Whether the muscles bear more sets of a line, in the week and beside the days around."""
    added = longer.sets - lines[position].sets
    counted = fractional_sets((replace(longer, sets=added),))
    if any(
        count and sets[muscle] + count > targets.most_sets_of(muscle) for muscle, count in counted.items()
    ):
        return False
    return not any(
        direct_sets(lines, muscle) + added >= HARD_SETS and direct_sets(other, muscle) >= HARD_SETS
        for muscle in exercises()[longer.exercise_id].primary_muscles
        if added
        for other in around
    )


def _one_more(
    lines: _Lines, focus: Focus, targets: Targets, constraints: WorkoutConstraints
) -> Iterator[tuple[int, Line]]:
    """Every way to add a little, best first: sets where the day is about sets, minutes on any other."""
    sets = _sets_more(lines, focus, targets, constraints)
    minutes = _minutes_more(lines, focus, constraints)
    by_sets = focus in STRENGTH_FOCUSES or focus is Focus.HIIT
    yield from chain(*((sets, minutes) if by_sets else (minutes, sets)))


def _sets_more(
    lines: _Lines, focus: Focus, targets: Targets, constraints: WorkoutConstraints
) -> Iterator[tuple[int, Line]]:
    """To the line with the fewest, main lifts and what the member wishes for one ahead of the rest."""

    def so_far(i: int) -> tuple[int, int]:
        exercise = exercises()[lines[i].exercise_id]
        return lines[i].sets - exercise.main - targets.is_wanted(exercise), i

    for i in sorted(range(len(lines)), key=so_far):
        exercise = exercises()[lines[i].exercise_id]
        if exercise.mode is Mode.CARDIO:
            continue
        most = most_sets(exercise, targets) if focus in STRENGTH_FOCUSES else _MOST_OTHER_SETS
        longer = [n for n in constraints.sets if lines[i].sets < n <= most]
        if longer:
            yield i, replace(lines[i], sets=longer[0])


def _minutes_more(lines: _Lines, focus: Focus, constraints: WorkoutConstraints) -> Iterator[tuple[int, Line]]:
    """To the first steady cardio of the day, for that is what it is about, then to the others."""
    steps = dict(pairwise(constraints.cardio_minutes))
    work = work_minutes(constraints.profile.session_minutes)
    for i, line in enumerate(lines):
        exercise = exercises()[line.exercise_id]
        if exercise.mode is not Mode.CARDIO or line.amount not in steps:
            continue
        longest: float = longest_minutes(exercise, line.zone, constraints.profile.level)
        if focus in STRENGTH_FOCUSES:
            longest = min(longest, _LONGEST_FINISHER_SHARE * work)
        if steps[line.amount] <= longest:
            yield i, replace(line, amount=steps[line.amount])


def _is_cardio(line: Line) -> bool:
    return exercises()[line.exercise_id].mode is Mode.CARDIO


def _with(lines: _Lines, position: int, line: Line) -> _Lines:
    return [*lines[:position], line, *lines[position + 1 :]]


def _without(lines: _Lines, position: int) -> _Lines:
    return [*lines[:position], *lines[position + 1 :]]


def allowed_amount(exercise: Exercise, wanted: int, constraints: WorkoutConstraints) -> int:
    """The smallest amount that the envelope allows from the wanted one on, or its largest."""
    amounts = constraints.amounts(exercise.mode)
    return next((amount for amount in amounts if amount >= wanted), amounts[-1])
