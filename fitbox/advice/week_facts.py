"""What there is to say of a training week."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fitbox.advice.facts import TEXTS, About, Fact, opening
from fitbox.exercises import exercises
from fitbox.i18n import WEEKDAYS, text
from fitbox.plan import (
    ExercisePrescription,
    ExerciseRole,
    PreparationKind,
    Progression,
    Session,
    WorkoutPlan,
)
from fitbox.profile import Language

MOST_LIFTS = 2
"""That sentences are about: each has a sentence of every kind in the member's grammar."""
_HARD = frozenset(
    {
        *(ExerciseRole.MAIN, ExerciseRole.SECONDARY, ExerciseRole.SINGLE_JOINT),
        *(ExerciseRole.TRUNK, ExerciseRole.CONDITIONING),
    }
)
FEWEST_HARD_SETS = 8
"""Fewer make no hard day."""
LONGER_MINUTES = 5
"""A session is the longest by this much, or there is none."""
_EASY_RPE, _BRISK_RPE = (1.0, 6.0), (6.0, 7.5)
"""Above and up to, of 10, on the scale of the Physical Activity Guidelines for Americans, 2018: moderate is
5 to 6, vigorous 7 to 8; harder, nobody speaks in sentences."""
_SPELT_RESERVE = range(2, 6)
"""Repetitions in reserve that the texts spell out."""


def facts_of_week(plan: WorkoutPlan, language: Language) -> tuple[Fact, ...]:
    """The facts of a finished week that is written in ``language``."""
    return tuple(
        fact
        for found in (_days(plan, language), _hardest(plan, language), _lifts(plan, language), _rest(plan))
        for fact in found
    )


def _days(plan: WorkoutPlan, language: Language) -> Iterator[Fact]:
    names = [session.weekday for session in plan.sessions]
    longest, *others = sorted(plan.sessions, key=lambda session: -session.total_minutes)
    if len(names) < len(WEEKDAYS):
        yield Fact.of(About.WEEK, days=listed(names, language))
    if others and longest.total_minutes >= others[0].total_minutes + LONGER_MINUTES:
        yield Fact.of(About.LONGEST, day=longest.weekday)


def _hardest(plan: WorkoutPlan, language: Language) -> Iterator[Fact]:
    hardest, *others = sorted(plan.sessions, key=lambda session: -_hard_sets(session))
    most = _hard_sets(hardest)
    if not others or most < FEWEST_HARD_SETS or most == _hard_sets(others[0]):
        return
    yield Fact.of(About.HARDEST, day=hardest.weekday)
    names = [text(language, f"weekday.{key}") for key in WEEKDAYS]
    following = names[(names.index(hardest.weekday) + 1) % len(names)]
    if following not in {session.weekday for session in plan.sessions}:
        yield Fact.of(About.THEN_FREE, day=hardest.weekday)


def _hard_sets(session: Session) -> int:
    return sum(line.sets for line in session.exercises if line.role in _HARD)


def _lifts(plan: WorkoutPlan, language: Language) -> Iterator[Fact]:
    """The first main lifts of the week, from different sessions where there are as many."""
    grows = plan.programme.progression in (Progression.LINEAR, Progression.DOUBLE)
    for session, line in _main_lifts(plan)[:MOST_LIFTS]:
        exercise = exercises()[line.exercise_id]
        day, lift, work = opening(session.weekday), line.name, f"{line.sets} x {line.repetitions}"
        yield Fact.of(
            About.LIFT, day=day, lift=lift, work=work, rest=line.rest_seconds, pattern=exercise.pattern
        )
        if exercise.loadable:
            yield Fact.of(About.LOADABLE, day=day, lift=lift)
            if grows:
                yield Fact.of(About.LOADED, day=day, lift=lift, work=work)
        if line.repetitions_in_reserve in _SPELT_RESERVE:
            reserve = TEXTS.text(language, f"reserve.{line.repetitions_in_reserve}")
            yield Fact.of(About.RESERVE, day=day, lift=lift, reserve=reserve)


def _main_lifts(plan: WorkoutPlan) -> list[tuple[Session, ExercisePrescription]]:
    found: dict[str, tuple[Session, ExercisePrescription]] = {}
    days = [
        [(session, line) for line in session.exercises if line.role is ExerciseRole.MAIN and line.repetitions]
        for session in plan.sessions
    ]
    for place in range(max(map(len, days), default=0)):
        for lifts in days:
            if place < len(lifts):
                found.setdefault(lifts[place][1].exercise_id, lifts[place])
    return list(found.values())


def _rest(plan: WorkoutPlan) -> Iterator[Fact]:
    """What is not lifted: the lighter week, endurance, stretching, balance."""
    lighter = next((week.number for week in plan.programme.weeks if week.deload), None)
    if lighter is not None:
        yield Fact.of(About.LIGHT_WEEK, week=lighter)
    endurance = _longest_first(plan)
    for about, (above, up_to) in ((About.EASY, _EASY_RPE), (About.BRISK, _BRISK_RPE)):
        longest = next((one for one in endurance if above < (one[1].rpe or 0.0) <= up_to), None)
        if longest is not None:
            session, line = longest
            yield Fact.of(about, day=opening(session.weekday), name=line.name, minutes=line.duration_minutes)
    for session in plan.sessions:
        stretch = next((item for item in session.cool_down if item.kind is PreparationKind.STRETCH), None)
        if stretch is not None:
            yield Fact.of(About.STRETCH, day=opening(session.weekday), name=stretch.name)
            break
    balance = (
        (session, line)
        for session in plan.sessions
        for line in session.exercises
        if line.role is ExerciseRole.BALANCE
    )
    for session, line in balance:
        yield Fact.of(About.BALANCE, day=opening(session.weekday), name=line.name)
        break


def _longest_first(plan: WorkoutPlan) -> list[tuple[Session, ExercisePrescription]]:
    lines = [
        (session, line)
        for session in plan.sessions
        for line in session.exercises
        if line.role is ExerciseRole.ENDURANCE and line.duration_minutes and line.rpe
    ]
    return sorted(lines, key=lambda one: -(one[1].duration_minutes or 0))


def listed(names: Iterable[str], language: Language) -> str:
    """``Monday, Wednesday and Friday``."""
    *first, last = names
    return f"{', '.join(first)} {TEXTS.text(language, 'and')} {last}" if first else last
