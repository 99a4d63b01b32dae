"""Errors to statuses: every class has a code, every status exactly one ErrorInfo."""

from __future__ import annotations

import inspect
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2

from fitbox import errors
from fitbox.errors import FieldViolation
from fitbox.rpc.error_table import FAULT, TABLE, from_error
from fitbox.rpc.status import DOMAIN

EXAMPLES: dict[str, BaseException] = {
    "InvalidProfileError": errors.InvalidProfileError(
        (FieldViolation("profile.age_years", "too low"), FieldViolation("profile.sex", "must be set"))
    ),
    "NoPlanPossibleError": errors.NoPlanPossibleError(
        "NO_EXERCISE_LEFT", "nothing left", ("equipment", "conditions")
    ),
    "ReferralError": errors.ReferralError("REFER_X", "see somebody", "X", "SOMEBODY"),
    "AdapterInvalidError": errors.AdapterInvalidError("file_altered", "weights were altered"),
    "UnusableFileError": errors.UnusableFileError(Path("/srv/secret.json"), "torn", "is torn"),
    "EngineRefusedError": errors.EngineRefusedError("bad_grammar", "secret_food does not parse"),
    "OverloadedError": errors.OverloadedError("full", 2.5),
    "CorrectionRefusedError": errors.CorrectionRefusedError(
        (FieldViolation("plan.sessions[0].exercises[1]", "excluded by EQUIPMENT (BARBELL)"),)
    ),
    "FeedbackQuotaError": errors.FeedbackQuotaError("member", 60.0),
    "FeedbackUnavailableError": errors.FeedbackUnavailableError("/srv/secret: full"),
}
CLASSES = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.FitBoxError)
]


def example(kind: type[errors.FitBoxError]) -> BaseException:
    """An instance of any error."""
    return EXAMPLES.get(kind.__name__) or kind("message")


def details(error: BaseException) -> dict[str, list[object]]:
    """The details of a status by type."""
    found: dict[str, list[object]] = {}
    for packed in from_error(error).details().details:
        for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo):
            message = kind()
            if packed.Unpack(message):
                found.setdefault(kind.__name__, []).append(message)
    return found


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_class_is_in_the_table(kind: type[errors.FitBoxError]) -> None:
    """A new error must be given a code on purpose."""
    assert kind in TABLE


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_status_has_exactly_one_error_info(kind: type[errors.FitBoxError]) -> None:
    """Domain and an upper-snake-case reason, as AIP-193 asks for."""
    (info,) = details(example(kind))["ErrorInfo"]
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert info.domain == DOMAIN
    assert info.reason.replace("_", "").isalnum()
    assert info.reason == info.reason.upper()


@pytest.mark.parametrize("error", [*EXAMPLES.values(), ValueError("secret")], ids=lambda e: type(e).__name__)
def test_the_trailer_holds_the_same_code_and_message(error: BaseException) -> None:
    """A client library refuses details that contradict the status."""
    status = from_error(error)
    assert status.details().code == status.code.value[0]
    assert status.details().message == status.message
    assert dict(status.trailers())["grpc-status-details-bin"] == status.details().SerializeToString()


def test_an_invalid_request_names_every_field() -> None:
    """One round trip is enough to correct a request."""
    error = EXAMPLES["InvalidProfileError"]
    (bad,) = details(error)["BadRequest"]
    assert from_error(error).code is grpc.StatusCode.INVALID_ARGUMENT
    assert isinstance(bad, error_details_pb2.BadRequest)
    assert [v.field for v in bad.field_violations] == ["profile.age_years", "profile.sex"]


def test_no_plan_says_what_could_be_relaxed() -> None:
    """The reason is the error's own, so that a client can explain it."""
    status = from_error(EXAMPLES["NoPlanPossibleError"])
    assert status.code is grpc.StatusCode.FAILED_PRECONDITION
    assert (status.reason, status.metadata["relax"]) == ("NO_EXERCISE_LEFT", "equipment,conditions")


def test_overload_says_when_to_come_back() -> None:
    """RetryInfo for people's code, the pushback trailer for gRPC's own retries."""
    (retry,) = details(EXAMPLES["OverloadedError"])["RetryInfo"]
    assert isinstance(retry, error_details_pb2.RetryInfo)
    assert retry.retry_delay.ToTimedelta().total_seconds() == 2.5
    assert dict(from_error(EXAMPLES["OverloadedError"]).trailers())["grpc-retry-pushback-ms"] == "2500"


@pytest.mark.parametrize("kind", [errors.EngineDiedError, errors.WorkerLostError, errors.EngineStartError])
def test_a_dead_engine_is_unavailable_and_keeps_its_log_to_itself(kind: type[errors.EngineError]) -> None:
    """The call may be repeated; a worker's log is for the operator."""
    status = from_error(kind("its log ends: /home/somebody"))
    assert status.code is grpc.StatusCode.UNAVAILABLE
    assert status.retry_after_seconds is not None
    assert "/home" not in status.message


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_a_fault_of_the_server_keeps_its_message_to_itself(kind: type[errors.FitBoxError]) -> None:
    """It may quote a generated text or name a folder; only what a client can act on is told to it."""
    status = from_error(example(kind))
    assert (status.message == FAULT) is (status.code is grpc.StatusCode.INTERNAL)
    missing = from_error(errors.AdapterNotFoundError("no version 'v1' in /srv/models"))
    assert "/srv" not in missing.message


def test_the_table_in_the_documentation_is_the_table() -> None:
    """Every code and reason that a client may meet is listed."""
    text = (Path(__file__).parents[2] / "docs" / "errors.md").read_text()
    rows = [[cell.strip(" `") for cell in line.split("|")[1:3]] for line in text.splitlines() if "|" in line]
    listed = {(code, reason) for code, reason in rows}
    assert {(code.name, reason) for code, reason in TABLE.values()} <= listed


def test_an_unexpected_error_keeps_its_message_to_itself() -> None:
    """It may quote a member's profile."""
    status = from_error(ValueError("weight_kg=81.5"))
    assert status.code is grpc.StatusCode.INTERNAL
    assert "81.5" not in status.message


def test_a_subclass_without_an_entry_gets_that_of_its_parent() -> None:
    """The nearest class in the inheritance decides."""

    class TornManifestError(errors.RegistryError):
        """Not in the table."""

    assert from_error(TornManifestError("x")).reason == "REGISTRY_UNUSABLE"
