"""The server: one process that swaps, answers, lists and rolls back while one call after the other is
refused."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from fitbox_client.convert import profile_to_proto
from fitbox_client.errors import FitBoxClientError, from_rpc_error

from fitbox.v1 import adapter_pb2, adapter_pb2_grpc, recommendation_pb2, recommendation_pb2_grpc
from tests import fakes
from tests.conformance.caller import sentences
from tests.conformance.oracle import member
from tests.conformance.stub import ENGINE, Stub, make_stub
from tests.conformance.target import Server, running
from tests.injection.rig import Refusal, Rig, Tally, Tried, WrongError, traceback_in

OPTIONS = {"texts": "advice", "tokens": "4"}
SETTINGS: dict[str, object] = {"lame_duck_seconds": 0.0, "trial_seconds": 1.0, "grace_seconds": 5.0}
SETTLE_SECONDS = 60.0
"""Longer than any pause after which the server tries again."""
START_SECONDS = 90.0
KEPT_VERSIONS = 6


class Rounds:
    """Rounds of work against one server, all alike."""

    def __init__(self, stub: Stub, server: Server, channel: grpc.aio.Channel) -> None:
        self._stub, self._server = stub, server
        self._adapters = adapter_pb2_grpc.AdapterServiceStub(channel)
        self._recommend = recommendation_pb2_grpc.RecommendationServiceStub(channel)
        self._seed = 1000

    async def round(self) -> None:
        """Publish, activate, answer, list, scrape, roll back. Raises WrongError, or TimeoutError where it
        never settles."""
        self._seed += 1
        version = (await asyncio.to_thread(fakes.publish, self._stub.registry, self._seed)).name
        await self._allowed(
            self._adapters.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=version))
        )
        await self._answer()
        await self._allowed(self._adapters.ListAdapters(adapter_pb2.ListAdaptersRequest()))
        await self._allowed(self._adapters.GetAdapter(adapter_pb2.GetAdapterRequest(version=version)))
        with contextlib.suppress(OSError):
            await self._server.samples()
        await self._until_served(version)
        await self._allowed(self._adapters.RollbackAdapter(adapter_pb2.RollbackAdapterRequest()))
        await self._answer()
        await asyncio.to_thread(self._tidy)

    async def _until_served(self, version: str) -> None:
        """What was refused has passed: by itself or asked again, the version comes to serve and answers."""
        async with asyncio.timeout(SETTLE_SECONDS):
            while True:
                await self._allowed(
                    self._adapters.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=version))
                )
                if await self._answer() == version:
                    return
                await asyncio.sleep(0.1)

    async def _answer(self) -> str | None:
        """One call; the version that it names, whose text it must be. ``None`` where it was refused,
        typed."""
        self._seed += 1
        request = recommendation_pb2.RecommendAdviceRequest(
            profile=profile_to_proto(member(3)),
            decoding=recommendation_pb2.DecodingOptions(temperature=0.0, seed=self._seed),
        )
        reply = await self._allowed(self._recommend.RecommendAdvice(request))
        if reply is None:
            return None
        version: str = reply.provenance.adapter_version
        known = {one.name for one in self._stub.registry.versions()}
        expected = type(self._stub.oracle)(frozenset({"base", *known})).text(version, 3, self._seed)
        text = "\n".join(tip.text for tip in reply.advice.tips)
        if expected is None or text != sentences(expected):
            raise WrongError(f"{version} answered {text!r}")
        return version

    async def _allowed(self, call: Any) -> Any:
        """The reply, or ``None`` for an error of ours. Raises WrongError for one that says nothing to a
        program."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                return await call
        except grpc.aio.AioRpcError as error:
            typed = from_rpc_error(error)
            if type(typed) is FitBoxClientError or error.code() is grpc.StatusCode.UNKNOWN:
                raise WrongError(f"{error.code().name}: {error.details()}") from None
            return None

    def _tidy(self) -> None:
        """Old versions go, as retention has them go."""
        registry = self._stub.registry
        active = registry.active()
        for version in sorted(registry.versions(), key=lambda one: one.number)[:-KEPT_VERSIONS]:
            if version.name not in (active.version, active.previous):
                with contextlib.suppress(Exception):
                    registry.discard(version)


