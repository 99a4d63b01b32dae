"""Training facts in requests: read within bounds; what they say is checked with the member's envelope."""

from __future__ import annotations

from google.protobuf.message import Message
from pydantic import TypeAdapter

from fitbox.errors import FieldViolation, InvalidProfileError
from fitbox.rpc.fields import read
from fitbox.substitute.received import Refusals
from fitbox.v1 import recommendation_pb2 as pb
from fitbox.workout.facts import MOST_MAXIMA, TrainingFacts

_FACTS: TypeAdapter[TrainingFacts] = TypeAdapter(TrainingFacts)
_FIELD = "training_facts"


def training_facts(request: Message) -> TrainingFacts | None:
    """Of any request; ``None`` where there are none.

    Raises:
        InvalidProfileError: the list is too long, or they are for another kind of plan.
    """
    if _FIELD not in request.DESCRIPTOR.fields_by_name or not request.HasField(_FIELD):
        return None
    if isinstance(request, pb.BatchRecommendRequest) and request.kind != pb.RECOMMENDATION_KIND_WORKOUT:
        raise InvalidProfileError((FieldViolation(_FIELD, "is for another kind"),))
    if len(request.training_facts.maxima) > MOST_MAXIMA:  # type: ignore[attr-defined]  # it is there
        raise InvalidProfileError((FieldViolation(f"{_FIELD}.maxima", f"at most {MOST_MAXIMA} entries"),))
    refusals = Refusals()
    values = read(getattr(request, _FIELD), refusals.add, f"{_FIELD}.")
    refusals.raise_any()
    facts = _FACTS.validate_python(values)
    return facts if facts != TrainingFacts() else None
