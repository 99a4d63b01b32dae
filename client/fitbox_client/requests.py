"""Builds request messages from what callers pass. Shared by the sync and the async client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from fitbox.errors import FieldViolation
from fitbox.overrides.values import NutritionOverrides, WorkoutOverrides
from fitbox.plan import NutritionPlan, WorkoutPlan
from fitbox.profile import Profile
from fitbox.rpc.messages import profile_to_proto, to_proto
from fitbox.v1 import plan_pb2, recommendation_pb2
from fitbox.workout.facts import TrainingFacts
from fitbox_client.errors import InvalidRequestError

RequestT = TypeVar("RequestT", bound=Message)
MessageT = TypeVar("MessageT", bound=Message)


def check_sendable(field: str, text: str) -> None:
    """Raises InvalidRequestError for a text that is no Unicode, with a lone surrogate for instance."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _refused(field, "must be valid Unicode") from None


def check_numbers(**numbers: int | None) -> None:
    """Raises InvalidRequestError for a number that fits into no message."""
    for name, number in numbers.items():
        if number is not None and not -(2**31) <= number < 2**31:
            raise _refused(name, "must fit into 32 bits")


def _refused(field: str, description: str) -> InvalidRequestError:
    return InvalidRequestError(
        "1 field(s) cannot be used",
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_REQUEST",
        violations=(FieldViolation(field, description),),
    )


@dataclass(frozen=True)
class OwnPlans:
    """A member's plans as they were received, with the overrides that they were made with."""

    workout: WorkoutPlan | None = None
    nutrition: NutritionPlan | None = None
    workout_overrides: WorkoutOverrides | None = None
    nutrition_overrides: NutritionOverrides | None = None


@dataclass(frozen=True)
class CallOptions:
    """What a caller may set for one call; everything has a default."""

    request_id: str = ""
    """Idempotency key: a repeat with the same key and contents gets the same reply."""
    temperature: float | None = None
    """0 is greedy; ``None`` leaves it to the server."""
    seed: int | None = None
    """Repeats a sampled reply of the same version."""
    candidates: int | None = None
    """Texts that the model writes, of which the best is taken, 1 to 8; ``None`` leaves it to the server."""
    alternative: int = 0
    """Another reply to the same request: 1 is the one after the first, and so on."""
    avoid: tuple[str, ...] = ()
    """Ids of foods or exercises of the member's other days or earlier replies, to be repeated only where
    nothing is as good; :func:`fitbox.choosing.items_of` takes them from a plan. Not for advice."""
    overrides: WorkoutOverrides | NutritionOverrides | None = None
    """A coach's word: each part is honoured, or the call is refused with the field and the rule."""
    training_facts: TrainingFacts | None = None
    """A start, which gives a programme its dates, and known maxima, which give it loads. Of a week alone."""
    plans: OwnPlans | None = None
    """What the member was given: an advice then speaks of it. For advice alone."""
    explain: bool = False
    """Whether the reply says what was left out, by which rule, and where every figure is from;
    :meth:`~fitbox_client.FitBoxClient.explain` does without a plan."""
    timeout_seconds: float | None = None
    """Deadline of this call; ``None`` takes the connection's."""

    def __post_init__(self) -> None:
        """Raises InvalidRequestError for what no message can carry."""
        if self.seed is not None and not -(2**63) <= self.seed < 2**63:
            raise _refused("decoding.seed", "must fit into 64 bits")
        for name, number in (("candidates", self.candidates), ("alternative", self.alternative)):
            if number is not None and not -(2**31) <= number < 2**31:
                raise _refused(f"decoding.{name}", "must fit into 32 bits")
        for item in self.avoid:
            check_sendable("decoding.avoid", item)
        check_sendable("request_id", self.request_id)


DEFAULT_OPTIONS = CallOptions()