async def serving(folder: Path, tried: Tried, tally: Tally) -> None:
    """Each call that rounds of work make is refused once with each error, in a server that goes on living."""
    rig = Rig(folder / "rig")
    stub = make_stub(folder / "models")
    async with _under_test(rig, stub) as (server, rounds):
        started = set(rig.sites())
        await rounds.round()
        rig.forget()
    async with _under_test(rig, stub) as (server, rounds):
        start = rig.sites()
        for _ in range(2):
            await rounds.round()
        sites = [one for one in rig.sites() if one not in start or one in started]
    waiting = tried.chosen(sites, tally)
    while waiting:
        async with _under_test(rig, stub) as (server, rounds):
            while waiting:
                refusal = waiting.pop(0)
                if not await _injected(rig, tally, refusal, server, rounds.round()):
                    break  # this server is not fit for another one


async def starting(folder: Path, tried: Tried, tally: Tally) -> None:
    """Each call of a start is refused once: it starts all the same or says in a line why not, and starts
    next time."""
    rig = Rig(folder / "rig")
    stub = make_stub(folder / "models")
    async with _under_test(rig, stub):
        sites = rig.sites()
    for refusal in tried.chosen(sites, tally):
        rig.arm(refusal)
        said = len(_log(stub))
        try:
            async with asyncio.timeout(START_SECONDS), _under_test(rig, stub) as (_, rounds):
                await rounds.round()
        except TimeoutError:
            tally.trouble("hung", refusal, "neither ready nor ended")
        except WrongError as error:
            tally.trouble("wrong", refusal, str(error))
        except RuntimeError:  # it ended before it was ready
            if traceback_in(_log(stub)[said:]):
                tally.trouble("ended", refusal, _log(stub)[said:][-300:])
        if rig.disarm():
            tally.injections += 1
        else:
            tally.unmade += 1
    try:
        async with asyncio.timeout(START_SECONDS), _under_test(rig, stub) as (_, rounds):
            await rounds.round()
    except (TimeoutError, RuntimeError, WrongError) as error:
        tally.trouble("lost", None, f"it does not start any more: {error}")


async def _injected(rig: Rig, tally: Tally, refusal: Refusal, server: Server, work: Awaitable[None]) -> bool:
    """One refusal during one round; whether the server is fit for the next."""
    rig.arm(refusal)
    fit = True
    try:
        await work
    except TimeoutError:
        tally.trouble("hung", refusal, "the version never came to serve")
        fit = False
    except WrongError as error:
        tally.trouble("wrong", refusal, str(error))
    if server.process.returncode is not None:
        tally.trouble("ended", refusal, f"exit code {server.process.returncode}")
        fit = False
    if rig.disarm():
        tally.injections += 1
    else:
        tally.unmade += 1
    return fit


@contextlib.asynccontextmanager
async def _under_test(rig: Rig, stub: Stub) -> AsyncIterator[tuple[Server, Rounds]]:
    before = dict(os.environ)
    os.environ.update(rig.environment())
    context = running(stub.registry.root, model=fakes.BASE_NAME, engine=ENGINE, options=OPTIONS, **SETTINGS)
    try:
        server = await context.__aenter__()
    finally:
        os.environ.clear()
        os.environ.update(before)
    try:
        async with grpc.aio.insecure_channel(server.address) as channel:
            yield server, Rounds(stub, server, channel)
    finally:
        await context.__aexit__(None, None, None)


def _log(stub: Stub) -> str:
    return (stub.registry.root.parent / "server.log").read_text("utf-8", "replace")
