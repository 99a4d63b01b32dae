"""Many members in one call: items go out as the server takes them, outcomes come back as they finish."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fitbox.profile import Profile
from fitbox.v1 import recommendation_pb2
from fitbox_client import convert
from fitbox_client.calls import Ask
from fitbox_client.channel import RECOMMENDATION
from fitbox_client.errors import FitBoxClientError, from_item_error
from fitbox_client.requests import DEFAULT_OPTIONS, CallOptions, check_sendable, recommendation_request
from fitbox_client.types import Recommendation


class Kind(StrEnum):
    """What is asked for a member."""

    WORKOUT = "WORKOUT"
    NUTRITION = "NUTRITION"
    ADVICE = "ADVICE"


@dataclass(frozen=True)
class BatchItem:
    """One member and one kind of recommendation."""

    request_id: str
    """Names the item; must be unique within the batch, for outcomes come in any order."""
    kind: Kind
    profile: Profile
    options: CallOptions = DEFAULT_OPTIONS
    """All but the deadline, which is that of the whole batch, and the key: the item has its own."""
    workout_request_id: str = ""
    """For advice: an earlier item of the batch, whose week it is to speak of; it waits for that."""
    nutrition_request_id: str = ""
    """The same of a day of eating."""

    def __post_init__(self) -> None:
        """Raises InvalidRequestError for a name that no message can carry."""
        for name in ("request_id", "workout_request_id", "nutrition_request_id"):
            check_sendable(name, getattr(self, name))


@dataclass(frozen=True)
class BatchOutcome:
    """What became of an item: a recommendation, or the error that a call of its own would have raised."""

    request_id: str
    recommendation: Recommendation[Any] | None = None
    """Its plan is a WorkoutPlan, NutritionPlan or Advice, by the item's kind."""
    error: FitBoxClientError | None = None

    def unwrap(self) -> Recommendation[Any]:
        """The recommendation. Raises the item's FitBoxClientError where there is none."""
        if self.recommendation is None:
            raise self.error or FitBoxClientError(f"item {self.request_id} came back empty")
        return self.recommendation


def item_to_proto(item: BatchItem) -> recommendation_pb2.BatchRecommendRequest:
    """The message of an item."""
    message = recommendation_request(recommendation_pb2.BatchRecommendRequest, item.profile, item.options)
    message.request_id = item.request_id
    message.workout_request_id = item.workout_request_id
    message.nutrition_request_id = item.nutrition_request_id
    message.kind = recommendation_pb2.RecommendationKind.Value(f"RECOMMENDATION_KIND_{item.kind}")
    return message


def outcome_from_proto(message: recommendation_pb2.BatchRecommendResponse) -> BatchOutcome:
    """The outcome that a message carries."""
    match message.WhichOneof("outcome"):
        case "workout":
            return BatchOutcome(message.request_id, convert.workout_from_proto(message.workout))
        case "nutrition":
            return BatchOutcome(message.request_id, convert.nutrition_from_proto(message.nutrition))
        case "advice":
            return BatchOutcome(message.request_id, convert.advice_from_proto(message.advice))
        case _:
            return BatchOutcome(message.request_id, error=from_item_error(message.error))


BATCH: Ask[BatchOutcome] = Ask(
    RECOMMENDATION, "BatchRecommend", recommendation_pb2.BatchRecommendRequest(), outcome_from_proto
)
"""The call of every batch; its requests are a stream."""
