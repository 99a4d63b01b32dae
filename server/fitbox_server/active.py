"""The swap: which version serves, and every transition from one to the next.

``active.json`` says which version should serve. One loop looks at it and reacts::

    detect -> verify -> start a worker at low priority -> load -> warm -> flip one reference
           -> the old version stands by during the trial -> it drains what it admitted -> its worker exits

A request leases the version that is current when it is admitted and keeps it to its last token, so no reply
can mix two versions. Whatever fails before the flip leaves the old version serving. Whatever fails in the
trial after it (a crash, or first replies that all fail their checks) flips back to the version that stands
by, at once and without a reload. Either way the version is marked bad with its reason, and there is one path
back: what is wrong for good is taken out of the registry too, what may pass is tried again
(:mod:`fitbox_server.setbacks`). How workers are kept alive is :mod:`fitbox_server.supervisor`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import structlog

from fitbox.engine.wire import WorkerStats
from fitbox.errors import AdapterInvalidError, EngineDiedError, EngineStartError, FitBoxError
from fitbox.registry import BASE_VERSION
from fitbox_server.background import Background
from fitbox_server.backoff import Backoff
from fitbox_server.changes import Changes
from fitbox_server.hooks import Hooks, SwapOutcome, SwapPhase
from fitbox_server.loader import Loader, NotLoadedError
from fitbox_server.setbacks import Failure, Setbacks
from fitbox_server.supervisor import Supervisor, Watchdog, end_of, log_end
from fitbox_server.versions import Change, Identity, LoadedVersion, VersionState
from fitbox_server.wanted import Wanted

_log = structlog.get_logger(__name__)

LONGEST_RESTART_PAUSE_SECONDS = 30.0


@dataclass(frozen=True)
class SwapSettings:
    """When to swap and when to go back; see :class:`fitbox_server.settings.Settings`."""

    poll_seconds: float = 0.3
    drain_seconds: float = 120.0
    trial_replies: int = 5
    trial_seconds: float = 30.0
    restart_backoff_seconds: float = 0.2
    watchdog: Watchdog = field(default_factory=Watchdog)


class Serving:
    """Owns the loaded versions. Everything runs on one event loop; only file work goes to threads.

    Args:
        wanted: Says what should serve.
        loader: Verifies, starts and warms workers.
        settings: See :class:`SwapSettings`.
        hooks: Told of phases, outcomes and restarts.
    """

    def __init__(self, wanted: Wanted, loader: Loader, settings: SwapSettings, hooks: Hooks) -> None:
        self._wanted, self._loader, self._settings, self._hooks = wanted, loader, settings, hooks
        self.changes = Changes()
        self._supervisor = Supervisor(
            loader,
            settings.watchdog,
            Backoff(settings.restart_backoff_seconds, LONGEST_RESTART_PAUSE_SECONDS),
            self,
        )
        self._current: LoadedVersion | None = None
        self._standby: LoadedVersion | None = None
        self._trial_ends = 0.0
        self._loading: str | None = None
        self._setbacks = Setbacks(time.monotonic)
        self._draining: set[LoadedVersion] = set()
        self._given_up: str | None = None
        """A version that is wrong for good, until the registry was told."""
        self._looks = 0
        self._trouble = ""
        self._wake = asyncio.Event()
        self._background = Background()

    # --- for requests ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def lease(self) -> Iterator[LoadedVersion]:
        """Hold the current version for one request, until its last token.

        Raises:
            EngineDiedError: its worker has died and the next one is not loaded yet.
        """
        version = self._current
        if version is None or not version.worker.alive:
            raise EngineDiedError("no worker is running; one is being started")
        version.leases += 1
        version.idle.clear()
        self._hooks.leased(version.name, 1)
        try:
            yield version
        finally:
            version.leases -= 1
            self._hooks.leased(version.name, -1)
            if version.leases == 0:
                version.idle.set()

    def judge(self, version: LoadedVersion, *, accepted: bool) -> None:
        """Tell whether a text that ``version`` generated passed its checks; decides the trial."""
        version.accepted += accepted
        version.failed += not accepted
        if version is not self._current or self._standby is None:
            return
        if version.accepted + version.failed >= self._settings.trial_replies:
            if version.accepted == 0 and not self._standby.proved_useless:
                failure = Failure("replies_failed", "its first replies all failed their checks")
                self._fail_trial(version, failure)
            else:
                self._end_trial()

    # --- for the AdapterService and health -------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether a request would be answered now: the worker is alive and answered its last ping."""
        version = self._current
        return version is not None and version.worker.alive and version.answers

    @property
    def serving(self) -> Identity:
        """The version that new requests go to."""
        if self._current is None:
            raise EngineDiedError("no version is loaded yet")
        return self._current.identity

    def states(self) -> Mapping[str, Change]:
        """State of every version that is loaded, loading or bad; all others are PUBLISHED."""
        states = {
            name: Change(name, VersionState.BAD, f"{failure.reason}: {failure.message}")
            for name, failure in self._setbacks
        }
        if self._loading is not None:
            states[self._loading] = Change(self._loading, VersionState.LOADING)
        for version in self._loaded():
            states[version.name] = Change(version.name, version.state)
        return states

    def _loaded(self) -> list[LoadedVersion]:
        """The version that serves last."""
        versions = (*self._draining, self._standby, self._current)
        return [version for version in versions if version is not None]

    async def settle(self, name: str) -> None:
        """Wait until ``name`` serves, trying it again if it was bad.

        Raises:
            AdapterInvalidError: it cannot serve, with the reason; ``superseded`` when the registry names
                another version by then.
        """
        self._setbacks.forget(name)
        # A look that is under way may have read active.json before it named this version.
        enough = self._looks + 2
        while self._current is None or self._current.name != name:
            if (failure := self._setbacks.get(name)) is not None:
                raise failure.error()
            if self._looks >= enough and self._wanted.name != name:
                raise AdapterInvalidError("superseded", f"{self._wanted.name} is to serve instead of {name}")
            self._wake.set()
            await self.changes.next()

    # --- life ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Load the first version that can serve: the active one, else the previous one, else the base.

        Raises:
            EngineStartError: none of them could be loaded.
            RegistryError: ``active.json`` or the base model cannot be used.
        """
        await self._loader.verify_base()
        for name in await self._wanted.candidates():
            await self._swap(name)
            if self._current is not None:
                return
        raise EngineStartError("; ".join(f"{name}: {failure.message}" for name, failure in self._setbacks))

    async def run(self) -> None:
        """Look, react, wait; until it is cancelled. Whatever a look runs into, the next one is made."""
        while True:
            try:
                await self._look()
                self._trouble = ""
            except Exception as error:  # noqa: BLE001 - it may be of any kind, and the server goes on
                self._report_trouble(error)
            self._looks += 1
            self.changes.wake()
            # Not wait_for, which before Python 3.12 loses a cancellation that comes with the wake.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.poll_seconds):
                    await self._wake.wait()
            self._wake.clear()

    async def _look(self) -> None:
        """One look at the world and one reaction to it."""
        if self._current is not None and (name := self._given_up) is not None:
            self._given_up = None
            if (failure := self._setbacks.get(name)) is not None:  # nobody has asked for it again
                await self._wanted.give_up(name, serving=self._current.name, reason=failure.message)
        if self._standby is not None and time.monotonic() > self._trial_ends:
            self._end_trial()
        wanted = await self._wanted.look()
        self._hooks.looked()
        if self._current is not None and wanted == self._current.name:
            return
        if not self._setbacks.may_try(wanted, await self._loader.look_at(wanted)):
            return
        if self._standby is not None and self._standby.name == wanted:
            self._go_back(self._standby)
        else:
            self._end_trial()  # at most two workers at once, however fast versions follow each other
            self._wanted.report_detection()
            await self._swap(wanted)

    async def close(self) -> None:
        """End every worker. Requests that still run fail with EngineDiedError."""
        self.changes.end()
        await self._background.cancel()
        versions = self._loaded()
        ends = await asyncio.gather(*(version.stop() for version in versions), return_exceptions=True)
        for version, error in zip(versions, ends, strict=True):
            if error is not None:
                _log.error("version_not_stopped", version=version.name, error=str(error), exc_info=error)

    # --- transitions -----------------------------------------------------------------------------------

    async def _swap(self, name: str) -> None:
        """Bring ``name`` to serve, or mark it bad. Nothing before the flip touches the current version."""
        self._loading = name
        self._tell(name, VersionState.LOADING)
        try:
            version = await self._loader.load(name, beside_another=self.ready)
        except NotLoadedError as error:
            self._mark_bad(name, error.failure, error.seen)
            self._hooks.swap_finished(error.outcome, name, error.failure.reason)
            return
        finally:
            self._loading = None
        started = time.perf_counter()
        self._setbacks.forget(name)
        self._flip(version)
        self._hooks.swap_phase(SwapPhase.FLIP, time.perf_counter() - started)
        self._hooks.swap_finished(SwapOutcome.SERVED, name)
        self._background.spawn(self._supervisor.keep(version))

    def _flip(self, version: LoadedVersion) -> None:
        """The one line that moves traffic, and what follows for the version that served before."""
        old, self._current = self._current, version
        self._tell_state(version, VersionState.ACTIVE)
        self._hooks.serving(version.name, version.identity.digest)
        if old is None:
            return
        if self._settings.trial_replies and old.worker.alive:
            self._standby = old
            self._trial_ends = time.monotonic() + self._settings.trial_seconds
            self._tell_state(old, VersionState.STANDBY)
        else:
            self._retire(old)

    def _go_back(self, standby: LoadedVersion) -> None:
        """A rollback to the version that stands by needs no load: flip, and try the other way round."""
        self._standby = None
        self._flip(standby)
        self._hooks.swap_finished(SwapOutcome.SERVED, standby.name)

    def _end_trial(self) -> None:
        """The current version proved itself, or its successor comes: the one that stood by may go."""
        if self._standby is not None:
            old, self._standby = self._standby, None
            self._retire(old)

    def _fail_trial(self, version: LoadedVersion, failure: Failure) -> None:
        """Flip back to the version that stands by; the registry follows with the next look."""
        standby, self._standby = self._standby, None
        if standby is None:
            return
        self._current = standby
        self._tell_state(standby, VersionState.ACTIVE)
        self._hooks.serving(standby.name, standby.identity.digest)
        self._retire(version)
        self._mark_bad(version.name, failure, None)
        self._hooks.swap_finished(SwapOutcome.ROLLED_BACK, version.name, failure.reason)

    def _retire(self, version: LoadedVersion) -> None:
        self._draining.add(version)
        self._tell_state(version, VersionState.DRAINING)
        self._background.spawn(self._drain(version))

    async def _drain(self, version: LoadedVersion) -> None:
        started = time.perf_counter()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_seconds):
                await version.idle.wait()
        try:
            await version.stop()
        finally:
            self._draining.discard(version)
            if version.name not in {other.name for other in self._loaded()}:
                self._hooks.version_ended(version.name)
        self._hooks.swap_phase(SwapPhase.DRAIN, time.perf_counter() - started)
        if version.name not in self.states():
            self._tell(version.name, VersionState.PUBLISHED)

    # --- what the supervisor asks (see supervisor.Owner) -------------------------------------------------

    def worker_answers(self, version: LoadedVersion, answers: bool) -> None:
        """Readiness follows the pings."""
        _log.warning("worker_answers" if answers else "worker_silent", version=version.name)
        version.answers = answers
        self.changes.wake()

    def worker_reports(self, version: LoadedVersion, stats: WorkerStats) -> None:
        """For the metrics."""
        self._hooks.worker_reported(version.name, stats)

    def worker_ended(self, version: LoadedVersion, *, hung: bool) -> bool:
        """Bring it back, unless its version is on trial or no longer needed."""
        if hung:
            self._hooks.worker_hung(version.name)
        if version is self._standby:
            self._end_trial()  # nothing stands by any more; the current version must do
        if version is not self._current:
            return False
        log_end(version.worker, hung=hung, version=version.name)
        self._hooks.worker_died(version.name, end_of(version.worker, hung=hung))
        if self._standby is not None:
            self._fail_trial(version, Failure("worker_crashed", "its worker ended during its trial"))
            return False
        self._tell_state(version, VersionState.RESTARTING)
        return True

    def needs(self, version: LoadedVersion) -> bool:
        """Only the version that serves is brought back."""
        return version is self._current

    def worker_not_back(self, version: LoadedVersion) -> None:
        """For the metrics."""
        self._hooks.worker_not_restarted(version.name)

    def worker_back(self, version: LoadedVersion) -> None:
        """It serves again."""
        version.answers = True
        self._hooks.worker_restarted(version.name)
        self._tell_state(version, VersionState.ACTIVE)

    # --- steps -----------------------------------------------------------------------------------------

    def _mark_bad(self, name: str, failure: Failure, seen: object) -> None:
        _log.error(
            "version_bad",
            version=name,
            reason=failure.reason,
            error=failure.message,
            tried_again=failure.passing,
        )
        self._setbacks.record(name, failure, seen)
        self._tell(name, VersionState.BAD, f"{failure.reason}: {failure.message}")
        if name != BASE_VERSION and not (failure.passing or failure.ours):
            self._given_up = name
            self._wake.set()

    def _report_trouble(self, error: Exception) -> None:
        """Once for each kind of trouble, not with every look."""
        if (trouble := f"{type(error).__name__}: {error}") != self._trouble:
            self._trouble = trouble
            known = isinstance(error, FitBoxError | OSError)
            _log.warning("look_failed", error=trouble, exc_info=None if known else error)

    def _tell_state(self, version: LoadedVersion, state: VersionState) -> None:
        version.state = state
        self._tell(version.name, state)

    def _tell(self, name: str, state: VersionState, reason: str = "") -> None:
        _log.info("version_state", version=name, state=state.value)
        self.changes.tell(Change(name, state, reason))
