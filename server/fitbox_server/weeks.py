"""Several days of eating: the planner's, since their days must share what is bought. No model is asked."""

from __future__ import annotations

import asyncio

from fitbox.decoding import derived_seed, request_seed
from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.nutrition.task import NUTRITION
from fitbox.nutrition.week import MOST_DAYS, USUAL_DAYS, plan_week
from fitbox.plan import PlanSource
from fitbox.profile import Profile
from fitbox.reply import EatingWeekReply, told
from fitbox.rpc.messages import to_proto
from fitbox.task import TaskName
from fitbox.v1 import recommendation_pb2 as pb
from fitbox_server.admission import Admission, Caller
from fitbox_server.requests import read_request

DAY_TOKENS = 64
"""What a day counts for in the queue, in tokens of the model: about what the processors do for it."""
MOST_ALTERNATIVES = 1000


class EatingWeeks:
    """Answers calls for several days of eating.

    Args:
        admission: Gives turns.
    """

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def week(
        self, request: pb.RecommendNutritionWeekRequest, who: Caller
    ) -> pb.RecommendNutritionWeekResponse:
        """Days that share ingredients, with a shopping list.

        Raises:
            InvalidProfileError: names every field that cannot be used.
            NoPlanPossibleError: the member's constraints leave nothing to recommend.
            OverloadedError, DeadlinePassedError: admission refused.
        """
        profile, _ = read_request(request)
        days = _days(request)
        async with self._admission.enter(who) as place:
            await place.start(DAY_TOKENS * days)
            made = await asyncio.to_thread(_planned, profile, days, request.alternative)
        reply = to_proto(pb.RecommendNutritionWeekResponse, made)
        reply.request_id = request.request_id
        return reply


def _days(request: pb.RecommendNutritionWeekRequest) -> int:
    days = request.days if request.HasField("days") else USUAL_DAYS
    wrong = []
    if not 1 <= days <= MOST_DAYS:
        wrong.append(FieldViolation("days", f"must be from 1 to {MOST_DAYS}"))
    if not 0 <= request.alternative <= MOST_ALTERNATIVES:
        wrong.append(FieldViolation("alternative", f"must be from 0 to {MOST_ALTERNATIVES}"))
    if wrong:
        raise InvalidProfileError(tuple(wrong))
    return days


def _planned(profile: Profile, days: int, alternative: int) -> EatingWeekReply:
    constraints = NUTRITION.constrain(profile)
    seed = derived_seed(request_seed(TaskName.NUTRITION, profile), 0, 0, alternative)
    week = plan_week(constraints, seed, days)
    return EatingWeekReply(week, told(constraints.assessment, profile.language), PlanSource.PLANNER)
