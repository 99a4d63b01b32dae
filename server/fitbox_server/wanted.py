"""Wanted: what ``active.json`` says should serve, and the one change of it that a server makes by itself."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence

import structlog

from fitbox.errors import FitBoxError, RegistryError
from fitbox.registry import BASE_VERSION, ActiveState, Registry
from fitbox_server.hooks import Hooks, SwapPhase

_log = structlog.get_logger(__name__)


class Wanted:
    """Follows the registry. Files are read in a thread: ``models/`` may be a mount that is slow or away.

    Args:
        registry: Whose ``active.json`` is followed.
        use_adapter: False wants the base model, whatever is active, and leaves the registry alone.
        hooks: Told how long a change took to be seen.
    """

    def __init__(self, registry: Registry, *, use_adapter: bool, hooks: Hooks) -> None:
        self._registry, self._use_adapter, self._hooks = registry, use_adapter, hooks
        self.name = BASE_VERSION
        """As of the last look."""
        self._seen = False
        """Whether there was an ``active.json``."""

    async def candidates(self) -> Sequence[str]:
        """Versions to start with, the best first, and the base model last. Raises RegistryError."""
        if not self._use_adapter:
            return [BASE_VERSION]
        state = await self._state()
        self.name = state.version or BASE_VERSION
        return list(dict.fromkeys([self.name, state.previous or BASE_VERSION, BASE_VERSION]))

    async def look(self) -> str:
        """The version that should serve now. Raises RegistryError, OSError."""
        if self._use_adapter:
            self.name = (await self._state()).version or BASE_VERSION
        return self.name

    async def _state(self) -> ActiveState:
        """What the registry says. A file that was there and is not any more is a mount that is away, or a
        copy that is under way, and no wish for the base model: activating that does not delete the file."""
        state = await asyncio.to_thread(self._registry.active)
        there = bool(state.version or state.previous or state.since)
        if self._seen and not there:
            raise RegistryError(f"{self._registry.root / 'active.json'} was there and is not any more")
        self._seen = there
        return state

    async def give_up(self, name: str, *, serving: str, reason: str) -> None:
        """Take a version that is wrong for good out of ``active.json``, where that leads to what serves.

        Other servers, the trainer's gate and people read it too. Where it cannot be done (a pin, a mount that
        is read-only, a full disk) this server serves on all the same, and says so once.
        """
        try:
            state = await asyncio.to_thread(self._registry.active)
            if state.version != name:
                return
            if (state.previous or BASE_VERSION) != serving:
                _log.warning(
                    "registry_not_rolled_back", version=name, error=f"{serving} was not active before it"
                )
                return
            await asyncio.to_thread(self._registry.rollback, reason=f"{name}: {reason}", expected=name)
        except Exception as error:  # noqa: BLE001 - whatever refuses, see above
            _log.warning(
                "registry_not_rolled_back",
                version=name,
                error=str(error),
                exc_info=None if isinstance(error, FitBoxError | OSError) else error,
            )

    def report_detection(self) -> None:
        """Tell how long ago the change was made that is seen now."""
        with contextlib.suppress(OSError):
            changed = (self._registry.root / "active.json").stat().st_mtime
            self._hooks.swap_phase(SwapPhase.DETECT, max(0.0, time.time() - changed))
