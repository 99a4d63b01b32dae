"""How a client connects: options, retries, credentials. Shared by the sync and the async client."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import grpc

from fitbox.errors import ConfigurationError, UnusableFileError
from fitbox.files import read_file
from fitbox.rpc.address import dials_loopback, local_channel_options

RECOMMENDATION = "fitbox.v1.RecommendationService"
ADAPTER = "fitbox.v1.AdapterService"
TRAINING = "fitbox.v1.TrainingService"
FEEDBACK = "fitbox.v1.FeedbackService"

MAX_PEM_BYTES = 1 << 20
RETRYABLE = {
    # Recommendations change nothing, so a repeat is safe; not so streams, whose text was already seen.
    RECOMMENDATION: (
        *("RecommendWorkout", "RecommendNutrition", "RecommendAdvice", "AssessProfile"),
        *("SubstituteExercise", "SubstituteFood", "SubstituteMeal", "RegenerateDay"),
        *("RecommendNutritionWeek", "RegenerateNutritionDay"),
    ),
    ADAPTER: ("ListAdapters", "GetAdapter"),
    # What is sent has an id, or is named by what it is: a repeat is no second event.
    FEEDBACK: ("SubmitFeedback", "SubmitCorrection", "ListFeedback"),
    TRAINING: ("ListRuns", "GetRun", "ListDatasets"),
}


@dataclass(frozen=True)
class ConnectionSettings:
    """Where and how to connect."""

    address: str = "127.0.0.1:50051"
    """``host:port``, or ``dns:///name:port`` to balance over every address of a name."""
    timeout_seconds: float = 60.0
    """Deadline of a call that names none; no call waits for ever."""
    batch_timeout_seconds: float = 3600.0
    """The same for a whole batch."""
    max_attempts: int = 4
    """Tries of a call that is safe to repeat, the first included; gRPC allows at most 5."""
    max_calls: int = 128
    """Calls that one client has open at a time; further ones wait here, within their deadline. More would
    come up against the server's limits, and gain nothing: it works on fewer at a time."""
    token: str | None = field(default=None, repr=False)
    """Bearer token. Without TLS it would travel in the clear, so it then goes no further than this
    machine."""
    client_id: str = ""
    """Names this program to a server without tokens, which shares its slots between the names."""
    root_certificates: bytes | None = None
    """PEM; set to use TLS with a private authority."""
    client_key: bytes | None = field(default=None, repr=False)
    """PEM, for mutual TLS, together with ``client_certificate``; needs ``tls`` or ``root_certificates``."""
    client_certificate: bytes | None = None
    tls: bool = False
    """TLS with the system's authorities; implied by ``root_certificates``."""
    max_message_bytes: int = 16 * 1024 * 1024

    def __post_init__(self) -> None:
        if self.max_calls < 1:
            raise ConfigurationError("max_calls must be 1 or more")
        for name in ("root_certificates", "client_key", "client_certificate"):
            if getattr(self, name) == b"":
                raise ConfigurationError(f"{name} is empty: it must be PEM")
        if (self.client_key is None) != (self.client_certificate is None):
            raise ConfigurationError("mutual TLS needs both client_key and client_certificate")
        if self.client_key is not None and not self.uses_tls:
            raise ConfigurationError(
                "client_key and client_certificate are for TLS, which is off: set tls (FITBOX_TLS=1) or "
                "root_certificates (FITBOX_CA_FILE)"
            )
        if self.token is not None and not self.uses_tls and not dials_loopback(self.address):
            raise ConfigurationError(
                f"a token for {self.address} needs TLS: set tls or root_certificates (FITBOX_CA_FILE)"
            )

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.tls or self.root_certificates is not None

    @classmethod
    def from_environment(cls, address: str = "127.0.0.1:50051") -> Self:
        """Settings for an address, with what the environment says of credentials.

        ``FITBOX_TOKEN``; ``FITBOX_TLS=1``; ``FITBOX_CA_FILE``, ``FITBOX_CLIENT_KEY_FILE`` and
        ``FITBOX_CLIENT_CERTIFICATE_FILE`` (PEM); ``FITBOX_CLIENT_ID``.

        Raises:
            ConfigurationError: a file cannot be read, or TLS is half configured.
        """
        return cls(
            address=address,
            token=os.environ.get("FITBOX_TOKEN") or None,
            client_id=os.environ.get("FITBOX_CLIENT_ID", ""),
            tls=_switch("FITBOX_TLS"),
            root_certificates=_pem("FITBOX_CA_FILE"),
            client_key=_pem("FITBOX_CLIENT_KEY_FILE"),
            client_certificate=_pem("FITBOX_CLIENT_CERTIFICATE_FILE"),
        )


def channel_options(
    settings: ConnectionSettings, *, health_service: str = RECOMMENDATION
) -> list[tuple[str, str | int]]:
    """Channel arguments: round-robin over addresses where ``health_service`` serves, retries where safe."""
    service_config: dict[str, object] = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": health_service},
        "methodConfig": [
            {
                "name": [
                    {"service": service, "method": method}
                    for service, methods in RETRYABLE.items()
                    for method in methods
                ],
                "retryPolicy": {
                    "maxAttempts": settings.max_attempts,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "2s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
    }
    # Each failure takes a token and each success gives a tenth back; below half, calls are not repeated, so
    # that retries do not keep a server down (gRFC A6).
    service_config["retryThrottling"] = {"maxTokens": 20, "tokenRatio": 0.1}
    if settings.max_attempts < 2:
        del service_config["methodConfig"]
    return [
        ("grpc.service_config", json.dumps(service_config)),
        ("grpc.enable_retries", int(settings.max_attempts >= 2)),
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        ("grpc.keepalive_time_ms", 60_000),
        *local_channel_options(settings.address),
    ]


def channel_credentials(settings: ConnectionSettings) -> grpc.ChannelCredentials | None:
    """TLS credentials, with the bearer token as call credentials; ``None`` for a plain connection."""
    if not settings.uses_tls:
        return None
    credentials = grpc.ssl_channel_credentials(
        settings.root_certificates, settings.client_key, settings.client_certificate
    )
    if settings.token is None:
        return credentials
    return grpc.composite_channel_credentials(credentials, grpc.access_token_call_credentials(settings.token))


def call_metadata(settings: ConnectionSettings) -> tuple[tuple[str, str], ...]:
    """Metadata of every call. Over TLS the token travels as call credentials instead."""
    metadata = []
    if settings.client_id:
        metadata.append(("fitbox-client-id", settings.client_id))
    if settings.token is not None and not settings.uses_tls:
        metadata.append(("authorization", f"Bearer {settings.token}"))
    return tuple(metadata)


def _switch(variable: str) -> bool:
    """A variable that is on or off. Raises ConfigurationError for anything else: it decides about secrecy."""
    text = os.environ.get(variable, "").strip().lower()
    if text in ("", "0", "false", "no", "off"):
        return False
    if text in ("1", "true", "yes", "on"):
        return True
    raise ConfigurationError(f"{variable} must be 1 or 0")


def _pem(variable: str) -> bytes | None:
    """The file that a variable names, or ``None`` where it is unset."""
    if not (name := os.environ.get(variable)):
        return None
    try:
        return read_file(Path(name), max_bytes=MAX_PEM_BYTES, links=True)
    except UnusableFileError as error:
        raise ConfigurationError(f"{variable}: {error}") from None
