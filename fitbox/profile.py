"""Profile: what FitBox knows of one member, the same for an RPC request and a CSV row."""

from __future__ import annotations

from collections.abc import Sized
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from fitbox.errors import FieldViolation, InvalidProfileError


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


class Diet(StrEnum):
    """Dietary pattern; each food in the catalog carries a flag for each of these but OMNIVORE."""

    OMNIVORE = "OMNIVORE"
    PESCATARIAN = "PESCATARIAN"
    VEGETARIAN = "VEGETARIAN"
    VEGAN = "VEGAN"
    HALAL = "HALAL"
    KOSHER = "KOSHER"


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


class Language(StrEnum):
    """Languages of everything a member reads (ISO 639-1)."""

    EN = "en"
    FR = "fr"


MOST_ITEMS = 64
"""Of any list of a profile. It is looked at before its entries are, each of which could be wrong."""


MOST_VIOLATIONS = 32
"""That are told of one profile: more than it has fields."""


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
    weight_kg: float = Field(ge=30, le=300)
    height_cm: float = Field(ge=120, le=230)
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
    meals_per_day: int = Field(default=4, ge=3, le=6)
    language: Language = Language.EN

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


def validate_profile(values: dict[str, object], prefix: str = "") -> Profile:
    """Build a :class:`Profile` from loose values.

    Raises:
        InvalidProfileError: names every field that cannot be used, up to :data:`MOST_VIOLATIONS`, each path
            starting with ``prefix``.
    """
    try:
        return Profile.model_validate(_bounded(values))
    except ValueError as error:
        if not isinstance(error, ValidationError):
            raise InvalidProfileError((FieldViolation(f"{prefix}profile", str(error)),)) from None
        raise InvalidProfileError(
            tuple(
                FieldViolation(
                    field=prefix + ".".join(str(part) for part in item["loc"] or ("profile",)),
                    description=item["msg"].removeprefix("Value error, "),
                )
                for item in error.errors(include_url=False, include_context=False, include_input=False)[
                    :MOST_VIOLATIONS
                ]
            )
        ) from None
