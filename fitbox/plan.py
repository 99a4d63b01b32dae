"""Plans as members receive them: every number computed, every item in the member's language.

Both the server (domain -> proto) and the client (proto -> domain) use these types.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from fitbox.units import kilojoules


class PlanSource(StrEnum):
    """Who chose the items of a plan."""

    MODEL = "MODEL"
    PLANNER = "PLANNER"
    """The expert planner answered because the model's text failed its checks twice; never silent."""


class ExerciseRole(StrEnum):
    """The part that a line plays in its session."""

    UNSPECIFIED = "UNSPECIFIED"
    """The other side did not say: an older one."""
    MAIN = "MAIN"
    """A lift that the day is built on; it returns, and progresses."""
    SECONDARY = "SECONDARY"
    """Another multi-joint exercise."""
    SINGLE_JOINT = "SINGLE_JOINT"
    TRUNK = "TRUNK"
    CONDITIONING = "CONDITIONING"
    ENDURANCE = "ENDURANCE"
    FLEXIBILITY = "FLEXIBILITY"
    BALANCE = "BALANCE"


class PreparationKind(StrEnum):
    """What an item of a warm-up or cool-down is for."""

    UNSPECIFIED = "UNSPECIFIED"
    RAISE = "RAISE"
    """Easy movement that warms or calms the whole body."""
    MOBILISE = "MOBILISE"
    RAMP_UP = "RAMP_UP"
    """Lighter sets of a lift that follows."""
    BALANCE = "BALANCE"
    STRETCH = "STRETCH"
    BREATHE = "BREATHE"


@dataclass(frozen=True)
class PreparationItem:
    """One item of a warm-up or cool-down: ``repetitions`` or ``duration_seconds`` a set, each side in turn
    where ``each_side`` says so."""

    kind: PreparationKind
    exercise_id: str
    name: str
    sets: int
    repetitions: int | None
    duration_seconds: int | None
    each_side: bool
    load_percent: int | None
    """Of the load of the working sets, for ramp-up sets; 0: the empty bar or no load."""


@dataclass(frozen=True)
class ExercisePrescription:
    """One line of a session, counted in ``repetitions``, ``hold_seconds`` or ``duration_minutes``."""

    exercise_id: str
    name: str
    sets: int
    repetitions: int | None
    hold_seconds: int | None
    duration_minutes: int | None
    rest_seconds: int
    heart_rate_zone: int | None
    """1 to 5, for cardio."""
    muscles: tuple[str, ...]
    role: ExerciseRole = ExerciseRole.UNSPECIFIED
    rpe: float | None = None
    """How hard it should feel, of 10: at the end of a set, or on the whole for cardio."""
    repetitions_in_reserve: int | None = None
    """How many more could have been done after each set."""
    percent_of_maximum: float | None = None
    """About so much of the heaviest single repetition, for main lifts with a bar."""
    load_kg: float | None = None
    """Where the maximum is known: never more than the percentage of it."""
    tempo: str | None = None
    """Seconds down, at the bottom, up, at the top; X: as fast as is safe."""
    intensity: str = ""
    """How hard, in the member's language."""
    cue: str = ""
    """How it is done, in one sentence."""
    free_exercise_db_id: str | None = None
    """The same exercise in free-exercise-db, where it is there."""
    load_lb: float | None = None
    """The load in steps of 5 lb."""


@dataclass(frozen=True)
class Session:
    """One training day; ``day`` counts from 1 within the week, ``focus`` is in the member's language."""

    day: int
    weekday: str
    focus: str
    exercises: tuple[ExercisePrescription, ...]
    warm_up_minutes: int
    total_minutes: int
    warm_up: tuple[PreparationItem, ...] = ()
    cool_down: tuple[PreparationItem, ...] = ()
    cool_down_minutes: int = 0
    date: str | None = None
    """ISO 8601, of the first week, where the start is known; every further week is seven days later."""


class Progression(StrEnum):
    """How a programme becomes harder."""

    UNSPECIFIED = "UNSPECIFIED"
    LINEAR = "LINEAR"
    """A little more load every week."""
    DOUBLE = "DOUBLE"
    """More repetitions up to a limit, then more load."""
    UNDULATING = "UNDULATING"
    """Heavier and lighter weeks in turn."""
    CAREFUL = "CAREFUL"
    """More time, then repetitions; load when a clinician agrees."""


@dataclass(frozen=True)
class ProgrammeLine:
    """A session's line in one week; what a line does not have is ``None``."""

    session: int
    """Its ``day``."""
    line: int
    """Its place in the session, from 1."""
    exercise_id: str
    sets: int
    repetitions: int | None
    hold_seconds: int | None
    duration_minutes: int | None
    repetitions_in_reserve: int | None
    rpe: float | None
    percent_of_maximum: float | None
    load_change_percent: float | None
    """Against the first week, where there is a load."""
    load_kg: float | None = None
    """Where the maximum is known: never more than it allows today."""
    load_lb: float | None = None


