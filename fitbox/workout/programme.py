"""From a week to a programme: sets, repetitions and effort of four to twelve weeks, the week being the first.

Novices add load every week; later repetitions come first and load after them, or heavier and lighter weeks
take turns. No scheme is clearly better than another (ACSM, 2026, Med Sci Sports Exerc 58:851-872); what all
share is that something grows. A lighter week comes every four to eight, with about half the sets (Bell L et
al., 2023, Sports Med Open 9:87). Load steps are 2 to 10 % (ACSM, 2009, Med Sci Sports Exerc 41:687-708; the
stand of 2026 names no figure that we could verify), the smaller ones for the upper body.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fitbox.exercises import Exercise, Mode, exercises
from fitbox.plan import (
    ExerciseRole,
    Programme,
    ProgrammeLine,
    ProgrammeWeek,
    Progression,
)
from fitbox.profile import Level
from fitbox.workout.constraints import WorkoutConstraints, is_careful
from fitbox.workout.draft import Day, Line, WorkoutDraft
from fitbox.workout.fit import day_minutes
from fitbox.workout.intensity import Intensity, intensity, percent_of_maximum
from fitbox.workout.loads import Load, load, most_percent
from fitbox.workout.roles import roles
from fitbox.workout.splits import LEGS
from fitbox.workout.targets import longest_minutes

CARDIO_STEP_PERCENT = 10
"""More endurance work a week, at most (a rule of thumb that injuries neither prove nor refute: Buist I et
al., 2008, Am J Sports Med 36:33-39)."""


@dataclass(frozen=True)
class _Scheme:
    """How one kind of programme runs. Entries of a tuple are weeks; a shorter one goes on with its last."""

    kind: Progression
    weeks: int
    deloads: frozenset[int]
    more_repetitions: tuple[int, ...]
    """Steps of the envelope's repetitions above the first week's."""
    reserve_change: tuple[int, ...]
    load_steps: tuple[int, ...]
    """Load increments above the first week's."""


_SCHEMES = {
    Level.BEGINNER: _Scheme(Progression.LINEAR, 8, frozenset({8}), (0,), (0,), (0, 1, 2, 3, 4, 5, 6, 4)),
    Level.INTERMEDIATE: _Scheme(
        Progression.DOUBLE, 6, frozenset({6}), (0, 1, 1, 0, 1, 0), (0, 0, -1, 0, 0, 1), (0, 0, 0, 1, 1, 0)
    ),
    Level.ADVANCED: _Scheme(
        Progression.UNDULATING,
        8,
        frozenset({4, 8}),
        (0, 1, -1, 0, 0, 1, -1, 0),
        (0, 0, -1, 2, 0, 0, -1, 2),
        (0,),
    ),
}
_CAREFUL = _Scheme(Progression.CAREFUL, 8, frozenset({5}), (0, 0, 1, 1, 0, 1, 1, 2), (0,), (0,))
LOWER_STEP_PERCENT, UPPER_STEP_PERCENT = 5.0, 2.5


def programme(draft: WorkoutDraft, constraints: WorkoutConstraints) -> Programme:
    """The weeks that grow out of a fitted week, with dates where the start is known. Pure."""
    scheme = _scheme(constraints)
    undated = Programme(
        progression=scheme.kind,
        weeks=tuple(_week(number, scheme, draft, constraints) for number in range(1, scheme.weeks + 1)),
    )
    return undated if constraints.starts_on is None else dated(undated, constraints.starts_on)


def dated(undated: Programme, starts_on: date) -> Programme:
    """The same with the first day of each week, deloads included."""
    return replace(
        undated,
        weeks=tuple(
            replace(week, starts_on=(starts_on + timedelta(weeks=week.number - 1)).isoformat())
            for week in undated.weeks
        ),
    )


def _scheme(constraints: WorkoutConstraints) -> _Scheme:
    profile = constraints.profile
    if is_careful(profile) or len(constraints.zones) < 3:
        return _CAREFUL
    return _SCHEMES[profile.level]


def _week(
    number: int, scheme: _Scheme, draft: WorkoutDraft, constraints: WorkoutConstraints
) -> ProgrammeWeek:
    deload = number in scheme.deloads
    lines: list[ProgrammeLine] = []
    for session, day in enumerate(draft.days, start=1):
        lines += _session(session, day, number, scheme, constraints)
    return ProgrammeWeek(number=number, deload=deload, starts_on=None, lines=tuple(lines))


def _session(
    session: int, day: Day, number: int, scheme: _Scheme, constraints: WorkoutConstraints
) -> Iterator[ProgrammeLine]:
    """A session in one week. What would overrun its time grows less."""
    grown = [line if number == 1 else _grown(line, number, scheme, constraints) for line in day.lines]
    while day_minutes(grown, constraints) > constraints.profile.session_minutes:
        # Fewer repetitions may take longer, for the rest between heavy sets: what changed goes back.
        changed = [i for i, line in enumerate(grown) if line != day.lines[i]]
        if not changed:
            break
        i = max(changed, key=lambda i: (grown[i].amount - day.lines[i].amount, i))
        longer = exercises()[grown[i].exercise_id].mode is Mode.CARDIO and (
            grown[i].amount > day.lines[i].amount + 1
        )
        grown[i] = replace(grown[i], amount=grown[i].amount - 1) if longer else day.lines[i]
    for place, (first, line, role) in enumerate(zip(day.lines, grown, roles(day), strict=True), start=1):
        yield _line(session, place, first, line, role, number, scheme, constraints)


