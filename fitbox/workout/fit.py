"""Fitting the lines of a day to the time there is: fewer sets and minutes, or more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from fitbox.exercises import Mode, exercises
from fitbox.workout.constraints import WorkoutConstraints
from fitbox.workout.draft import Line
from fitbox.workout.targets import longest_minutes
from fitbox.workout.timing import line_seconds, total_minutes, warm_up_minutes


def day_minutes(lines: Iterable[Line], constraints: WorkoutConstraints) -> int:
    """Minutes of a session with its warm-up."""
    return total_minutes(
        warm_up_minutes(constraints.profile.session_minutes),
        (line_seconds(exercises()[line.exercise_id], line) for line in lines),
    )


def trim(lines: Iterable[Line], constraints: WorkoutConstraints) -> tuple[Line, ...]:
    """Take sets and minutes away until the session fits; always possible, by how constraints are made.

    The longest cardio goes down a step first, then the line with the most sets loses one, the later of equals
    first: the exercises that matter most come early in a day.
    """
    kept = list(lines)
    while day_minutes(kept, constraints) > constraints.profile.session_minutes:
        kept = _one_less(kept, constraints)
    return tuple(kept)


def _one_less(lines: list[Line], constraints: WorkoutConstraints) -> list[Line]:
    steps = constraints.cardio_minutes
    cardio = [i for i, line in enumerate(lines) if _is_cardio(line, constraints) and line.amount > steps[0]]
    if cardio:
        longest = max(cardio, key=lambda i: (lines[i].amount, i))
        shorter = steps[steps.index(lines[longest].amount) - 1]
        return _with(lines, longest, replace(lines[longest], amount=shorter))
    most = max(range(len(lines)), key=lambda i: (lines[i].sets, i))
    return _with(lines, most, replace(lines[most], sets=lines[most].sets - 1))


@dataclass(frozen=True)
class Room:
    """How far a session may grow."""

    at_least_minutes: float
    """Growing stops here."""
    most_sets: int
    longest_cardio_minutes: int
    cardio_first: bool
    """Whether cardio is lengthened before sets are added."""


def extend(lines: Iterable[Line], room: Room, constraints: WorkoutConstraints) -> tuple[Line, ...]:
    """Add sets and cardio minutes until the session is full enough, or nothing more fits."""
    filled = list(lines)
    while day_minutes(filled, constraints) < room.at_least_minutes:
        longer = [
            candidate
            for candidate in _one_more(filled, room, constraints)
            if day_minutes(candidate, constraints) <= constraints.profile.session_minutes
        ]
        if not longer:
            break
        filled = longer[0]
    return tuple(filled)


def _one_more(lines: list[Line], room: Room, constraints: WorkoutConstraints) -> list[list[Line]]:
    """Every way to add a little, best first: to the line with the least so far, early lines first."""
    sets = [
        _with(lines, i, replace(lines[i], sets=lines[i].sets + 1))
        for i in sorted(range(len(lines)), key=lambda i: lines[i].sets)
        if not _is_cardio(lines[i], constraints) and lines[i].sets < room.most_sets
    ]
    longer = dict(pairwise(constraints.cardio_minutes))
    cardio = [
        _with(lines, i, replace(lines[i], amount=longer[lines[i].amount]))
        for i in sorted(range(len(lines)), key=lambda i: lines[i].amount)
        if _is_cardio(lines[i], constraints)
        and lines[i].amount in longer
        and longer[lines[i].amount] <= _longest(lines[i], room)
    ]
    return cardio + sets if room.cardio_first else sets + cardio


def _longest(line: Line, room: Room) -> int:
    return min(room.longest_cardio_minutes, longest_minutes(exercises()[line.exercise_id], line.zone))


def _is_cardio(line: Line, constraints: WorkoutConstraints) -> bool:
    return constraints.by_id[line.exercise_id].mode is Mode.CARDIO


def _with(lines: list[Line], position: int, line: Line) -> list[Line]:
    return [*lines[:position], line, *lines[position + 1 :]]
