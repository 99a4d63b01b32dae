"""The swap: which version serves, and every transition from one to the next.

``active.json`` says which version should serve. One loop looks at it and reacts::

    detect -> verify -> start a worker at low priority -> load -> warm -> flip one reference
           -> the old version stands by during the trial -> it drains what it admitted -> its worker exits

A request leases the version that is current when it is admitted and keeps it to its last token, so no reply
can mix two versions. Whatever fails before the flip leaves the old version serving. Whatever fails in the
trial after it (a crash, or first replies that all fail their checks) flips back to the version that stands
by, at once and without a reload, and rolls the registry back. A version that failed is marked bad with its
reason and not tried again unless somebody activates it through the API.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from fitbox.errors import AdapterInvalidError, EngineDiedError, EngineError, EngineStartError, FitBoxError
from fitbox.registry import BASE_VERSION, Hold, Registry
from fitbox_server.changes import Changes
from fitbox_server.hooks import Hooks, SwapOutcome, SwapPhase
from fitbox_server.loader import Loader
from fitbox_server.versions import Change, Identity, LoadedVersion, VersionState

T = TypeVar("T")
_log = structlog.get_logger(__name__)

_LONGEST_BACKOFF_SECONDS = 30.0
_STABLE_SECONDS = 60.0
"""A worker that lived this long is restarted at once again."""


@dataclass(frozen=True)
class SwapSettings:
    """When to swap and when to go back; see :class:`fitbox_server.settings.Settings`."""

    use_adapter: bool = True
    poll_seconds: float = 0.3
    drain_seconds: float = 120.0
    trial_replies: int = 5
    trial_seconds: float = 30.0
    restart_backoff_seconds: float = 0.2


class Serving:
    """Owns the loaded versions. Everything runs on one event loop; only file work goes to threads.

    Args:
        registry: Whose ``active.json`` says what should serve.
        loader: Verifies, starts and warms workers.
        settings: See :class:`SwapSettings`.
        hooks: Told of phases, outcomes and restarts.
    """

    def __init__(self, registry: Registry, loader: Loader, settings: SwapSettings, hooks: Hooks) -> None:
        self._registry, self._loader, self._settings, self._hooks = registry, loader, settings, hooks
        self.changes = Changes()
        self._current: LoadedVersion | None = None
        self._standby: LoadedVersion | None = None
        self._trial_ends = 0.0
        self._loading: str | None = None
        self._wanted = BASE_VERSION
        self._bad: dict[str, AdapterInvalidError] = {}
        self._draining: set[LoadedVersion] = set()
        self._roll_back_from: str | None = None
        self._looks = 0
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- for requests ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def lease(self) -> Iterator[LoadedVersion]:
        """Hold the current version for one request, until its last token.

        Raises:
            EngineDiedError: its worker has died and the next one is not loaded yet.
        """
        version = self._current
        if version is None or version.worker.on_exit.is_set():
            raise EngineDiedError("no worker is running; one is being started")
        version.leases += 1
        version.idle.clear()
        try:
            yield version
        finally:
            version.leases -= 1
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
                self._fail_trial(version, "replies_failed", "its first replies all failed their checks")
            else:
                self._end_trial()

    # --- for the AdapterService and health -------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether a request would be answered now."""
        return self._current is not None and not self._current.worker.on_exit.is_set()

    @property
    def serving(self) -> Identity:
        """The version that new requests go to."""
        if self._current is None:
            raise EngineDiedError("no version is loaded yet")
        return self._current.identity

    def states(self) -> Mapping[str, Change]:
        """State of every version that is loaded, loading or bad; all others are PUBLISHED."""
        states = {
            name: Change(name, VersionState.BAD, f"{error.reason}: {error}")
            for name, error in self._bad.items()
        }
        if self._loading is not None:
            states[self._loading] = Change(self._loading, VersionState.LOADING)
        for version in (*self._draining, self._standby, self._current):
            if version is not None:
                states[version.name] = Change(version.name, version.state)
        return states

    async def settle(self, name: str) -> None:
        """Wait until ``name`` serves, trying it again if it was bad.

        Raises:
            AdapterInvalidError: it cannot serve, with the reason; ``superseded`` when the registry names
                another version by then.
        """
        self._bad.pop(name, None)
        # A look that is under way may have read active.json before it named this version.
        enough = self._looks + 2
        while self._current is None or self._current.name != name:
            if (error := self._bad.get(name)) is not None:
                raise AdapterInvalidError(error.reason, str(error))
            if self._looks >= enough and self._wanted != name:
                raise AdapterInvalidError("superseded", f"{self._wanted} is to serve instead of {name}")
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
        state = self._registry.active()
        candidates = [state.version, state.previous] if self._settings.use_adapter else []
        self._wanted = self._name_wanted()
        for name in dict.fromkeys([*(name for name in candidates if name), BASE_VERSION]):
            await self._swap(name)
            if self._current is not None:
                return
        raise EngineStartError("; ".join(f"{name}: {error}" for name, error in self._bad.items()))

    async def run(self) -> None:
        """Look, react, wait; until it is cancelled."""
        while True:
            await self._look()
            self._looks += 1
            self.changes.wake()
            # Not wait_for, which before Python 3.12 loses a cancellation that comes with the wake.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.poll_seconds):
                    await self._wake.wait()
            self._wake.clear()

    async def _look(self) -> None:
        """One look at the world and one reaction to it."""
        if self._roll_back_from is not None:
            await self._roll_registry_back(self._roll_back_from)
        if self._standby is not None and time.monotonic() > self._trial_ends:
            self._end_trial()
        try:
            self._wanted = self._name_wanted()
        except FitBoxError as error:
            _log.warning("registry_unreadable", error=str(error))
            return
        serving = None if self._current is None else self._current.name
        if self._wanted == serving or self._wanted in self._bad:
            return
        if self._standby is not None and self._standby.name == self._wanted:
            self._go_back(self._standby)
        else:
            self._end_trial()  # at most two workers at once, however fast versions follow each other
            self._report_detection()
            await self._swap(self._wanted)

    async def close(self) -> None:
        """End every worker. Requests that still run fail with EngineDiedError."""
        self.changes.end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        versions = [version for version in (self._current, self._standby, *self._draining) if version]
        await asyncio.gather(*(version.stop() for version in versions))

    # --- transitions -----------------------------------------------------------------------------------

    async def _swap(self, name: str) -> None:
        """Bring ``name`` to serve, or mark it bad. Nothing before the flip touches the current version."""
        self._loading = name
        self._tell(name, VersionState.LOADING)
        outcome = SwapOutcome.VERIFY_FAILED
        hold: Hold | None = None
        try:
            hold = await self._loader.hold(name)
            identity = await self._timed(SwapPhase.VERIFY, self._loader.verify(name))
            outcome = SwapOutcome.LOAD_FAILED
            worker = await self._timed(
                SwapPhase.LOAD, self._loader.start(identity, beside_another=self.ready)
            )
            outcome = SwapOutcome.WARM_FAILED
            await self._timed(SwapPhase.WARM, self._loader.warm(worker))
        except FitBoxError as error:
            reason = error.reason if isinstance(error, AdapterInvalidError) else outcome.value
            if hold is not None:
                hold.close()
            self._mark_bad(name, reason, str(error))
            self._hooks.swap_finished(outcome, name, reason)
            return
        finally:
            self._loading = None
        started = time.perf_counter()
        version = LoadedVersion(identity, worker, hold=hold)
        self._flip(version)
        self._hooks.swap_phase(SwapPhase.FLIP, time.perf_counter() - started)
        self._hooks.swap_finished(SwapOutcome.SERVED, name)
        self._spawn(self._supervise(version))

    def _flip(self, version: LoadedVersion) -> None:
        """The one line that moves traffic, and what follows for the version that served before."""
        old, self._current = self._current, version
        self._tell_state(version, VersionState.ACTIVE)
        self._hooks.serving(version.name, version.identity.digest)
        if old is None:
            return
        if self._settings.trial_replies and not old.worker.on_exit.is_set():
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

    def _fail_trial(self, version: LoadedVersion, reason: str, message: str) -> None:
        """Flip back to the version that stands by; the registry follows with the next look."""
        standby, self._standby = self._standby, None
        if standby is None:
            return
        self._current = standby
        self._tell_state(standby, VersionState.ACTIVE)
        self._hooks.serving(standby.name, standby.identity.digest)
        self._retire(version)
        self._mark_bad(version.name, reason, message)
        self._hooks.swap_finished(SwapOutcome.ROLLED_BACK, version.name, reason)
        self._roll_back_from = version.name
        self._wake.set()

    def _retire(self, version: LoadedVersion) -> None:
        self._draining.add(version)
        self._tell_state(version, VersionState.DRAINING)
        self._spawn(self._drain(version))

    async def _drain(self, version: LoadedVersion) -> None:
        started = time.perf_counter()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_seconds):
                await version.idle.wait()
        await version.stop()
        self._draining.discard(version)
        self._hooks.swap_phase(SwapPhase.DRAIN, time.perf_counter() - started)
        if version.name not in self.states():
            self._tell(version.name, VersionState.PUBLISHED)

    async def _supervise(self, version: LoadedVersion) -> None:
        """Bring a worker that died back, unless its version is on trial or no longer needed."""
        backoff, started = 0.0, time.monotonic()
        while True:
            await version.worker.on_exit.wait()
            if version is self._standby:
                self._end_trial()  # nothing stands by any more; the current version must do
            if version is not self._current:
                return
            if self._standby is not None:
                self._fail_trial(version, "worker_crashed", "its worker ended during its trial")
                return
            self._tell_state(version, VersionState.RESTARTING)
            if time.monotonic() - started > _STABLE_SECONDS:
                backoff = 0.0
            await asyncio.sleep(backoff)
            backoff = min(max(2 * backoff, self._settings.restart_backoff_seconds), _LONGEST_BACKOFF_SECONDS)
            try:
                worker = await self._loader.start(version.identity, beside_another=False)
            except EngineError as error:
                _log.error("worker_restart_failed", version=version.name, error=str(error))
                continue
            if version is not self._current:
                await worker.stop()  # another version took over while this one was loading
                return
            version.worker, started = worker, time.monotonic()
            self._hooks.worker_restarted(version.name)
            self._tell_state(version, VersionState.ACTIVE)

    # --- steps -----------------------------------------------------------------------------------------

    def _name_wanted(self) -> str:
        if not self._settings.use_adapter:
            return BASE_VERSION
        return self._registry.active().version or BASE_VERSION

    async def _roll_registry_back(self, name: str) -> None:
        self._roll_back_from = None
        reason = f"{name}: {self._bad[name]}" if name in self._bad else f"{name} failed its trial"
        try:
            await asyncio.to_thread(self._registry.rollback, reason=reason, expected=name)
        except FitBoxError as error:
            # A pin, for instance. This server keeps the old version all the same, for the new one is bad.
            _log.warning("registry_not_rolled_back", version=name, error=str(error))

    def _mark_bad(self, name: str, reason: str, message: str) -> None:
        _log.error("version_bad", version=name, reason=reason, error=message)
        self._bad[name] = AdapterInvalidError(reason, message)
        self._tell(name, VersionState.BAD, f"{reason}: {message}")

    def _report_detection(self) -> None:
        with contextlib.suppress(OSError):
            changed = (self._registry.root / "active.json").stat().st_mtime
            self._hooks.swap_phase(SwapPhase.DETECT, max(0.0, time.time() - changed))

    async def _timed(self, phase: SwapPhase, work: Awaitable[T]) -> T:
        started = time.perf_counter()
        try:
            return await work
        finally:
            self._hooks.swap_phase(phase, time.perf_counter() - started)

    def _tell_state(self, version: LoadedVersion, state: VersionState) -> None:
        version.state = state
        self._tell(version.name, state)

    def _tell(self, name: str, state: VersionState, reason: str = "") -> None:
        _log.info("version_state", version=name, state=state.value)
        self.changes.tell(Change(name, state, reason))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
