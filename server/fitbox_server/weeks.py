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
from fitbox.substitute.eating_day import MOST_OTHERS, ReceivedDays, regenerate_eating_day
from fitbox.task import TaskName
from fitbox.v1 import recommendation_pb2 as pb
from fitbox_server.admission import Admission, Caller
from fitbox_server.hooks import Hooks
from fitbox_server.received import eating_week_from_proto
from fitbox_server.requests import read_request

DAY_TOKENS = 64
"""What a day counts for in the queue, in tokens of the model: about what the processors do for it."""
OTHER_DAY_TOKENS = 3 * DAY_TOKENS
"""What another day counts for: six are composed, as two are for each day of a week."""
MOST_ALTERNATIVES = 1000


class EatingWeeks:
    """Answers calls for several days of eating.

    Args:
        admission: Gives turns.
        hooks: Told of what was replaced.
    """

    def __init__(self, admission: Admission, hooks: Hooks) -> None:
        self._admission, self._hooks = admission, hooks

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

    async def day(
        self, request: pb.RegenerateNutritionDayRequest, who: Caller
    ) -> pb.RegenerateNutritionDayResponse:
        """The same days with one composed anew.

        Raises:
            InvalidProfileError: names every field that cannot be used, days that are not of the envelope too.
            NoPlanPossibleError: there is no other day.
            OverloadedError, DeadlinePassedError: admission refused.
        """
        profile, _ = read_request(request)
        week = eating_week_from_proto(request.week)
        if not 0 <= request.alternative <= MOST_OTHERS:
            raise InvalidProfileError((FieldViolation("alternative", f"must be from 0 to {MOST_OTHERS}"),))
        async with self._admission.enter(who) as place:
            await place.start(OTHER_DAY_TOKENS)
            made = await asyncio.to_thread(_regenerated, profile, week, request.day, request.alternative)
        self._hooks.replaced("eating_day")
        reply = to_proto(pb.RegenerateNutritionDayResponse, made)
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


def _regenerated(profile: Profile, week: ReceivedDays, day: int, alternative: int) -> EatingWeekReply:
    constraints = NUTRITION.constrain(profile)
    made = regenerate_eating_day(week, day, constraints, alternative=alternative)
    return EatingWeekReply(made, told(constraints.assessment, profile.language), PlanSource.PLANNER)
