"""The expert planner: writes the training targets, and answers where the model's text fails twice.

Deterministic for a seed. It aims at :mod:`fitbox.workout.targets` and stays inside the constraints. A week
has one main lift a movement, which returns with its movement so that it can progress; what stands beside it
varies. Choices are random but peaked on the most common exercises, so that members differ while a small model
can still learn what comes next; the order of a day's lines is always the same.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from fitbox.exercises import LOADS, Effort, Exercise, Mode, Muscle, Pattern, exercises
from fitbox.plan import ExerciseRole
from fitbox.profile import Equipment, Level, WorkoutType
from fitbox.workout.constraints import LEVELS, WorkoutConstraints, is_careful, is_thin, learns_bars
from fitbox.workout.draft import Day, Focus, Line, WorkoutDraft
from fitbox.workout.fit import allowed_amount, day_minutes, fit
from fitbox.workout.focus_areas import with_wishes
from fitbox.workout.own_weight import ALL, OLDER_YEARS, is_frail
from fitbox.workout.roles import repetitions_for, roles_of
from fitbox.workout.slots import (
    BESIDE,
    FALLS,
    FINISHER,
    INSTEAD_OF_INTERVALS,
    LOOSENING,
    ONLY_WHOLE_BODY_DAY,
    SLOTS,
    Slot,
)
from fitbox.workout.splits import (
    ENDURANCE,
    ENDURANCE_FOCUSES,
    LEGS,
    PATTERNS,
    PULL,
    PUSH,
    SOFT,
    STRENGTH,
    STRENGTH_FOCUSES,
    TRUNK,
)
from fitbox.workout.targets import (
    HARD_ZONE,
    PRACTICE,
    Targets,
    is_heavy,
    least_repetitions,
    longest_minutes,
    stage,
    targets_for,
    zone_band,
)
from fitbox.workout.timing import line_seconds
from fitbox.workout.volume import fractional_sets

_FAMILIES = (PUSH, PULL, LEGS, TRUNK, ENDURANCE, SOFT)
_PEAK = 0.6
"""Each further candidate is this much as likely as the one before it."""
_AGAIN = 0.12
"""What stands beside the main lifts is this much as likely for each time that the week already has it."""
_BARS_TO_GROW = {Level.BEGINNER: 0.8, Level.INTERMEDIATE: 0.5, Level.ADVANCED: 0.85}
"""How many build their weeks on bars where muscle is the aim, which grows alike on machines and dumbbells
(Haugen ME et al., 2023, BMC Sports Sci Med Rehabil 15:103); most programmes for the experienced do."""
_BARS = 0.85
"""The same for any other goal."""
_STRENGTH_LINES, _STRENGTH_LINES_OF_LONG, _LONG_MINUTES = 5, 6, 75
"""Of a day that is not about growth: more sets of fewer lifts. Days for the whole body have one more."""
_BELOW = 0.5
"""Each level below the member's own makes an exercise this much as likely."""
_WISHED = 3.0
_LEG_MUSCLES = frozenset({Muscle.HIPS, Muscle.QUADRICEPS, Muscle.HAMSTRINGS, Muscle.CALVES})
_CHOICE = 3
_LINES_A_MUSCLE = 2
"""Single-joint lines of a muscle a day, where something must stand in for what a member cannot do."""
_TOO_LITTLE = 20
"""Percent of the body that is no load for anybody with experience."""
_THROWN = frozenset({"clean", "throw", "swing"})
_INTERVAL_MINUTES, _FLOW_MINUTES, _EASY_MINUTES = 15, 15, 20
"""To start with; the day's time decides in the end."""


@dataclass
class _Week:
    """What is being composed."""

    constraints: WorkoutConstraints
    targets: Targets
    chance: random.Random
    mains: dict[Pattern, Exercise]
    heavy: int
    """Repetitions of a main lift on its first day of the week."""
    light: int
    """On the days after it."""
    secondary: int
    single_joint: int
    hold_seconds: int
    bars: bool
    """Whether its squats and presses are with a bar, where there is a choice."""
    used: Counter[str] = field(default_factory=Counter)
    sets: Counter[Muscle] = field(default_factory=Counter)
    """Of the days so far, before they are filled, in halves."""

    @property
    def runs(self) -> bool:
        """Whether endurance days are for running, as far as the envelope has any."""
        return self.constraints.profile.workout_type is WorkoutType.CARDIO


