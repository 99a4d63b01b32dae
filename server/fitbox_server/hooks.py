"""What the server reports about itself. The core calls these; metrics and tests listen."""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import StrEnum

import structlog

from fitbox.engine.types import Generation
from fitbox.engine.wire import WorkerStats
from fitbox.plan import PlanSource
from fitbox.tasks import TaskName

_log = structlog.get_logger(__name__)


class SwapPhase(StrEnum):
    """Steps of a swap, in order."""

    DETECT = "detect"
    """From the change of ``active.json`` until it was seen."""
    VERIFY = "verify"
    LOAD = "load"
    WARM = "warm"
    FLIP = "flip"
    DRAIN = "drain"
    """The old worker finishes what it admitted; new calls are served meanwhile."""


class SwapOutcome(StrEnum):
    """How a swap ended. Everything but SERVED leaves the version that served before."""

    SERVED = "served"
    VERIFY_FAILED = "verify_failed"
    LOAD_FAILED = "load_failed"
    WARM_FAILED = "warm_failed"
    ROLLED_BACK = "rolled_back"
    """It served, and its first replies failed their checks or its worker crashed."""


class WorkerEnd(StrEnum):
    """How a worker that was needed ended."""

    EXITED = "exited"
    KILLED = "killed"
    """By a signal that was not ours."""
    HUNG = "hung"
    """By us: it did not answer."""


class WaitingFor(StrEnum):
    """What a call waited for when its caller left."""

    SLOT = "slot"
    TEXT = "text"


def _guarded(hook: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(hook)
    def call(*arguments: object, **named: object) -> None:
        try:
            hook(*arguments, **named)
        except Exception:  # noqa: BLE001 - see Hooks
            _log.exception("hook_failed", hook=hook.__qualname__)

    return call


class Hooks:
    """Listens to nothing. Subclasses override what they want.

    A hook must not block. What it raises is logged and goes no further, whoever calls it: a fault of what
    listens is none of what is listened to.
    """

    def __init_subclass__(cls) -> None:
        for name, value in list(vars(cls).items()):
            if name in vars(Hooks) and not name.startswith("_"):
                setattr(cls, name, _guarded(value))

    def swap_phase(self, phase: SwapPhase, seconds: float) -> None:
        """A phase of a swap ended."""

    def swap_finished(self, outcome: SwapOutcome, version: str, reason: str = "") -> None:
        """A swap ended; ``reason`` is the stable reason of an AdapterInvalidError, or empty."""

    def serving(self, version: str, digest: str) -> None:
        """New calls go to this version from now on."""

    def version_ended(self, version: str) -> None:
        """A version that served is unloaded; its worker is gone."""

    def looked(self) -> None:
        """The registry was read, and says which version should serve."""

    def leased(self, version: str, change: int) -> None:
        """So many more requests hold a version now, or fewer."""

    def worker_reported(self, version: str, stats: WorkerStats) -> None:
        """What a worker does, about once a second."""

    def worker_died(self, version: str, end: WorkerEnd) -> None:
        """A worker ended although its version served."""

    def worker_not_restarted(self, version: str) -> None:
        """A worker that had died could not be started again; it is tried after a pause."""

    def worker_restarted(self, version: str) -> None:
        """A worker that had died runs again."""

    def worker_hung(self, version: str) -> None:
        """A worker that did not answer was killed."""

    def generated(
        self, task: TaskName, version: str, generation: Generation, *, constrained: bool = True
    ) -> None:
        """A text was decoded, used or not; ``constrained``: to a grammar."""

    def first_token(self, task: TaskName, version: str, seconds: float) -> None:
        """A request got its first token, counted from its admission."""

    def cancelled(self, task: TaskName, waiting_for: WaitingFor) -> None:
        """A caller left, or its deadline passed, before its plan was there; nobody else waits for it."""

    def attempt_failed(self, task: TaskName, version: str, reason: str) -> None:
        """A generated text failed its checks; ``reason`` is a stable snake_case code."""

    def replaced(self, what: str) -> None:
        """A part of a plan was replaced: ``exercise``, ``food``, ``meal``, ``day`` or ``eating_day``."""

    def plan_made(self, task: TaskName, version: str, source: PlanSource, seconds: float) -> None:
        """A plan is about to be returned, so long after it was asked for, the wait for a slot included."""

    def admission(self, *, in_flight: int, waiting: int) -> None:
        """Requests that have a slot, and that wait for one, after a change."""

    def admitted(self, waited_seconds: float) -> None:
        """A request got a slot."""

    def refused(self, reason: str) -> None:
        """Admission refused a request: ``queue_full``, ``client_share``, ``deadline`` (it could only finish
        too late) or ``expired`` (it waited until its deadline)."""

    def feedback(self, task: TaskName, version: str, kind: str) -> None:
        """An event on a reply of a version is on the disk."""

    def feedback_refused(self, reason: str) -> None:
        """An event, or all events of a call, were refused; ``reason`` is a stable snake_case code."""

    def reply_cache(self, *, hit: bool, kept_bytes: int) -> None:
        """A request was looked up in the reply cache, which holds so many bytes."""
