"""A plan's nutrients and household measures survive the wire, and old peers are understood."""

from __future__ import annotations

from dataclasses import replace

from fitbox.nutrition.constraints import constrain
from fitbox.nutrition.finish import finish
from fitbox.nutrition.planner import plan_draft
from fitbox.plan import NutritionPlan
from fitbox.profile import Language, Profile, Sex
from fitbox.rpc.messages import from_proto, to_proto
from fitbox.v1 import plan_pb2

MEMBER = Profile(age_years=30, sex=Sex.FEMALE, weight_kg=62, height_cm=168, language=Language.FR)


def planned() -> NutritionPlan:
    """A day that has limits of every kind, and one that cannot be judged."""
    constraints = constrain(MEMBER)
    plan = finish(plan_draft(constraints, 0), constraints)
    first, *others = plan.nutrients
    return replace(plan, nutrients=(replace(first, met=None, lower=None), *others))


def test_a_plan_is_the_same_after_the_wire() -> None:
    """What is not known is not false there, and what has no limit has none."""
    plan = planned()
    message = to_proto(plan_pb2.NutritionPlan, plan)
    assert from_proto(NutritionPlan, plan_pb2.NutritionPlan.FromString(message.SerializeToString())) == plan
    judged = [total for total in message.nutrients if total.HasField("met")]
    assert len(judged) == sum(total.met is not None for total in plan.nutrients)
    assert not message.nutrients[0].HasField("lower")


def test_a_plan_of_an_older_server_is_read() -> None:
    """It has neither nutrients nor measures."""
    plan = planned()
    message = to_proto(plan_pb2.NutritionPlan, plan)
    message.ClearField("nutrients")
    for meal in message.meals:
        for portion in meal.portions:
            portion.ClearField("household_measure")
    read = from_proto(NutritionPlan, message)
    assert read.nutrients == ()
    assert {portion.household_measure for meal in read.meals for portion in meal.portions} == {""}
