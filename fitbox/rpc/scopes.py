"""What a token may be allowed to do, and which of it each method asks for."""

from __future__ import annotations

from enum import StrEnum

ADAPTER = "fitbox.v1.AdapterService"
FEEDBACK = "fitbox.v1.FeedbackService"
RECOMMENDATION = "fitbox.v1.RecommendationService"
TRAINING = "fitbox.v1.TrainingService"
OPEN_SERVICES = frozenset({"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"})
"""Health, for balancers have no token, and reflection, for the API is no secret."""

_READING = frozenset({"ListAdapters", "GetAdapter", "WatchAdapters"})


class Scope(StrEnum):
    """A permission. None of them includes another."""

    RECOMMEND = "recommend"
    """Recommendations, and reading which versions there are."""
    ADMIN = "admin"
    """Changing which version serves."""
    FEEDBACK = "feedback"
    """Sending what became of replies, and reading how much came."""
    TRAIN = "train"
    """Everything of the training daemon: its files have names that an operator chose."""


def required_scope(method: str) -> Scope | None:
    """The scope that ``/package.Service/Method`` asks for; ``None`` where everybody may call.

    What is not known here asks for ``admin``: a new method is closed until somebody opens it.
    """
    service, _, name = method.lstrip("/").rpartition("/")
    if service in OPEN_SERVICES:
        return None
    if service == RECOMMENDATION or (service == ADAPTER and name in _READING):
        return Scope.RECOMMEND
    if service == FEEDBACK:
        return Scope.FEEDBACK
    return Scope.TRAIN if service == TRAINING else Scope.ADMIN
