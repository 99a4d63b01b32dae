"""A coach's word on a week: honoured by every plan, or refused by field and rule before one is written."""

from __future__ import annotations

from dataclasses import replace

from fitbox.choosing import items_of
from fitbox.errors import NoPlanPossibleError, PlanInfeasibleError
from fitbox.exercises import Mode, exercises
from fitbox.overrides.items import check_items, forbidden_named
from fitbox.overrides.values import WorkoutOverrides
from fitbox.plan import WorkoutPlan
from fitbox.profile import Profile
from fitbox.substitute.exercise import counted_like, similarity, with_line
from fitbox.substitute.received import Refusals
from fitbox.task import Violation
from fitbox.workout.constraints import RULES, WorkoutConstraints
from fitbox.workout.draft import Focus, WorkoutDraft
from fitbox.workout.splits import PATTERNS
from fitbox.workout.task import WORKOUT, WorkoutTask
from fitbox.workout.words import TEXTS

FIXED_MISSING, OTHER_SPLIT = "FIXED_EXERCISE_MISSING", "OTHER_SPLIT"
_PLACES_TRIED = 12
_SEEDS_TRIED = 4


def overridden_workout(overrides: WorkoutOverrides) -> WorkoutTask:
    """The workout task as a coach wants it: constraints, planner, finish and check know his word."""

    def constrain(profile: Profile) -> WorkoutConstraints:
        return _constrained(profile, overrides)

    def plan(constraints: WorkoutConstraints, seed: int) -> WorkoutDraft:
        for number in range(_SEEDS_TRIED):
            draft = WORKOUT.plan(constraints, seed + number)
            try:
                return _with_fixed(draft, constraints, overrides)
            except PlanInfeasibleError:
                continue
        raise NoPlanPossibleError(
            "OVERRIDES_IMPOSSIBLE",
            "the fixed exercises do not fit into this member's week together",
            ("overrides.fixed_exercises",),
        )

    def finish(draft: WorkoutDraft, constraints: WorkoutConstraints) -> WorkoutPlan:
        return WORKOUT.finish(_with_fixed(draft, constraints, overrides), constraints)

    def check(made: WorkoutPlan, constraints: WorkoutConstraints) -> tuple[Violation, ...]:
        return (*WORKOUT.check(made, constraints), *_broken(made, constraints, overrides))

    return replace(WORKOUT, constrain=constrain, plan=plan, finish=finish, check=check)


def _constrained(profile: Profile, overrides: WorkoutOverrides) -> WorkoutConstraints:
    """The envelope inside the member's own that keeps the coach's word.

    Raises:
        InvalidProfileError: names each override that the member's envelope does not allow, with the rule.
        NoPlanPossibleError: too little is left.
    """
    refusals = Refusals()
    fixed, forbidden = overrides.fixed_exercises, overrides.forbidden_exercises
    check_items("exercises", fixed, forbidden, exercises(), RULES, profile, refusals)
    refusals.raise_any()
    disliked = profile.disliked_exercises | set(forbidden)
    with forbidden_named("exercises", forbidden, profile.disliked_exercises):
        own = WORKOUT.constrain(profile.model_copy(update={"disliked_exercises": disliked}))
    repetitions = _repetitions(own, overrides, refusals)
    if len(fixed) > own.days * own.most_lines:
        refusals.add("overrides.fixed_exercises", f"at most {own.days * own.most_lines} fit into the week")
    _check_split(own, overrides, refusals)
    refusals.raise_any()
    split = tuple(Focus[focus.name] for focus in overrides.split) or None
    return replace(own, profile=profile, repetitions=repetitions, split=split)


def _repetitions(own: WorkoutConstraints, overrides: WorkoutOverrides, refusals: Refusals) -> tuple[int, ...]:
    fewest, most = overrides.fewest_repetitions, overrides.most_repetitions
    allowed = ", ".join(map(str, own.repetitions))
    left = tuple(
        number
        for number in own.repetitions
        if (fewest is None or number >= fewest) and (most is None or number <= most)
    )
    if fewest is not None and most is not None and fewest > most:
        refusals.add("overrides.fewest_repetitions", "must not be above most_repetitions")
    elif not left:
        field = "fewest_repetitions" if fewest is not None else "most_repetitions"
        refusals.add(f"overrides.{field}", f"REPETITIONS: this member's sets have {allowed}")
    return left


def _check_split(own: WorkoutConstraints, overrides: WorkoutOverrides, refusals: Refusals) -> None:
    if overrides.split and len(overrides.split) != own.days:
        refusals.add("overrides.split", f"must have {own.days} days, as workout_days_per_week")
    for index, focus in enumerate(overrides.split):
        patterns = PATTERNS[Focus[focus.name]]
        left = sum(exercise.pattern in patterns for exercise in own.exercises)
        if left < own.fewest_lines:
            refusals.add(
                f"overrides.split[{index}]",
                f"FEWEST_EXERCISES: {left} exercises of it are left, {own.fewest_lines} are needed",
            )


def _with_fixed(
    draft: WorkoutDraft, constraints: WorkoutConstraints, overrides: WorkoutOverrides
) -> WorkoutDraft:
    """The draft with every fixed exercise in the place of the one that is most like it.

    Raises:
        PlanInfeasibleError: there is no place where all of them survive the fitting of the week.
    """
    needed: set[str] = set()
    for exercise_id in overrides.fixed_exercises:
        needed.add(exercise_id)
        draft = _with_one(exercise_id, draft, frozenset(needed), constraints)
    return draft


def _with_one(
    exercise_id: str, draft: WorkoutDraft, needed: frozenset[str], constraints: WorkoutConstraints
) -> WorkoutDraft:
    if needed <= items_of(WORKOUT.finish(draft, constraints)):
        return draft
    new = exercises()[exercise_id]
    places = [
        (number, position, exercises()[line.exercise_id], line)
        for number, day in enumerate(draft.days)
        for position, line in enumerate(day.lines)
        if line.exercise_id not in needed
    ]
    places.sort(key=lambda place: -round(similarity(place[2], new), 6))
    for number, position, old, line in places[:_PLACES_TRIED]:
        counted = counted_like(new, old, line, constraints)
        changed = with_line(draft, number, position, counted)
        if needed <= items_of(WORKOUT.finish(changed, constraints)):
            return changed
    raise PlanInfeasibleError(f"{exercise_id} has no place in the week")


def _broken(
    plan: WorkoutPlan, constraints: WorkoutConstraints, overrides: WorkoutOverrides
) -> list[Violation]:
    """Whatever of the coach's word a plan does not keep; the grammar sees to it that there is nothing."""
    items = items_of(plan)
    found = [Violation(FIXED_MISSING, one) for one in overrides.fixed_exercises if one not in items]
    language = constraints.profile.language
    for session, focus in zip(plan.sessions, overrides.split, strict=False):
        if session.focus != TEXTS.text(language, f"focus.{Focus[focus.name]}"):
            found.append(Violation(OTHER_SPLIT, f"day {session.day}"))
    allowed = set(constraints.repetitions)
    found += [
        Violation("OTHER_REPETITIONS", line.exercise_id)
        for session in plan.sessions
        for line in session.exercises
        if exercises()[line.exercise_id].mode is Mode.REPS and line.repetitions not in allowed
    ]
    return found
