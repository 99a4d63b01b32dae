"""A reader of the registry that never rests: what a server could have seen at any moment."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from types import TracebackType

from fitbox.errors import AdapterInvalidError, AdapterNotFoundError, RegistryError
from fitbox.registry import Registry

_PAUSE_SECONDS = 0.05


class Reader:
    """Lists and verifies every version, over and over, in a thread. Use as a context manager."""

    def __init__(self, models: Path) -> None:
        self._registry = Registry(models)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name="reader")
        self.looks = 0
        self.verified = 0
        self.partial: list[str] = []

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._stop.wait(_PAUSE_SECONDS):
            self._look()
            self.looks += 1

    def _look(self) -> None:
        adapters = self._registry.root / "adapters"
        named = {path.name for path in adapters.glob("v*")} if adapters.is_dir() else set()
        versions = {version.name: version for version in self._registry.versions()}
        for name in named - versions.keys():
            with contextlib.suppress(AdapterNotFoundError):  # deleted by retention since it was listed
                try:
                    self._registry.get(name)
                except AdapterInvalidError as error:
                    if (adapters / name).exists():
                        self.partial.append(f"{name}: {error}")
        for version in versions.values():
            try:
                hold = self._registry.hold(version)
            except AdapterNotFoundError:
                continue
            try:
                self._registry.verify(version)
                self.verified += 1
            except AdapterInvalidError as error:
                self.partial.append(f"{version.name}: {error}")
            finally:
                hold.close()
        try:
            active = self._registry.active().version
            if active is not None:
                self._registry.get(active)
        except RegistryError as error:
            if self._registry.active().version == active:
                self.partial.append(f"active: {error}")
