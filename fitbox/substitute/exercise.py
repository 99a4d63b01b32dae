"""Another exercise for one line of a week, and another day for one of its days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice

from fitbox.choosing import Rated, items_of, value
from fitbox.errors import FieldViolation, InvalidProfileError, NoPlanPossibleError
from fitbox.exercises import Exercise, Mode, exercises
from fitbox.plan import ExercisePrescription, WorkoutPlan
from fitbox.reply import Alternative, ChangedLine, LineChange, Substitution, told
from fitbox.substitute.received import NO_IDENTIFIER, Week, week_of, why_excluded
from fitbox.workout.constraints import LEVELS, RULES, WorkoutConstraints
from fitbox.workout.draft import Day, Line, WorkoutDraft
from fitbox.workout.splits import ENDURANCE, LEGS, PULL, PUSH, SOFT, TRUNK
from fitbox.workout.task import WORKOUT
from fitbox.workout.timing import line_seconds

MOST_ALTERNATIVES = 8
"""That a reply lists, the one taken first."""
_TRIED = 16
"""The most similar exercises, of which those that leave the rest of the week as it is are taken."""
_LINES_TRIED = 4
"""Ways to count one exercise: sets and amounts, the nearest in time first."""
_WEEKS = 8
"""Weeks that the planner composes to take one day from, more of them for later alternatives."""
MOST_DAYS = 20
"""Other days that can be asked for by number: each costs a week of planning."""
_Figures = tuple[str, int, int | None, int | None]
"""Id, sets, amount and zone of a line."""
_FAMILIES = (PUSH, PULL, LEGS, TRUNK, ENDURANCE, SOFT)


def substitute_exercise(
    week: Week,
    day: int,
    exercise_id: str,
    constraints: WorkoutConstraints,
    *,
    replacement_id: str = "",
) -> Substitution[WorkoutPlan, Alternative]:
    """The week with another exercise in one place, and everything else as it was.

    Ranked by movement, muscles, level, load and the way they are counted; whatever would change the rest of
    the week (an exercise that takes longer, say) comes after what would not.

    Args:
        week: As it was received.
        day: Counts from 1.
        exercise_id: What is to go; of one that the day has twice, the first.
        constraints: The member's envelope, which the exercise to go need not be in any more.
        replacement_id: What is to come; empty for the best.

    Raises:
        InvalidProfileError: the week is not of this envelope, the exercise is not on that day, or the
            replacement is unknown, excluded, or there already.
        NoPlanPossibleError: nothing else can stand there.
    """
    number = _day_index(week, day)
    position = _position(week, number, exercise_id)
    draft = week_of(week, constraints, besides=(number, position))
    here = {line.exercise_id for line in draft.days[number].lines}
    old = exercises()[exercise_id]
    candidates = _ranked(old, draft, here, constraints)
    if replacement_id:
        candidates = [_wanted(replacement_id, here, constraints)]
    found: list[tuple[bool, float, int, Exercise, WorkoutPlan, tuple[ChangedLine, ...]]] = []
    for rank, new in enumerate(candidates[:_TRIED]):
        placed = _placed(new, old, week, draft, (number, position), constraints)
        if placed is not None:
            plan, changed = placed
            found.append((bool(changed), -similarity(old, new), rank, new, plan, changed))
        if sum(not changes for changes, *_ in found) == MOST_ALTERNATIVES:
            break
    found.sort(key=lambda one: one[:3])
    if not found:
        raise NoPlanPossibleError(
            "NO_SUBSTITUTE",
            f"no other exercise can stand in the place of {exercise_id} on day {day}",
            ("equipment", "disliked_exercises"),
        )
    language = constraints.profile.language
    return Substitution(
        found[0][4],
        told(constraints.assessment, language),
        tuple(
            Alternative(new.id, new.name(language), round(-unlike, 3))
            for _, unlike, _, new, _, _ in found[:MOST_ALTERNATIVES]
        ),
        also_changed=found[0][5],
    )


def regenerate_day(
    week: Week, day: int, constraints: WorkoutConstraints, *, alternative: int = 0, keep: Collection[str] = ()
) -> Substitution[WorkoutPlan, Alternative]:
    """The week with one day composed anew, and the others as they were.

    The planner's days of the same focus, ranked by the week that they make and by how few of the old day's
    exercises they repeat; ``alternative`` takes the next one, and so on. ``keep`` are exercises that the week
    must not lose.

    Raises:
        InvalidProfileError: the week is not of this envelope, or has no such day.
        NoPlanPossibleError: the planner has no other day that leaves the rest as it is.
    """
    number = _day_index(week, day)
    draft = week_of(week, constraints)
    old = draft.days[number]
    had = frozenset(line.exercise_id for line in old.lines)
    ranked: list[tuple[bool, float, int, WorkoutPlan, tuple[ChangedLine, ...]]] = []
    seen: set[frozenset[str]] = {had}
    for first in range(0, _WEEKS * (1 + alternative // _WEEKS), _WEEKS):
        # Each group of weeks in its own order, so that every number goes on naming the same day.
        group: list[tuple[bool, float, int, WorkoutPlan, tuple[ChangedLine, ...]]] = []
        for seed in range(first, first + _WEEKS):
            for new in _days_like(old, number, WORKOUT.plan(constraints, seed)):
                items = frozenset(line.exercise_id for line in new.lines)
                if items in seen:
                    continue
                seen.add(items)
                changed = _with_day(draft, number, new)
                plan = WORKOUT.finish(changed, constraints)
                if not items_of(plan).issuperset(keep):
                    continue
                worth = value(Rated(WORKOUT.score(changed, constraints)["quality"], items), had)
                changed_lines = _changed(plan, week, number)
                group.append((bool(changed_lines), -worth, len(group), plan, changed_lines))
        ranked += sorted(group, key=lambda one: one[:3])
    if len(ranked) <= alternative:
        raise NoPlanPossibleError(
            "NO_SUBSTITUTE",
            f"there are {len(ranked)} other days to take the place of day {day}",
            ("alternative", "equipment", "disliked_exercises"),
        )
    *_, plan, changed_lines = ranked[alternative]
    return Substitution(
        plan, told(constraints.assessment, constraints.profile.language), also_changed=changed_lines
    )


def similarity(old: Exercise, new: Exercise) -> float:
    """How alike two exercises are as training: movement, muscles, level, load, and how they are counted."""
    family = any(old.pattern in one and new.pattern in one for one in _FAMILIES)
    movement = 1.0 if old.pattern is new.pattern else 0.5 if family else 0.0
    primary, secondary = (
        _overlap(getattr(old, name), getattr(new, name)) for name in ("primary_muscles", "secondary_muscles")
    )
    level = 1 - abs(LEVELS.index(old.level) - LEVELS.index(new.level)) / (len(LEVELS) - 1)
    form = (old.compound is new.compound) + (old.mode is new.mode) + (old.unilateral is new.unilateral)
    load = old.loadable is new.loadable
    muscles = 0.25 * primary + 0.10 * secondary
    return 0.35 * movement + muscles + 0.10 * level + 0.10 * form / 3 + 0.10 * load


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Jaccard's index; two that train nothing in particular are alike."""
    union = set(one) | set(other)
    return len(set(one) & set(other)) / len(union) if union else 1.0