def plan_week(constraints: WorkoutConstraints, seed: int) -> WorkoutDraft:
    """A training week. Deterministic for ``seed`` and the constraints."""
    chance = random.Random(f"{seed}/{constraints.key}")
    targets = targets_for(constraints)
    bars = _with_bars(constraints, targets, chance)
    heavy, light = _heavy_and_light(targets.aim.main, constraints, chance)
    # With experience the light day of a lift may be as light as what stands beside it.
    fewer = light - 1 if is_trained(constraints) else light
    secondary = _above(fewer, targets.aim.secondary, chance)
    week = _Week(
        constraints,
        targets,
        chance,
        mains={},
        heavy=heavy,
        light=light,
        secondary=secondary,
        single_joint=_above(secondary, targets.aim.isolation, chance),
        hold_seconds=chance.choice(constraints.hold_seconds[1:3]),
        bars=bars,
    )
    week.mains = _main_lifts(week)
    fitted = fit(WorkoutDraft(tuple(_days(week))), constraints)
    if all(len(day.lines) >= constraints.fewest_lines for day in fitted.days):
        return fitted
    return fit(WorkoutDraft(tuple(_padded(day, constraints) for day in fitted.days)), constraints)


def _padded(day: Day, constraints: WorkoutConstraints) -> Day:
    """A day with as many lines as a text must have: the shortest that load nothing come last."""
    there = {line.exercise_id for line in day.lines}
    short = sorted(
        (
            Line(e.id, 1, constraints.amounts(e.mode)[0], constraints.zones[0])
            if e.mode is Mode.CARDIO
            else Line(e.id, constraints.sets[0], constraints.amounts(e.mode)[0])
            for e in constraints.exercises
            if e.id not in there
        ),
        key=lambda line: (
            exercises()[line.exercise_id].pattern in STRENGTH - TRUNK,
            line_seconds(exercises()[line.exercise_id], line),
        ),
    )
    lines = list(day.lines)
    while len(lines) < constraints.fewest_lines:
        lines.append(short.pop(0))
        at_least = [replace(line, sets=1, amount=_least(line, constraints)) for line in lines]
        cardio = [i for i, line in enumerate(lines) if exercises()[line.exercise_id].mode is Mode.CARDIO]
        if cardio and day_minutes(at_least, constraints) > constraints.profile.session_minutes:
            del lines[cardio[-1]]
    return Day(day.focus, tuple(lines))


def _least(line: Line, constraints: WorkoutConstraints) -> int:
    is_cardio = exercises()[line.exercise_id].mode is Mode.CARDIO
    return constraints.cardio_minutes[0] if is_cardio else line.amount


def _with_bars(constraints: WorkoutConstraints, targets: Targets, chance: random.Random) -> bool:
    level = constraints.profile.level
    return chance.random() < (_BARS_TO_GROW[level] if targets.grows else _BARS)