def recommendation_request(
    kind: Callable[..., RequestT], profile: Profile, options: CallOptions = DEFAULT_OPTIONS
) -> RequestT:
    """A request of any generating method; decoding options are left out where the caller gave none.

    Raises:
        InvalidRequestError: plans are sent where nothing speaks of them, or facts where nothing uses them.
    """
    decoding = recommendation_pb2.DecodingOptions(
        temperature=options.temperature,
        seed=options.seed,
        candidates=options.candidates,
        alternative=options.alternative,
        avoid=options.avoid,
    )
    message = kind(
        request_id=options.request_id,
        language_code=profile.language.value,
        profile=profile_to_proto(profile),
        decoding=decoding if decoding.ByteSize() else None,
        explain=options.explain,
    )
    if options.overrides is not None:
        _set_overrides(message, options.overrides)
    if options.training_facts is not None:
        _set_facts(message, options.training_facts)
    if options.plans is not None:
        if "plans" not in message.DESCRIPTOR.fields_by_name:
            raise _refused("plans", "are for advice")
        message.plans.CopyFrom(_plans_to_proto(options.plans))  # type: ignore[attr-defined]  # as was just seen
    return message


def _plans_to_proto(plans: OwnPlans) -> recommendation_pb2.OwnPlans:
    message = recommendation_pb2.OwnPlans()
    if plans.workout is not None:
        message.workout.CopyFrom(to_proto(plan_pb2.WorkoutPlan, plans.workout))
    if plans.nutrition is not None:
        message.nutrition.CopyFrom(to_proto(plan_pb2.NutritionPlan, plans.nutrition))
    if plans.workout_overrides is not None:
        kind = recommendation_pb2.WorkoutOverrides
        message.workout_overrides.CopyFrom(overrides_to_proto(kind, plans.workout_overrides))
    if plans.nutrition_overrides is not None:
        eaten = recommendation_pb2.NutritionOverrides
        message.nutrition_overrides.CopyFrom(overrides_to_proto(eaten, plans.nutrition_overrides))
    return message


def _set_overrides(message: Message, overrides: WorkoutOverrides | NutritionOverrides) -> None:
    """Raises InvalidRequestError where the request is not for what they are for."""
    week = isinstance(overrides, WorkoutOverrides)
    kind = recommendation_pb2.WorkoutOverrides if week else recommendation_pb2.NutritionOverrides
    names = ("overrides", "workout_overrides" if week else "nutrition_overrides")
    for name in names:
        field = message.DESCRIPTOR.fields_by_name.get(name)
        if field is not None and field.message_type is kind.DESCRIPTOR:
            getattr(message, name).CopyFrom(overrides_to_proto(kind, overrides))
            return
    raise _refused("overrides", "are for another kind of plan")


def _set_facts(message: Message, facts: TrainingFacts) -> None:
    """Raises InvalidRequestError where the request is not for a week, or a text is no Unicode."""
    if "training_facts" not in message.DESCRIPTOR.fields_by_name:
        raise _refused("training_facts", "are for a week")
    check_sendable("training_facts.starts_on", facts.starts_on)
    for index, one in enumerate(facts.maxima):
        check_sendable(f"training_facts.maxima[{index}].exercise_id", one.exercise_id)
    message.training_facts.CopyFrom(  # type: ignore[attr-defined]  # it is there, as was just seen
        to_proto(recommendation_pb2.TrainingFacts, facts)
    )


def overrides_to_proto(kind: type[MessageT], overrides: WorkoutOverrides | NutritionOverrides) -> MessageT:
    """Raises InvalidRequestError for what no message can carry."""
    for name, value in vars(overrides).items():
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str):
                check_sendable(f"overrides.{name}", text)
            elif isinstance(text, int) and not -(2**31) <= text < 2**31:
                raise _refused(f"overrides.{name}", "must fit into 32 bits")
    return to_proto(kind, overrides)


def replacing_request(
    kind: Callable[..., RequestT],
    profile: Profile,
    plan: WorkoutPlan | NutritionPlan,
    overrides: WorkoutOverrides | NutritionOverrides | None = None,
    training_facts: TrainingFacts | None = None,
    **part: object,
) -> RequestT:
    """A request to replace a part of a plan.

    Raises:
        InvalidRequestError: an id is no Unicode, or a number fits into no message.
    """
    for name, value in part.items():
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str):
                check_sendable(name, text)
            elif isinstance(text, int) and not -(2**31) <= text < 2**31:
                raise _refused(name, "must fit into 32 bits")
    message = plan_pb2.WorkoutPlan if isinstance(plan, WorkoutPlan) else plan_pb2.NutritionPlan
    request = kind(
        language_code=profile.language.value,
        profile=profile_to_proto(profile),
        plan=to_proto(message, plan),
        **part,
    )
    if overrides is not None:
        _set_overrides(request, overrides)
    if training_facts is not None:
        _set_facts(request, training_facts)
    return request
