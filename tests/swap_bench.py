"""A Serving with fake workers on a real registry, and a recorder of what its hooks are told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from fitbox_server.active import Serving, SwapSettings
from fitbox_server.hooks import Hooks, SwapOutcome, SwapPhase
from fitbox_server.loader import Loader, WorkerSettings
from fitbox_server.versions import VersionState
from fitbox_server.wanted import Wanted

from fitbox.chat import Message
from fitbox.engine.types import GenerationRequest
from fitbox.registry import Registry
from tests import fakes

WARM = GenerationRequest((Message("user", "warm up"),), 8)
SETTINGS = SwapSettings(poll_seconds=0.01, trial_replies=3, trial_seconds=60, restart_backoff_seconds=0.001)


class Recorder(Hooks):
    """Remembers what happened, in order."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, SwapOutcome, str]] = []
        self.phases: list[SwapPhase] = []
        self.served: list[str] = []
        self.restarted: list[str] = []
        self.hung: list[str] = []

    def swap_phase(self, phase: SwapPhase, seconds: float) -> None:
        self.phases.append(phase)

    def swap_finished(self, outcome: SwapOutcome, version: str, reason: str = "") -> None:
        self.outcomes.append((version, outcome, reason))

    def serving(self, version: str, digest: str) -> None:
        self.served.append(version)

    def worker_restarted(self, version: str) -> None:
        self.restarted.append(version)

    def worker_hung(self, version: str) -> None:
        self.hung.append(version)


class Bench:
    """A Serving with fake workers on a real registry, and its loop."""

    def __init__(self, root: Path, settings: SwapSettings = SETTINGS, *, use_adapter: bool = True) -> None:
        self.registry = Registry(root) if root.exists() else fakes.write_models(root)
        self.view = Registry(root)
        """The server's own view of the same folder: a trainer writes to it through another."""
        self.launcher = fakes.FakeLauncher()
        self.hooks = Recorder()
        base = self.view.base_model(fakes.BASE_NAME)
        self.loader = Loader(
            self.view, base, self.launcher, [WARM], WorkerSettings(engine="scripted"), self.hooks
        )
        wanted = Wanted(self.view, use_adapter=use_adapter, hooks=self.hooks)
        self.serving = Serving(wanted, self.loader, settings, self.hooks)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Serving]:
        """Started, followed, and closed at the end."""
        await self.serving.start()
        loop = asyncio.create_task(self.serving.run())
        try:
            yield self.serving
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)
            await self.serving.close()
            assert self.launcher.alive == []

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to become true; every look of the loop tries again."""
        async with asyncio.timeout(10):
            while not condition():
                await self.serving.changes.next()

    async def looks(self, count: int = 3) -> None:
        """Let the loop look so many times."""
        for _ in range(count):
            await self.serving.changes.next()

    async def until_serving(self, name: str) -> None:
        """Wait for a version."""
        await self.until(lambda: self.serving.serving.version == name)

    def publish(self, seed: int) -> str:
        """Publish and activate a version."""
        version = fakes.publish(self.registry, seed)
        self.registry.activate(version.name, reason=f"seed {seed}")
        return version.name

    def state(self, name: str) -> VersionState:
        """A version's state."""
        change = self.serving.states().get(name)
        return VersionState.PUBLISHED if change is None else change.state

    def judge(self, *verdicts: bool) -> None:
        """Let the current version make replies that pass or fail."""
        with self.serving.lease() as version:
            for accepted in verdicts:
                self.serving.judge(version, accepted=accepted)
