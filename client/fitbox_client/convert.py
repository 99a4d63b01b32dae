"""Messages of the server to domain types; the mapping itself is :mod:`fitbox.rpc.messages`."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from fitbox.explained import Explanation
from fitbox.plan import Advice, Meal, NutritionPlan, WorkoutPlan
from fitbox.reply import Alternative, EatingWeekReply, ProfileAssessment, Recommendation, Substitution
from fitbox.rpc.messages import from_proto, profile_to_proto
from fitbox.v1 import adapter_pb2, recommendation_pb2
from fitbox_client.errors import ServerFaultError
from fitbox_client.types import (
    ActiveAdapter,
    AdapterChange,
    AdapterDetails,
    AdapterFile,
    AdapterInfo,
    AdapterList,
)

__all__ = ["profile_to_proto"]

T = TypeVar("T")


def understood(kind: type[T], message: Message) -> T:
    """A message as a domain type. Raises ServerFaultError for one that this client does not understand."""
    try:
        return from_proto(kind, message)
    except (ValueError, OverflowError):
        raise ServerFaultError(
            f"a reply that this client cannot read ({message.DESCRIPTOR.name}): is the server newer?",
            grpc.StatusCode.INTERNAL,
            "REPLY_NOT_UNDERSTOOD",
        ) from None


def workout_from_proto(reply: recommendation_pb2.RecommendWorkoutResponse) -> Recommendation[WorkoutPlan]:
    """A workout reply."""
    return understood(Recommendation[WorkoutPlan], reply)


def nutrition_from_proto(
    reply: recommendation_pb2.RecommendNutritionResponse,
) -> Recommendation[NutritionPlan]:
    """A nutrition reply."""
    return understood(Recommendation[NutritionPlan], reply)


def advice_from_proto(reply: recommendation_pb2.RecommendAdviceResponse) -> Recommendation[Advice]:
    """An advice reply."""
    return understood(Recommendation[Advice], reply)


def advice_event_from_proto(
    event: recommendation_pb2.StreamAdviceResponse,
) -> str | Recommendation[Advice]:
    """Text of a stream, or its last item, the checked whole."""
    return advice_from_proto(event.result) if event.WhichOneof("event") == "result" else event.text_delta


def assessment_from_proto(reply: recommendation_pb2.AssessProfileResponse) -> ProfileAssessment:
    """An assessment."""
    return understood(ProfileAssessment, reply.assessment)


def explanation_from_proto(reply: recommendation_pb2.AssessProfileResponse) -> Explanation:
    """What is left out for a member, and where figures are from."""
    return understood(Explanation, reply.explanation)


def exercise_substituted(
    reply: recommendation_pb2.SubstituteExerciseResponse | recommendation_pb2.RegenerateDayResponse,
) -> Substitution[WorkoutPlan, Alternative]:
    """A week with one part replaced."""
    return understood(Substitution[WorkoutPlan, Alternative], reply)


def food_substituted(
    reply: recommendation_pb2.SubstituteFoodResponse,
) -> Substitution[NutritionPlan, Alternative]:
    """A day with one food replaced."""
    return understood(Substitution[NutritionPlan, Alternative], reply)


def meal_substituted(
    reply: recommendation_pb2.SubstituteMealResponse,
) -> Substitution[NutritionPlan, Meal]:
    """A day with one meal replaced."""
    return understood(Substitution[NutritionPlan, Meal], reply)


def eating_week(
    reply: recommendation_pb2.RecommendNutritionWeekResponse
    | recommendation_pb2.RegenerateNutritionDayResponse,
) -> EatingWeekReply:
    """Several days of eating."""
    return understood(EatingWeekReply, reply)


def adapters_from_proto(reply: adapter_pb2.ListAdaptersResponse) -> AdapterList:
    """The versions a server lists."""
    adapters = tuple(adapter_from_proto(item) for item in reply.adapters)
    return AdapterList(adapters, reply.serving_version, understood(ActiveAdapter, reply.active))


def details_from_proto(reply: adapter_pb2.GetAdapterResponse) -> AdapterDetails:
    """One version with its records."""
    return AdapterDetails(
        adapter=adapter_from_proto(reply.adapter),
        metadata=_json_object(reply.training_metadata_json),
        evaluation=_json_object(reply.evaluation_json),
        files=tuple(understood(AdapterFile, file) for file in reply.files),
    )


def adapter_from_proto(message: adapter_pb2.Adapter) -> AdapterInfo:
    """One version."""
    return understood(AdapterInfo, message)


def change_from_proto(message: adapter_pb2.WatchAdaptersResponse) -> AdapterChange:
    """One event of a watch."""
    return understood(AdapterChange, message)


def _json_object(text: str) -> dict[str, Any]:
    """A record of a version; one that cannot be read is shown as missing, not as a failed call."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