def _heavy_and_light(
    main: Sequence[int], constraints: WorkoutConstraints, chance: random.Random
) -> tuple[int, int]:
    """Novices add load at one figure, with a bar at a lower one, as it is there that technique is learnt from
    many short sets; later, a heavier and a lighter day of a lift bring more than two alike
    (Rhea MR et al., 2002, J Strength Cond Res 16:250-255), though no scheme is clearly best (ACSM, 2026)."""
    heavier = main[: (len(main) + 1) // 2]
    heavy = chance.choices(heavier, [_PEAK ** (2 * rank) for rank in range(len(heavier))])[0]
    if constraints.profile.level is not Level.BEGINNER:
        return heavy, main[-1]
    if not learns_bars(constraints.profile):
        return heavy, heavy
    return main[0], chance.choice([amount for amount in main if amount >= PRACTICE] or main[-1:])


def _above(fewer: int, band: Sequence[int], chance: random.Random) -> int:
    """More repetitions than heavier work has, where there are any."""
    return chance.choice([amount for amount in band if amount > fewer] or band[-1:])


def _main_lifts(week: _Week) -> dict[Pattern, Exercise]:
    lifts: dict[Pattern, list[Exercise]] = {}
    for exercise in week.constraints.exercises:
        if exercise.main and _belongs(exercise, Focus.FULL, week.constraints):
            lifts.setdefault(exercise.pattern, []).append(exercise)
    found = {}
    for pattern, candidates in lifts.items():
        best = _best_liked(candidates, week)
        weights = [_PEAK ** (2 * rank) * week.constraints.taste.of(e.id) for rank, e in enumerate(best)]
        found[pattern] = week.chance.choices(best, weights)[0]
    return found


def _best_liked(candidates: list[Exercise], week: _Week) -> list[Exercise]:
    """What the member wished for, then the best loaded of those that the member did not refuse."""
    taste = week.constraints.taste
    liked = [e for e in candidates if taste.likes(e.id)]
    return liked + [e for e in _best_loaded(list(taste.not_avoided(candidates)), week) if e not in liked]


def _best_loaded(candidates: list[Exercise], week: _Week) -> list[Exercise]:
    """Those whose load can progress furthest; for pulling down, a cable is as good as one's own weight."""
    if candidates[0].pattern is Pattern.HORIZONTAL_PUSH and is_trained(week.constraints):
        candidates = [e for e in candidates if Equipment.BENCH in e.equipment] or candidates
    best = min(_reach(e, week) for e in candidates)
    near = best + (candidates[0].pattern is Pattern.VERTICAL_PULL)
    return [e for e in candidates if _reach(e, week) <= near]


def _days(week: _Week) -> Iterator[Day]:
    seen: Counter[Focus] = Counter()
    strength_days = sum(focus in STRENGTH_FOCUSES for focus in week.targets.split)
    for number, focus in enumerate(week.targets.split):
        turns = SLOTS[focus]
        slots = turns[seen[focus] % len(turns)]
        if focus is Focus.FULL and strength_days == 1:
            slots = ONLY_WHOLE_BODY_DAY
        wished = with_wishes(focus, _for_member(focus, slots, week.constraints), number, week.constraints)
        yield _day(focus, wished, seen[focus] > 0, week)
        seen[focus] += 1


def _for_member(focus: Focus, slots: tuple[Slot, ...], constraints: WorkoutConstraints) -> list[Slot]:
    """Hard intervals are for interval members, and for the experienced; what stands beside the day's cardio
    is for novices, whose legs bear one kind of it for half an hour; drills against falls are for members from
    65."""
    profile = constraints.profile
    ready = focus is Focus.HIIT or profile.level is not Level.BEGINNER
    hard = ready and may_train_hard(constraints)
    found = [INSTEAD_OF_INTERVALS if slot.effort is Effort.INTERVAL and not hard else slot for slot in slots]
    if focus is Focus.CARDIO and profile.level is not Level.BEGINNER:
        # One long bout rather than two short ones.
        found = [slot for slot in found if slot is not BESIDE]
    moves = [i for i, slot in enumerate(found) if slot.pattern is Pattern.MOBILITY]
    if profile.age_years >= OLDER_YEARS and moves:
        found[moves[0]] = FALLS
    return found


def may_train_hard(constraints: WorkoutConstraints) -> bool:
    """Whether anything in the envelope is for hard bouts, and the member is."""
    profile = constraints.profile
    return (
        constraints.zones[-1] >= HARD_ZONE
        and profile.age_years < OLDER_YEARS
        and not is_thin(profile)
        and any(exercise.effort is Effort.INTERVAL for exercise in constraints.exercises)
    )


def _day(focus: Focus, slots: Sequence[Slot], again: bool, week: _Week) -> Day:
    """Exercises slot by slot, then numbers. A session too short for all of them loses the last ones."""
    constraints, strength = week.constraints, focus in STRENGTH_FOCUSES
    finisher = strength and week.targets.finisher_minutes > 0
    chosen: list[Exercise] = []
    most = min(constraints.most_lines, _most_strength_lines(focus, week) + finisher)
    for slot in (*((FINISHER,) if finisher else ()), *slots)[:most]:
        exercise = _choose(slot, focus, chosen, week)
        needed = len(chosen) < constraints.fewest_lines
        if exercise is not None and not needed and not _bears([*chosen, exercise], focus, again, week):
            exercise = _choose(LOOSENING, focus, chosen, week)
        if exercise is not None and (needed or _fits([*chosen, exercise], focus, again, week)):
            chosen.append(exercise)
    while len(chosen) < constraints.fewest_lines:
        there = {exercise.id for exercise in chosen}
        left = [e for e in constraints.exercises if e.id not in there]
        near = [e for e in left if e.pattern in PATTERNS[focus] | TRUNK | {Pattern.MOBILITY}]
        chosen.append(_draw(near or left, week))
    if strength:
        chosen.sort(key=stage)
    lines = tuple(_lines(chosen, focus, again, week))
    week.used.update(exercise.id for exercise in chosen)
    week.sets.update(_half_sets(lines))
    return Day(focus, lines)


def _most_strength_lines(focus: Focus, week: _Week) -> int:
    profile = week.constraints.profile
    if focus is Focus.CARDIO:
        return week.constraints.fewest_lines
    if focus not in STRENGTH_FOCUSES or (week.targets.grows and profile.level is not Level.BEGINNER):
        return week.constraints.most_lines
    most = _STRENGTH_LINES_OF_LONG if profile.session_minutes >= _LONG_MINUTES else _STRENGTH_LINES
    return most + (focus is Focus.FULL) + bool(week.targets.wanted)


def _half_sets(lines: Iterable[Line]) -> dict[Muscle, int]:
    return {muscle: int(2 * sets) for muscle, sets in fractional_sets(lines).items()}


def _bears(chosen: list[Exercise], focus: Focus, again: bool, week: _Week) -> bool:
    """Whether the last of the chosen adds no more than the week bears; main lifts come first and always
    fit."""
    last = chosen[-1]
    if last is week.mains.get(last.pattern) or last.pattern not in STRENGTH:
        return True
    today = _half_sets(_lines(chosen, focus, again, week))
    return all(
        week.sets[muscle] + today[muscle] <= 2 * week.targets.most_sets_of(muscle)
        for muscle in last.primary_muscles
    )


def _fits(chosen: list[Exercise], focus: Focus, again: bool, week: _Week) -> bool:
    with_sets = [
        replace(line, sets=min(line.sets, 2)) if len(chosen) > week.constraints.fewest_lines else line
        for line in _lines(chosen, focus, again, week)
    ]
    return day_minutes(with_sets, week.constraints) <= week.constraints.profile.session_minutes


def _choose(slot: Slot, focus: Focus, chosen: list[Exercise], week: _Week) -> Exercise | None:
    """An exercise for a slot; then from its movement, its family and the focus, where there is none left."""
    main = week.mains.get(slot.pattern)
    if slot.main and main is not None and main not in chosen and slot.pattern in STRENGTH:
        return main
    family = next((one for one in _FAMILIES if slot.pattern in one), frozenset({slot.pattern}))
    there = {exercise.id for exercise in chosen}
    left = [
        e for e in week.constraints.exercises if e.id not in there and _belongs(e, focus, week.constraints)
    ]
    others = [e for e in left if e is not week.mains.get(e.pattern)]
    for pool in (week.constraints.taste.not_avoided(others), others, left):
        if fitting := [e for e in pool if slot.suits(e)]:
            return _draw(_preferred(fitting, slot, focus, week), week)
    if slot.pattern is Pattern.YOGA and slot.effort is not None:
        return _choose(FINISHER, focus, chosen, week)
    done = Counter(exercise.primary_muscles[0] for exercise in chosen)
    for most in (0, _LINES_A_MUSCLE - 1):
        left = [e for e in others if e.compound or done[e.primary_muscles[0]] <= most]
        for patterns in (frozenset({slot.pattern}), family, PATTERNS[focus]):
            if fitting := [e for e in left if e.pattern in patterns]:
                return _draw(fitting, week)
    return None


def _belongs(exercise: Exercise, focus: Focus, constraints: WorkoutConstraints) -> bool:
    """Hard efforts belong to endurance days, and thrown weights to circuits: ten repetitions of one teach
    nothing good. A wall is no press for the trained, and a belly has no room on a rowing machine."""
    profile = constraints.profile
    if exercise.pattern in STRENGTH and exercise.cue in _THROWN:
        return False
    if 0 < exercise.own_weight_percent < _TOO_LITTLE and is_trained(constraints):
        return False
    if (profile.pregnancy_trimester or 1) > 1 and Equipment.ROWING_MACHINE in exercise.equipment:
        return False
    easy = exercise.effort is None or exercise.effort is Effort.EASY
    return easy or (focus in ENDURANCE_FOCUSES and may_train_hard(constraints))


def _preferred(fitting: list[Exercise], slot: Slot, focus: Focus, week: _Week) -> list[Exercise]:
    """Runners run, and what they do beside it is easy on the legs; everybody else runs seldom. Endurance days
    loosen the legs; a yoga day's flow comes first, and its poses are held."""
    if slot.pattern is Pattern.YOGA:
        return [e for e in fitting if (e.mode is Mode.CARDIO) == (slot.effort is not None)] or fitting
    if slot.pattern is Pattern.CONDITIONING and week.constraints.profile.level is not Level.BEGINNER:
        harder = [e for e in fitting if e.level is not Level.BEGINNER]
        return harder if len(harder) >= _CHOICE else fitting
    if slot.pattern is Pattern.MOBILITY and focus is not Focus.YOGA:
        held = [e for e in fitting if e.mode is Mode.HOLD]
        legs = focus in ENDURANCE_FOCUSES | {Focus.LOWER, Focus.LEGS}
        suited = [e for e in held if (e.primary_muscles[0] in _LEG_MUSCLES) == legs]
        return suited or held or fitting
    if slot.pattern is not Pattern.CARDIO:
        return fitting
    wants_run = week.runs and focus is Focus.CARDIO and (slot.main or slot.effort is Effort.INTERVAL)
    # Running is vigorous at any speed: not before somebody has cleared the member for that.
    wants_run = wants_run and week.constraints.zones[-1] > 2
    of_kind = [e for e in fitting if e.is_run == wants_run] or fitting
    if not wants_run or week.constraints.profile.level is Level.BEGINNER:
        return of_kind
    return [e for e in of_kind if e.level is not Level.BEGINNER] or of_kind


def _draw(candidates: Iterable[Exercise], week: _Week) -> Exercise:
    """One of the candidates: what the member's level is best loaded with comes first, then the catalog's
    order."""
    ranked = sorted(candidates, key=lambda e: _reach(e, week))
    weights = [_PEAK**rank * _liking(exercise, week) for rank, exercise in enumerate(ranked)]
    return week.chance.choices(ranked, weights)[0]


def is_trained(constraints: WorkoutConstraints) -> bool:
    """Whether the member has experience, and nothing that calls for light loads."""
    return constraints.profile.level is not Level.BEGINNER and not is_careful(constraints.profile)


def _reach(exercise: Exercise, week: _Week) -> int:
    """How far an exercise's load can progress: bars for the trained and for novices who learn them, dumbbells
    and machines before them for everybody else, own weight and bands last. In a week without bars, squats and
    presses are those of machines and dumbbells; hips are loaded with a bar all the same."""
    if exercise.pattern in SOFT:
        return 0
    trained = is_trained(week.constraints)
    if exercise.pattern in STRENGTH and trained and not week.bars and exercise.pattern is not Pattern.HINGE:
        return _reach_without_bars(exercise)
    if exercise.pattern in STRENGTH and (trained or (week.bars and learns_bars(week.constraints.profile))):
        if Equipment.BARBELL in exercise.equipment or exercise.own_weight_percent >= ALL:
            return 0
        return 1 if exercise.loadable else 2 if exercise.equipment else 3
    if is_frail(week.constraints.profile):
        # What guides the movement, and rising from a chair, before weights in the hands.
        guided = {Equipment.MACHINE, Equipment.CABLE, Equipment.RESISTANCE_BAND}
        return 0 if exercise.equipment & guided or exercise.cue == "chair" else 1
    if exercise.equipment & (LOADS - {Equipment.BARBELL}):
        return 0
    return 1 if exercise.equipment else 2


def _reach_without_bars(exercise: Exercise) -> int:
    """Legs outgrow what hands can hold."""
    held = {Equipment.DUMBBELL, Equipment.KETTLEBELL}
    if exercise.own_weight_percent >= ALL or exercise.equipment & {Equipment.MACHINE, Equipment.CABLE}:
        return 0
    if exercise.equipment & held:
        return 1 if exercise.pattern is Pattern.SQUAT else 0
    return 1 if exercise.loadable else 2 if exercise.equipment else 3


def _liking(exercise: Exercise, week: _Week) -> float:
    """How much likelier an exercise is for being new this week, near the member's level, for what is
    wished for, and by the member's history."""
    below = LEVELS.index(week.constraints.profile.level) - LEVELS.index(exercise.level)
    wished = _WISHED if week.targets.is_wanted(exercise) else 1.0
    taste = week.constraints.taste.of(exercise.id)
    return float(_AGAIN ** week.used[exercise.id] * _BELOW**below * wished * taste)


def _lines(chosen: list[Exercise], focus: Focus, again: bool, week: _Week) -> Iterator[Line]:
    """Numbers for exercises."""
    for exercise, role in zip(chosen, roles_of(focus, chosen), strict=True):
        if exercise.mode is Mode.CARDIO:
            yield _cardio(exercise, focus, week)
        elif exercise.mode is Mode.HOLD:
            yield Line(exercise.id, _sets(exercise, role, week), week.hold_seconds)
        else:
            sets = _sets(exercise, role, week)
            yield Line(exercise.id, sets, _repetitions(exercise, role, again, week))


def _sets(exercise: Exercise, role: ExerciseRole, week: _Week) -> int:
    sets = week.targets.sets
    if role is ExerciseRole.CONDITIONING:
        return min(3, week.constraints.sets[-1])
    if role is ExerciseRole.MAIN:
        return min(max(sets[0], 3), sets[-1])
    return min(min(sets[0], 2) + week.targets.is_wanted(exercise), sets[-1])


def _repetitions(exercise: Exercise, role: ExerciseRole, again: bool, week: _Week) -> int:
    aim = week.targets.aim
    band = repetitions_for(role, exercise, aim)
    if band is aim.main:
        trained = week.constraints.profile.level is not Level.BEGINNER
        # The same on each day for novices. A heavy day without a bar begins where dumbbells can be got up.
        heavy = role is ExerciseRole.MAIN and (not again if trained else is_heavy(exercise))
        wanted = max(week.heavy, least_repetitions(exercise)) if heavy else week.light
    else:
        wanted = week.secondary if band is aim.secondary else week.single_joint
    return next((amount for amount in band if amount >= wanted), band[-1])


def _cardio(exercise: Exercise, focus: Focus, week: _Week) -> Line:
    zones = zone_band(exercise, week.constraints)
    vigorous_flow = exercise.pattern is Pattern.YOGA and exercise.level is not Level.BEGINNER
    zone = zones[-1] if vigorous_flow else zones[0]
    if exercise.pattern is Pattern.MOBILITY:
        wanted = 5
    elif exercise.pattern is Pattern.YOGA:
        wanted = _FLOW_MINUTES
    elif focus in STRENGTH_FOCUSES:
        wanted = week.targets.finisher_minutes
    else:
        wanted = _INTERVAL_MINUTES if exercise.effort is Effort.INTERVAL else _EASY_MINUTES
    longest = longest_minutes(exercise, zone, week.constraints.profile.level)
    steps = [step for step in week.constraints.cardio_minutes if step <= min(wanted, longest)]
    minutes = steps[-1] if steps else allowed_amount(exercise, 0, week.constraints)
    return Line(exercise.id, 1, minutes, zone)
