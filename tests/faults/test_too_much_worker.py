"""Too much time: whatever a caller, a version or a driver does, no generation holds its slot for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from fitbox.errors import DeadlinePassedError
from tests.served import Served


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    """A server on the base model."""
    one = Served(tmp_path / "models")
    await one.start()
    yield one
    await one.close()


async def test_a_text_that_takes_longer_than_any_may_ends_its_call(server: Served) -> None:
    """Another attempt would take as long again, so there is none; the slot is free."""
    server.launcher.script = lambda spec, request: DeadlinePassedError("a text took longer than 600 s")
    asked = len(server.launcher.workers[0].requests)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await server.advice()
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert len(server.launcher.workers[0].requests) == asked + 1
    assert server.metrics()[("fitbox_admission_in_flight", frozenset())] == 0


@pytest.mark.slow
async def test_workers_are_started_with_the_ceiling_of_the_settings(tmp_path: Path) -> None:
    """Ten minutes unless set; a trainer's own workers have none."""
    for settings, seconds in (({}, 600.0), ({"generation_seconds": 7.0}, 7.0)):
        one = Served(tmp_path / f"models-{seconds}", **settings)
        await one.start()
        assert one.launcher.workers[0].spec.generation_seconds == seconds
        await one.close()
