"""What calls return: plans of :mod:`fitbox.plan` with their assessment and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from fitbox.assessment import BmiClass, HeartRateZone, Macros
from fitbox.plan import Advice, NutritionPlan, PlanSource, WorkoutPlan
from fitbox.profile import Goal

PlanT = TypeVar("PlanT", WorkoutPlan, NutritionPlan, Advice)


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
    time_to_first_token_seconds: float
    attempts: int
    created_at: datetime


@dataclass(frozen=True)
class Recommendation(Generic[PlanT]):
    """One reply."""

    request_id: str
    plan: PlanT
    assessment: ProfileAssessment
    provenance: Provenance


@dataclass(frozen=True)
class AdapterInfo:
    """One published version as a server sees it."""

    version: str
    digest: str
    state: str
    created_at: datetime | None
    base_model: str
    dataset_digest: str
    evaluation_score: float | None
    pinned: bool
    reason: str


@dataclass(frozen=True)
class AdapterChange:
    """A version went into a state, and which version serves since then."""

    adapter: AdapterInfo
    serving_version: str
    """``base`` for the base model alone; empty while none is ready."""


@dataclass(frozen=True)
class ActiveAdapter:
    """What the registry says should serve; a server follows it within moments, unless the version is bad."""

    version: str
    """``base`` for the base model alone."""
    previous_version: str
    """Where a rollback goes to."""
    since: datetime | None
    reason: str
    """Why it was activated, pinned or unpinned: whatever came last."""
    pinned: bool


@dataclass(frozen=True)
class AdapterList:
    """Published versions, newest first, and the one that serves (``base`` for none)."""

    adapters: tuple[AdapterInfo, ...]
    serving_version: str
    active: ActiveAdapter


@dataclass(frozen=True)
class AdapterFile:
    """One file of a version; ``path`` is relative to its folder."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class AdapterDetails:
    """One version with everything that is recorded about it."""

    adapter: AdapterInfo
    metadata: Mapping[str, Any]
    """``training_metadata.json``: the run, its data, configuration, libraries and the gate's decision."""
    evaluation: Mapping[str, Any]
    """``evaluation.json``; empty where the version has none."""
    files: tuple[AdapterFile, ...]
