"""Part ``compiles``: a caller whose every request needs a grammar of its own holds up nobody else's texts.

On a real engine, since the scripted one compiles nothing, with a tiny model of random weights: its texts fail
their checks, so the planner answers; that every reply is whole and comes is what counts here.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import grpc.aio
from fitbox_client.convert import profile_to_proto

from fitbox.foods import foods
from fitbox.profile import Profile
from fitbox.v1 import recommendation_pb2, recommendation_pb2_grpc
from tests.conformance.memory import growth_bytes
from tests.conformance.oracle import member
from tests.conformance.real import place_base
from tests.conformance.report import Report
from tests.conformance.stub import ROOM
from tests.conformance.target import running

KEPT_GRAMMARS = 16
"""So that a storm of a few dozen shows whether what is kept is bounded."""
LEAST_BESIDE = 5
"""Honest calls that end while the storm lasts. Where compiling stopped decoding, none would."""
GROWTH_BYTES = 64 << 20
LANES = 4
CALLER = "fitbox-client-id"


def picky(number: int) -> Profile:
    """A member whose dislikes nobody else has: three foods, in an order of all such choices."""
    names = list(foods())
    third = len(names) // 3
    disliked = {names[number % third], names[third + number // third % third], names[-1 - number % 61]}
    return member(number % 32).model_copy(update={"disliked_foods": frozenset(disliked)})


async def compiles(folder: Path, *, engine: str, count: int) -> Report:
    """``count`` requests that nobody made before, by one caller; advice for another caller meanwhile."""
    models = folder / "models"
    name = await asyncio.to_thread(place_base, folder, models, None)
    storm: Counter[str] = Counter()
    pss: list[int] = []
    async with (
        running(
            models,
            model=name,
            engine=engine,
            options={"compiled_grammars": str(KEPT_GRAMMARS)},
            use_adapter="false",
            **ROOM,
        ) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        numbers = iter(range(count))
        await _advice(channel, 0)  # its grammar is compiled before the storm
        over = asyncio.Event()

        async def lane() -> None:
            for number in numbers:
                storm[await _menu(channel, number)] += 1
                if storm.total() > count // 3:
                    pss.append(await asyncio.to_thread(server.pss_bytes))

        async def blow() -> None:
            await asyncio.gather(*(lane() for _ in range(LANES)))
            over.set()

        async def honest() -> Counter[str]:
            codes: Counter[str] = Counter()
            while not over.is_set():
                codes[await _advice(channel, codes.total())] += 1
            return codes

        _, beside = await asyncio.gather(blow(), honest())
        samples = await server.samples()
        await server.terminate()
    growth = growth_bytes(pss)
    return Report(
        "compiles",
        engine,
        {
            "grammars": count,
            "kept": KEPT_GRAMMARS,
            "storm": dict(storm),
            "honest": dict(beside),
            "growth_bytes": growth,
            "restarts": _died(samples),
        },
        {
            "honest_calls_answered": set(beside) == {"OK"} and beside["OK"] >= LEAST_BESIDE,
            "storm_answered_or_refused": set(storm) <= {"OK", "RESOURCE_EXHAUSTED"},
            "memory_flat": growth <= GROWTH_BYTES,
            "no_worker_died": _died(samples) == 0,
        },
    )


def _died(samples: dict[str, float]) -> int:
    return int(samples["fitbox_worker_restarts_total"] + samples["fitbox_worker_hangs_total"])


async def _menu(channel: grpc.aio.Channel, number: int) -> str:
    request = recommendation_pb2.RecommendNutritionRequest(profile=profile_to_proto(picky(number)))
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    return await _code(stub.RecommendNutrition(request, metadata=((CALLER, "storm"),)))


async def _advice(channel: grpc.aio.Channel, seed: int) -> str:
    request = recommendation_pb2.RecommendAdviceRequest(
        profile=profile_to_proto(member(1)), decoding=recommendation_pb2.DecodingOptions(seed=seed)
    )
    stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
    return await _code(stub.RecommendAdvice(request, metadata=((CALLER, "honest"),)))


async def _code(call: grpc.aio.UnaryUnaryCall[object, object]) -> str:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"
