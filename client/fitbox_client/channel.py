"""How a client connects: options, retries, credentials. Shared by the sync and the async client."""

from __future__ import annotations

import json
from dataclasses import dataclass

import grpc

RECOMMENDATION = "fitbox.v1.RecommendationService"
ADAPTER = "fitbox.v1.AdapterService"
TRAINING = "fitbox.v1.TrainingService"

RETRYABLE = {
    # Recommendations change nothing, so a repeat is safe; not so streams, whose text was already seen.
    RECOMMENDATION: ("RecommendWorkout", "RecommendNutrition", "RecommendAdvice", "AssessProfile"),
    ADAPTER: ("ListAdapters", "GetAdapter"),
    TRAINING: ("ListRuns", "GetRun", "ListDatasets"),
}


@dataclass(frozen=True)
class ConnectionSettings:
    """Where and how to connect."""

    address: str = "127.0.0.1:50051"
    """``host:port``, or ``dns:///name:port`` to balance over every address of a name."""
    timeout_seconds: float = 60.0
    """Deadline of a call that names none; no call waits for ever."""
    max_attempts: int = 4
    """Tries of a call that is safe to repeat, the first included; gRPC allows at most 5."""
    token: str | None = None
    """Bearer token. Without TLS it travels in the clear: for loopback only."""
    root_certificates: bytes | None = None
    """PEM; set to use TLS with a private authority."""
    client_key: bytes | None = None
    """PEM, for mutual TLS, together with ``client_certificate``."""
    client_certificate: bytes | None = None
    tls: bool = False
    """TLS with the system's authorities; implied by ``root_certificates``."""
    max_message_bytes: int = 16 * 1024 * 1024


def channel_options(
    settings: ConnectionSettings, *, health_service: str = RECOMMENDATION
) -> list[tuple[str, str | int]]:
    """Channel arguments: round-robin over addresses where ``health_service`` serves, retries where safe."""
    service_config = {
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
    if settings.max_attempts < 2:
        del service_config["methodConfig"]
    return [
        ("grpc.service_config", json.dumps(service_config)),
        ("grpc.enable_retries", int(settings.max_attempts >= 2)),
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        ("grpc.keepalive_time_ms", 60_000),
    ]


def channel_credentials(settings: ConnectionSettings) -> grpc.ChannelCredentials | None:
    """TLS credentials, with the bearer token as call credentials; ``None`` for a plain connection."""
    if not (settings.tls or settings.root_certificates):
        return None
    credentials = grpc.ssl_channel_credentials(
        settings.root_certificates, settings.client_key, settings.client_certificate
    )
    if settings.token is None:
        return credentials
    return grpc.composite_channel_credentials(credentials, grpc.access_token_call_credentials(settings.token))


def call_metadata(settings: ConnectionSettings) -> tuple[tuple[str, str], ...]:
    """Metadata of every call. Over TLS the token travels as call credentials instead."""
    if settings.token is None or channel_credentials(settings) is not None:
        return ()
    return (("authorization", f"Bearer {settings.token}"),)
