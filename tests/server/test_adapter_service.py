"""AdapterService on a whole server: activation, pins, rollback, watches, and replies across swaps."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from fitbox_client.errors import (
    NotFoundError,
)

from fitbox.errors import AdapterPinnedError
from fitbox.v1 import (
    adapter_pb2,
    recommendation_pb2,
)
from tests import fakes
from tests.served import Served, error_of


async def test_a_version_is_activated_listed_and_rolled_back(served: Served) -> None:
    """Each call returns once the version serves."""
    version = fakes.publish(served.registry, 1)
    reply = await served.adapters.ActivateAdapter(
        adapter_pb2.ActivateAdapterRequest(version=version.name, reason="test")
    )
    assert reply.adapter.state == adapter_pb2.ADAPTER_STATE_ACTIVE
    assert (await served.advice()).provenance.adapter_digest == version.digest
    listing = await served.adapters.ListAdapters(adapter_pb2.ListAdaptersRequest())
    assert listing.serving_version == listing.adapters[0].version == version.name
    details = await served.adapters.GetAdapter(adapter_pb2.GetAdapterRequest(version="active"))
    assert "dataset_digest" in details.training_metadata_json
    assert details.evaluation_json == '{"quality": 0.75}'
    back = await served.adapters.RollbackAdapter(adapter_pb2.RollbackAdapterRequest(reason="test"))
    assert back.adapter.version == "base"
    assert (await served.advice()).provenance.adapter_version == "base"


async def test_a_rollback_is_done_once_for_one_request_id(served: Served) -> None:
    """A retry after a lost reply must not roll back twice."""
    for seed in (1, 2):
        version = fakes.publish(served.registry, seed)
        await served.adapters.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=version.name))
    request = adapter_pb2.RollbackAdapterRequest(request_id="once")
    first = await served.adapters.RollbackAdapter(request)
    assert await served.adapters.RollbackAdapter(request) == first


async def test_errors_of_the_adapter_service_are_typed(served: Served) -> None:
    """Unknown, broken and pinned versions each have a code and a reason."""
    activate = served.adapters.ActivateAdapter
    unknown = await error_of(activate(adapter_pb2.ActivateAdapterRequest(version="v000009-00000000")))
    assert isinstance(unknown, NotFoundError)
    active = adapter_pb2.GetAdapterRequest(version="active")
    assert isinstance(await error_of(served.adapters.GetAdapter(active)), NotFoundError)
    good, bad = fakes.publish(served.registry, 1), fakes.publish(served.registry, 2)
    (bad.path / "extra.json").write_text("{}")
    broken = await error_of(activate(adapter_pb2.ActivateAdapterRequest(version=bad.name)))
    assert (broken.reason, broken.metadata["invalid"]) == ("ADAPTER_INVALID", "file_unexpected")
    await activate(adapter_pb2.ActivateAdapterRequest(version=good.name, pin=True))
    pinned = await error_of(served.adapters.RollbackAdapter(adapter_pb2.RollbackAdapterRequest()))
    assert pinned.reason == "ADAPTER_PINNED"
    listing = await served.adapters.ListAdapters(adapter_pb2.ListAdaptersRequest())
    assert [adapter.pinned for adapter in listing.adapters] == [False, True]


async def test_a_pinned_version_keeps_serving_whatever_is_published(served: Served) -> None:
    """Only the version that was meant can be pinned; a new one is listed and waits until the pin goes."""
    service = served.adapters
    assert isinstance(await error_of(service.PinAdapter(adapter_pb2.PinAdapterRequest())), NotFoundError)
    old = fakes.publish(served.registry, 1)
    await service.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=old.name))
    other = adapter_pb2.PinAdapterRequest(version="v000009-00000000")
    assert (await error_of(service.PinAdapter(other))).reason == "ADAPTER_NOT_ACTIVE"
    request = adapter_pb2.PinAdapterRequest(version=old.name, reason="audit", request_id="pin-1")
    reply = await service.PinAdapter(request)
    assert await service.PinAdapter(request) == reply
    assert reply.adapter.pinned
    new = fakes.publish(served.registry, 2)
    with pytest.raises(AdapterPinnedError):
        served.registry.activate(new.name, reason="trainer")
    listing = await service.ListAdapters(adapter_pb2.ListAdaptersRequest())
    active = listing.active
    assert [adapter.version for adapter in listing.adapters] == [new.name, old.name]
    assert (active.version, active.previous_version) == (old.name, "base")
    assert (active.pinned, active.reason) == (True, "audit")
    assert listing.serving_version == old.name
    unpinned = await service.UnpinAdapter(adapter_pb2.UnpinAdapterRequest())
    assert not unpinned.adapter.pinned
    await service.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=new.name))


async def test_a_version_comes_with_its_files(served: Served) -> None:
    """Path, size and hash of each, as its manifest says."""
    version = fakes.publish(served.registry, 1)
    reply = await served.adapters.GetAdapter(adapter_pb2.GetAdapterRequest(version=version.name))
    files = {file.path: file for file in reply.files}
    weights = files["adapter_model.safetensors"]
    content = (version.path / weights.path).read_bytes()
    assert (weights.size_bytes, weights.sha256) == (len(content), hashlib.sha256(content).hexdigest())


async def test_watchers_get_the_state_and_each_change(served: Served) -> None:
    """First what is, then what changes."""
    watch = served.adapters.WatchAdapters(adapter_pb2.WatchAdaptersRequest())
    first = await watch.read()
    assert (first.adapter.version, first.serving_version) == ("base", "base")
    version = fakes.publish(served.registry, 1)
    served.registry.activate(version.name, reason="trainer")
    states = [(await watch.read()).adapter.state for _ in range(2)]
    assert states == [adapter_pb2.ADAPTER_STATE_LOADING, adapter_pb2.ADAPTER_STATE_ACTIVE]
    watch.cancel()


@pytest.mark.slow
async def test_replies_during_swaps_come_from_the_version_they_name(served: Served) -> None:
    """Calls that overlap swaps all succeed, and name a version that served."""
    replies: list[recommendation_pb2.RecommendAdviceResponse] = []
    swapping = True

    async def call() -> None:
        while swapping:
            replies.append(await served.advice())

    callers = [asyncio.create_task(call()) for _ in range(4)]
    names = {"base"}
    for seed in range(1, 6):
        version = fakes.publish(served.registry, seed)
        await served.adapters.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=version.name))
        names.add(version.name)
    swapping = False
    await asyncio.gather(*callers)
    assert {reply.provenance.adapter_version for reply in replies} <= names
    assert len(replies) > 5
