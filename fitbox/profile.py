"""Profile: what FitBox knows of one member, the same for an RPC request and a CSV row."""

from __future__ import annotations

from collections.abc import Sized
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.history.events import Event, newest
from fitbox.units import HEIGHT_LIMITS_CM, WEIGHT_LIMITS_KG, metric


class Sex(StrEnum):
    """Sex as the physiological equations use it."""

    FEMALE = "FEMALE"
    MALE = "MALE"


class Goal(StrEnum):
    """What the member trains and eats for."""

    WEIGHT_LOSS = "WEIGHT_LOSS"
    MODERATE_WEIGHT_LOSS = "MODERATE_WEIGHT_LOSS"
    MAINTENANCE = "MAINTENANCE"
    MUSCLE_GAIN = "MUSCLE_GAIN"
    BULKING = "BULKING"
    ENDURANCE = "ENDURANCE"
    """Go further and longer: running, cycling, rowing."""
    SPORT = "SPORT"
    """Get fit for a sport: strength, speed and stamina in equal parts."""
    GENERAL_HEALTH = "GENERAL_HEALTH"


class Level(StrEnum):
    """Training experience; CSV files code these 1, 2, 3."""

    BEGINNER = "BEGINNER"
    INTERMEDIATE = "INTERMEDIATE"
    ADVANCED = "ADVANCED"


class WorkoutType(StrEnum):
    """The kind of session the member usually does."""

    YOGA = "YOGA"
    HIIT = "HIIT"
    CARDIO = "CARDIO"
    STRENGTH = "STRENGTH"


class Equipment(StrEnum):
    """Equipment at hand. Bodyweight exercises need none and are always possible."""

    DUMBBELL = "DUMBBELL"
    BARBELL = "BARBELL"
    KETTLEBELL = "KETTLEBELL"
    RESISTANCE_BAND = "RESISTANCE_BAND"
    CABLE = "CABLE"
    MACHINE = "MACHINE"
    BENCH = "BENCH"
    PULL_UP_BAR = "PULL_UP_BAR"
    MEDICINE_BALL = "MEDICINE_BALL"
    STABILITY_BALL = "STABILITY_BALL"
    BOX = "BOX"
    SUSPENSION_TRAINER = "SUSPENSION_TRAINER"
    TREADMILL = "TREADMILL"
    STATIONARY_BIKE = "STATIONARY_BIKE"
    ROWING_MACHINE = "ROWING_MACHINE"
    ELLIPTICAL = "ELLIPTICAL"
    JUMP_ROPE = "JUMP_ROPE"


class Condition(StrEnum):
    """Injuries and conditions that restrict what may be recommended."""

    KNEE = "KNEE"
    LOWER_BACK = "LOWER_BACK"
    SHOULDER = "SHOULDER"
    WRIST = "WRIST"
    ELBOW = "ELBOW"
    HIP = "HIP"
    ANKLE = "ANKLE"
    NECK = "NECK"
    HYPERTENSION = "HYPERTENSION"
    HEART_DISEASE = "HEART_DISEASE"
    DIABETES = "DIABETES"
    ASTHMA = "ASTHMA"
    OSTEOPOROSIS = "OSTEOPOROSIS"
    PREGNANCY = "PREGNANCY"
    LACTATION = "LACTATION"
    """Breastfeeding."""
    POSTPARTUM = "POSTPARTUM"
    """Has given birth within about a year."""
    KIDNEY_DISEASE = "KIDNEY_DISEASE"
    """Chronic kidney disease, not on dialysis."""
    DIALYSIS = "DIALYSIS"
    EATING_DISORDER = "EATING_DISORDER"
    """Now, or in the past few years."""
    INSULIN = "INSULIN"
    """Takes insulin, or another medicine that can bring blood sugar too low."""
    BETA_BLOCKER = "BETA_BLOCKER"
    """Takes a medicine that slows the heart."""
    ANTICOAGULANT = "ANTICOAGULANT"
    """Takes a medicine against clotting."""


class Diet(StrEnum):
    """Dietary pattern. What each allows is in :mod:`fitbox.nutrition.constraints`."""

    OMNIVORE = "OMNIVORE"
    PESCATARIAN = "PESCATARIAN"
    VEGETARIAN = "VEGETARIAN"
    VEGAN = "VEGAN"
    HALAL = "HALAL"
    KOSHER = "KOSHER"
    GLUTEN_FREE = "GLUTEN_FREE"
    LOW_SODIUM = "LOW_SODIUM"
    LOW_FODMAP = "LOW_FODMAP"
    MEDITERRANEAN = "MEDITERRANEAN"
    HINDU = "HINDU"
    """No beef, veal or pork."""
    JAIN = "JAIN"
    """No meat, fish or egg, nothing that grows below the ground, no honey or alcohol."""