def _ranked(
    old: Exercise, draft: WorkoutDraft, here: set[str], constraints: WorkoutConstraints
) -> list[Exercise]:
    """What may stand there, the most similar first; of equals, what the week does not have yet."""
    elsewhere = {line.exercise_id for day in draft.days for line in day.lines}
    left = [one for one in constraints.exercises if one.id not in here]
    return sorted(left, key=lambda new: (-round(similarity(old, new), 6), new.id in elsewhere))


def _wanted(replacement_id: str, here: set[str], constraints: WorkoutConstraints) -> Exercise:
    exercise = exercises().get(replacement_id)
    if exercise is None:
        problem = NO_IDENTIFIER
    elif exercise.id not in constraints.by_id:
        problem = why_excluded([exercise], RULES, constraints.profile)
    elif exercise.id in here:
        problem = "is on that day already"
    else:
        return exercise
    raise InvalidProfileError((FieldViolation("replacement_id", problem),))


def _placed(
    new: Exercise,
    old: Exercise,
    week: Week,
    draft: WorkoutDraft,
    place: tuple[int, int],
    constraints: WorkoutConstraints,
) -> tuple[WorkoutPlan, tuple[ChangedLine, ...]] | None:
    """A week with the new exercise in its place, and what else is not as it was."""
    number, position = place
    lines = draft.days[number].lines
    first: tuple[WorkoutPlan, tuple[ChangedLine, ...]] | None = None
    for counted in islice(_counted(new, old, lines[position], constraints), _LINES_TRIED):
        plan = WORKOUT.finish(with_line(draft, number, position, counted), constraints)
        if all(one.exercise_id != new.id for one in plan.sessions[number].exercises):
            continue  # the day has no time for it
        changed = _changed(plan, week, number, position, new.id)
        if not changed:
            return plan, ()
        first = first or (plan, changed)
    return first