def _grown(line: Line, number: int, scheme: _Scheme, constraints: WorkoutConstraints) -> Line:
    exercise = exercises()[line.exercise_id]
    deload = number in scheme.deloads
    if exercise.mode is Mode.CARDIO:
        return replace(line, amount=_cardio_minutes(line, exercise, number, deload, constraints))
    sets = math.ceil(line.sets / 2) if deload else line.sets
    if exercise.mode is Mode.HOLD:
        return replace(line, sets=sets)
    amounts = constraints.repetitions
    place = amounts.index(line.amount) + _at(scheme.more_repetitions, number)
    least = next(i for i, amount in enumerate(amounts) if amount >= min(line.amount, 5))
    return replace(line, sets=sets, amount=amounts[max(least, min(place, len(amounts) - 1))])


def _cardio_minutes(
    line: Line, exercise: Exercise, number: int, deload: bool, constraints: WorkoutConstraints
) -> int:
    if deload:
        return max(constraints.cardio_minutes[0], round(line.amount * 0.6 / 5) * 5)
    longest = longest_minutes(exercise, line.zone, constraints.profile.level)
    wanted = line.amount * (1 + CARDIO_STEP_PERCENT / 100 * (number - 1))
    return max(line.amount, min(int(wanted), longest))


def _line(
    session: int,
    place: int,
    first: Line,
    line: Line,
    role: ExerciseRole,
    number: int,
    scheme: _Scheme,
    constraints: WorkoutConstraints,
) -> ProgrammeLine:
    exercise = exercises()[line.exercise_id]
    base = intensity(first, exercise, role, constraints)
    reserve, rpe, percent, change = base.repetitions_in_reserve, base.rpe, base.percent_of_maximum, None
    if reserve is not None:
        deload = number in scheme.deloads and number > 1
        reserve = max(1, reserve + (1 if deload else _at(scheme.reserve_change, number)))
        rpe = 10.0 - reserve
    if exercise.loadable and exercise.mode is Mode.REPS and reserve is not None:
        change = _load_change(first, base.repetitions_in_reserve or 0, line, reserve, number, scheme)
    found = None
    if percent is not None and reserve is not None:
        percent = min(percent_of_maximum(line.amount, reserve), most_percent(exercise, constraints))
        if base.load_kg is not None:
            kept = reserve if number in scheme.deloads or is_careful(constraints.profile) else min(reserve, 1)
            found = _load(line, exercise, base, change or 0.0, kept, constraints)
            change = None if found is None else round(200 * (found.kg / base.load_kg - 1)) / 2
    return ProgrammeLine(
        session=session,
        line=place,
        exercise_id=exercise.id,
        sets=line.sets,
        repetitions=line.amount if exercise.mode is Mode.REPS else None,
        hold_seconds=line.amount if exercise.mode is Mode.HOLD else None,
        duration_minutes=line.amount if exercise.mode is Mode.CARDIO else None,
        repetitions_in_reserve=reserve,
        rpe=rpe,
        percent_of_maximum=percent,
        load_change_percent=change,
        load_kg=None if found is None else found.kg,
        load_lb=None if found is None else found.lb,
    )


def _load(
    line: Line,
    exercise: Exercise,
    base: Intensity,
    change: float,
    kept: int,
    constraints: WorkoutConstraints,
) -> Load | None:
    """The first week's load and the scheme's change, as far as the maximum of today allows the line's
    repetitions with so many kept in reserve."""
    wanted = (base.percent_of_maximum or 0.0) * (1 + change / 100)
    most = min(percent_of_maximum(line.amount, kept), most_percent(exercise, constraints))
    return load(exercise, min(wanted, most), constraints.maxima_kg[exercise.id])


def _load_change(
    first: Line, first_reserve: int, line: Line, reserve: int, number: int, scheme: _Scheme
) -> float:
    """Percent of load against the first week: steps, or, where heavy and light weeks take turns, what the
    repetitions leave room for, and a quarter of a step a week."""
    exercise = exercises()[line.exercise_id]
    step = LOWER_STEP_PERCENT if exercise.pattern in LEGS else UPPER_STEP_PERCENT
    if scheme.kind is not Progression.UNDULATING:
        return step * _at(scheme.load_steps, number)
    before, now = (
        percent_of_maximum(one.amount, left) for one, left in ((first, first_reserve), (line, reserve))
    )
    stronger = 1 + step / 400 * (number - 1)
    return round(200 * (now / before * stronger - 1)) / 2


def _at(values: tuple[int, ...], number: int) -> int:
    return values[min(number, len(values)) - 1]
