"""Part ``broken``: whatever is put into the registry and named active, only whole versions are served."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import grpc
import grpc.aio

from fitbox.errors import AdapterInvalidError
from fitbox.registry import InvalidReason, Registry
from fitbox.registry import manifest as manifests
from fitbox.v1 import adapter_pb2, adapter_pb2_grpc
from tests import fakes
from tests.broken_artefacts import BROKEN
from tests.conformance.caller import Schedule
from tests.conformance.load import loaded
from tests.conformance.report import Report
from tests.conformance.stub import ENGINE, ROOM, TEXT_OPTIONS, Stub, make_stub
from tests.conformance.target import running

LEAST_KINDS = 20
SEEN_SECONDS = 60.0


async def broken(folder: Path, *, kinds: int, restarts: int = 5) -> Report:
    """Break a version in each way, name it active behind the registry's back, and watch."""
    stub = make_stub(folder / "models", versions=1)
    registry, good = stub.registry, stub.versions[0]
    chosen = list(BROKEN)[:: max(1, len(BROKEN) // kinds)][:kinds] if kinds < len(BROKEN) else list(BROKEN)
    reasons: Counter[str] = Counter()
    not_refused: list[str] = []
    async with running(
        registry.root, model=fakes.BASE_NAME, engine=ENGINE, options=TEXT_OPTIONS, **ROOM
    ) as server:
        one = Schedule(server.address, stub.oracle, concurrency=4, client="broken", seed=1)
        async with grpc.aio.insecure_channel(server.address) as channel, loaded(one) as load:
            adapters = adapter_pb2_grpc.AdapterServiceStub(channel)
            for seed, kind in enumerate(chosen, start=100):
                name = place(registry, kind, seed)
                name_active(registry, name, previous=good)
                reason = await reason_of(adapters, name)
                reasons[reason.partition(":")[0]] += 1
                if not await is_refused(adapters, name):
                    not_refused.append(kind)
                before = load.calls
                await load.until(before + 20)
                registry.activate(good, reason="conformance")
        workers = len(server.workers())
        await server.terminate()
    after = await _restarts(stub, chosen[:: max(1, len(chosen) // restarts)][:restarts])
    counts = load.records.counts()
    # The one good version is all that the oracle knows besides the base, so any other would be mismatched.
    only = set(load.records.version) == {good}
    return Report(
        "broken",
        ENGINE,
        {"kinds": len(chosen), **counts, "reasons": dict(reasons), **after, "workers": workers},
        {
            "kinds": True if len(chosen) >= LEAST_KINDS else None,
            "never_served": only and not not_refused,
            "old_version_unaffected": load.records.is_clean,
            "right_after_restart": after["restarts_right"] == after["restarts"],
            "no_worker_left": workers == 1,
        },
    )


async def _restarts(stub: Stub, kinds: list[str]) -> dict[str, int]:
    """A server that is started while a broken version is named active serves the previous one."""
    registry, good = stub.registry, stub.versions[0]
    right = 0
    for seed, kind in enumerate(kinds, start=500):
        name_active(registry, place(registry, kind, seed), previous=good)
        async with running(
            registry.root, model=fakes.BASE_NAME, engine=ENGINE, options=TEXT_OPTIONS
        ) as server:
            right += server.version == good
            await server.terminate()
    return {"restarts": len(kinds), "restarts_right": right}


def place(registry: Registry, kind: str, seed: int) -> str:
    """Publish a version and break it; returns its name.

    Contents that were replaced together with their manifest get the name that fits, as a faulty publisher
    would give it: otherwise the name alone would give them all away.
    """
    version = fakes.publish(registry, seed)
    reason, break_it = BROKEN[kind]
    break_it(version.path)
    try:
        registry.get(version.name)
    except AdapterInvalidError as error:
        if error.reason == InvalidReason.NAME_MISMATCH != reason:
            content = (version.path / manifests.MANIFEST).read_bytes()
            name = manifests.version_name(version.number, manifests.digest_of(content))
            version.path.rename(version.path.with_name(name))
            return name
    return version.name


def name_active(registry: Registry, name: str, *, previous: str) -> None:
    """What :meth:`Registry.activate` would write if it did not look at the version first."""
    values = {"version": name, "previous": previous, "since": "", "reason": "", "pinned": False}
    temporary = registry.root / "active.json.new"
    temporary.write_text(json.dumps(values | {"since": "2026-01-01T00:00:00Z"}))
    temporary.replace(registry.root / "active.json")


async def reason_of(adapters: adapter_pb2_grpc.AdapterServiceStub, name: str) -> str:
    """Why the server calls a version bad, once it does."""
    async with asyncio.timeout(SEEN_SECONDS):
        async for event in adapters.WatchAdapters(adapter_pb2.WatchAdaptersRequest()):
            if event.adapter.version == name and event.adapter.state == adapter_pb2.ADAPTER_STATE_BAD:
                return str(event.adapter.reason)
    raise AssertionError("a watch ends with its server")


async def is_refused(adapters: adapter_pb2_grpc.AdapterServiceStub, name: str) -> bool:
    """Whether an explicit activation is refused as well."""
    try:
        await adapters.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=name), timeout=SEEN_SECONDS)
    except grpc.aio.AioRpcError as error:
        return error.code() in (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND)
    return False
