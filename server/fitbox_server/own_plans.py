"""The plans that an advice is to speak of: sent along, or made by earlier items of the same stream."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from google.protobuf.message import Message

from fitbox.advice.given import GivenPlans
from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides
from fitbox.rpc.messages import Reply
from fitbox.v1 import recommendation_pb2 as pb
from fitbox_server.overrides import nutrition_overrides, overrides_of, workout_overrides
from fitbox_server.received import day_from_proto, week_from_proto

MOST_REMEMBERED = 64
"""Items of one stream whose plans a later item may name: each takes about two kilobytes."""
_NAMES = ("workout_request_id", "nutrition_request_id")

Made = asyncio.Future[GivenPlans | None]
"""What became of an item; ``None``: no plan."""


def given_plans(request: Message) -> GivenPlans | None:
    """What a request for advice brings; ``None`` where that is nothing.

    Raises:
        InvalidProfileError: a list of a plan is empty or too long, or the item is of another kind.
    """
    match request:
        case pb.RecommendAdviceRequest() | pb.StreamAdviceRequest():
            return _read(request.plans)
        case pb.BatchRecommendRequest():
            if request.kind != pb.RECOMMENDATION_KIND_ADVICE:
                _refuse_where_set(request)
                return None
            return _read(request.plans)
        case _:
            return None


def _refuse_where_set(item: pb.BatchRecommendRequest) -> None:
    given = [name for name in _NAMES if getattr(item, name)]
    given += ["plans"] if item.HasField("plans") else []
    if given:
        raise InvalidProfileError(tuple(FieldViolation(name, "is for another kind") for name in given))


def _read(plans: pb.OwnPlans) -> GivenPlans | None:
    week = week_from_proto(plans.workout, "plans.workout") if plans.HasField("workout") else None
    day = day_from_proto(plans.nutrition, "plans.nutrition") if plans.HasField("nutrition") else None
    alone = [
        FieldViolation(f"plans.{name}_overrides", f"needs plans.{name}")
        for name, plan in (("workout", week), ("nutrition", day))
        if plan is None and plans.HasField(f"{name}_overrides")  # type: ignore[arg-type]  # names of the message
    ]
    if alone:
        raise InvalidProfileError(tuple(alone))
    if week is None and day is None:
        return None
    return GivenPlans(
        week,
        day,
        workout_overrides(plans.workout_overrides, "plans.workout_overrides.") if week else None,
        nutrition_overrides(plans.nutrition_overrides, "plans.nutrition_overrides.") if day else None,
    )


class StreamPlans:
    """The plans of one stream's latest items, for later items to name. One event loop, no locks."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, Made] = OrderedDict()

    @contextmanager
    def item(self, request: pb.BatchRecommendRequest) -> Iterator[Made]:
        """While the item is answered: later ones that name it wait until it is, whatever becomes of it.

        An advice is nobody's plan, and is not remembered.
        """
        made: Made = asyncio.get_running_loop().create_future()
        if request.kind != pb.RECOMMENDATION_KIND_ADVICE:
            self._made[request.request_id] = made
            if len(self._made) > MOST_REMEMBERED:
                self._made.popitem(last=False)
        try:
            yield made
        finally:
            if not made.done():
                made.set_result(None)

    async def given(self, request: pb.BatchRecommendRequest) -> GivenPlans | None:
        """The plans that an item brings and names; those it names stand before those it brings.

        Raises:
            InvalidProfileError: as :func:`given_plans`, or it names no earlier item of that kind.
        """
        found = given_plans(request) or GivenPlans()
        names = {name: getattr(request, name) for name in _NAMES if getattr(request, name)}
        unknown = [name for name, asked in names.items() if asked not in self._made]
        if unknown:
            description = f"is none of the {MOST_REMEMBERED} items of this stream before it"
            raise InvalidProfileError(tuple(FieldViolation(name, description) for name in unknown))
        waiting = {name: self._made[asked] for name, asked in names.items()}
        for name, made in waiting.items():
            # Shielded: who leaves must not take the item from others that wait for it.
            plans = await asyncio.shield(made)
            if plans is None:
                continue
            if name == _NAMES[0] and plans.week is not None:
                found = replace(found, week=plans.week, week_overrides=plans.week_overrides)
            elif name == _NAMES[1] and plans.day is not None:
                found = replace(found, day=plans.day, day_overrides=plans.day_overrides)
            else:
                raise InvalidProfileError((FieldViolation(name, "names an item of another kind"),))
        return found if found != GivenPlans() else None


def plans_of(reply: Reply, request: pb.BatchRecommendRequest) -> GivenPlans | None:
    """What a reply gives its member, as if the member sent it back."""
    overrides = overrides_of(request)
    match reply:
        case pb.RecommendWorkoutResponse():
            kept = overrides if isinstance(overrides, WorkoutOverrides) else None
            return GivenPlans(week=week_from_proto(reply.plan), week_overrides=kept)
        case pb.RecommendNutritionResponse():
            eaten = overrides if isinstance(overrides, NutritionOverrides) else None
            return GivenPlans(day=day_from_proto(reply.plan), day_overrides=eaten)
        case _:
            return None
