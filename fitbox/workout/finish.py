"""Draft -> plan: everything that has a formula, and every text, in the member's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fitbox import i18n
from fitbox.conditions import for_exercise, pulse_is_a_guide
from fitbox.exercises import Exercise, Mode, exercises
from fitbox.plan import (
    ExercisePrescription,
    ExerciseRole,
    PreparationKind,
    Programme,
    Progression,
    Session,
    WorkoutPlan,
)
from fitbox.profile import FocusArea, Goal
from fitbox.workout.constraints import (
    ADULT_YEARS,
    CAREFUL_WITH,
    WorkoutConstraints,
    low_impact_only,
)
from fitbox.workout.draft import Day, Line, WorkoutDraft
from fitbox.workout.fit import day_minutes, fit
from fitbox.workout.focus_areas import MUSCLES, is_for
from fitbox.workout.intensity import Intensity, intensity
from fitbox.workout.own_weight import OLDER_YEARS
from fitbox.workout.preparation import cool_down, warm_up
from fitbox.workout.programme import programme
from fitbox.workout.roles import roles
from fitbox.workout.splits import SOFT
from fitbox.workout.spread import weekdays
from fitbox.workout.targets import MODERATE_MINUTES, moderate_minutes
from fitbox.workout.timing import cool_down_minutes, rest_seconds, warm_up_minutes
from fitbox.workout.volume import weekly_sets
from fitbox.workout.words import CUES, TEXTS, listed, muscle_name

FLEXIBILITY_DAYS, BALANCE_DAYS = 2, 3
"""A week, at least: two of stretching for everybody (Garber CE et al., 2011, Med Sci Sports Exerc
43:1334-1359), three against falls from 65 on (WHO, 2020)."""
_WALK_MINUTES = 30
USED = 0.85
"""A session that uses less of its slot is explained."""
_LOSES = frozenset({Goal.WEIGHT_LOSS, Goal.MODERATE_WEIGHT_LOSS})


def finish(draft: WorkoutDraft, constraints: WorkoutConstraints) -> WorkoutPlan:
    """Fit the week to the member, then compute rest, effort, times, what stands around it and what follows
    it.

    A draft that the grammar allows can always be finished.
    """
    return written(fit(draft, constraints), constraints)


def written(fitted: WorkoutDraft, constraints: WorkoutConstraints) -> WorkoutPlan:
    """The plan of a week that is as it should be: nothing in it is moved or counted anew."""
    language = constraints.profile.language
    sessions = tuple(
        _session(number, i18n.WEEKDAYS[weekday], day, constraints)
        for number, (weekday, day) in enumerate(zip(weekdays(fitted), fitted.days, strict=True), start=1)
    )
    following = programme(fitted, constraints)
    moderate = _moderate_minutes(fitted)
    flexible = _days_with(sessions, PreparationKind.STRETCH, ExerciseRole.FLEXIBILITY)
    balanced = _days_with(sessions, PreparationKind.BALANCE, ExerciseRole.BALANCE)
    return WorkoutPlan(
        sessions=sessions,
        weekly_sets={
            muscle_name(language, muscle): sets for muscle, sets in weekly_sets(fitted).items() if sets
        },
        progression=_progression(following, constraints),
        notes=(
            *_notes(constraints),
            *_wished(fitted, flexible, balanced, constraints),
            *_missing(moderate, flexible, balanced, constraints),
            *_time_left(sessions, constraints),
        ),
        programme=following,
        moderate_minutes=moderate,
        flexibility_days=flexible,
        balance_days=balanced,
    )


def _session(number: int, weekday: str, day: Day, constraints: WorkoutConstraints) -> Session:
    language, minutes = constraints.profile.language, constraints.profile.session_minutes
    return Session(
        day=number,
        weekday=i18n.text(language, f"weekday.{weekday}"),
        focus=TEXTS.text(language, f"focus.{day.focus}"),
        exercises=tuple(
            _prescription(line, exercises()[line.exercise_id], role, constraints)
            for line, role in zip(day.lines, roles(day), strict=True)
        ),
        warm_up_minutes=warm_up_minutes(minutes),
        total_minutes=day_minutes(day.lines, constraints),
        warm_up=warm_up(day, constraints),
        cool_down=cool_down(day, number, constraints),
        cool_down_minutes=cool_down_minutes(minutes),
    )


def _prescription(
    line: Line, exercise: Exercise, role: ExerciseRole, constraints: WorkoutConstraints
) -> ExercisePrescription:
    language = constraints.profile.language
    effort = intensity(line, exercise, role, constraints)
    return ExercisePrescription(
        exercise_id=exercise.id,
        name=exercise.name(language),
        sets=line.sets,
        repetitions=line.amount if exercise.mode is Mode.REPS else None,
        hold_seconds=line.amount if exercise.mode is Mode.HOLD else None,
        duration_minutes=line.amount if exercise.mode is Mode.CARDIO else None,
        rest_seconds=rest_seconds(exercise, line.amount),
        heart_rate_zone=line.zone if pulse_is_a_guide(constraints.profile) else None,
        muscles=tuple(muscle_name(language, muscle) for muscle in exercise.primary_muscles),
        role=role,
        rpe=effort.rpe,
        repetitions_in_reserve=effort.repetitions_in_reserve,
        percent_of_maximum=effort.percent_of_maximum,
        load_kg=effort.load_kg,
        tempo=effort.tempo,
        intensity=" ".join(_intensity(line, exercise, effort, constraints)),
        cue=CUES.text(language, exercise.cue),
        free_exercise_db_id=exercise.free_exercise_db_id,
    )


def _intensity(
    line: Line, exercise: Exercise, effort: Intensity, constraints: WorkoutConstraints
) -> Iterator[str]:
    language = constraints.profile.language
    if exercise.pattern in SOFT:
        yield TEXTS.text(language, "intensity.soft")
        return
    if line.zone is not None:
        yield TEXTS.text(language, f"intensity.zone{line.zone}")
        return
    yield TEXTS.text(language, "intensity.rpe", rpe=effort.rpe or 0.0)
    if effort.repetitions_in_reserve is not None:
        one = effort.repetitions_in_reserve == 1
        key = "intensity.reserve_one" if one else "intensity.reserve"
        yield TEXTS.text(language, key, reserve=effort.repetitions_in_reserve)
    if effort.load_kg is not None:
        yield TEXTS.text(language, "intensity.load", load=effort.load_kg)
    elif effort.percent_of_maximum is not None:
        yield TEXTS.text(language, "intensity.percent", percent=effort.percent_of_maximum)


def _progression(following: Programme, constraints: WorkoutConstraints) -> str:
    """The programme in words: what grows from week to week, and when a lighter week comes."""
    language = constraints.profile.language
    top = max(constraints.repetitions)
    pieces = [
        TEXTS.text(
            language, f"progression.{following.progression}", weeks=len(following.weeks), repetitions=top
        )
    ]
    lighter = [week.number for week in following.weeks if week.deload]
    if lighter:
        key = "progression.deload" if len(lighter) == 1 else "progression.deloads"
        pieces.append(TEXTS.text(language, key, weeks=listed(language, lighter)))
    if constraints.assessment.goal in _LOSES and following.progression is not Progression.CAREFUL:
        pieces.append(TEXTS.text(language, "progression.cardio"))
    return " ".join(pieces)


def _notes(constraints: WorkoutConstraints) -> Iterator[str]:
    language = constraints.profile.language
    for note in constraints.assessment.safety_notes:
        yield i18n.label(language, note)
    if low_impact_only(constraints.profile):
        yield TEXTS.text(language, "note.low_impact")
    if for_exercise(constraints.profile) & CAREFUL_WITH:
        yield TEXTS.text(language, "note.effort_before_pulse")
    yield TEXTS.text(language, "note.sides")


def _wished(
    week: WorkoutDraft, flexible: int, balanced: int, constraints: WorkoutConstraints
) -> Iterator[str]:
    """What the week has of the member's focus; nothing is promised where it has none."""
    language, areas = constraints.profile.language, constraints.profile.focus_areas
    for area in FocusArea:
        if area not in areas:
            continue
        name = TEXTS.text(language, f"area.{area.lower()}")
        if MUSCLES[area]:
            lines = [line for day in week.days for line in day.lines]
            trained = [one for one in lines if is_for(exercises()[one.exercise_id], MUSCLES[area])]
            sets = sum(line.sets for line in trained)
            key = "note.focus_sets" if sets else "note.focus_none"
            yield TEXTS.text(language, key, area=name, sets=sets)
        else:
            days = balanced if area is FocusArea.BALANCE else flexible
            key = "note.focus_days" if days else "note.focus_none"
            yield TEXTS.text(language, key, area=name, days=days)


