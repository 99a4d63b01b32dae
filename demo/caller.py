"""A client that keeps calling while an adapter is trained and swapped in."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import cycle
from typing import Self

from fitbox_client import FitBoxClient, FitBoxClientError, Profile


@dataclass
class Caller:
    """Calls in a loop; a pause between calls leaves the processor to the trainer until the swap nears."""

    address: str
    profiles: Iterable[Profile]
    pause_seconds: float = 8.0
    versions: list[str] = field(default_factory=list)
    """Version of each reply, in the order of arrival."""
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def wait_for(self, version: str, replies: int, timeout_seconds: float) -> None:
        """Until ``replies`` replies came from ``version``. Raises TimeoutError."""
        deadline = time.monotonic() + timeout_seconds
        while self.versions.count(version) < replies:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {replies} replies from {version} within {timeout_seconds:.0f} s")
            time.sleep(0.1)

    def _run(self) -> None:
        with FitBoxClient(self.address) as client:
            calls = cycle((client.recommend_advice, client.recommend_nutrition, client.recommend_workout))
            for profile, call in zip(cycle(self.profiles), calls, strict=False):
                try:
                    self.versions.append(call(profile).provenance.adapter_version)
                except FitBoxClientError as error:
                    self.failures.append(str(error))
                if self._stop.wait(self.pause_seconds):
                    return
