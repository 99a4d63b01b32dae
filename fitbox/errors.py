"""The whole exception tree of FitBox.

Every error says what the caller can do about it; the server maps each class to one gRPC code
(``fitbox.rpc.error_table``), the command line to one exit code.

    FitBoxError
    ├── InvalidProfileError       a request or row has fields that cannot be used    -> fix the fields named
    ├── NoPlanPossibleError       the constraints leave nothing to recommend         -> relax what is named
    │   └── ReferralError         a plan would need what only a care team knows      -> see whom it names
    ├── InvalidFieldError         one field of a request that cannot be used         -> fix the field
    ├── RequestIdReusedError      a request_id came back with other contents         -> take a new one
    ├── NoMembersError            there is no accepted data to train on              -> add a CSV file
    ├── RunNotFoundError          no such training run                               -> list the runs
    ├── PlanTextError             model text that is not a whole plan                -> regenerate
    ├── PlanInfeasibleError       a parsed plan that no portions or sets can fit     -> regenerate
    ├── DatasetError              a CSV file that cannot be used at all              -> fix the file
    │   └── DatasetDamagedError   the daemon's own copies are damaged                -> drop the files again
    ├── UnusableFileError         a file that is missing, no regular file or not in form -> mend the file
    ├── ConfigurationError        a setting or preset that cannot work               -> fix the setting
    ├── LedgerError               the trainer's ledger cannot be used                -> free the disk
    ├── FeedbackError             feedback cannot be taken
    │   ├── ReplyIdError          the reply_id is none of this server's              -> send a provenance's
    │   ├── ReplyIdExpiredError   the reply is too old                               -> drop the feedback
    │   ├── ReplyVersionGoneError the version that made it is not kept any more      -> drop the feedback
    │   ├── CorrectionRefusedError an edited plan breaks the member's envelope       -> change the items named
    │   ├── EventIdReusedError    an event_id came back with other contents          -> take a new one
    │   ├── FeedbackQuotaError    a member, caller or item has had its share         -> retry after a pause
    │   └── FeedbackUnavailableError nothing can be written now, or it is off        -> retry, or see the log
    ├── TrainingError             a fine-tuning run failed                           -> read the run's log
    │   └── ChildStartError       no process is started for it now                   -> free what is short
    ├── RegistryError             models/ cannot be read or written                  -> see the folder named
    │   ├── AdapterNotFoundError  no such version                                    -> list the versions
    │   ├── AdapterInvalidError   a version that must not be loaded, with the reason -> train or restore it
    │   ├── AdapterPinnedError    the active version is pinned                       -> unpin first
    │   ├── AdapterNotActiveError the version to pin is not the active one           -> activate it with a pin
    │   └── BaseModelError        the base model is missing or altered               -> `fitbox model prepare`
    └── EngineError
        ├── EngineStartError      a worker did not become ready                      -> read the worker's log
        ├── EngineDiedError       a worker ended with calls in flight                -> retry
        ├── EngineRefusedError    a grammar or prompt that the engine cannot take    -> report it
        ├── OverloadedError       the queue is full or the deadline cannot be met    -> retry after a pause
        └── DeadlinePassedError   the deadline or the longest time for a text passed -> give it more time
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fitbox.shown import shown


class FitBoxError(Exception):
    """Base of every error that FitBox raises on purpose."""


@dataclass(frozen=True)
class FieldViolation:
    """One field that cannot be used: its path (``profile.weight_kg``), and what to send instead."""

    field: str
    description: str


class InvalidProfileError(FitBoxError):
    """A profile has fields out of range; ``violations`` names every one of them, not only the first."""

    def __init__(self, violations: tuple[FieldViolation, ...]) -> None:
        self.violations = violations
        # Whoever sent a list of a million must not choose how long this is.
        told = [f"{v.field}: {v.description}" for v in violations[:32]]
        super().__init__("; ".join([*told, *(["..."] if len(violations) > 32 else [])]))


class NoPlanPossibleError(FitBoxError):
    """The member's constraints leave nothing safe to recommend.

    ``reason`` is a stable upper-snake-case code, ``relax`` names the preferences that could be relaxed.
    """

    def __init__(self, reason: str, message: str, relax: tuple[str, ...] = ()) -> None:
        self.reason = reason
        self.relax = relax
        super().__init__(message)


class ReferralError(NoPlanPossibleError):
    """The member is to see somebody instead of following a plan of ours.

    ``condition`` is why, ``refer_to`` the code of whom to see; the message says it in the member's language.
    There is nothing to relax.
    """

    def __init__(self, reason: str, message: str, condition: str, refer_to: str) -> None:
        self.condition = condition
        self.refer_to = refer_to
        super().__init__(reason, message)


class InvalidFieldError(FitBoxError):
    """One field of a request cannot be used; ``violation`` names it and says what to send instead."""

    def __init__(self, field: str, description: str = "cannot be used") -> None:
        self.violation = FieldViolation(field, description)
        super().__init__(f"{field}: {description}")


class NoMembersError(FitBoxError):
    """There is no accepted data, so there is nothing to train on."""


class RunNotFoundError(FitBoxError):
    """No training run of that name."""


class RequestIdReusedError(FitBoxError):
    """A ``request_id`` was used before for a request with other contents."""


class PlanTextError(FitBoxError):
    """Model text is not a whole plan (truncated, or outside the format)."""


class PlanInfeasibleError(FitBoxError):
    """A parsed plan cannot be brought to its numeric targets within the allowed portions or sets."""


class UnusableFileError(FitBoxError):
    """A file cannot be used: the message is its path and the ``problem``, and can be printed as it is.

    ``reason`` is a :class:`fitbox.files.FileFault`; ``passing`` says whether the same call may succeed later
    with nothing done about it: the file is missing, short or not readable now.
    """

    def __init__(self, path: Path | str, reason: str, problem: str, *, passing: bool = False) -> None:
        self.path = path
        self.reason = reason
        self.problem = problem
        self.passing = passing
        super().__init__(f"{shown(path)} {problem}")


class DatasetError(FitBoxError):
    """A CSV file cannot be used at all; the message says what to change."""


class DatasetDamagedError(DatasetError):
    """The daemon's own copies of accepted data cannot be read as they were written."""