class Allergen(StrEnum):
    """The 14 allergens of Annex II of Regulation (EU) No 1169/2011."""

    GLUTEN = "GLUTEN"
    CRUSTACEANS = "CRUSTACEANS"
    EGGS = "EGGS"
    FISH = "FISH"
    PEANUTS = "PEANUTS"
    SOYBEANS = "SOYBEANS"
    MILK = "MILK"
    NUTS = "NUTS"
    CELERY = "CELERY"
    MUSTARD = "MUSTARD"
    SESAME = "SESAME"
    SULPHITES = "SULPHITES"
    LUPIN = "LUPIN"
    MOLLUSCS = "MOLLUSCS"


class JobActivity(StrEnum):
    """How much a member moves outside training, at work above all."""

    SEDENTARY = "SEDENTARY"
    """A desk or a wheel, and a quiet evening."""
    STANDING = "STANDING"
    """On one's feet, without much walking: a shop counter, a classroom, a laboratory."""
    MOVING = "MOVING"
    """Walking and carrying most of the day: nursing, waiting tables, deliveries."""
    HEAVY = "HEAVY"
    """Heavy manual work: building, farming, removals."""


class FocusArea(StrEnum):
    """What a member would like to train more than the rest."""

    UPPER_BODY = "UPPER_BODY"
    LOWER_BODY = "LOWER_BODY"
    CHEST = "CHEST"
    BACK = "BACK"
    SHOULDERS = "SHOULDERS"
    ARMS = "ARMS"
    CORE = "CORE"
    GLUTES = "GLUTES"
    THIGHS = "THIGHS"
    CALVES = "CALVES"
    BALANCE = "BALANCE"
    MOBILITY = "MOBILITY"


class UnitSystem(StrEnum):
    """Units of weight and length in what a member reads."""

    METRIC = "METRIC"
    IMPERIAL = "IMPERIAL"


class EnergyUnit(StrEnum):
    """Unit of energy in what a member reads."""

    KCAL = "KCAL"
    KJ = "KJ"


class Language(StrEnum):
    """Languages of everything a member reads (ISO 639-1)."""

    EN = "en"
    FR = "fr"


MOST_ITEMS = 64
"""Of any list of a profile. It is looked at before its entries are, each of which could be wrong."""


MOST_VIOLATIONS = 32
"""That are told of one profile: more than it has fields."""

MOST_FOCUS_AREAS = 3
"""A focus on everything is none."""

SHORTEST_EATING_WINDOW_HOURS = 6
"""Shorter windows were not studied for long (Manoogian ENC et al., 2022, Endocr Rev 43:405-436)."""

HOURS_BETWEEN_MEALS = 2
"""At least, from the beginning of one to the beginning of the next."""


def _bounded(value: object) -> object:
    if isinstance(value, Sized) and len(value) > MOST_ITEMS:
        raise ValueError(f"at most {MOST_ITEMS} entries")
    return value


Few = BeforeValidator(_bounded)
CatalogId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,63}$")]
"""Identifier of an exercise or food in the catalogs: lower snake case, so free text cannot pass as one."""


