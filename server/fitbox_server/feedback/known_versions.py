"""Which versions are still kept: feedback on any other can be compared with nothing."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from fitbox.errors import AdapterNotFoundError, RegistryError, ReplyVersionGoneError
from fitbox.registry import BASE_VERSION, Registry

LOOK_SECONDS = 5.0
"""How old an answer may be."""
_MOST_KNOWN = 256


class KnownVersions:
    """Asks the registry, now and then.

    Args:
        registry: Where versions are.
        clock: Seconds, monotonic.
    """

    def __init__(self, registry: Registry, clock: Callable[[], float] = time.monotonic) -> None:
        self._registry, self._clock = registry, clock
        self._known: OrderedDict[str, tuple[bool, float]] = OrderedDict()
        """Whether each is there, and when that was seen."""

    async def require(self, version: str) -> None:
        """Raises ReplyVersionGoneError for a version that is not kept any more.

        One that cannot be read now is believed.
        """
        if version == BASE_VERSION:
            return
        is_there, seen_at = self._known.get(version, (False, -LOOK_SECONDS * 2))
        if self._clock() - seen_at > LOOK_SECONDS:
            is_there = await asyncio.to_thread(self._is_there, version)
            self._known[version] = is_there, self._clock()
            self._known.move_to_end(version)
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        if not is_there:
            raise ReplyVersionGoneError(version)

    def _is_there(self, version: str) -> bool:
        try:
            self._registry.get(version)
        except AdapterNotFoundError:
            return False
        except (RegistryError, OSError):
            return True
        return True
