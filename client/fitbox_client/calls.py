"""Every call of the two clients, once: which method, with what message, and how its reply is read.

A new RPC takes a function here, and a method of one line in each client.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message

from fitbox.explained import Explanation
from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides
from fitbox.plan import Advice, EatingWeek, Meal, NutritionPlan, WorkoutPlan
from fitbox.profile import Profile
from fitbox.reply import Alternative, EatingWeekReply, ProfileAssessment, Recommendation, Substitution
from fitbox.rpc.messages import to_proto
from fitbox.v1 import adapter_pb2, plan_pb2, recommendation_pb2
from fitbox.workout.facts import TrainingFacts
from fitbox_client import convert
from fitbox_client.channel import ADAPTER, RECOMMENDATION, ConnectionSettings
from fitbox_client.requests import CallOptions, check_numbers, recommendation_request, replacing_request
from fitbox_client.types import AdapterChange, AdapterDetails, AdapterInfo, AdapterList

T = TypeVar("T")


@dataclass(frozen=True)
class Ask(Generic[T]):
    """One call, not made yet."""

    service: str
    method: str
    request: Message
    read: Callable[[Any], T]
    """A message of the reply, as what the caller gets."""
    timeout_seconds: float | None = None
    """``None`` takes the connection's."""


class Caller:
    """What the clients have in common.

    Args:
        address: Where the server is.
        settings: How to connect; ``None`` takes them from the environment.
    """

    def __init__(self, address: str, settings: ConnectionSettings | None) -> None:
        self.settings = settings or ConnectionSettings.from_environment(address)
        self._stubs: dict[str, Any] = {}

    def _method(self, ask: Ask[Any]) -> Any:
        return getattr(self._stubs[ask.service], ask.method)

    def _timeout(self, seconds: float | None) -> float:
        return self.settings.timeout_seconds if seconds is None else seconds


def workout(profile: Profile, options: CallOptions) -> Ask[Recommendation[WorkoutPlan]]:
    """A training week."""
    request = recommendation_request(recommendation_pb2.RecommendWorkoutRequest, profile, options)
    read = convert.workout_from_proto
    return Ask(RECOMMENDATION, "RecommendWorkout", request, read, options.timeout_seconds)


def nutrition(profile: Profile, options: CallOptions) -> Ask[Recommendation[NutritionPlan]]:
    """A day of eating."""
    request = recommendation_request(recommendation_pb2.RecommendNutritionRequest, profile, options)
    read = convert.nutrition_from_proto
    return Ask(RECOMMENDATION, "RecommendNutrition", request, read, options.timeout_seconds)


def advice(profile: Profile, options: CallOptions) -> Ask[Recommendation[Advice]]:
    """Short personal advice."""
    request = recommendation_request(recommendation_pb2.RecommendAdviceRequest, profile, options)
    read = convert.advice_from_proto
    return Ask(RECOMMENDATION, "RecommendAdvice", request, read, options.timeout_seconds)


def advice_stream(profile: Profile, options: CallOptions) -> Ask[str | Recommendation[Advice]]:
    """The same, as it is written."""
    request = recommendation_request(recommendation_pb2.StreamAdviceRequest, profile, options)
    read = convert.advice_event_from_proto
    return Ask(RECOMMENDATION, "StreamAdvice", request, read, options.timeout_seconds)


def assess(profile: Profile, timeout_seconds: float | None) -> Ask[ProfileAssessment]:
    """Physiology alone."""
    request = recommendation_pb2.AssessProfileRequest(
        language_code=profile.language.value, profile=convert.profile_to_proto(profile)
    )
    return Ask(RECOMMENDATION, "AssessProfile", request, convert.assessment_from_proto, timeout_seconds)


def explain(profile: Profile, timeout_seconds: float | None) -> Ask[Explanation]:
    """What is left out, and where figures are from."""
    request = recommendation_pb2.AssessProfileRequest(
        language_code=profile.language.value, profile=convert.profile_to_proto(profile), explain=True
    )
    return Ask(RECOMMENDATION, "AssessProfile", request, convert.explanation_from_proto, timeout_seconds)


def substitute_exercise(
    profile: Profile,
    plan: WorkoutPlan,
    day: int,
    exercise_id: str,
    replacement_id: str,
    overrides: WorkoutOverrides | None,
    training_facts: TrainingFacts | None,
    timeout: float | None,
) -> Ask[Substitution[WorkoutPlan, Alternative]]:
    """Another exercise in one place of a week."""
    request = replacing_request(
        recommendation_pb2.SubstituteExerciseRequest,
        profile,
        plan,
        overrides,
        training_facts,
        day=day,
        exercise_id=exercise_id,
        replacement_id=replacement_id,
    )
    return Ask(RECOMMENDATION, "SubstituteExercise", request, convert.exercise_substituted, timeout)