class Profile(BaseModel):
    """One member.

    Limits are plausibility limits: outside them a value is a typing error or needs a clinician, not FitBox.
    Fields without a default must be known; ``None`` means "not measured" and the equations fall back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    age_years: int = Field(ge=14, le=100)
    sex: Sex
    weight_kg: float = Field(ge=WEIGHT_LIMITS_KG[0], le=WEIGHT_LIMITS_KG[1])
    height_cm: float = Field(ge=HEIGHT_LIMITS_CM[0], le=HEIGHT_LIMITS_CM[1])
    level: Level = Level.BEGINNER
    goal: Goal | None = None
    """``None``: derived by :func:`fitbox.assessment.derive_goal`."""
    body_fat_percent: float | None = Field(default=None, ge=3, le=65)
    resting_heart_rate_bpm: int | None = Field(default=None, ge=30, le=120)
    max_heart_rate_bpm: int | None = Field(default=None, ge=100, le=225)
    workout_type: WorkoutType | None = None
    workout_days_per_week: int = Field(default=3, ge=1, le=7)
    session_minutes: int = Field(default=60, ge=15, le=180)

    equipment: Annotated[frozenset[Equipment] | None, Few] = None
    """``None``: a full gym. An empty set: bodyweight only."""
    conditions: Annotated[frozenset[Condition], Few, Field(max_length=MOST_ITEMS)] = frozenset()
    diet: Diet = Diet.OMNIVORE
    allergies: Annotated[frozenset[Allergen], Few, Field(max_length=MOST_ITEMS)] = frozenset()
    disliked_exercises: Annotated[frozenset[CatalogId], Few, Field(max_length=MOST_ITEMS)] = frozenset()
    disliked_foods: Annotated[frozenset[CatalogId], Few, Field(max_length=MOST_ITEMS)] = frozenset()
    meals_per_day: int = Field(default=4, ge=2, le=6)
    language: Language = Language.EN

    job_activity: JobActivity | None = None
    """``None``: between a desk and a job on one's feet (:data:`fitbox.physiology.LIFESTYLE_PAL`)."""
    pregnancy_trimester: int | None = Field(default=None, ge=1, le=3)
    """Only with PREGNANCY."""
    weeks_postpartum: int | None = Field(default=None, ge=0, le=104)
    """Since birth; only with POSTPARTUM or LACTATION. ``None`` counts as recent."""
    eating_window_start_hour: int | None = Field(default=None, ge=0, le=18)
    """Nothing is eaten before it; of the day, in local time. Both ends or none."""
    eating_window_end_hour: int | None = Field(default=None, ge=6, le=24)
    """The last meal has begun by then."""
    focus_areas: Annotated[frozenset[FocusArea], Few, Field(max_length=MOST_FOCUS_AREAS)] = frozenset()
    unit_system: UnitSystem = UnitSystem.METRIC
    energy_unit: EnergyUnit = EnergyUnit.KCAL
    history: Annotated[tuple[Event, ...], Few, AfterValidator(newest)] = ()
    """What the member did with earlier plans, oldest first; the newest
    :data:`~fitbox.history.events.MOST_EVENTS` are kept."""

    @model_validator(mode="after")
    def _heart_rates_in_order(self) -> Profile:
        resting, peak = self.resting_heart_rate_bpm, self.max_heart_rate_bpm
        if resting is not None and peak is not None and resting + 20 > peak:
            raise ValueError("resting_heart_rate_bpm must be at least 20 below max_heart_rate_bpm")
        return self

    @model_validator(mode="after")
    def _pregnancy_is_plausible(self) -> Profile:
        if Condition.PREGNANCY in self.conditions and self.sex is Sex.MALE:
            raise ValueError("conditions: PREGNANCY needs sex FEMALE")
        return self

    @model_validator(mode="after")
    def _birth_is_plausible(self) -> Profile:
        after_birth = self.conditions & {Condition.LACTATION, Condition.POSTPARTUM}
        if after_birth and self.sex is Sex.MALE:
            raise ValueError(f"conditions: {min(after_birth)} needs sex FEMALE")
        if self.pregnancy_trimester is not None and Condition.PREGNANCY not in self.conditions:
            raise ValueError("pregnancy_trimester needs the condition PREGNANCY")
        if self.weeks_postpartum is not None and not after_birth:
            raise ValueError("weeks_postpartum needs the condition POSTPARTUM or LACTATION")
        return self

    @model_validator(mode="after")
    def _meals_fit_the_eating_window(self) -> Profile:
        start, end = self.eating_window_start_hour, self.eating_window_end_hour
        if (start is None) != (end is None):
            missing = "eating_window_start_hour" if start is None else "eating_window_end_hour"
            raise ValueError(f"{missing} must be set too")
        if start is not None and end is not None:
            needed = max(SHORTEST_EATING_WINDOW_HOURS, HOURS_BETWEEN_MEALS * (self.meals_per_day - 1))
            if end - start < needed:
                raise ValueError(
                    f"eating_window_end_hour must be at least {needed} hours after eating_window_start_hour "
                    f"for {self.meals_per_day} meals"
                )
        return self

    @property
    def eating_window_hours(self) -> int | None:
        """Its length; ``None`` where there is none."""
        start, end = self.eating_window_start_hour, self.eating_window_end_hour
        return None if start is None or end is None else end - start


LATER_FIELDS = (
    *("job_activity", "pregnancy_trimester", "weeks_postpartum"),
    *("eating_window_start_hour", "eating_window_end_hour", "focus_areas", "unit_system", "energy_unit"),
    "history",
)
"""Fields that profiles did not have at first. Where one says nothing, a member's canonical text leaves it
out: the text, and so the member's id, is then the same as it was before there was such a field."""


def _path(location: tuple[int | str, ...]) -> str:
    """``history[2].item``, as everywhere in this project; of a rule that spans fields ``profile``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".") or "profile"


def validate_profile(values: dict[str, object], prefix: str = "") -> Profile:
    """Build a :class:`Profile` from loose values.

    ``weight_lb``, ``height_ft`` and ``height_in`` may stand in place of ``weight_kg`` and ``height_cm``, or
    beside them if they agree.

    Raises:
        InvalidProfileError: names every field that cannot be used, up to :data:`MOST_VIOLATIONS`, each path
            starting with ``prefix``.
    """
    wrong: tuple[FieldViolation, ...] = ()
    try:
        _bounded(values)
        own, wrong = metric(values)
        profile = Profile.model_validate(own)
    except ValidationError as error:
        wrong += tuple(
            FieldViolation(
                field=_path(item["loc"]),
                description=item["msg"].removeprefix("Value error, "),
            )
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        )
    except ValueError as error:
        wrong = (FieldViolation("profile", str(error)),)
    if wrong:
        told = wrong[:MOST_VIOLATIONS]
        raise InvalidProfileError(tuple(FieldViolation(prefix + v.field, v.description) for v in told))
    return profile