def _missing(moderate: float, flexible: int, balanced: int, constraints: WorkoutConstraints) -> Iterator[str]:
    """What the week lacks of the public recommendations, and what to do outside it."""
    language, profile = constraints.profile.language, constraints.profile
    if profile.age_years < ADULT_YEARS:
        yield TEXTS.text(language, "note.young")
    elif moderate < MODERATE_MINUTES:
        lacking = MODERATE_MINUTES - moderate
        walks = max(1, round(lacking / _WALK_MINUTES))
        minutes = -(-int(lacking) // walks // 5) * 5
        key = "note.walk" if walks == 1 else "note.walks"
        yield TEXTS.text(
            language, key, planned=round(moderate), wanted=MODERATE_MINUTES, walks=walks, minutes=minutes
        )
    if flexible < FLEXIBILITY_DAYS:
        yield TEXTS.text(language, "note.stretch")
    if profile.age_years >= OLDER_YEARS and balanced < BALANCE_DAYS:
        yield TEXTS.text(language, "note.balance", days=BALANCE_DAYS - balanced)


def _time_left(sessions: Iterable[Session], constraints: WorkoutConstraints) -> Iterator[str]:
    minutes = constraints.profile.session_minutes
    if any(session.total_minutes < USED * minutes for session in sessions):
        yield TEXTS.text(constraints.profile.language, "note.time_left", minutes=minutes)


def _moderate_minutes(week: WorkoutDraft) -> float:
    lines = [line for day in week.days for line in day.lines]
    return sum(
        moderate_minutes(exercises()[line.exercise_id], line.amount, line.zone)
        for line in lines
        if exercises()[line.exercise_id].mode is Mode.CARDIO
    )


def _days_with(sessions: Iterable[Session], kind: PreparationKind, role: ExerciseRole) -> int:
    return sum(
        any(item.kind is kind for item in (*session.warm_up, *session.cool_down))
        or any(one.role is role for one in session.exercises)
        for session in sessions
    )