def _counted(new: Exercise, old: Exercise, line: Line, constraints: WorkoutConstraints) -> Iterator[Line]:
    """Ways to do the new exercise: as the old one was counted, then whatever takes about as long, no longer
    first."""
    if new.mode is Mode.CARDIO:
        easy = constraints.zones[:2][-1]
        zone = line.zone if line.zone in constraints.zones else easy
        options = [Line(new.id, 1, minutes, zone) for minutes in constraints.cardio_minutes]
    else:
        amounts = constraints.amounts(new.mode)
        options = [Line(new.id, sets, amount) for sets in constraints.sets for amount in amounts]
    before = line_seconds(old, line)
    as_it_was = (line.sets, line.amount) if new.mode is old.mode else None

    def distance(option: Line) -> tuple[bool, bool, int, int]:
        seconds, other = line_seconds(new, option), (option.sets, option.amount) != as_it_was
        return other, seconds > before, abs(option.sets - line.sets), abs(seconds - before)

    yield from sorted(options, key=distance)


def counted_like(new: Exercise, old: Exercise, line: Line, constraints: WorkoutConstraints) -> Line:
    """A line of the new exercise that is done as the old one was, or takes about as long."""
    return next(_counted(new, old, line, constraints))


def with_line(draft: WorkoutDraft, number: int, position: int, line: Line) -> WorkoutDraft:
    """The draft with another line in one place."""
    day = draft.days[number]
    lines = (*day.lines[:position], line, *day.lines[position + 1 :])
    return _with_day(draft, number, replace(day, lines=lines))


def _days_like(old: Day, number: int, planned: WorkoutDraft) -> list[Day]:
    """Days of a planned week that can stand where the old one did."""
    same = [day for day in planned.days if day.focus is old.focus]
    return same or [planned.days[number]]


def _with_day(draft: WorkoutDraft, number: int, day: Day) -> WorkoutDraft:
    return WorkoutDraft((*draft.days[:number], day, *draft.days[number + 1 :]))


def _changed(
    plan: WorkoutPlan, week: Week, number: int, position: int | None = None, new_id: str = ""
) -> tuple[ChangedLine, ...]:
    """Lines that are not as they were received, but for one line and what took its place, or one day."""
    found: list[ChangedLine] = []
    for index, (session, day) in enumerate(zip(plan.sessions, week, strict=True)):
        was: list[_Figures] = [(line.exercise_id, line.sets, line.amount, line.zone) for line in day.lines]
        now = [_figures(line) for line in session.exercises]
        if index == number and position is None:
            continue
        if index == number and position is not None:
            del was[position]
            now.remove(next(line for line in now if line[0] == new_id))
        gone, come = Counter(was) - Counter(now), Counter(now) - Counter(was)
        before, after = ({line[0] for line in lines} for lines in (gone, come))
        changes = [
            *((one, LineChange.RECOUNTED if one in after else LineChange.REMOVED) for one in before),
            *((one, LineChange.ADDED) for one in after - before),
        ]
        found += [ChangedLine(index + 1, exercise_id, change) for exercise_id, change in sorted(changes)]
    return tuple(found)


def _figures(line: ExercisePrescription) -> _Figures:
    counted = (line.repetitions, line.hold_seconds, line.duration_minutes)
    amount = next((one for one in counted if one is not None), None)
    return line.exercise_id, line.sets, amount, line.heart_rate_zone


def _day_index(week: Week, day: int) -> int:
    if not 1 <= day <= len(week):
        raise InvalidProfileError((FieldViolation("day", f"must be from 1 to {len(week)}"),))
    return day - 1


def _position(week: Week, number: int, exercise_id: str) -> int:
    """Where an exercise is on a day."""
    if exercise_id not in exercises():
        raise InvalidProfileError((FieldViolation("exercise_id", NO_IDENTIFIER),))
    ids = [line.exercise_id for line in week[number].lines]
    if exercise_id not in ids:
        problem = f"is not on day {number + 1} of the plan"
        raise InvalidProfileError((FieldViolation("exercise_id", problem),))
    return ids.index(exercise_id)
