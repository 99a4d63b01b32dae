"""Late and twice: an item of a batch that fails tells all that a call of its own would have told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest
from fitbox_client.batch import outcome_from_proto
from fitbox_client.errors import (
    FitBoxClientError,
    InvalidRequestError,
    NoPlanError,
    ReferralError,
    ServerOverloadedError,
    from_item_error,
    from_rpc_error,
)
from fitbox_server.batch import Window, answer_all, item_error

from fitbox import errors
from fitbox.errors import FieldViolation
from fitbox.rpc.error_table import TABLE, from_error
from fitbox.v1 import recommendation_pb2

Item = recommendation_pb2.BatchRecommendRequest
Reply = recommendation_pb2.RecommendAdviceResponse


class Failed(grpc.RpcError):
    """A call of its own that ended with an error."""

    def __init__(self, error: Exception) -> None:
        self._status = from_error(error)

    def code(self) -> grpc.StatusCode:
        """As gRPC gives it."""
        return self._status.code

    def details(self) -> str:
        """As gRPC gives it."""
        return self._status.text

    def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """As gRPC gives it."""
        return self._status.trailers()


def all_errors() -> list[Exception]:
    """One of each kind that a recommendation can fail with, and some that say more."""
    plain = [
        kind("told")
        for kind in TABLE
        if kind.__init__ is Exception.__init__ or kind.__init__ is errors.FitBoxError.__init__
        if issubclass(kind, Exception)
    ]
    return [
        *plain,
        errors.NoPlanPossibleError("NO_FOOD_LEFT", "nothing left", ("allergies", "diet")),
        errors.ReferralError("REFER_DIALYSIS", "demandez", "DIALYSIS", "RENAL_TEAM"),
        errors.OverloadedError("full", 7.5),
        errors.InvalidProfileError((FieldViolation("profile.age_years", "too low"),)),
        errors.InvalidProfileError(tuple(FieldViolation(f"f{n}", "x" * 900) for n in range(200))),
        errors.EngineRefusedError("grammar", "secret"),
        ZeroDivisionError("secret"),
    ]


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: type(error).__name__)
def test_an_item_fails_as_a_call_of_its_own(error: Exception) -> None:
    """Class, code, reason, message, metadata, violations and pause."""
    sent = recommendation_pb2.BatchItemError.FromString(item_error(error).SerializeToString())
    assert from_item_error(sent) == from_rpc_error(Failed(error))


def test_what_may_be_relaxed_and_how_long_to_wait_arrive() -> None:
    """Which the plain fields of an item's error cannot say."""
    relax = from_item_error(item_error(errors.NoPlanPossibleError("NO_FOOD_LEFT", "nothing", ("diet",))))
    assert isinstance(relax, NoPlanError)
    assert relax.relax == ("diet",)
    referral = from_item_error(
        item_error(errors.ReferralError("REFER_DIALYSIS", "demandez", "DIALYSIS", "RENAL_TEAM"))
    )
    assert isinstance(referral, ReferralError)
    assert (referral.reason, referral.relax) == ("REFER_DIALYSIS", ())
    assert (referral.condition, referral.refer_to) == ("DIALYSIS", "RENAL_TEAM")
    assert referral.message == "demandez"
    wait = from_item_error(item_error(errors.OverloadedError("full", 7.5)))
    assert isinstance(wait, ServerOverloadedError)
    assert wait.retry_after_seconds == 7.5


@pytest.mark.parametrize("status", [b"", b"\xff\xff"])
def test_a_server_without_the_status_is_understood_as_before(status: bytes) -> None:
    """By the fields that every version sends."""
    field = recommendation_pb2.ItemFieldViolation(field="kind", description="must be set")
    sent = recommendation_pb2.BatchItemError(
        code=3, message="1 field", reason="INVALID_REQUEST", field_violations=[field], status=status
    )
    error = from_item_error(sent)
    assert isinstance(error, InvalidRequestError)
    assert (error.reason, error.violations) == (
        "INVALID_REQUEST",
        (FieldViolation("kind", "must be set"),),
    )


async def test_a_repeated_name_in_a_batch_is_refused_with_its_reason() -> None:
    """The first keeps its reply."""

    async def answer(item: Item) -> Reply:
        return Reply()

    async def items() -> AsyncIterator[Item]:
        for name in ("a", "b", "a"):
            yield Item(request_id=name)

    window = Window(each=1, caller=1, total=1)
    outcomes = [response async for response in answer_all(items(), answer, window)]
    error = outcome_from_proto(outcomes[2]).error
    assert isinstance(error, FitBoxClientError)
    assert (error.code, error.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")
