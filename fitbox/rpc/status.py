"""A gRPC status with rich details, after google.rpc and AIP-193.

Every status carries exactly one ErrorInfo with domain ``fitbox``. A client decides by its ``reason``, which
is stable, and never by the message, which is for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from fitbox.errors import FieldViolation

DOMAIN = "fitbox"


@dataclass(frozen=True)
class ErrorStatus:
    """A status before it is put on the wire."""

    code: grpc.StatusCode
    reason: str
    """Stable, in upper snake case."""
    message: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[FieldViolation, ...] = ()
    """Every field of the request that cannot be used."""
    retry_after_seconds: float | None = None
    """Set where the same call may succeed later."""

    def details(self) -> status_pb2.Status:
        """The google.rpc.Status with its details."""
        details = [
            error_details_pb2.ErrorInfo(reason=self.reason, domain=DOMAIN, metadata=dict(self.metadata))
        ]
        if self.violations:
            violation = error_details_pb2.BadRequest.FieldViolation
            details.append(
                error_details_pb2.BadRequest(
                    field_violations=[
                        violation(field=v.field, description=v.description) for v in self.violations
                    ]
                )
            )
        if self.retry_after_seconds is not None:
            retry = error_details_pb2.RetryInfo()
            retry.retry_delay.FromTimedelta(timedelta(seconds=self.retry_after_seconds))
            details.append(retry)
        status = status_pb2.Status(code=self.code.value[0], message=self.message)
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
            trailers.append(("grpc-retry-pushback-ms", str(round(self.retry_after_seconds * 1000))))
        return tuple(trailers)
