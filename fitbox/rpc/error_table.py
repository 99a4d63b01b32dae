"""Errors to gRPC statuses: one table for both processes. What a status carries: :mod:`fitbox.rpc.status`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import grpc

from fitbox import errors
from fitbox.errors import FieldViolation
from fitbox.rpc.status import ErrorStatus, RefusedError

FAULT = "a fault of the server, not of the request"
RETRY_SECONDS = 1.0
"""Pause that UNAVAILABLE asks for: a worker needs about that long to come back."""

TABLE: Mapping[type[BaseException], tuple[grpc.StatusCode, str]] = {
    errors.InvalidProfileError: (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
    errors.NoPlanPossibleError: (grpc.StatusCode.FAILED_PRECONDITION, "NO_PLAN_POSSIBLE"),
    errors.ReferralError: (grpc.StatusCode.FAILED_PRECONDITION, "REFERRAL"),
    errors.RequestIdReusedError: (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"),
    errors.InvalidFieldError: (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD"),
    errors.NoMembersError: (grpc.StatusCode.FAILED_PRECONDITION, "NO_MEMBERS"),
    errors.RunNotFoundError: (grpc.StatusCode.NOT_FOUND, "RUN_NOT_FOUND"),
    errors.DatasetDamagedError: (grpc.StatusCode.FAILED_PRECONDITION, "DATASET_DAMAGED"),
    errors.AdapterNotFoundError: (grpc.StatusCode.NOT_FOUND, "ADAPTER_NOT_FOUND"),
    errors.AdapterInvalidError: (grpc.StatusCode.FAILED_PRECONDITION, "ADAPTER_INVALID"),
    errors.AdapterPinnedError: (grpc.StatusCode.FAILED_PRECONDITION, "ADAPTER_PINNED"),
    errors.AdapterNotActiveError: (grpc.StatusCode.FAILED_PRECONDITION, "ADAPTER_NOT_ACTIVE"),
    errors.RegistryError: (grpc.StatusCode.FAILED_PRECONDITION, "REGISTRY_UNUSABLE"),
    errors.BaseModelError: (grpc.StatusCode.FAILED_PRECONDITION, "BASE_MODEL_UNUSABLE"),
    errors.OverloadedError: (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED"),
    errors.ReplyIdError: (grpc.StatusCode.NOT_FOUND, "REPLY_ID_UNKNOWN"),
    errors.ReplyIdExpiredError: (grpc.StatusCode.FAILED_PRECONDITION, "REPLY_ID_EXPIRED"),
    errors.ReplyVersionGoneError: (grpc.StatusCode.FAILED_PRECONDITION, "REPLY_VERSION_GONE"),
    errors.CorrectionRefusedError: (grpc.StatusCode.INVALID_ARGUMENT, "CORRECTION_REFUSED"),
    errors.EventIdReusedError: (grpc.StatusCode.ALREADY_EXISTS, "EVENT_ID_REUSED"),
    errors.FeedbackQuotaError: (grpc.StatusCode.RESOURCE_EXHAUSTED, "FEEDBACK_QUOTA"),
    errors.FeedbackUnavailableError: (grpc.StatusCode.UNAVAILABLE, "FEEDBACK_UNAVAILABLE"),
    errors.EngineDiedError: (grpc.StatusCode.UNAVAILABLE, "ENGINE_UNAVAILABLE"),
    errors.WorkerLostError: (grpc.StatusCode.UNAVAILABLE, "ENGINE_UNAVAILABLE"),
    errors.EngineStartError: (grpc.StatusCode.UNAVAILABLE, "ENGINE_UNAVAILABLE"),
    errors.DeadlinePassedError: (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"),
    # The rest are faults of the server: nothing in the request could prevent them.
    errors.PlanTextError: (grpc.StatusCode.INTERNAL, "PLAN_UNUSABLE"),
    errors.PlanInfeasibleError: (grpc.StatusCode.INTERNAL, "PLAN_UNUSABLE"),
    errors.UnusableFileError: (grpc.StatusCode.INTERNAL, "FILE_UNUSABLE"),
    errors.DatasetError: (grpc.StatusCode.INTERNAL, "DATASET_UNUSABLE"),
    errors.ChildStartError: (grpc.StatusCode.INTERNAL, "TRAINING_FAILED"),
    errors.TrainingError: (grpc.StatusCode.INTERNAL, "TRAINING_FAILED"),
    errors.ConfigurationError: (grpc.StatusCode.INTERNAL, "MISCONFIGURED"),
    errors.LedgerError: (grpc.StatusCode.INTERNAL, "LEDGER_UNUSABLE"),
    errors.FeedbackError: (grpc.StatusCode.INTERNAL, "FEEDBACK_FAILED"),
    errors.EngineRefusedError: (grpc.StatusCode.INTERNAL, "GENERATION_REFUSED"),
    errors.EngineError: (grpc.StatusCode.INTERNAL, "ENGINE_FAILED"),
    errors.FitBoxError: (grpc.StatusCode.INTERNAL, "INTERNAL"),
    TimeoutError: (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"),
    asyncio.CancelledError: (grpc.StatusCode.CANCELLED, "CANCELLED"),
}
"""The nearest class in an error's inheritance decides; what is not here at all is INTERNAL."""


def from_error(error: BaseException) -> ErrorStatus:
    """The status of any error.

    A fault of the server keeps its message to itself: it may quote the request, a generated text or a log,
    which belong to nobody else, and names files, which belong to the operator.
    """
    if isinstance(error, RefusedError):
        return error.status
    code, reason = next(
        (TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), (grpc.StatusCode.INTERNAL, "INTERNAL")
    )
    message = str(error) if isinstance(error, errors.FitBoxError) else code.name.lower().replace("_", " ")
    metadata: dict[str, str] = {}
    violations: tuple[FieldViolation, ...] = ()
    retry = RETRY_SECONDS if code is grpc.StatusCode.UNAVAILABLE else None
    match error:
        case errors.InvalidProfileError():
            violations = error.violations
            message = f"{len(violations)} field(s) cannot be used"
        case errors.InvalidFieldError():
            violations = (error.violation,)
        case errors.CorrectionRefusedError():
            violations = error.violations
            message = f"{len(violations)} part(s) of the plan are not of the member's envelope"
        case errors.FeedbackQuotaError():
            retry = error.retry_after_seconds
            metadata["quota"] = error.quota
        case errors.ReplyVersionGoneError():
            metadata["version"] = error.version
        case errors.FeedbackUnavailableError():
            if error.off:
                code, reason, retry = grpc.StatusCode.FAILED_PRECONDITION, "FEEDBACK_OFF", None
            else:
                message = "feedback cannot be written now; see the server's log"
        case errors.NoPlanPossibleError():
            reason = error.reason
            metadata["relax"] = ",".join(error.relax)
            if isinstance(error, errors.ReferralError):
                metadata |= {"condition": error.condition, "refer_to": error.refer_to}
        case errors.AdapterInvalidError():
            metadata["invalid"] = error.reason
        case errors.BaseModelError():
            message = "the base model cannot be used; see the server's log"
        case errors.AdapterNotFoundError():
            message = "no such version"  # its own message names a folder of the server
        case errors.OverloadedError():
            retry = error.retry_after_seconds
        case errors.EngineDiedError() | errors.WorkerLostError() | errors.EngineStartError():
            message = "the engine is restarting; the call may be repeated"
    if type(error) is errors.RegistryError:
        message = "the registry cannot be read or written; see the server's log"
    if code is grpc.StatusCode.INTERNAL:
        message = FAULT
    return ErrorStatus(code, reason, message, metadata, violations, retry)