@dataclass(frozen=True)
class ProgrammeWeek:
    """One week of a programme."""

    number: int
    deload: bool
    """Half the sets, and nothing to prove."""
    starts_on: str | None
    """ISO 8601, where the programme's start is known."""
    lines: tuple[ProgrammeLine, ...]


@dataclass(frozen=True)
class Programme:
    """Four to twelve weeks; the plan's sessions are the first."""

    progression: Progression
    weeks: tuple[ProgrammeWeek, ...]


@dataclass(frozen=True)
class WorkoutPlan:
    """A training week. ``weekly_sets`` counts hard sets a muscle group."""

    sessions: tuple[Session, ...]
    weekly_sets: dict[str, float]
    progression: str
    notes: tuple[str, ...]
    programme: Programme = Programme(Progression.UNSPECIFIED, ())
    moderate_minutes: float = 0.0
    """Endurance work of the week in minutes of moderate effort; vigorous ones count twice."""
    flexibility_days: int = 0
    balance_days: int = 0


@dataclass(frozen=True)
class FoodPortion:
    """A food with its solved portion and what it supplies."""

    food_id: str
    name: str
    grams: int
    kcal: float
    protein_g: float
    carbohydrate_g: float
    fat_g: float
    household_measure: str = ""
    """The grams in a kitchen's words, in the member's language: ``1½ slices``; empty where there is none."""

    @property
    def kj(self) -> float:
        """The same in kJ."""
        return round(kilojoules(self.kcal), 1)


@dataclass(frozen=True)
class Meal:
    """One meal; ``name`` and ``dish`` are in the member's language."""

    name: str
    portions: tuple[FoodPortion, ...]
    kcal: float
    dish: str = ""
    """What people call it; empty where it is no dish that has a name."""
    time: str = ""
    """When it begins, as ``12:30``, where the member eats within a window; else empty."""

    @property
    def kj(self) -> float:
        """The same in kJ."""
        return round(kilojoules(self.kcal), 1)


@dataclass(frozen=True)
class NutrientTotal:
    """What the day brings of one nutrient, and what it should bring."""

    code: str
    """Stable, in upper snake case: ``VITAMIN_D``."""
    name: str
    """In the member's language."""
    amount: float
    """The least that the day brings: foods whose figure nobody published count as none."""
    unit: str
    """``g``, ``mg`` or ``ug``."""
    lower: float | None
    upper: float | None
    """``None``: there is no such limit."""
    coverage: float
    """Share of the day's energy in foods whose figure is known, in [0, 1]."""
    met: bool | None
    """``None``: it cannot be told, since too little is covered, or since it depends on the cook's salt."""
    source: str
    """Of the limits."""
    with_usual_salt: float | None = None
    """Of sodium: the amount with the salt that a cook usually adds."""
    advice: str = ""
    """What to do, in the member's language, where ``met`` is not true."""


@dataclass(frozen=True)
class NutritionPlan:
    """One day of eating that meets ``target_kcal`` within 2 %."""

    meals: tuple[Meal, ...]
    target_kcal: float
    total_kcal: float
    protein_g: float
    carbohydrate_g: float
    fat_g: float
    fibre_g: float
    water_liters: float
    notes: tuple[str, ...]
    nutrients: tuple[NutrientTotal, ...] = ()
    """Every nutrient with reference values."""

    @property
    def target_kj(self) -> float:
        """The same in kJ."""
        return round(kilojoules(self.target_kcal), 1)

    @property
    def total_kj(self) -> float:
        """The same in kJ."""
        return round(kilojoules(self.total_kcal), 1)


@dataclass(frozen=True)
class Leftover:
    """A meal that was cooked on an earlier day; days and meals count from 1."""

    day: int
    meal: int
    cooked_on_day: int
    cooked_meal: int


@dataclass(frozen=True)
class ToBuy:
    """One line of a shopping list."""

    food_id: str
    name: str
    """In the member's language."""
    category: str
    """Stable, in upper snake case: ``VEGETABLE``."""
    eaten_g: int
    """On the plates of all days together."""
    grams: int
    """To buy: dry, raw or with its peel, rounded up to what one takes from a shelf."""
    days: int
    """In how many of the days it stands."""


@dataclass(frozen=True)
class EatingWeek:
    """Some days of eating that share what is bought."""

    days: tuple[NutritionPlan, ...]
    leftovers: tuple[Leftover, ...] = ()
    """Meals that are eaten again, by design."""
    staples: tuple[str, ...] = ()
    """Ids of foods that stand in more days than others may, by design."""
    shopping: tuple[ToBuy, ...] = ()
    """For all days together."""


@dataclass(frozen=True)
class Tip:
    """One piece of advice under a heading, both in the member's language."""

    topic: str
    text: str


@dataclass(frozen=True)
class Advice:
    """Short personal advice; figures in it are the computed ones."""

    tips: tuple[Tip, ...]
    notes: tuple[str, ...]


Plan = WorkoutPlan | NutritionPlan | Advice
"""What any task ends with."""

PlanT = TypeVar("PlanT", bound=Plan)
PlanT_co = TypeVar("PlanT_co", bound=Plan, covariant=True)
