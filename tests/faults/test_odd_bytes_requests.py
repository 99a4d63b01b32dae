"""Odd bytes: numbers and texts of requests and profiles that are no such thing."""

from __future__ import annotations

import json
import math

import pytest
from fitbox_client import BatchItem, CallOptions, InvalidRequestError, Kind
from fitbox_client.convert import workout_from_proto
from fitbox_client.errors import ServerFaultError
from fitbox_server.requests import read_request

from fitbox.errors import InvalidProfileError
from fitbox.profile import validate_profile
from fitbox.v1 import plan_pb2, recommendation_pb2
from tests import fakes
from tests.served import PROFILE

VALUES = json.loads(fakes.MEMBER.model_dump_json())


@pytest.mark.parametrize(
    "value", [10**400, -(10**400), 2**70, math.nan, math.inf, "1" * 5000, "\ud800", [], {}]
)
@pytest.mark.parametrize("field", ["age_years", "weight_kg", "meals_per_day", "body_fat_percent"])
def test_a_number_that_is_none_is_named(field: str, value: object) -> None:
    """Never an OverflowError, nor an answer for another member."""
    with pytest.raises(InvalidProfileError) as caught:
        validate_profile({**VALUES, field: value}, "profile.")
    assert [violation.field for violation in caught.value.violations] == [f"profile.{field}"]


@pytest.mark.parametrize("value", ["\ud800", 7, None, [], "a" * 100_000, b"\xff"])
@pytest.mark.parametrize("field", ["sex", "language", "diet", "conditions", "disliked_foods"])
def test_a_text_or_list_that_is_none_is_named(field: str, value: object) -> None:
    """By its field, and without a second one."""
    if value == [] and field in ("conditions", "disliked_foods"):
        return
    with pytest.raises(InvalidProfileError) as caught:
        validate_profile({**VALUES, field: value})
    assert {violation.field.partition(".")[0] for violation in caught.value.violations} == {field}


@pytest.mark.parametrize("seed", [2**63, -(2**63) - 1, 10**400])
def test_a_seed_beyond_64_bits_is_refused_by_the_client(seed: int) -> None:
    """As the violation that a server would name, where the caller wrote it."""
    with pytest.raises(InvalidRequestError) as caught:
        CallOptions(seed=seed)
    assert [violation.field for violation in caught.value.violations] == ["decoding.seed"]


def test_a_request_id_that_is_no_unicode_is_refused_by_the_client() -> None:
    """In a call and in a batch, whose other items would be lost with it."""
    with pytest.raises(InvalidRequestError):
        CallOptions(request_id="\ud800")
    with pytest.raises(InvalidRequestError) as caught:
        BatchItem("\udfff", Kind.WORKOUT, fakes.MEMBER)
    assert [violation.field for violation in caught.value.violations] == ["request_id"]


@pytest.mark.parametrize("request_id", ["a\nb", "\x1b[31m", "\x00", "x" * 129, "x" * 900_000, "\u202e"])
def test_a_request_id_of_another_shape_is_one_clear_violation(request_id: str) -> None:
    """It reaches logs and other programs, so it is short and printable."""
    message = recommendation_pb2.AssessProfileRequest(request_id=request_id, profile=PROFILE)
    with pytest.raises(InvalidProfileError) as caught:
        read_request(message)
    (violation,) = caught.value.violations
    assert violation.field == "request_id"
    assert len(violation.description) < 100


@pytest.mark.parametrize("request_id", ["", "x" * 128, "Élève 12/é", "a b", "日本"])
def test_any_printable_request_id_is_taken(request_id: str) -> None:
    """In any script."""
    message = recommendation_pb2.AssessProfileRequest(request_id=request_id, profile=PROFILE)
    assert read_request(message)[0] == fakes.MEMBER


def test_a_reply_of_a_newer_server_is_a_typed_error() -> None:
    """A number that this client does not know is not guessed at."""
    provenance = plan_pb2.Provenance(source=99)  # type: ignore[arg-type]  # of a later API
    assessment = plan_pb2.Assessment(bmi_class="BMI_CLASS_NORMAL", goal="GOAL_BULKING")
    reply = recommendation_pb2.RecommendWorkoutResponse(provenance=provenance, assessment=assessment)
    with pytest.raises(ServerFaultError, match="newer"):
        workout_from_proto(reply)
