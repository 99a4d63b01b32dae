"""Draft -> plan: everything that has a formula, and every text, in the member's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from fitbox import i18n
from fitbox.conditions import for_exercise, pulse_is_a_guide
from fitbox.exercises import Exercise, Mode, Muscle, Pattern, exercises
from fitbox.plan import (
    ExercisePrescription,
    ExerciseRole,
    PreparationKind,
    Programme,
    Progression,
    Session,
    WorkoutPlan,
)
from fitbox.profile import FocusArea, Goal, UnitSystem
from fitbox.workout.constraints import (
    ADULT_YEARS,
    CAREFUL_WITH,
    WorkoutConstraints,
    is_thin,
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
from fitbox.workout.splits import SOFT, STRENGTH
from fitbox.workout.spread import weekdays
from fitbox.workout.targets import MODERATE_MINUTES, moderate_minutes
from fitbox.workout.timing import cool_down_minutes, rest_seconds, warm_up_minutes
from fitbox.workout.volume import weekly_sets
from fitbox.workout.words import CUES, TEXTS, listed, muscle_name

FLEXIBILITY_DAYS, BALANCE_DAYS = 2, 3
"""A week, at least: two of stretching for everybody (Garber CE et al., 2011, Med Sci Sports Exerc
43:1334-1359), three against falls from 65 on (WHO, 2020)."""
_WALK_MINUTES = 30
_STRENGTH_WEEK = 4
"""So many lines of strength make a week of which one may ask what it leaves out."""
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
        _session(number, place, day, constraints)
        for number, (place, day) in enumerate(
            zip(_calendar(weekdays(fitted), constraints.starts_on), fitted.days, strict=True), start=1
        )
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
            *_left_out(fitted, constraints),
            *_missing(moderate, flexible, balanced, constraints),
            *_time_left(sessions, constraints),
        ),
        programme=following,
        moderate_minutes=moderate,
        flexibility_days=flexible,
        balance_days=balanced,
    )


def _calendar(weekdays: Sequence[int], starts_on: date | None) -> Iterator[tuple[int, date | None]]:
    """Weekday, Monday 0, and date of each session. From a known start the week keeps its distances: its first
    session is on that day, whichever it is."""
    for weekday in weekdays:
        if starts_on is None:
            yield weekday, None
        else:
            day = starts_on + timedelta(days=weekday - weekdays[0])
            yield day.weekday(), day


def _session(
    number: int, place: tuple[int, date | None], day: Day, constraints: WorkoutConstraints
) -> Session:
    language, minutes = constraints.profile.language, constraints.profile.session_minutes
    weekday, on = place
    return Session(
        day=number,
        weekday=i18n.text(language, f"weekday.{i18n.WEEKDAYS[weekday]}"),
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
        date=None if on is None else on.isoformat(),
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
        load_lb=effort.load_lb,
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
    if constraints.profile.unit_system is UnitSystem.IMPERIAL and effort.load_lb is not None:
        yield TEXTS.text(language, "intensity.load_lb", load=effort.load_lb)
    elif effort.load_kg is not None:
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
    lighter = [week for week in following.weeks if week.deload]
    if lighter:
        key = "progression.deload" if len(lighter) == 1 else "progression.deloads"
        numbers = listed(language, [week.number for week in lighter])
        pieces.append(TEXTS.text(language, key, weeks=numbers))
        if days := [week.starts_on for week in lighter if week.starts_on]:
            pieces.append(TEXTS.text(language, "progression.deload_dates", dates=listed(language, days)))
    if constraints.assessment.goal in _LOSES and following.progression is not Progression.CAREFUL:
        pieces.append(TEXTS.text(language, "progression.cardio"))
    return " ".join(pieces)


def _notes(constraints: WorkoutConstraints) -> Iterator[str]:
    language = constraints.profile.language
    for note in constraints.assessment.safety_notes:
        yield i18n.label(language, note)
    if is_thin(constraints.profile):
        yield TEXTS.text(language, "note.low_impact_thin")
    elif low_impact_only(constraints.profile):
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


def _left_out(week: WorkoutDraft, constraints: WorkoutConstraints) -> Iterator[str]:
    """What short weeks of strength train only along the way."""
    found = [exercises()[line.exercise_id] for day in week.days for line in day.lines]
    if sum(one.pattern in STRENGTH for one in found) < _STRENGTH_WEEK:
        return
    single = [one for one in found if one.pattern is Pattern.ISOLATION_LEGS]
    calves = any(Muscle.CALVES in one.primary_muscles for one in single)
    legs = any(Muscle.CALVES not in one.primary_muscles for one in single)
    if not (calves and legs):
        key = "note.legs" if calves else "note.calves" if legs else "note.legs_and_calves"
        yield TEXTS.text(constraints.profile.language, key)


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
