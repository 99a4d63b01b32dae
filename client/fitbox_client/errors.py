"""What a call can fail with, each with what to do about it.

FitBoxClientError
├── InvalidRequestError      fix the fields in ``violations``
├── NoPlanError              the member's constraints leave nothing; relax what ``relax`` names
│   └── ReferralError        no plan is safe without a care team; show the member the message
├── NotFoundError            no such version, run or method on this server
├── PreconditionError        the server's state forbids it (a pinned version, a conflicting request_id)
├── AccessDeniedError        the token is missing, wrong, or lacks the scope that ``metadata`` names
├── ServerOverloadedError    wait ``retry_after_seconds``, then call again
├── DeadlineError            give the call more time, or ask for less
├── ServerUnavailableError   the server is down or restarting; the call may be repeated
└── ServerFaultError         a fault on the server; report it with ``request_id``
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from fitbox.errors import FieldViolation


@dataclass
class FitBoxClientError(Exception):
    """Base of everything a client call raises. ``reason`` is the server's stable code, if it gave one."""

    message: str
    code: grpc.StatusCode = grpc.StatusCode.UNKNOWN
    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    what_to_do: ClassVar[str] = "see the code and the reason"
    """For a person, in one line."""

    def __str__(self) -> str:
        reason = f" [{self.reason}]" if self.reason else ""
        return f"{self.code.name}{reason}: {self.message}"


@dataclass
class InvalidRequestError(FitBoxClientError):
    """The request has fields that cannot be used; ``violations`` names every one."""

    violations: tuple[FieldViolation, ...] = ()
    what_to_do: ClassVar[str] = "correct the fields named in the violations"


@dataclass
class NoPlanError(FitBoxClientError):
    """The constraints leave nothing safe to recommend; ``relax`` names preferences that could be relaxed."""

    relax: tuple[str, ...] = ()
    what_to_do: ClassVar[str] = "relax one of the preferences named in relax"


@dataclass
class ReferralError(NoPlanError):
    """The member is to see somebody instead: ``refer_to`` says whom, ``condition`` why, in stable codes."""

    refer_to: str = ""
    condition: str = ""
    what_to_do: ClassVar[str] = "show the member the message and do not ask again"


@dataclass
class NotFoundError(FitBoxClientError):
    """No such version, run or method on this server."""

    what_to_do: ClassVar[str] = "list what there is; a missing method needs a newer server"


@dataclass
class PreconditionError(FitBoxClientError):
    """The server's state forbids the call."""

    what_to_do: ClassVar[str] = "change the state that the reason names, then call again"


@dataclass
class AccessDeniedError(FitBoxClientError):
    """The token is missing, wrong, or lacks the scope."""

    what_to_do: ClassVar[str] = "call with a token that has the scope; `fitbox token create` makes one"


@dataclass
class ServerOverloadedError(FitBoxClientError):
    """The server refused the call at once because its queue is full."""

    retry_after_seconds: float = 1.0
    what_to_do: ClassVar[str] = "wait retry_after_seconds, then call again"


@dataclass
class DeadlineError(FitBoxClientError):
    """The call did not finish within its deadline."""

    what_to_do: ClassVar[str] = "give the call a longer timeout, or the server less to do"


@dataclass
class ServerUnavailableError(FitBoxClientError):
    """The server is down, restarting, or lost its engine; the call may be repeated."""

    what_to_do: ClassVar[str] = "call again after a pause; check that a server listens at that address"


@dataclass
class ServerFaultError(FitBoxClientError):
    """A fault on the server."""

    what_to_do: ClassVar[str] = "report it with the request_id; the server's log has its place"


_BY_CODE: dict[grpc.StatusCode, type[FitBoxClientError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequestError,
    grpc.StatusCode.OUT_OF_RANGE: InvalidRequestError,
    grpc.StatusCode.NOT_FOUND: NotFoundError,
    grpc.StatusCode.UNIMPLEMENTED: NotFoundError,
    grpc.StatusCode.FAILED_PRECONDITION: PreconditionError,
    grpc.StatusCode.ALREADY_EXISTS: PreconditionError,
    grpc.StatusCode.ABORTED: PreconditionError,
    grpc.StatusCode.UNAUTHENTICATED: AccessDeniedError,
    grpc.StatusCode.PERMISSION_DENIED: AccessDeniedError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ServerOverloadedError,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineError,
    grpc.StatusCode.UNAVAILABLE: ServerUnavailableError,
}


_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def from_rpc_error(error: grpc.RpcError) -> FitBoxClientError:
    """The typed error for a failed call, with the server's rich details where it sent any."""
    code: grpc.StatusCode = error.code()
    kind = _BY_CODE.get(code, ServerFaultError)
    result = kind(message=error.details() or code.name, code=code)
    try:
        status = rpc_status.from_call(error)
    except ValueError:  # details that contradict the status: not of a server of ours
        status = None
    return _with_details(result, status)


def from_item_error(item: Any) -> FitBoxClientError:
    """The typed error of one item of a batch (a BatchItemError): what a call of its own would have raised."""
    code = _CODES.get(item.code, grpc.StatusCode.UNKNOWN)
    try:
        status = status_pb2.Status.FromString(item.status)
    except DecodeError:
        status = status_pb2.Status()
    if status.code == item.code:
        result = _BY_CODE.get(code, ServerFaultError)(message=status.message or code.name, code=code)
        return _with_details(result, status)
    # An older server sends the reason and the fields alone.
    error = _BY_CODE.get(code, ServerFaultError)(message=item.message, code=code, reason=item.reason)
    if isinstance(error, InvalidRequestError):
        error.violations = tuple(FieldViolation(v.field, v.description) for v in item.field_violations)
    return error


def _with_details(error: FitBoxClientError, status: status_pb2.Status | None) -> FitBoxClientError:
    for detail in status.details if status is not None else ():
        error = _with_detail(error, detail)
    return error


def _with_detail(error: FitBoxClientError, detail: object) -> FitBoxClientError:
    info, bad, retry = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.BadRequest(),
        error_details_pb2.RetryInfo(),
    )
    if detail.Unpack(info):  # type: ignore[attr-defined]  # google.protobuf.Any
        error.reason, error.metadata = info.reason, dict(info.metadata)
        if isinstance(error, PreconditionError) and "relax" in info.metadata:
            relax = tuple(part for part in info.metadata["relax"].split(",") if part)
            told = (error.message, error.code, error.reason, error.metadata, relax)
            if "refer_to" in info.metadata:
                return ReferralError(*told, info.metadata["refer_to"], info.metadata.get("condition", ""))
            return NoPlanError(*told)
    elif detail.Unpack(bad) and isinstance(error, InvalidRequestError):  # type: ignore[attr-defined]
        error.violations = tuple(FieldViolation(v.field, v.description) for v in bad.field_violations)
    elif detail.Unpack(retry) and isinstance(error, ServerOverloadedError):  # type: ignore[attr-defined]
        error.retry_after_seconds = retry.retry_delay.ToTimedelta().total_seconds()
    return error