def substitute_food(
    profile: Profile,
    plan: NutritionPlan,
    meal: int,
    food_id: str,
    replacement_id: str,
    overrides: NutritionOverrides | None,
    timeout: float | None,
) -> Ask[Substitution[NutritionPlan, Alternative]]:
    """Another food in one place of a day."""
    request = replacing_request(
        recommendation_pb2.SubstituteFoodRequest,
        profile,
        plan,
        overrides,
        meal=meal,
        food_id=food_id,
        replacement_id=replacement_id,
    )
    return Ask(RECOMMENDATION, "SubstituteFood", request, convert.food_substituted, timeout)


def substitute_meal(
    profile: Profile,
    plan: NutritionPlan,
    meal: int,
    replacement_ids: Sequence[str],
    overrides: NutritionOverrides | None,
    timeout: float | None,
) -> Ask[Substitution[NutritionPlan, Meal]]:
    """Another meal in one place of a day."""
    request = replacing_request(
        recommendation_pb2.SubstituteMealRequest,
        profile,
        plan,
        overrides,
        meal=meal,
        replacement_ids=tuple(replacement_ids),
    )
    return Ask(RECOMMENDATION, "SubstituteMeal", request, convert.meal_substituted, timeout)


def regenerate_day(
    profile: Profile,
    plan: WorkoutPlan,
    day: int,
    alternative: int,
    overrides: WorkoutOverrides | None,
    training_facts: TrainingFacts | None,
    timeout: float | None,
) -> Ask[Substitution[WorkoutPlan, Alternative]]:
    """One day of a week composed anew."""
    request = replacing_request(
        recommendation_pb2.RegenerateDayRequest,
        profile,
        plan,
        overrides,
        training_facts,
        day=day,
        alternative=alternative,
    )
    return Ask(RECOMMENDATION, "RegenerateDay", request, convert.exercise_substituted, timeout)


def nutrition_week(
    profile: Profile, days: int, alternative: int, timeout: float | None
) -> Ask[EatingWeekReply]:
    """Several days of eating."""
    check_numbers(days=days, alternative=alternative)
    request = recommendation_pb2.RecommendNutritionWeekRequest(
        language_code=profile.language.value,
        profile=convert.profile_to_proto(profile),
        days=days,
        alternative=alternative,
    )
    return Ask(RECOMMENDATION, "RecommendNutritionWeek", request, convert.eating_week, timeout)


def regenerate_nutrition_day(
    profile: Profile, week: EatingWeek, day: int, alternative: int, timeout: float | None
) -> Ask[EatingWeekReply]:
    """One of several days of eating composed anew."""
    check_numbers(day=day, alternative=alternative)
    request = recommendation_pb2.RegenerateNutritionDayRequest(
        language_code=profile.language.value,
        profile=convert.profile_to_proto(profile),
        week=to_proto(plan_pb2.EatingWeek, week),
        day=day,
        alternative=alternative,
    )
    return Ask(RECOMMENDATION, "RegenerateNutritionDay", request, convert.eating_week, timeout)


def list_adapters(timeout_seconds: float | None) -> Ask[AdapterList]:
    """Published versions."""
    request = adapter_pb2.ListAdaptersRequest()
    return Ask(ADAPTER, "ListAdapters", request, convert.adapters_from_proto, timeout_seconds)


def get_adapter(version: str, timeout_seconds: float | None) -> Ask[AdapterDetails]:
    """One version with its records."""
    request = adapter_pb2.GetAdapterRequest(version=version)
    return Ask(ADAPTER, "GetAdapter", request, convert.details_from_proto, timeout_seconds)


def watch_adapters() -> Ask[AdapterChange]:
    """Changes of state."""
    request = adapter_pb2.WatchAdaptersRequest()
    return Ask(ADAPTER, "WatchAdapters", request, convert.change_from_proto)


def activate_adapter(version: str, pin: bool, reason: str, timeout_seconds: float | None) -> Ask[AdapterInfo]:
    """Switch to a version."""
    request = adapter_pb2.ActivateAdapterRequest(version=version, pin=pin, reason=reason)
    return Ask(ADAPTER, "ActivateAdapter", request, _adapter, timeout_seconds)


def rollback_adapter(reason: str, timeout_seconds: float | None) -> Ask[AdapterInfo]:
    """Switch back."""
    request = adapter_pb2.RollbackAdapterRequest(reason=reason)
    return Ask(ADAPTER, "RollbackAdapter", request, _adapter, timeout_seconds)


def pin_adapter(version: str, reason: str, timeout_seconds: float | None) -> Ask[AdapterInfo]:
    """Keep the active version."""
    request = adapter_pb2.PinAdapterRequest(version=version, reason=reason)
    return Ask(ADAPTER, "PinAdapter", request, _adapter, timeout_seconds)


def unpin_adapter(reason: str, timeout_seconds: float | None) -> Ask[AdapterInfo]:
    """Let others be activated."""
    request = adapter_pb2.UnpinAdapterRequest(reason=reason)
    return Ask(ADAPTER, "UnpinAdapter", request, _adapter, timeout_seconds)


def _adapter(reply: Any) -> AdapterInfo:
    return convert.adapter_from_proto(reply.adapter)
