"""What a caller gets: a plan, the figures behind it and where it came from; server and client share it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from fitbox.assessment import Assessment, BmiClass, HeartRateZone, Macros
from fitbox.explained import Explanation
from fitbox.i18n import label
from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides
from fitbox.plan import EatingWeek, PlanSource, PlanT_co
from fitbox.profile import Goal, Language
from fitbox.units import kilojoules, pounds


@dataclass(frozen=True)
class SafetyRemark:
    """A stable code, and its text in the language of the request."""

    code: str
    text: str


@dataclass(frozen=True)
class ProfileAssessment:
    """Everything that follows from a profile by formula; kcal figures are per day."""

    bmi: float
    bmi_class: BmiClass
    bmr_kcal: float
    tdee_kcal: float
    goal: Goal
    target_kcal: float
    weekly_weight_change_kg: float
    macros: Macros
    max_heart_rate_bpm: int
    zones: tuple[HeartRateZone, ...]
    water_liters: float
    safety_notes: tuple[SafetyRemark, ...]

    @property
    def bmr_kj(self) -> float:
        """The same in kJ."""
        return kilojoules(self.bmr_kcal)

    @property
    def tdee_kj(self) -> float:
        """The same in kJ."""
        return kilojoules(self.tdee_kcal)

    @property
    def target_kj(self) -> float:
        """The same in kJ."""
        return kilojoules(self.target_kcal)

    @property
    def weekly_weight_change_lb(self) -> float:
        """The same in pounds."""
        return pounds(self.weekly_weight_change_kg)


@dataclass(frozen=True)
class Provenance:
    """Where a reply came from: exactly one adapter version, from its first token to its last."""

    adapter_version: str
    adapter_digest: str
    dataset_digest: str
    base_model: str
    engine: str
    evaluation_score: float | None
    source: PlanSource
    prompt_tokens: int
    completion_tokens: int
    elapsed_seconds: float
    """Since the request got its slot."""
    time_to_first_token_seconds: float
    attempts: int
    created_at: datetime
    candidates: int = 1
    """Texts of the last attempt, from which the plan was chosen; 0 from a server that does not say."""
    reply_id: str = field(default="", repr=False)
    """Names the reply in feedback on it; empty from a server that takes none."""


@dataclass(frozen=True)
class Recommendation(Generic[PlanT_co]):
    """One reply."""

    request_id: str
    plan: PlanT_co
    assessment: ProfileAssessment
    provenance: Provenance
    explanation: Explanation | None = None
    """Where it was asked for."""
    workout_overrides: WorkoutOverrides | None = None
    nutrition_overrides: NutritionOverrides | None = None
    """Those of the request, all of which were honoured."""


@dataclass(frozen=True)
class Alternative:
    """An item that could stand in another's place. ``similarity`` is 1 for the like and 0 for the unlike."""

    id: str
    name: str
    similarity: float


class LineChange(StrEnum):
    """What became of a line of a week."""

    UNSPECIFIED = "UNSPECIFIED"
    REMOVED = "REMOVED"
    ADDED = "ADDED"
    RECOUNTED = "RECOUNTED"
    """Its sets, repetitions, time or zone are others."""


@dataclass(frozen=True)
class ChangedLine:
    """A line that could not be left as it was; ``day`` counts from 1."""

    day: int
    exercise_id: str
    change: LineChange


AlternativeT_co = TypeVar("AlternativeT_co", covariant=True)


@dataclass(frozen=True)
class Substitution(Generic[PlanT_co, AlternativeT_co]):
    """A plan with one part replaced, and what else could have been taken, best first."""

    plan: PlanT_co
    assessment: ProfileAssessment
    alternatives: tuple[AlternativeT_co, ...] = ()
    """Alternatives, or whole meals; the first is the one taken."""
    also_changed: tuple[ChangedLine, ...] = ()
    """Of a week: lines beside the part that was to change; none where all else is as it was."""
    request_id: str = ""


@dataclass(frozen=True)
class EatingWeekReply:
    """Several days of eating."""

    week: EatingWeek
    assessment: ProfileAssessment
    source: PlanSource
    request_id: str = ""


def told(assessment: Assessment, language: Language) -> ProfileAssessment:
    """An assessment as a member is told it: the safety notes as sentences."""
    return ProfileAssessment(
        bmi=assessment.bmi,
        bmi_class=assessment.bmi_class,
        bmr_kcal=assessment.bmr_kcal,
        tdee_kcal=assessment.tdee_kcal,
        goal=assessment.goal,
        target_kcal=assessment.target_kcal,
        weekly_weight_change_kg=assessment.weekly_weight_change_kg,
        macros=assessment.macros,
        max_heart_rate_bpm=assessment.max_heart_rate_bpm,
        zones=assessment.zones,
        water_liters=assessment.water_liters,
        safety_notes=tuple(
            SafetyRemark(note.value, label(language, note)) for note in assessment.safety_notes
        ),
    )
