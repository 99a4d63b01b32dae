"""Fixtures of servers that run in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.served import Served


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """A server on the base model."""
    server = Served(tmp_path / "models")
    await server.start()
    yield server
    await server.close()


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Starts a server with other settings."""
    servers: list[Served] = []

    async def make(**settings: Any) -> Served:
        server = Served(tmp_path / "models", **settings)
        servers.append(server)
        await server.start()
        return server

    yield make
    for server in servers:
        if not server.stop.is_set():
            await server.close()