class ConfigurationError(FitBoxError):
    """A setting, preset or command-line value cannot work as given."""


class LedgerError(FitBoxError):
    """What the daemon remembers cannot be read or written: a full or failing disk, a damaged file."""


class FeedbackError(FitBoxError):
    """Base of the errors about feedback."""


class ReplyIdError(FeedbackError):
    """A ``reply_id`` that is none, was altered, or is of a server with another key."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the reply_id {problem}")


class ReplyIdExpiredError(FeedbackError):
    """A ``reply_id`` whose reply is too old for feedback."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the reply_id names nothing any more: {problem}")


class ReplyVersionGoneError(FeedbackError):
    """The version that made the reply is not in the registry any more, so nothing can be compared with it."""

    def __init__(self, version: str) -> None:
        self.version = version
        super().__init__("the version that made the reply is not kept any more")


class CorrectionRefusedError(FeedbackError):
    """An edited plan that is not of the member's envelope; ``violations`` names each part with its rule."""

    def __init__(self, violations: tuple[FieldViolation, ...]) -> None:
        self.violations = violations
        super().__init__("; ".join(f"{one.field}: {one.description}" for one in violations[:32]))


class EventIdReusedError(FeedbackError):
    """An ``event_id`` was used before for an event with other contents."""


class FeedbackQuotaError(FeedbackError):
    """``quota`` (``member``, ``caller`` or ``item``) has sent as much today as it may."""

    def __init__(self, quota: str, retry_after_seconds: float) -> None:
        self.quota = quota
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"as much feedback came today from or about this {quota} as may")


class FeedbackUnavailableError(FeedbackError):
    """Feedback cannot be written now; ``off`` where this server takes none at all."""

    def __init__(self, message: str, *, off: bool = False) -> None:
        self.off = off
        super().__init__(message)


class TrainingError(FitBoxError):
    """A fine-tuning run failed."""


class ChildStartError(TrainingError):
    """The operating system starts no process for a step of a run.

    ``passing`` says whether it wants for something that others may give back: memory, descriptors, processes.
    """

    def __init__(self, message: str, *, passing: bool = False) -> None:
        self.passing = passing
        super().__init__(message)


class RegistryError(FitBoxError):
    """``models/`` cannot be used as it is; base of the errors about it.

    ``passing`` says whether the same may work later with nothing done about it: something is missing, short
    or not readable now, the disk is full, a mount is away. Without it the trouble stays until it is mended.
    """

    def __init__(self, message: str, *, passing: bool = False) -> None:
        self.passing = passing
        super().__init__(message)


class AdapterNotFoundError(RegistryError):
    """No version of that name."""


class AdapterInvalidError(RegistryError):
    """A version must not be loaded. ``reason`` is a stable snake_case code used as a metric label.

    It is ``passing`` while the version is still being copied, for instance.
    """

    def __init__(self, reason: str, message: str, *, passing: bool = False) -> None:
        self.reason = reason
        super().__init__(message, passing=passing)


class AdapterPinnedError(RegistryError):
    """The active version is pinned, so nothing else may be activated until it is unpinned."""


class AdapterNotActiveError(RegistryError):
    """Only the active version can be pinned, and the one named is not."""


class BaseModelError(RegistryError):
    """The base model is missing, incomplete or not the one its digest file names."""


class EngineError(FitBoxError):
    """Base of the errors about engine workers."""


class EngineStartError(EngineError):
    """A worker did not become ready.

    ``passing`` tells whether it may go well another time: the machine had no memory, descriptor, process or
    time for it. Otherwise it is the version, or a setting, that cannot be loaded.
    """

    def __init__(self, message: str, *, passing: bool = False) -> None:
        self.passing = passing
        super().__init__(message)


class EngineDiedError(EngineError):
    """A worker ended while calls were in flight; they may be retried.

    ``passing`` is false where the worker said that it ended for a fault of its own.
    """

    def __init__(self, message: str, *, passing: bool = True) -> None:
        self.passing = passing
        super().__init__(message)


class WorkerLostError(EngineError):
    """One worker of several ended while it wrote this text; the others can write it again."""


class EngineRefusedError(EngineError):
    """An engine cannot take this one request; others are not affected. ``code`` is stable and in snake case.

    The message may quote the request's grammar, so it is for debugging and never for a client.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(f"{code}: {message}")


class DeadlinePassedError(EngineError):
    """The caller's deadline passed while the call waited, or one generation took longer than any may."""


class OverloadedError(EngineError):
    """Admission refused the call. ``retry_after_seconds`` is the server's hint."""

    def __init__(self, message: str, retry_after_seconds: float) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message)
