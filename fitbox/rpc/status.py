"""A gRPC status with rich details, after google.rpc and AIP-193, small enough for every client to receive.

Every status carries exactly one ErrorInfo with domain ``fitbox``. A client decides by its ``reason``, which
is stable, and never by the message, which is for people.

A client refuses trailers of more than 8 KiB (gRPC's default), and then learns nothing but that. So this is
the one place that bounds them: texts are cut, and of many violations the first are told with the number of
the rest. Whoever makes an :class:`ErrorStatus` need not think of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from fitbox.errors import FieldViolation, FitBoxError
from fitbox.terminal import printable

DOMAIN = "fitbox"
MAX_VIOLATIONS = 32
MAX_MESSAGE_BYTES = 512
"""gRPC writes each byte that is no plain ASCII as three."""
MAX_VALUE_BYTES = 256
"""Of an entry of the metadata, a violation's field or its description."""
MAX_METADATA_ENTRIES = 8
MAX_DETAILS_BYTES = 4096
"""The details, which gRPC writes in base64 (a third more) beside the message: below 8 KiB in all."""
MAX_RETRY_SECONDS = 3600.0


@dataclass(frozen=True)
class ErrorStatus:
    """A status before it is put on the wire; of any size."""

    code: grpc.StatusCode
    reason: str
    """Stable, in upper snake case."""
    message: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[FieldViolation, ...] = ()
    """Every field of the request that cannot be used."""
    retry_after_seconds: float | None = None
    """Set where the same call may succeed later."""

    @property
    def text(self) -> str:
        """The message as it is sent."""
        return cut(self.message, MAX_MESSAGE_BYTES)

    def details(self) -> status_pb2.Status:
        """The google.rpc.Status with its details, bounded."""
        violations = [
            error_details_pb2.BadRequest.FieldViolation(field=cut(v.field), description=cut(v.description))
            for v in self.violations[:MAX_VIOLATIONS]
        ]
        while True:
            status = self._with(violations)
            if status.ByteSize() <= MAX_DETAILS_BYTES or not violations:
                return status
            # Of the longest texts about six are left; the loop is short.
            violations = violations[: len(violations) * 3 // 4]

    def _with(self, violations: list[Message]) -> status_pb2.Status:
        metadata = {
            cut(name, 64): cut(value) for name, value in list(self.metadata.items())[:MAX_METADATA_ENTRIES]
        }
        if len(violations) < len(self.violations):
            metadata["violations"] = str(len(self.violations))
        details: list[Message] = [
            error_details_pb2.ErrorInfo(reason=cut(self.reason, 64), domain=DOMAIN, metadata=metadata)
        ]
        if violations:
            details.append(error_details_pb2.BadRequest(field_violations=violations))
        if self.retry_after_seconds is not None:
            retry = error_details_pb2.RetryInfo()
            retry.retry_delay.FromTimedelta(timedelta(seconds=self._retry_seconds))
            details.append(retry)
        status = status_pb2.Status(code=self.code.value[0], message=self.text)
        for detail in details:
            packed = AnyMessage()
            packed.Pack(detail)
            status.details.append(packed)
        return status

    def trailers(self) -> tuple[tuple[str, str | bytes], ...]:
        """Trailing metadata: the details, and the pushback that gRPC's own retries obey (gRFC A6)."""
        trailers: list[tuple[str, str | bytes]] = [
            ("grpc-status-details-bin", self.details().SerializeToString())
        ]
        if self.retry_after_seconds is not None:
            trailers.append(("grpc-retry-pushback-ms", str(round(self._retry_seconds * 1000))))
        return tuple(trailers)

    @property
    def _retry_seconds(self) -> float:
        return min(max(self.retry_after_seconds or 0.0, 0.0), MAX_RETRY_SECONDS)


class RefusedError(FitBoxError):
    """A call that ends with a status that no domain error stands for: the server's own limits, mostly."""

    def __init__(self, status: ErrorStatus) -> None:
        self.status = status
        super().__init__(status.message)


def overloaded(message: str, retry_after_seconds: float) -> RefusedError:
    """The refusal that clients know from admission, for whatever else there is too much of."""
    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    return RefusedError(ErrorStatus(code, "OVERLOADED", message, retry_after_seconds=retry_after_seconds))


def cut(text: str, size: int = MAX_VALUE_BYTES) -> str:
    """A text that can be sent and shown: at most ``size`` bytes, control signs and lone surrogates escaped.

    Cut before it is escaped too, for what a caller sent may be as long as a message.
    """
    shown = printable(text[:size]).encode()
    if len(text) <= size and len(shown) <= size:
        return shown.decode()
    return shown[: size - 3].decode(errors="ignore") + "…"
