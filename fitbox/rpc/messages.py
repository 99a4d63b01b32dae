"""Messages and domain types, both ways; server and client share this one mapping.

What single fields look like on the wire is in :mod:`fitbox.rpc.fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from google.protobuf.message import Message
from pydantic import TypeAdapter

from fitbox.plan import Advice, NutritionPlan, Plan, WorkoutPlan
from fitbox.profile import Profile
from fitbox.reply import Recommendation
from fitbox.rpc.fields import read, written
from fitbox.task import TaskName
from fitbox.v1 import profile_pb2, recommendation_pb2

Reply = (
    recommendation_pb2.RecommendWorkoutResponse
    | recommendation_pb2.RecommendNutritionResponse
    | recommendation_pb2.RecommendAdviceResponse
)
REPLIES: Mapping[TaskName, type[Reply]] = {
    TaskName.WORKOUT: recommendation_pb2.RecommendWorkoutResponse,
    TaskName.NUTRITION: recommendation_pb2.RecommendNutritionResponse,
    TaskName.ADVICE: recommendation_pb2.RecommendAdviceResponse,
}

MessageT = TypeVar("MessageT", bound=Message)
T = TypeVar("T")

_adapters: dict[object, TypeAdapter[Any]] = {}
"""Made when first asked for; as many as there are domain types."""


def to_proto(kind: type[MessageT], value: object) -> MessageT:
    """A domain value as the message ``kind``, whose fields are its attributes."""
    return kind(**written(kind, value))


def from_proto(kind: type[T], message: Message) -> T:
    """A message as the domain type ``kind``. Raises ValueError for one that this side does not understand."""
    known: TypeAdapter[T] | None = _adapters.get(kind)
    if known is None:
        known = _adapters[kind] = TypeAdapter(kind)
    return known.validate_python(read(message, _unknown, absent=True))


def profile_to_proto(profile: Profile) -> profile_pb2.Profile:
    """The message that carries a profile; its language travels beside it in the request."""
    return to_proto(profile_pb2.Profile, profile)


def reply_to_proto(result: Recommendation[Plan]) -> Reply:
    """The response message of the task that the plan is of."""
    match result.plan:
        case WorkoutPlan():
            return to_proto(recommendation_pb2.RecommendWorkoutResponse, result)
        case NutritionPlan():
            return to_proto(recommendation_pb2.RecommendNutritionResponse, result)
        case Advice():
            return to_proto(recommendation_pb2.RecommendAdviceResponse, result)


def _unknown(path: str, description: str) -> None:
    raise ValueError(f"{path}: {description}")
