"""FitBox client: typed calls to a FitBox server, synchronous and for asyncio."""

from fitbox.explained import Explanation
from fitbox.overrides.values import NutritionOverrides, SessionFocus, WorkoutOverrides
from fitbox.profile import (
    Allergen,
    Condition,
    Diet,
    Equipment,
    Goal,
    Language,
    Level,
    Profile,
    Sex,
    WorkoutType,
)
from fitbox_client.aio import AsyncFitBoxClient
from fitbox_client.batch import BatchItem, BatchOutcome, Kind
from fitbox_client.channel import ConnectionSettings
from fitbox_client.client import FitBoxClient
from fitbox_client.errors import (
    AccessDeniedError,
    DeadlineError,
    FitBoxClientError,
    InvalidRequestError,
    NoPlanError,
    NotFoundError,
    PreconditionError,
    ServerFaultError,
    ServerOverloadedError,
    ServerUnavailableError,
)
from fitbox_client.requests import CallOptions
from fitbox_client.types import (
    ActiveAdapter,
    AdapterChange,
    AdapterDetails,
    AdapterFile,
    AdapterInfo,
    AdapterList,
    Alternative,
    ProfileAssessment,
    Provenance,
    Recommendation,
    Substitution,
)

__all__ = [
    "AccessDeniedError",
    "ActiveAdapter",
    "AdapterChange",
    "AdapterDetails",
    "AdapterFile",
    "AdapterInfo",
    "AdapterList",
    "Allergen",
    "Alternative",
    "AsyncFitBoxClient",
    "BatchItem",
    "BatchOutcome",
    "CallOptions",
    "Condition",
    "ConnectionSettings",
    "DeadlineError",
    "Diet",
    "Equipment",
    "Explanation",
    "FitBoxClient",
    "FitBoxClientError",
    "Goal",
    "InvalidRequestError",
    "Kind",
    "Language",
    "Level",
    "NoPlanError",
    "NotFoundError",
    "NutritionOverrides",
    "PreconditionError",
    "Profile",
    "ProfileAssessment",
    "Provenance",
    "Recommendation",
    "ServerFaultError",
    "ServerOverloadedError",
    "ServerUnavailableError",
    "SessionFocus",
    "Sex",
    "Substitution",
    "WorkoutOverrides",
    "WorkoutType",
]
